import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';

import { Problem } from '../../src/core/problem.ts';
import { BIRTH_ANNOTATION } from '../../src/core/rollout/record.ts';
import { createRevisions } from '../../src/edges/cloud-run/revisions.ts';
import { createGoogleAuth } from '../../src/edges/google-auth.ts';
import { readCredentials } from '../../src/edges/google-credentials.ts';
import { createDeadline } from '../../src/edges/http.ts';
import type { Remover, Revisions } from '../../src/engine/ports.ts';
import { keyFile } from './credential-files.ts';
import { NEVER, closedPort, loopback } from './loopback.ts';
import type { Loopback, Received, Reply } from './loopback.ts';
import { CANARY } from './service-fixture.ts';

const SERVICE = '/v2/projects/demo/locations/us-central1/services/web';
const REVISION = `${SERVICE}/revisions/${CANARY}`;
const DIGEST = `us-docker.pkg.dev/demo/web/web@sha256:${'b'.repeat(64)}`;

type World = Loopback & {
  readonly revisions: Revisions & Remover;
  readonly notices: readonly string[];
};

function revisionsAt(
  endpoint: string,
  o: { readonly hurry?: AbortSignal; readonly onNotice?: (text: string) => void } = {},
): Revisions & Remover {
  const universe = 'googleapis.com';
  const read = readCredentials(JSON.stringify(keyFile()), { universe, loopbackAllowed: true });
  if (!read.ok) throw new Error('refused');
  const hurry = o.hurry ?? NEVER;
  const deadline = createDeadline(hurry);
  const { credentials } = read;
  return createRevisions({
    tokens: createGoogleAuth({ credentials, project: 'demo', universe, deadline }),
    endpoint,
    universe,
    ref: { project: 'demo', region: 'us-central1', service: 'web' },
    deadline,
    hurry,
    onNotice: o.onNotice ?? (() => {}),
  });
}

async function world(answer: (index: number, request: Received) => Reply | null): Promise<World> {
  const server = await loopback((request, { index, response }) => {
    const reply = answer(index, request);
    if (reply === null) response.destroy();
    return reply === null ? null : { headers: { 'content-type': 'application/json' }, ...reply };
  });
  const notices: string[] = [];
  const revisions = revisionsAt(server.base, { onNotice: (text) => notices.push(text) });
  return { ...server, revisions, notices };
}

/** A v2 Revision, as the proto's JSON mapping writes one. */
function revision(
  conditions: readonly object[],
  containers: readonly object[] = [{ image: DIGEST }],
) {
  return {
    body: {
      name: REVISION.slice('/v2/'.length),
      uid: '7f1d1c5e-0000-4000-8000-000000000002',
      generation: '1',
      service: 'web',
      containers,
      conditions,
    },
  };
}

function ready(state: string | number, more: object = {}): object {
  return { type: 'Ready', state, lastTransitionTime: '2026-11-20T15:04:31Z', ...more };
}

function refusal(code: number, status: string, message = 'Because.'): Reply {
  return { status: code, body: { error: { code, message, status } } };
}

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  if (error instanceof Problem) return error;
  throw new Error(`not a Problem: ${inspect(error)}`);
}

describe('the state of a revision', () => {
  test('is one GET with our token', async () => {
    const { revisions, received } = await world(() => revision([ready('CONDITION_SUCCEEDED')]));
    expect(await revisions.state(CANARY)).toEqual({ health: 'ready', digest: DIGEST });
    expect(received).toHaveLength(1);
    expect(`${received[0]!.method} ${received[0]!.url.split('?')[0]}`).toBe(`GET ${REVISION}`);
    expect(received[0]!.headers.authorization).toMatch(/^Bearer ey/);
  });

  test.each([
    ['CONDITION_SUCCEEDED', 'ready'],
    [4, 'ready'],
    ['CONDITION_PENDING', 'pending'],
    ['CONDITION_RECONCILING', 'pending'],
    ['STATE_UNSPECIFIED', 'pending'],
    [99, 'pending'],
  ])('Ready in state %j is %s', async (state, health) => {
    const { revisions } = await world(() => revision([{ type: 'Active', state: 3 }, ready(state)]));
    expect((await revisions.state(CANARY)).health).toBe(health);
  });

  test('no conditions yet is pending', async () => {
    const { revisions } = await world(() => revision([]));
    expect(await revisions.state(CANARY)).toMatchObject({ health: 'pending' });
  });

  test.each([
    ['its own message', [ready(3, { message: 'Image not found.' })], 'Image not found.'],
    [
      'the message of the condition that failed',
      [{ type: 'ContainerReady', state: 'CONDITION_FAILED', message: 'No port.' }, ready(3)],
      'No port.',
    ],
    [
      'at least the reason',
      [ready('CONDITION_FAILED', { reason: 'CONTAINER_MISSING' })],
      'CONTAINER_MISSING',
    ],
    [
      'the reason of the revision',
      [ready(3, { revisionReason: 'HEALTH_CHECK_CONTAINER_ERROR' })],
      'HEALTH_CHECK_CONTAINER_ERROR',
    ],
    ['that there is none', [ready(3)], 'Cloud Run gives no reason.'],
    ['500 characters of it', [ready(3, { message: 'x'.repeat(5_000) })], 'x'.repeat(500)],
  ])('a failure says %s', async (_name, conditions, failed) => {
    const { revisions } = await world(() => revision(conditions));
    expect((await revisions.state(CANARY)).health).toMatchObject({ failed });
  });

  test('row 63: a deleted revision is gone', async () => {
    const { revisions } = await world(() => refusal(404, 'NOT_FOUND'));
    expect(await revisions.state(CANARY)).toEqual({ health: 'gone', digest: null });
  });

  test.each([
    ['a tag is no digest', [{ image: 'web:v1' }], null],
    [
      'the container with ports',
      [{ image: 'side:v1' }, { image: DIGEST, ports: [{ containerPort: 1 }] }],
      DIGEST,
    ],
    ['half a digest', [{ image: 'web@sha256:abc' }], null],
    ['no container', [], null],
  ])('S12, the digest: %s', async (_name, containers, digest) => {
    const { revisions } = await world(() => revision([ready(4)], containers));
    expect((await revisions.state(CANARY)).digest).toBe(digest);
  });
});

describe('answers that say nothing about the revision', () => {
  test.each([404, 403])(
    'a page of somebody else with %i is neither "gone" nor quoted',
    async (status) => {
      const { revisions } = await world(() => ({ status, body: '<html>a page' }));
      const problem = await problemOf(revisions.state(CANARY));
      expect(problem.code).toBe(status === 404 ? 'bad-answer' : 'denied');
      expect(problem.summary).not.toContain('page');
    },
  );

  test.each([
    ['row 19: no permission', refusal(403, 'PERMISSION_DENIED', 'Permission denied.'), 'denied'],
    ['a bad request', refusal(400, 'INVALID_ARGUMENT'), 'bad-answer'],
  ])('%s', async (_name, reply, code) => {
    const { revisions, received } = await world(() => reply);
    const problem = await problemOf(revisions.state(CANARY));
    expect(problem.code).toBe(code);
    expect(received).toHaveLength(1);
  });

  test('no permission names the permission', async () => {
    const { revisions } = await world(() => refusal(403, 'PERMISSION_DENIED'));
    const { summary } = await problemOf(revisions.state(CANARY));
    expect(summary).toBe('Permission run.revisions.get is missing: Because.');
  });

  test('row 18: a refused token is replaced once', async () => {
    const { revisions, received } = await world((index) =>
      index === 0 ? refusal(401, 'UNAUTHENTICATED') : revision([ready(4)]),
    );
    expect((await revisions.state(CANARY)).health).toBe('ready');
    expect(received).toHaveLength(2);
  });

  test('row 18: a token refused twice', async () => {
    const { revisions, received } = await world(() => refusal(401, 'UNAUTHENTICATED'));
    expect((await problemOf(revisions.state(CANARY))).code).toBe('bad-credentials');
    expect(received).toHaveLength(2);
  });

  test.each([
    ['503', { status: 503, body: '<html>' }],
    ['429', refusal(429, 'RESOURCE_EXHAUSTED')],
    ['500', refusal(500, 'INTERNAL')],
    ['a cut connection', null],
    ['half a body', { body: '{"conditions":[{"type":"Re' }],
  ])('%s is asked again', async (_name, reply) => {
    const { revisions, received } = await world((index) =>
      index === 0 ? reply : revision([ready(4)]),
    );
    expect((await revisions.state(CANARY)).health).toBe('ready');
    expect(received).toHaveLength(2);
  });

  test('four tries are enough', async () => {
    const { revisions, received } = await world(() => refusal(503, 'UNAVAILABLE'));
    expect((await problemOf(revisions.state(CANARY))).code).toBe('unreachable');
    expect(received).toHaveLength(4);
  });

  test('a cancelled run does not wait', async () => {
    const started = performance.now();
    const revisions = revisionsAt(await closedPort(), { hurry: AbortSignal.abort() });
    expect((await problemOf(revisions.state(CANARY))).code).toBe('unreachable');
    expect(performance.now() - started).toBeLessThan(2_500);
  });

  test('security 2.6: a redirect is not followed', async () => {
    const other = await loopback(() => revision([ready(4)]));
    const { revisions } = await world(() => ({ status: 307, headers: { location: other.base } }));
    await problemOf(revisions.state(CANARY));
    expect(other.received).toEqual([]);
  });

  test('security 2.3: no token is in a Problem', async () => {
    for (const reply of [refusal(403, 'PERMISSION_DENIED'), refusal(401, 'UNAUTHENTICATED')]) {
      const { revisions } = await world(() => reply);
      const shown = inspect(await problemOf(revisions.state(CANARY)), { depth: null });
      expect(shown).not.toMatch(/Bearer|eyJ/);
    }
  });
});

describe('the permissions', () => {
  const WANTED = ['run.services.get', 'run.services.update'];

  test('those that are not granted are missing', async () => {
    const { revisions, received } = await world(() => ({ body: { permissions: [WANTED[0]] } }));
    expect(await revisions.missingPermissions(WANTED)).toEqual(['run.services.update']);
    const { method, url, body } = received[0]!;
    expect(`${method} ${url.split('?')[0]}`).toBe(`POST ${SERVICE}:testIamPermissions`);
    expect(JSON.parse(body)).toMatchObject({ permissions: WANTED });
  });

  test('an empty answer grants none', async () => {
    const { revisions } = await world(() => ({ body: {} }));
    expect(await revisions.missingPermissions(WANTED)).toEqual(WANTED);
  });

  test.each([
    ['denied', refusal(403, 'PERMISSION_DENIED')],
    ['not known there', refusal(400, 'INVALID_ARGUMENT')],
    ['not implemented', refusal(501, 'UNIMPLEMENTED')],
    ['not found', refusal(404, 'NOT_FOUND')],
  ])('a question that is %s leaves it open, with a notice', async (_name, reply) => {
    const { revisions, notices } = await world(() => reply);
    expect(await revisions.missingPermissions(WANTED)).toEqual([]);
    expect(notices).toHaveLength(1);
  });
});

describe('the removal of a canary', () => {
  const birth = (canary: string) =>
    JSON.stringify({
      rolloutId: '1-2',
      attempt: 1,
      canary,
      stable: 'web-1',
      image: 'app',
      commit: '',
    });
  const found = (text: string) => {
    const { body } = revision([ready('CONDITION_FAILED')]);
    return { body: { ...body, etag: '"abc"', annotations: { [BIRTH_ANNOTATION]: text } } };
  };
  const operation = { body: { name: 'projects/demo/locations/us-central1/operations/1' } };

  test('is asked for once, of the very version that was looked at', async () => {
    const { revisions, received } = await world((index) =>
      index === 0 ? found(birth(CANARY)) : operation,
    );
    expect(await revisions.remove(CANARY)).toBe('deleted');
    expect(received.map(({ method, url }) => `${method} ${url.split('?')[0]}`)).toEqual([
      `GET ${REVISION}`,
      `DELETE ${REVISION}`,
    ]);
    expect(new URL(`http://x${received[1]!.url}`).searchParams.get('etag')).toBe('"abc"');
  });

  test.each(['', 'x', birth('web-other')])(
    'is not asked for where no rollout made it: %j',
    async (text) => {
      const { revisions, received } = await world(() => found(text));
      expect(await revisions.remove(CANARY)).toBe('not-ours');
      expect(received).toHaveLength(1);
    },
  );

  test('that nobody can see is done already', async () => {
    const { revisions } = await world(() => refusal(404, 'NOT_FOUND'));
    expect(await revisions.remove(CANARY)).toBe('gone');
  });

  test.each([
    ['the look before it', 0, /run\.revisions\.get .*roles\/run\.viewer/],
    ['the deletion', 1, /run\.revisions\.delete .*roles\/run\.developer/],
  ])('of which %s is refused names the permission for that', async (_, refused, named) => {
    const { revisions } = await world((index) =>
      index === refused ? refusal(403, 'PERMISSION_DENIED', 'No.') : found(birth(CANARY)),
    );
    const problem = await problemOf(revisions.remove(CANARY));
    expect(`${problem.summary} ${problem.advice}`).toMatch(named);
  });

  test('is looked at again after trouble, but asked for only once: nobody knows what came of it', async () => {
    const { revisions, received } = await world((index) =>
      index === 1 ? found(birth(CANARY)) : refusal(503, 'UNAVAILABLE'),
    );
    expect((await problemOf(revisions.remove(CANARY))).code).toBe('unreachable');
    expect(received.map(({ method }) => method)).toEqual(['GET', 'GET', 'DELETE']);
  });

  test('that Cloud Run will not do is told in its words', async () => {
    const { revisions } = await world((index) =>
      index === 0 ? found(birth(CANARY)) : refusal(400, 'FAILED_PRECONDITION', 'It is the latest.'),
    );
    expect((await problemOf(revisions.remove(CANARY))).summary).toContain('It is the latest');
  });
});
