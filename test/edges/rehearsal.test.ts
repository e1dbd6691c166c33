/** The dry first write: what is sent, what is made of each answer, and what can never be sent. */
import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/core/problem.ts';
import type { Plan } from '../../src/core/types.ts';
import { bodyFor } from '../../src/edges/cloud-run/service-body.ts';
import { createCloudRun } from '../../src/edges/cloud-run/service.ts';
import { createHttp } from '../../src/edges/http.ts';
import { asText, at, parseJson, stringifyJson } from '../../src/edges/json.ts';
import { aChange } from '../unit/build.ts';
import { NEVER, loopback } from './loopback.ts';
import type { Received, Reply } from './loopback.ts';
import { CANARY, NOW, PLAN, SERVICE_TEXT, STABLE, draft, service } from './service-fixture.ts';

const SERVICES = '/apis/serving.knative.dev/v1/namespaces/demo/services/web';
const REVISIONS = '/apis/serving.knative.dev/v1/namespaces/demo/revisions';

/** `put` answers the nth write; null breaks the connection. */
async function world(given: {
  readonly put?: (index: number, put: Received) => Reply | null;
  readonly service?: string;
  readonly revision?: Reply;
}) {
  let puts = 0;
  const { base, received } = await loopback((request, { response }) => {
    if (request.method === 'PUT') {
      const reply = given.put?.(puts++, request) ?? null;
      if (reply === null) response.destroy();
      return reply;
    }
    if (request.url.startsWith(REVISIONS)) return given.revision ?? refused(404, 'NOT_FOUND');
    return { headers: DATED, body: given.service ?? SERVICE_TEXT };
  });
  const cloudRun = createCloudRun({
    http: createHttp({ hurry: NEVER, random: () => 0 }),
    tokens: { header: async () => 'Bearer t', invalidate: () => undefined },
    endpoint: base,
    ref: { project: 'demo', region: 'us-central1', service: 'web' },
    newWriteId: () => '9f1c64b20a7de853',
    clock: { monotonic: () => 0 },
    onNotice: () => undefined,
  });
  const rehearse = async (plan: Plan = PLAN) =>
    cloudRun.rehearse(await cloudRun.read(), draft(), plan);
  const sent = () => received.filter(({ method }) => method === 'PUT');
  return { cloudRun, received, rehearse, puts: sent };
}

const DATED = { date: new Date(NOW).toUTCString() };

function refused(code: number, status: string, message = 'Because.'): Reply {
  return { status: code, headers: DATED, body: { error: { code, message, status } } };
}

const CONFLICT = refused(409, 'ABORTED');
const TAKEN: Reply = { headers: DATED, body: SERVICE_TEXT };

const versionOf = ({ body }: Received) =>
  asText(at(parseJson(body), 'metadata', 'resourceVersion'));

describe('before the first write Cloud Run is asked in a dry run', () => {
  test('with the very start, behind an unchanged service that was refused, both of a wrong version', async () => {
    const { rehearse, puts } = await world({ put: () => CONFLICT });
    expect(await rehearse()).toEqual({ kind: 'not-refused' });
    const [unchanged, start] = puts();
    expect(puts().map(({ url }) => url)).toEqual(
      Array.from({ length: 2 }, () => `${SERVICES}?dryRun=all`),
    );
    const wrong = versionOf(unchanged!)!;
    expect([wrong, versionOf(start!)]).toEqual([expect.not.stringMatching('AAZZJpwmJn4'), wrong]);
    const asItWas = stringifyJson(parseJson(SERVICE_TEXT)).replace('AAZZJpwmJn4', wrong);
    expect(unchanged!.body).toBe(asItWas);
    const template = at(parseJson(start!.body), 'spec', 'template');
    expect(at(template, 'metadata', 'name')).toBe(CANARY);
    expect(JSON.stringify(at(template, 'spec', 'containers'))).toContain(PLAN.change.image);
  });

  test('what is accepted whatever its version has been looked at', async () => {
    const { rehearse } = await world({ put: (index) => (index === 0 ? CONFLICT : TAKEN) });
    expect(await rehearse()).toEqual({ kind: 'accepted' });
  });

  test.each([
    [refused(400, 'INVALID_ARGUMENT', 'Memory is too small.'), 'write-refused', /Memory is too/],
    [refused(403, 'PERMISSION_DENIED', 'iam.serviceaccounts.actAs'), 'denied', /actAs/],
    [refused(409, 'ALREADY_EXISTS', "Revision named 'x'"), 'revision-name-taken', /'x'/],
  ] as const)('a refusal is one of the start: %#', async (answer, code, text) => {
    const { rehearse } = await world({ put: (index) => (index === 0 ? CONFLICT : answer) });
    const problem = await rehearse().then(
      () => null,
      (error: unknown) => error,
    );
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ code, summary: expect.stringMatching(text) });
  });

  test('values that a refusal quotes are taken out', async () => {
    const edits = [
      { kind: 'env', clears: false, values: [{ name: 'KEY', value: 's3cret' }] },
    ] as const;
    const quoting = refused(400, 'INVALID_ARGUMENT', 'Not s3cret, please.');
    const { rehearse } = await world({ put: (index) => (index === 0 ? CONFLICT : quoting) });
    const plan = { ...PLAN, change: aChange({ image: 'x', edits }) };
    await expect(rehearse(plan)).rejects.toThrow('Not ***, please');
  });

  test.each([
    ['is taken: nothing would keep the start from being made', TAKEN],
    ['cannot be answered', { status: 503, body: '' }],
    ['is lost', null],
    ['is refused for something else', refused(400, 'INVALID_ARGUMENT')],
  ] as const)('the start is not sent where the unchanged service %s', async (_, answer) => {
    const { rehearse, puts } = await world({ put: () => answer });
    const said = await rehearse();
    expect(said).toMatchObject({ kind: 'untried' });
    // Only a 200 says something of the fence.
    expect('fence' in said).toBe(answer === TAKEN);
    expect(puts()).toHaveLength(1);
  });

  test.each([[{ status: 503, body: '' }], [null], [{ status: 409, body: 'a page' }]] as const)(
    'an answer that says nothing stops nothing: %#',
    async (answer) => {
      const { rehearse } = await world({ put: (index) => (index === 0 ? CONFLICT : answer) });
      expect(await rehearse()).toMatchObject({ kind: 'untried' });
    },
  );
});

test('the minimum of instances that an abandoned rollout has set is not held against a service file', async () => {
  const MIN = 'run.googleapis.com/minScale';
  const minInstances = { before: '1', during: '4' };
  const open = { ...draft(), minInstances, transition: 1, generation: 1, writeId: '0'.repeat(16) };
  const begun = bodyFor(service({ 'metadata.annotations': { [MIN]: '1' } }), open, PLAN);
  expect(at(begun, 'metadata', 'annotations', MIN)).toBe('4');
  const { cloudRun } = await world({ service: stringifyJson(begun) });
  const spec = { template: { spec: { containers: [{ image: 'web:v9' }] } } };
  const file = { metadata: { name: 'web', annotations: { [MIN]: '1' } }, spec };
  const change = aChange({ edits: [{ kind: 'service-file', json: JSON.stringify(file) }] });
  const from = await cloudRun.read();
  // A start ends it first, and so puts it back; a dry run asks as things are.
  expect(await cloudRun.differs(from, change)).toBe(true);
  expect((await cloudRun.changes(from, STABLE, { change })).changes).not.toEqual([]);
});

describe('what changes', () => {
  const change = aChange({ image: 'us-docker.pkg.dev/demo/web/web@sha256:bbbb' });
  const image = { what: 'image', name: '', how: 'changed' };

  test('is asked of the template in force while that is the stable revision’s', async () => {
    const { cloudRun, received } = await world({});
    const diff = await cloudRun.changes(await cloudRun.read(), STABLE, { change });
    expect(diff).toMatchObject({ changes: [image], base: null });
    expect(received).toHaveLength(1);
  });

  test('is asked of the stable revision where a later template is in force', async () => {
    const body = JSON.stringify({
      metadata: {
        name: STABLE,
        labels: { 'commit-sha': 'c'.repeat(40), 'serving.knative.dev/service': 'web' },
        annotations: { 'autoscaling.knative.dev/maxScale': '100' },
      },
      spec: JSON.parse(SERVICE_TEXT).spec.template.spec,
    });
    const later = service({
      'spec.template.spec.timeoutSeconds': 60,
      'status.latestCreatedRevisionName': 'web-00042-new',
    });
    const { cloudRun, received } = await world({
      service: stringifyJson(later),
      revision: { headers: DATED, body },
    });
    const diff = await cloudRun.changes(await cloudRun.read(), STABLE, { change });
    expect(received.at(-1)!.url).toBe(`${REVISIONS}/${STABLE}`);
    expect(diff).toMatchObject({
      base: 'c'.repeat(40),
      changes: [
        { what: 'image', how: 'changed' },
        { what: 'field', name: 'timeoutSeconds', how: 'changed', from: '300', to: '60' },
      ],
    });
  });

  test('of a revision that is brought is asked of that one, and so is its commit', async () => {
    const body = JSON.stringify({
      metadata: { name: 'web-brought', labels: { 'commit-sha': 'd'.repeat(40) } },
      spec: { containers: [{ image: 'brought', env: [{ name: 'PRECISE', value: '1.0' }] }] },
    });
    const { cloudRun, received } = await world({ revision: { headers: DATED, body } });
    const from = await cloudRun.read();
    const diff = await cloudRun.changes(from, STABLE, { change, brings: 'web-brought' });
    expect(received.at(-1)!.url).toBe(`${REVISIONS}/web-brought`);
    expect(diff.head).toBe('d'.repeat(40));
    expect(diff.changes).toContainEqual(expect.objectContaining({ what: 'image', to: 'brought' }));
  });

  test('is not known of a revision that cannot be read', async () => {
    const later = stringifyJson(service({ 'status.latestCreatedRevisionName': 'web-00042-new' }));
    const { cloudRun } = await world({ service: later });
    const from = await cloudRun.read();
    await expect(cloudRun.changes(from, STABLE, { change })).rejects.toThrow(Problem);
  });

  test('is not known where the answer is about another revision', async () => {
    const later = stringifyJson(service({ 'status.latestCreatedRevisionName': 'web-00042-new' }));
    const { spec } = JSON.parse(SERVICE_TEXT).spec.template;
    const body = JSON.stringify({ metadata: { name: 'web-00042-new' }, spec });
    const { cloudRun } = await world({ service: later, revision: { headers: DATED, body } });
    const from = await cloudRun.read();
    await expect(cloudRun.changes(from, STABLE, { change })).rejects.toThrow(STABLE);
  });
});
