/** The bytes of a first deployment: a new service, or one that is there with another template. */
import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/core/problem.ts';
import { FIRST_ANNOTATION, writeFirst } from '../../src/core/rollout/first-note.ts';
import type { Edit } from '../../src/core/template-types.ts';
import { firstBody } from '../../src/edges/cloud-run/first-body.ts';
import { createFirstDeploys } from '../../src/edges/cloud-run/first-write.ts';
import type { HttpAnswer } from '../../src/edges/http.ts';
import { at, parseJson, stringifyJson, withAt } from '../../src/edges/json.ts';
import type { JsonObject } from '../../src/edges/json.ts';
import { aChange, aQuietService } from '../unit/build.ts';
import { NOW, SERVICE_TEXT, object } from './service-fixture.ts';

const ref = { project: 'demo', region: 'us-central1', service: 'web' };
const first = { rolloutId: '1-2', attempt: 1, revision: 'web-c2-1', planHash: '5be0a1f7' };
const change = aChange({ image: 'app:v1' });
const raw = object(parseJson(SERVICE_TEXT));

const ANSWER = { kind: 'answer', status: 200, text: '{}', headers: {}, serverTime: NOW } as const;

describe('what is sent', () => {
  test('of a service that is not there is as little as gcloud sends, and our note', () => {
    const env: Edit = { kind: 'env', clears: false, values: [{ name: 'A', value: 'b' }] };
    const origin = [{ name: 'managed-by', value: 'github-actions' }];
    const made = firstBody(null, ref, {
      first,
      change: { ...change, edits: [env], originLabels: origin },
    });
    expect(JSON.parse(stringifyJson(made))).toEqual({
      apiVersion: 'serving.knative.dev/v1',
      kind: 'Service',
      metadata: {
        name: 'web',
        namespace: 'demo',
        labels: { 'managed-by': 'github-actions' },
        annotations: { [FIRST_ANNOTATION]: writeFirst(first) },
      },
      spec: {
        template: {
          metadata: { name: 'web-c2-1', labels: { 'managed-by': 'github-actions' } },
          spec: { containers: [{ image: 'app:v1', env: [{ name: 'A', value: 'b' }] }] },
        },
        traffic: [{ latestRevision: true, percent: 100 }],
      },
    });
  });

  test('of one that is there differs in image, name and note only; its traffic and version stay', () => {
    const sent = firstBody(raw, ref, { first, change });
    const back = [
      [['metadata', 'annotations', FIRST_ANNOTATION], undefined],
      [['spec', 'template', 'metadata', 'name'], at(raw, 'spec', 'template', 'metadata', 'name')],
      [
        ['spec', 'template', 'spec', 'containers'],
        at(raw, 'spec', 'template', 'spec', 'containers'),
      ],
    ] as const;
    expect(stringifyJson(at(sent, 'spec', 'traffic')!)).toBe(
      stringifyJson(at(raw, 'spec', 'traffic')!),
    );
    expect(at(sent, 'metadata', 'resourceVersion')).toBe(at(raw, 'metadata', 'resourceVersion'));
    const restored = back.reduce<JsonObject>(
      (body, [path, value]) => (value === undefined ? body : withAt(body, path, value)),
      sent,
    );
    const noted = withAt(raw, ['metadata', 'annotations', FIRST_ANNOTATION], writeFirst(first));
    expect(JSON.parse(stringifyJson(restored))).toEqual(JSON.parse(stringifyJson(noted)));
  });

  test('nobody is served yet, so ingress may be set', () => {
    const edits: readonly Edit[] = [{ kind: 'ingress', is: 'internal' }];
    const made = firstBody(null, ref, { first, change: { ...change, edits } });
    expect(at(made, 'metadata', 'annotations', 'run.googleapis.com/ingress')).toBe('internal');
  });
});

describe('of a service file', () => {
  const INGRESS = 'run.googleapis.com/ingress';
  const LAUNCH = 'run.googleapis.com/launch-stage';
  const file = (annotations: Readonly<Record<string, string>>, namespace?: string) => ({
    kind: 'service-file' as const,
    json: JSON.stringify({
      metadata: { name: 'web', namespace, annotations, labels: { team: 'shop' } },
      spec: { template: { spec: { containers: [{ image: 'app:v1' }] } } },
    }),
  });
  const body = (from: JsonObject | null, edit: Edit) =>
    firstBody(from, ref, { first, change: { ...change, edits: [edit] } });

  test.each([
    ['a new service', null],
    ['one that never had a revision that works', raw],
  ])('the settings are those of %s: nobody is served yet whom they could hurt', (_, from) => {
    const settings = {
      [INGRESS]: 'internal',
      [LAUNCH]: 'BETA',
      'run.googleapis.com/minScale': '1',
    };
    const made = body(from, file(settings));
    expect(at(made, 'metadata', 'annotations')).toMatchObject(settings);
    expect(at(made, 'metadata', 'labels')).toMatchObject({ team: 'shop' });
  });

  test('who would reach the service then is known before, whoever reaches it now', () => {
    const status = ['metadata', 'annotations', 'run.googleapis.com/ingress-status'] as const;
    const shut = withAt(raw, status, 'internal');
    const firsts = (from: JsonObject) => {
      const send = async () => expect.unreachable('nothing is sent');
      return createFirstDeploys({ ref, put: send, post: send, rawOf: () => from });
    };
    const settings = (ingress: string) => ({ ...change, edits: [file({ [INGRESS]: ingress })] });
    const there = aQuietService();
    expect(firsts(raw).entrance(null, settings('internal')).ingress).toBe('internal');
    expect(firsts(raw).entrance(null, change).ingress).toBe('all');
    expect(firsts(shut).entrance(there, settings('all')).ingress).toBe('all');
    const internal = withAt(raw, ['metadata', 'annotations', INGRESS], 'internal');
    expect(firsts(internal).entrance(there, change).ingress).toBe('internal');
  });

  test('what is noted in it of the service it was copied from stays out', () => {
    const made = body(
      null,
      file({
        [LAUNCH]: 'GA',
        'run.googleapis.com/operation-id': 'x',
        'serving.knative.dev/creator': 'a@b',
        'client.knative.dev/user-image': 'app:v0',
        'cloud-run-canary.dev/rollout': '{}',
        'cloud-run-canary.dev/first': '{}',
        'example.com/owner': 'ada',
      }),
    );
    expect(at(made, 'metadata', 'annotations')).toEqual({
      [LAUNCH]: 'GA',
      'example.com/owner': 'ada',
      [FIRST_ANNOTATION]: writeFirst(first),
    });
  });

  test('a number of the project, which only Cloud Run can compare, goes along', () => {
    expect(at(body(null, file({}, '123456789012')), 'metadata', 'namespace')).toBe('123456789012');
    expect(at(body(null, file({}, 'demo')), 'metadata', 'namespace')).toBe('demo');
    expect(at(body(null, file({})), 'metadata', 'namespace')).toBe('demo');
  });
});

describe('what the answer means', () => {
  const noted = stringifyJson(
    withAt(raw, ['metadata', 'annotations', FIRST_ANNOTATION], writeFirst(first)),
  );
  const answer = (status: number, text: string): HttpAnswer => ({
    kind: 'answer',
    status,
    text,
    headers: {},
    serverTime: NOW,
  });
  const error = (status: number, name: string, message = '') =>
    answer(status, JSON.stringify({ error: { code: status, status: name, message } }));

  async function sent(reply: HttpAnswer, from: 'none' | 'there' = 'none') {
    const asked: string[] = [];
    const send = (verb: string) => async () => {
      asked.push(verb);
      return reply;
    };
    const firsts = createFirstDeploys({
      ref,
      put: send('PUT'),
      post: send('POST'),
      rawOf: () => raw,
    });
    const service = from === 'none' ? null : aQuietService();
    return { asked, result: await firsts.deploy(service, first, change) };
  }

  test.each([
    ['none', 'POST'],
    ['there', 'PUT'],
  ] as const)('a 200 with our note is applied: %s, %s', async (from, verb) => {
    expect(await sent(answer(200, noted), from)).toEqual({
      asked: [verb],
      result: { kind: 'applied' },
    });
  });

  test.each<readonly [string, HttpAnswer]>([
    ['no answer', { kind: 'no-answer', why: 'timeout' }],
    ['a 200 without our note', answer(200, SERVICE_TEXT)],
    ['a 200 that is cut', answer(200, noted.slice(0, 200))],
    ['somebody else was first', error(409, 'ALREADY_EXISTS')],
    ['a conflict', error(409, 'ABORTED')],
    ['an overloaded server', error(503, 'UNAVAILABLE')],
    ['a page of somebody in between', answer(403, '<html>')],
  ])('%s: read again', async (_, reply) => {
    expect((await sent(reply)).result.kind).toBe('read-again');
  });

  test.each<readonly [string, HttpAnswer, object]>([
    [
      '403',
      error(403, 'PERMISSION_DENIED', 'No.'),
      { code: 'denied', summary: /run\.services\.create/ },
    ],
    [
      '403 actAs',
      error(403, 'PERMISSION_DENIED', 'iam.serviceaccounts.actAs'),
      { summary: /iam\.serviceAccounts\.actAs/ },
    ],
    [
      '400',
      error(400, 'INVALID_ARGUMENT', 'Bad image.'),
      { code: 'write-refused', summary: /Bad image/ },
    ],
  ])('%s is refused for good', async (_, reply, problem) => {
    const { result } = await sent(reply);
    expect(result).toMatchObject({ kind: 'refused', problem: asMatch(problem) });
  });

  test('it is told with the time at which Cloud Run said so', async () => {
    const { result } = await sent(error(403, 'PERMISSION_DENIED'));
    expect(result).toMatchObject({ kind: 'refused', at: NOW });
  });

  test('the name of a revision that is taken is refused for good', async () => {
    const { result } = await sent(error(409, 'ALREADY_EXISTS'), 'there');
    expect(result).toMatchObject({ kind: 'refused', problem: { code: 'revision-name-taken' } });
  });

  test('a template that the change cannot be made to is refused, and nothing is sent', async () => {
    const asked: string[] = [];
    const send = async () => {
      asked.push('sent');
      return answer(200, noted);
    };
    const empty = withAt(raw, ['spec', 'template', 'spec', 'containers'], []);
    const firsts = createFirstDeploys({ ref, put: send, post: send, rawOf: () => empty });
    const result = await firsts.deploy(aQuietService(), first, change);
    expect([result.kind, asked]).toEqual(['refused', []]);
  });
});

describe('a dry run of it', () => {
  const error = (status: number, name: string, message = 'No.'): HttpAnswer => ({
    ...ANSWER,
    status,
    text: JSON.stringify({ error: { code: status, status: name, message } }),
  });

  async function rehearsed(reply: HttpAnswer, edits: readonly Edit[] = []) {
    const sent: (readonly [verb: string, query: string, body: JsonObject])[] = [];
    const send = (verb: string) => async (body: JsonObject, query: string) => {
      sent.push([verb, query, body]);
      return reply;
    };
    const o = { ref, put: send('PUT'), post: send('POST'), rawOf: () => raw };
    const firsts = createFirstDeploys(o);
    const said = await firsts
      .rehearseFirst(null, first, { ...change, edits })
      .catch((problem: unknown) => problem);
    return { firsts, said, sent };
  }

  test('is the very POST, and asks for nothing to be stored', async () => {
    const { said, sent } = await rehearsed(ANSWER);
    expect(said).toEqual({ kind: 'accepted' });
    expect(sent).toEqual([['POST', '?dryRun=all', firstBody(null, ref, { first, change })]]);
  });

  test.each([
    [error(403, 'PERMISSION_DENIED'), { code: 'denied', summary: /run\.services\.create/ }],
    [error(403, 'PERMISSION_DENIED', 'iam.serviceaccounts.actAs'), { summary: /actAs/ }],
    [error(400, 'INVALID_ARGUMENT', 'Bad.'), { code: 'write-refused', summary: /Bad/ }],
  ] as const)('a refusal is one of the deployment: %#', async (reply, problem) => {
    const { said } = await rehearsed(reply);
    expect(said).toBeInstanceOf(Problem);
    expect(said).toMatchObject(asMatch(problem));
  });

  test.each([
    [error(409, 'ALREADY_EXISTS')],
    [error(503, 'UNAVAILABLE')],
    [{ kind: 'no-answer', why: 'timeout' } as const],
    [{ ...ANSWER, status: 403, text: '<html>' }],
  ])('an answer that says nothing of it stops nothing: %#', async (reply) => {
    expect((await rehearsed(reply)).said).toMatchObject({ kind: 'untried' });
  });

  test('values that a refusal quotes are taken out', async () => {
    const env: Edit = { kind: 'env', clears: false, values: [{ name: 'A', value: 's3cret' }] };
    const { said } = await rehearsed(error(400, 'INVALID_ARGUMENT', 'Not s3cret.'), [env]);
    expect(said).toMatchObject({ summary: expect.stringContaining('Not ***') });
  });

  test('of one that is there has a wrong version, as any start', async () => {
    const { firsts, sent } = await rehearsed(error(409, 'ABORTED'));
    const said = await firsts.rehearseFirst(aQuietService(), first, change);
    expect(said).toEqual({ kind: 'not-refused' });
    const versions = sent.slice(1).map(([, , body]) => at(body, 'metadata', 'resourceVersion'));
    expect(sent.slice(1).map(([verb, query]) => verb + query)).toEqual([
      'PUT?dryRun=all',
      'PUT?dryRun=all',
    ]);
    expect(versions).not.toContain(at(raw, 'metadata', 'resourceVersion'));
  });
});

function asMatch(problem: object): object {
  const entries = Object.entries(problem).map(([key, value]: [string, unknown]) => [
    key,
    value instanceof RegExp ? expect.stringMatching(value) : value,
  ]);
  return Object.fromEntries(entries);
}
