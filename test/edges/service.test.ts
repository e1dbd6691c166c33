import { describe, expect, test } from 'vitest';

import { Problem } from '../../src/core/problem.ts';
import { RECORD_ANNOTATION, readRecord, writeRecord } from '../../src/core/rollout/record.ts';
import type { Edit } from '../../src/core/template-types.ts';
import type { RolloutRecord } from '../../src/core/types.ts';
import { createCloudRun } from '../../src/edges/cloud-run/service.ts';
import { createHttp } from '../../src/edges/http.ts';
import { asText, at, parseJson, stringifyJson } from '../../src/edges/json.ts';
import type { CloudRun } from '../../src/engine/ports.ts';
import { aChange } from '../unit/build.ts';
import { NEVER, closedPort, loopback } from './loopback.ts';
import type { Received, Reply } from './loopback.ts';
import { NOW, PLAN, SERVICE_TEXT, draft, object, service } from './service-fixture.ts';

const DATE = new Date(NOW).toUTCString();
const PATH = '/apis/serving.knative.dev/v1/namespaces/demo/services/web';

type World = {
  readonly cloudRun: CloudRun;
  readonly received: readonly Received[];
  readonly notices: readonly string[];
  /** How often a token was thrown away. */
  readonly renewed: () => number;
  readonly advance: (ms: number) => void;
};

/** `put` and `get` answer the nth request of their kind. */
async function world(answers: {
  readonly get?: (index: number) => Reply;
  readonly put?: (index: number, request: Received) => Reply | null;
  readonly header?: () => Promise<string>;
  readonly endpoint?: string;
  readonly guess?: () => number;
}): Promise<World> {
  const counts = { GET: 0, PUT: 0 };
  const { base, received } = await loopback((request, { response }) => {
    if (request.method !== 'PUT') return answers.get?.(counts.GET++) ?? found();
    const reply = answers.put?.(counts.PUT++, request) ?? null;
    if (reply === null) response.destroy();
    return reply;
  });
  let renewed = 0;
  let now = 1_000;
  const notices: string[] = [];
  let writeIds = 0;
  const cloudRun = createCloudRun({
    http: createHttp({ hurry: NEVER, random: () => 0 }),
    tokens: {
      header: answers.header ?? (async () => `Bearer token-${renewed}`),
      invalidate: () => (renewed += 1),
    },
    endpoint: answers.endpoint ?? base,
    ref: { project: 'demo', region: 'us-central1', service: 'web' },
    newWriteId: () => String(writeIds++).padStart(16, '0'),
    clock: { monotonic: () => now },
    onNotice: (text) => notices.push(text),
    guess: answers.guess,
  });
  const advance = (ms: number) => void (now += ms);
  return { cloudRun, received, notices, renewed: () => renewed, advance };
}

function found(text = SERVICE_TEXT): Reply {
  return { headers: { date: DATE }, body: text };
}

function refusal(code: number, status: string, message = 'Because.'): Reply {
  return { status: code, headers: { date: DATE }, body: { error: { code, message, status } } };
}

function applied(request: Received): Reply {
  return { headers: { date: DATE }, body: request.body };
}

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  if (error instanceof Problem) return error;
  throw new Error('not a Problem');
}

describe('reading', () => {
  test('is one GET with the token, and the time is the server’s', async () => {
    const { cloudRun, received } = await world({});
    expect(await cloudRun.read()).toMatchObject({ readAt: NOW, version: 'AAZZJpwmJn4' });
    expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual([`GET ${PATH}`]);
    expect(received[0]!.headers.authorization).toBe('Bearer token-0');
  });

  test('row 13: is repeated when the service is busy', async () => {
    const { cloudRun, received } = await world({
      get: (index) => (index < 2 ? { status: 503, body: '<html>' } : found()),
    });
    await cloudRun.read();
    expect(received).toHaveLength(3);
  });

  test('row 18: a refused token is replaced once', async () => {
    const { cloudRun, received, renewed } = await world({
      get: (index) => (index === 0 ? refusal(401, 'UNAUTHENTICATED') : found()),
    });
    await cloudRun.read();
    expect(received.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-0',
      'Bearer token-1',
    ]);
    expect(renewed()).toBe(1);
  });

  test.each([
    ['row 18: a token refused twice', refusal(401, 'UNAUTHENTICATED'), 'bad-credentials', ''],
    ['row 19: no permission', refusal(403, 'PERMISSION_DENIED'), 'denied', 'run.services.get'],
    ['row 20: no service', refusal(404, 'NOT_FOUND'), 'service-missing', 'us-central1'],
    ['a 404 of somebody else', { status: 404, body: '<html>' }, 'bad-answer', '404'],
    ['row 12: no end of 429', { status: 429, body: '' }, 'unreachable', '429'],
    ['row 14: 503 with a page', { status: 503, body: '<html>secret' }, 'unreachable', '503'],
    ['row 26: a redirect', { status: 302, headers: { location: '/' } }, 'bad-answer', '302'],
    ['row 15: an empty body', found(''), 'bad-answer', ''],
    ['row 15: half a body', found(SERVICE_TEXT.slice(0, 300)), 'bad-answer', ''],
    ['row 15: null', found('null'), 'bad-answer', ''],
    ['row 15: a page', found('<html>'), 'bad-answer', ''],
    ['another document', found('{"kind":"Status"}'), 'bad-answer', 'metadata.name'],
  ] as const)('%s', async (_name, reply, code, words) => {
    const { cloudRun } = await world({ get: () => reply });
    const problem = await problemOf(cloudRun.read());
    expect(problem.code).toBe(code);
    expect(problem.summary).toContain(words);
    expect(problem.summary).not.toContain('secret');
  });

  test('row 1: nobody listens', async () => {
    const { cloudRun } = await world({ endpoint: await closedPort() });
    expect((await problemOf(cloudRun.read())).code).toBe('unreachable');
  });

  test('Cloud Run’s own message is shown, at most 500 characters of it', async () => {
    const { cloudRun } = await world({
      get: () => refusal(403, 'PERMISSION_DENIED', 'x'.repeat(5_000)),
    });
    const { summary } = await problemOf(cloudRun.read());
    expect(summary).toContain('x'.repeat(500));
    expect(summary).not.toContain('x'.repeat(501));
  });
});

describe('the server’s time', () => {
  test('row 50: without a date it goes on from the last one, and says so once', async () => {
    const { cloudRun, notices, advance } = await world({
      get: (index) => (index === 0 ? found() : { headers: { date: '?' }, body: SERVICE_TEXT }),
    });
    await cloudRun.read();
    advance(90_000);
    expect((await cloudRun.read()).readAt).toBe(NOW + 90_000);
    advance(10_000);
    expect((await cloudRun.read()).readAt).toBe(NOW + 100_000);
    expect(notices).toHaveLength(1);
  });

  test('row 50: without any date there is nothing to decide by', async () => {
    const { cloudRun } = await world({
      get: () => ({ headers: { date: '' }, body: SERVICE_TEXT }),
    });
    expect((await problemOf(cloudRun.read())).code).toBe('bad-answer');
  });

  test('row 50, S13: who undoes reads without any date, and says once whose time it is', async () => {
    const { cloudRun, notices } = await world({
      get: (index) => (index === 2 ? found() : { headers: { date: '' }, body: SERVICE_TEXT }),
      guess: () => NOW - 5,
    });
    expect((await cloudRun.read()).readAt).toBe(NOW - 5);
    expect((await cloudRun.read()).readAt).toBe(NOW - 5);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain("the runner's own time");
    expect((await cloudRun.read()).readAt).toBe(NOW);
  });
});

describe('row 25: an answer older than one already seen', () => {
  const generation = (number: number, uid = 'a') =>
    found(stringifyJson(service({ 'metadata.generation': number, 'metadata.uid': uid })));

  test('is not acted upon', async () => {
    const { cloudRun } = await world({
      get: (index) => generation([42, 41, 42, 43][index]!),
    });
    await cloudRun.read();
    expect((await problemOf(cloudRun.read())).code).toBe('bad-answer');
    expect((await cloudRun.read()).generation).toBe(42);
    expect((await cloudRun.read()).generation).toBe(43);
  });

  test('nor is one from before our own write', async () => {
    const { cloudRun } = await world({
      put: (_index, request) => {
        const sent = object(parseJson(request.body));
        const body = { ...sent, metadata: { ...object(at(sent, 'metadata')!), generation: 42 } };
        return { body: stringifyJson(body) };
      },
    });
    const from = await cloudRun.read();
    expect(await cloudRun.write(from, draft(), null)).toEqual({ kind: 'applied' });
    expect((await problemOf(cloudRun.read())).code).toBe('bad-answer');
  });

  test('another service of the same name starts anew', async () => {
    const { cloudRun } = await world({
      get: (index) => (index === 0 ? generation(42) : generation(1, 'b')),
    });
    await cloudRun.read();
    expect((await cloudRun.read()).generation).toBe(1);
  });
});

describe('a copy of the stable revision', () => {
  const REVISION = '/apis/serving.knative.dev/v1/namespaces/demo/revisions/web-00041-kib';
  const status = { imageDigest: `web@sha256:${'a'.repeat(64)}` };
  const shown = (name: string) => JSON.stringify({ metadata: { name }, status });

  async function copied(answer: Reply) {
    const served = await world({ get: (index) => (index === 0 ? found() : answer) });
    const from = await served.cloudRun.read();
    return { ...served, copy: () => served.cloudRun.copy(from, 'web-00041-kib') };
  }

  test('is one GET of that revision', async () => {
    const { copy, received } = await copied(found(shown('web-00041-kib')));
    expect(Object.keys(await copy())).toEqual(['before', 'clone']);
    expect(`${received[1]!.method} ${received[1]!.url}`).toBe(`GET ${REVISION}`);
  });

  test.each([
    ['another one', found(shown('web-00042-abc')), 'bad-answer'],
    ['a text', found('"web"'), 'bad-answer'],
    ['no permission', refusal(403, 'PERMISSION_DENIED'), 'denied'],
  ])('is none where the answer is %s', async (_, answer, code) => {
    const { copy } = await copied(answer);
    const problem = await problemOf(copy());
    expect(problem.code).toBe(code);
    if (code === 'denied') expect(problem.summary).toContain('run.revisions.get');
  });
});

describe('the one write', () => {
  test('is a single PUT of the whole service with the version as read', async () => {
    const { cloudRun, received } = await world({ put: (_index, request) => applied(request) });
    const from = await cloudRun.read();
    expect(await cloudRun.write(from, draft(), PLAN)).toEqual({ kind: 'applied' });
    const put = received[1]!;
    expect(`${put.method} ${put.url}`).toBe(`PUT ${PATH}`);
    expect(put.headers).toMatchObject({
      authorization: 'Bearer token-0',
      'content-type': 'application/json',
    });
    const body = parseJson(put.body);
    expect(at(body, 'metadata', 'resourceVersion')).toBe('AAZZJpwmJn4');
    expect(at(body, 'status', 'url')).toBe('https://web-abc123-uc.a.run.app');
    expect(at(body, 'spec', 'template', 'metadata', 'name')).toBe(draft().canary);
    expect(put.body).toContain('12345678901234567890');
  });

  test('stamps the record: one transition more, the generation read + 1, a new write id', async () => {
    const { cloudRun, received } = await world({ put: (_index, request) => applied(request) });
    const from = await cloudRun.read();
    await cloudRun.write(from, draft(), null);
    expect(recordIn(received[1]!)).toMatchObject({
      transition: 1,
      generation: 42,
      writeId: '0000000000000000',
    });
  });

  test.each([
    ['goes on counting in the same rollout', draft().rolloutId, 8],
    ['counts from one in another', '683120945-1', 1],
  ])('%s', async (_name, rolloutId, transition) => {
    const before = {
      ...draft({ rolloutId }),
      transition: 7,
      generation: 40,
      writeId: 'f'.repeat(16),
    };
    const annotations = { [RECORD_ANNOTATION]: writeRecord(before) };
    const { cloudRun, received } = await world({
      get: () => found(stringifyJson(service({ 'metadata.annotations': annotations }))),
      put: (_index, request) => applied(request),
    });
    await cloudRun.write(await cloudRun.read(), draft(), null);
    expect(recordIn(received[1]!).transition).toBe(transition);
  });

  const refused = [
    ['row 9: the name is taken', refusal(409, 'ALREADY_EXISTS'), 'revision-name-taken', ''],
    ['row 19: no permission', refusal(403, 'PERMISSION_DENIED'), 'denied', 'run.services.update'],
    ['row 20: no service', refusal(404, 'NOT_FOUND'), 'service-missing', ''],
    [
      'row 21: a bad revision',
      refusal(400, 'INVALID_ARGUMENT', "Revision 'x' does not exist or is deleted."),
      'write-refused',
      "Revision 'x' does not exist or is deleted.",
    ],
    ['a failed precondition', refusal(400, 'FAILED_PRECONDITION'), 'write-refused', 'Because.'],
  ] as const;
  test.each(refused)('%s: refused', async (_name, reply, code, words) => {
    const { cloudRun, received } = await world({ put: () => reply });
    const answer = await cloudRun.write(await cloudRun.read(), draft(), null);
    if (answer.kind !== 'refused') throw new Error(answer.kind);
    expect(answer.problem.code).toBe(code);
    expect(answer.problem.summary).toContain(words);
    expect(received.filter(({ method }) => method === 'PUT')).toHaveLength(1);
  });

  const SECRET = 'postgres://app:hunter2@db/"shop"';
  const settings = (...edits: readonly Edit[]) => ({ ...PLAN, change: aChange({ edits }) });
  const variable = (value: string) =>
    ({ kind: 'env', clears: false, values: [{ name: 'A', value }] }) as const;

  test('S16: what a refusal quotes of values, commands and arguments is taken out', async () => {
    const message = `env[0].value: ${SECRET} (${JSON.stringify(SECRET)}), args: --key=k3y! ${'x'.repeat(460)}${SECRET}`;
    const { cloudRun } = await world({ put: () => refusal(400, 'INVALID_ARGUMENT', message) });
    const words = { kind: 'words', of: 'args', to: ['--key=k3y!', 'on'] } as const;
    const plan = settings(variable(SECRET), words);
    const answer = await cloudRun.write(await cloudRun.read(), draft(), plan);
    if (answer.kind !== 'refused') throw new Error(answer.kind);
    expect(answer.problem.summary).toContain('env[0].value: *** ("***"), args: *** x');
    expect(JSON.stringify(answer)).not.toMatch(/hunter2|k3y|postgres/);
  });

  test('S16: nor is what stood in the template before, by any write or by the proof of the fence', async () => {
    const held = 'k3y&<of>"nobody"';
    const escaped = JSON.stringify(held)
      .replace('&', '\\u0026')
      .replace('<of>', '\\u003cof\\u003e');
    const message = `env[0].value: ${held}, ${escaped}, args: --key=k3y!`;
    const container = { image: 'app', env: [{ name: 'A', value: held }], args: ['--key=k3y!'] };
    const containers = [{ image: 'side', command: ['k3y-of-all'] }, container];
    const { cloudRun } = await world({
      get: () => found(stringifyJson(service({ 'spec.template.spec.containers': containers }))),
      put: (index) =>
        index < 3
          ? refusal(400, 'INVALID_ARGUMENT', `${message} k3y-of-all`)
          : refusal(500, 'INTERNAL', `${message} k3y-of-all`),
    });
    const from = await cloudRun.read();
    const answers = [
      await cloudRun.write(from, draft(), PLAN),
      await cloudRun.write(from, draft(), null),
    ];
    const refused = await problemOf(cloudRun.proveFence(from));
    const failed = await problemOf(cloudRun.proveFence(from));
    for (const text of [...answers, refused, failed].map((one) => JSON.stringify(one))) {
      expect(text).toContain('env[0].value: ***');
      expect(text).not.toMatch(/k3y|nobody/);
    }
  });

  test('a change that cannot be made to this template is refused before anything is sent', async () => {
    const { cloudRun, received } = await world({});
    const plan = settings({ kind: 'ingress', is: 'internal' });
    const answer = await cloudRun.write(await cloudRun.read(), draft(), plan);
    expect(answer).toMatchObject({ kind: 'refused', problem: { code: 'bad-input' } });
    expect(received.filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  test('a template differs by anything but its image and the labels of its origin', async () => {
    const { cloudRun } = await world({});
    const from = await cloudRun.read();
    const differs = (...edits: readonly Edit[]) => cloudRun.differs(from, aChange({ edits }));
    const origin = aChange({ image: 'other', originLabels: [{ name: 'a', value: 'b' }] });
    expect(await cloudRun.differs(from, origin)).toBe(false);
    expect(await differs(variable('1'))).toBe(true);
    expect(await differs({ kind: 'limit', of: 'cpu', to: '1' })).toBe(false);
    expect(await differs({ kind: 'limit', of: 'cpu', to: '2' })).toBe(true);
    const impossible = differs({ kind: 'ingress', is: 'internal' });
    expect((await problemOf(impossible)).code).toBe('bad-input');
  });

  test('only a start can lack the right to run as somebody', async () => {
    const message = "Permission 'iam.serviceaccounts.actAs' denied on service account x.";
    const { cloudRun } = await world({ put: () => refusal(403, 'PERMISSION_DENIED', message) });
    const from = await cloudRun.read();
    const permissions = [PLAN, null].map(async (plan) => {
      const answer = await cloudRun.write(from, draft(), plan);
      return answer.kind === 'refused' ? answer.problem.summary.split(' ')[1] : answer.kind;
    });
    expect(await Promise.all(permissions)).toEqual([
      'iam.serviceAccounts.actAs',
      'run.services.update',
    ]);
  });

  const other = { ...draft(), transition: 1, generation: 42, writeId: 'e'.repeat(16) };
  const unknown = [
    ['row 8: a conflict', refusal(409, 'ABORTED')],
    ['a 409 without a status', { status: 409, body: {} }],
    ['row 3: no answer', null],
    ['row 13: 500', refusal(500, 'INTERNAL')],
    ['row 14: 503 with a page', { status: 503, body: '<html>' }],
    ['row 11: 429', { status: 429, headers: { 'retry-after': '0' }, body: '' }],
    ['row 15: 200 with an empty body', { body: '' }],
    ['row 15: 200 with half a body', { body: SERVICE_TEXT.slice(0, 400) }],
    ['row 15: 200 with null', { body: 'null' }],
    ['200 without our record', { body: SERVICE_TEXT }],
    [
      '200 with the record of another write',
      {
        body: stringifyJson(
          service({ 'metadata.annotations': { [RECORD_ANNOTATION]: writeRecord(other) } }),
        ),
      },
    ],
    ['row 26: a redirect', { status: 307, headers: { location: '/' } }],
    ['403 of somebody else', { status: 403, body: '<html>blocked' }],
    ['400 of somebody else', { status: 400, body: 'bad request' }],
    ['202', { status: 202, body: '{}' }],
  ] as const;
  test.each(unknown)('%s: read again, never send again', async (_name, reply) => {
    const { cloudRun, received } = await world({ put: () => reply });
    const answer = await cloudRun.write(await cloudRun.read(), draft(), null);
    expect(answer).toMatchObject({ kind: 'read-again', why: expect.any(String) });
    expect(received.filter(({ method }) => method === 'PUT')).toHaveLength(1);
  });

  test('row 11: that requests are over the quota is told apart from a conflict', async () => {
    const isOverQuota = async (status: number, name: string) => {
      const { cloudRun } = await world({ put: () => refusal(status, name) });
      const answer = await cloudRun.write(await cloudRun.read(), draft(), null);
      return answer.kind === 'read-again' && answer.isOverQuota;
    };
    expect(await isOverQuota(429, 'RESOURCE_EXHAUSTED')).toBe(true);
    expect(await isOverQuota(409, 'ABORTED')).toBeUndefined();
  });

  test('row 18: a refused token is thrown away, and the write is decided anew', async () => {
    const { cloudRun, received, renewed } = await world({
      put: () => refusal(401, 'UNAUTHENTICATED'),
    });
    const answer = await cloudRun.write(await cloudRun.read(), draft(), null);
    expect(answer.kind).toBe('read-again');
    expect(renewed()).toBe(1);
    expect(received).toHaveLength(2);
  });

  test('without a token nothing is sent', async () => {
    let calls = 0;
    const { cloudRun, received } = await world({
      header: async () => {
        if (calls++ === 0) return 'Bearer x';
        throw new Problem('unreachable', { summary: 'No token.', advice: '' });
      },
    });
    const answer = await cloudRun.write(await cloudRun.read(), draft(), null);
    expect(answer).toEqual({ kind: 'read-again', why: 'No token.' });
    expect(received).toHaveLength(1);
  });

  test('a template without a container is refused before anything is sent', async () => {
    const { cloudRun, received } = await world({
      get: () => found(stringifyJson(service({ 'spec.template.spec.containers': [] }))),
    });
    const answer = await cloudRun.write(await cloudRun.read(), draft(), PLAN);
    expect(answer).toMatchObject({ kind: 'refused', problem: { code: 'bad-answer' } });
    expect(received).toHaveLength(1);
  });

  test('row 62: a record that could not be read again is never sent', async () => {
    const { cloudRun, received } = await world({});
    const next = draft({ image: `${'a'.repeat(3_000)}:v1` });
    const answer = await cloudRun.write(await cloudRun.read(), next, PLAN);
    expect(answer).toMatchObject({ kind: 'refused', problem: { code: 'bad-input' } });
    expect(received).toHaveLength(1);
  });

  test('cannot be made from a snapshot that was not read here', async () => {
    const { cloudRun } = await world({});
    const copy = { ...(await cloudRun.read()) };
    await expect(cloudRun.write(copy, draft(), null)).rejects.toThrow('snapshot');
  });
});

describe('the proof of the fence', () => {
  test('is a dry run of what is there, from a version that is not', async () => {
    const { cloudRun, received } = await world({ put: () => refusal(409, 'ABORTED') });
    expect(await cloudRun.proveFence(await cloudRun.read())).toBe(true);
    const put = received[1]!;
    expect(`${put.method} ${put.url}`).toBe(`PUT ${PATH}?dryRun=all`);
    const sent = parseJson(put.body);
    const version = asText(at(sent, 'metadata', 'resourceVersion'))!;
    expect(version).not.toBe('AAZZJpwmJn4');
    const compact = stringifyJson(parseJson(SERVICE_TEXT));
    expect(put.body).toBe(compact.replace('AAZZJpwmJn4', version));
    expect(received).toHaveLength(2);
  });

  test('a dry run that is taken proves nothing, so what is there is sent for real', async () => {
    const { cloudRun, received } = await world({
      put: (index, request) => (index === 0 ? applied(request) : refusal(409, 'ABORTED')),
    });
    expect(await cloudRun.proveFence(await cloudRun.read())).toBe(true);
    const [, dry, real] = received;
    expect([dry!.url, real!.url]).toEqual([`${PATH}?dryRun=all`, PATH]);
    expect(real!.body).toBe(dry!.body);
  });

  test('200 for the real one too means there is no fence', async () => {
    const { cloudRun } = await world({ put: (_index, request) => applied(request) });
    expect(await cloudRun.proveFence(await cloudRun.read())).toBe(false);
  });

  /** What is there after the real one is so many generations further than what was read. */
  const further = (by: number) => ({
    headers: { date: DATE },
    body: stringifyJson(service({ 'metadata.generation': 41 + by })),
  });

  test.each([
    ['no generation more: nothing was written', 0, 0],
    ['one more: its own', 1, 0],
    ["two more: somebody else's is overwritten, and it is told", 2, 1],
  ])('S2: without a fence, %s', async (_name, by, told) => {
    const { cloudRun, notices } = await world({ put: () => further(by) });
    expect(await cloudRun.proveFence(await cloudRun.read())).toBe(false);
    expect(notices).toHaveLength(told);
  });

  test('a refused token is replaced once', async () => {
    const { cloudRun, renewed } = await world({
      put: (index) => (index === 0 ? refusal(401, 'UNAUTHENTICATED') : refusal(409, 'ABORTED')),
    });
    expect(await cloudRun.proveFence(await cloudRun.read())).toBe(true);
    expect(renewed()).toBe(1);
  });

  test.each([
    ['another 409', refusal(409, 'ALREADY_EXISTS'), 'revision-name-taken'],
    ['a 409 in no known form', { status: 409, body: '{}' }, 'bad-answer'],
    ['a refusal', refusal(400, 'INVALID_ARGUMENT'), 'write-refused'],
    ['no permission', refusal(403, 'PERMISSION_DENIED'), 'denied'],
    ['a token refused twice', refusal(401, 'UNAUTHENTICATED'), 'bad-credentials'],
    ['a busy service', { status: 503, body: '' }, 'unreachable'],
    ['no answer', null, 'unreachable'],
  ] as const)('%s proves nothing', async (_name, reply, code) => {
    const { cloudRun } = await world({ put: () => reply });
    expect((await problemOf(cloudRun.proveFence(await cloudRun.read()))).code).toBe(code);
  });
});

function recordIn(put: Received): RolloutRecord {
  const text = asText(at(parseJson(put.body), 'metadata', 'annotations', RECORD_ANNOTATION));
  const record = readRecord(text ?? undefined);
  if (typeof record === 'string') throw new Error(record);
  return record;
}
