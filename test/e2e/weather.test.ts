/** Faults between the action and Google: another way, the same end. */
import { afterAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../runner/runner.ts';
import type { Faults } from '../sandbox/faults.ts';
import { errorsOf, nothingLeft, recordOf, untilAt } from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, type Scene } from '../scene/scene.ts';

afterAll(nothingLeft);

type Plan = Parameters<Faults['add']>[0];

const SERVICE = '/services/web';
const REHEARSAL = 2;
/** Calls by which the plan learns of the traffic. */
const FORESIGHT = 6;
const error = (code: number, status: string): object => ({ error: { code, status, message: 'x' } });
/**
 * A write that is met after `passed` others were not: the first of those is the proof of the fence,
 * behind the two dry ones by which the start is tried.
 * A call that meets one fault is not counted by the others.
 */
const write = (passed: number, fault: Plan['fault'], times = 1): Plan => ({
  match: { method: 'PUT', pathIncludes: SERVICE },
  fault,
  skip: passed + REHEARSAL,
  times,
});
const read = (skip: number, fault: Plan['fault'], path = `${SERVICE}?`): Plan => ({
  match: { method: 'GET', pathIncludes: path },
  fault,
  skip,
});
const busy = { kind: 'status', status: 503, body: error(503, 'UNAVAILABLE') } as const;
const limited = {
  kind: 'status',
  status: 429,
  headers: { 'retry-after': '1' },
  body: error(429, 'RESOURCE_EXHAUSTED'),
} as const;
const conflict = { kind: 'status', status: 409, body: error(409, 'ABORTED') } as const;

/** Every fault is met, each transition happens once, and the canary is promoted. */
function expectPromoted(scene: Scene, result: RunResult): void {
  expect([result.exitCode, errorsOf(result)]).toEqual([0, []]);
  expect(scene.served()).toEqual({ [result.outputs['revision']!]: 100 });
  expect(recordOf(scene)).toMatchObject({ phase: 'promoted', reason: 'pass' });
  expect(scene.sandbox.model.revisions('web')).toHaveLength(2);
  expect(scene.sandbox.faults.pending()).toEqual([]);
  const took = scene.sandbox.journal
    .entries()
    .filter(({ method, query }) => method === 'PUT' && query === '')
    .flatMap(({ effects }) => effects)
    .filter((status) => status === 200);
  expect(took).toHaveLength(3);
}

type Row = readonly [weather: string, ...plans: readonly Plan[]];

/** Two kinds of weather in one rollout where they are met by different calls. */
const ROWS: readonly Row[] = [
  [
    'the answer of every write is lost, and Cloud Monitoring is unwell for a moment',
    write(1, { kind: 'lost' }, 3),
    read(0, busy, '/metricDescriptors/'),
    read(2, limited, '/timeSeries'),
    read(2 + FORESIGHT, { kind: 'truncated' }, '/timeSeries'),
    read(3 + FORESIGHT, { kind: 'drop' }, '/timeSeries'),
  ],
  [
    'every write is cut off before it arrives, and revisions and tokens have to be asked for again',
    ...[1, 2, 3].map((n) => write(n, { kind: 'drop' })),
    read(0, busy, '/revisions/'),
    read(1, { kind: 'drop' }, '/revisions/'),
    read(0, busy, '/oidc/token'),
  ],
  [
    'writes meet conflicts, limits and outages',
    write(1, conflict),
    write(2, busy),
    write(3, limited),
    write(3, { ...busy, status: 500 }),
  ],
  ['an outage hides that the writes were carried out', write(1, { ...busy, applied: true }, 3)],
  [
    'the answers of writes are cut short or empty',
    write(1, { kind: 'truncated' }, 2),
    write(1, { kind: 'empty' }),
  ],
  [
    'reads of the service are limited, cut off, cut short and empty',
    read(0, limited),
    read(3, { kind: 'drop' }),
    read(5, { kind: 'truncated' }),
    read(7, { kind: 'empty' }),
    read(9, busy),
  ],
];

describe.concurrent('a rollout is seen through though', () => {
  test.for(ROWS)('%s', ([_weather, ...plans]) =>
    withScene({}, async (scene) => {
      for (const plan of plans) scene.sandbox.faults.add(plan);
      expectPromoted(scene, await scene.run({ inputs: QUICK }));
    }),
  );

  test('every write is delivered twice, and every access token ends before its time', () =>
    withScene({}, async (scene) => {
      scene.sandbox.faults.add(write(1, { kind: 'dup' }, 3));
      const running = scene.start({ inputs: QUICK });
      await untilAt(scene, 30);
      scene.sandbox.tokens.controls.revoke();
      expectPromoted(scene, await running.finished);
      const refused = scene.sandbox.journal.entries().filter(({ status }) => status === 401);
      expect(refused.length).toBeGreaterThan(0);
    }));

  test('start and raise arrive late, after they were repeated, and access tokens live for seconds', () =>
    withScene({ sandbox: { lifetimeSeconds: 4 } }, async (scene) => {
      for (const n of [1, 2]) scene.sandbox.faults.add(write(n, { kind: 'late', ms: 1_500 }));
      expectPromoted(scene, await scene.run({ inputs: QUICK }));
      const exchanges = scene.sandbox.journal.entries().filter(({ path }) => path === '/v1/token');
      expect(exchanges.length).toBeGreaterThan(1);
    }));
});

describe.concurrent('a bad canary is undone though', () => {
  const BAD = { ...QUICK, image: 'sandbox/app:v2_errors-30', stages: '30% for 12s' };

  test('the answer of the undoing write is lost, and the next one meets an outage', () =>
    withScene({ requestsPerSecond: 40 }, async (scene) => {
      scene.sandbox.faults.add(write(3, { kind: 'drop' }));
      scene.sandbox.faults.add(write(3, { ...busy, applied: true }));
      const result = await scene.run({ inputs: { ...BAD, smoke_path: 'off' } });
      expect(result.outputs).toMatchObject({ outcome: 'rolled-back', reason: 'fail:error-rate' });
      expect(scene.served()).toEqual({ [scene.stable]: 100 });
      expect(scene.sandbox.faults.pending()).toEqual([]);
    }));

  test('Cloud Run refuses every further write: the step fails, and the record stands', () =>
    withScene({ requestsPerSecond: 40 }, async (scene) => {
      const running = scene.start({ inputs: { ...QUICK, stages: '30% for 60s' } });
      await untilAt(scene, 30);
      scene.sandbox.grant(['run.services.get', 'run.revisions.get', 'monitoring.timeSeries.list']);
      running.cancel();
      const result = await running.finished;
      expect([result.exitCode, result.outputs['reason']]).toEqual([1, 'denied']);
      expect(errorsOf(result)[0]).toContain('run.services.update');
      expect(recordOf(scene)).toMatchObject({ phase: 'active', stage: 1 });
      // Post tries once more, and is honest about it.
      expect(result.post!.exitCode).toBe(1);
    }));
});
