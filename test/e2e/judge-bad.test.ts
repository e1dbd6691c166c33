/** Canaries with one fault each, under real traffic: each is found out by the judge, none is promoted. */
import { afterAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../runner/runner.ts';
import { startDependency } from '../sandbox/traffic/dependency.ts';
import { checkOf, nothingLeft, recordOf, storyOf } from '../scene/evidence.ts';
import { givePast } from '../scene/past.ts';
import { withScene } from '../scene/play.ts';
import { replayText } from '../scene/replay.ts';
import type { Scene, SceneOptions } from '../scene/scene.ts';
import { expectRestored, judgedIn, SLOW } from '../scene/verdicts.ts';

afterAll(nothingLeft);

type Inputs = Readonly<Record<string, string>>;

/** Nobody but the judge is to find it out, and by its errors. */
const BASE: Inputs = {
  stages: '50% for 16s',
  smoke_path: 'off',
  max_latency_increase: 'off',
  no_data_timeout: '4s',
};
/** Latencies are so long that a busy machine does not drown the difference. */
const COMPARED: Inputs = { max_latency_increase: '25%' };

type Fault = {
  readonly fault: string;
  /** Words of the images. */
  readonly stable?: string;
  readonly canary: string;
  readonly reason: string | RegExp;
  /** Of the check run. */
  readonly title?: RegExp;
  readonly inputs?: Inputs;
  readonly scene?: SceneOptions;
};

const FAULTS: readonly Fault[] = [
  {
    fault: 'five times the errors of a service that fails a little',
    stable: 'errors-3',
    canary: 'errors-15',
    reason: 'fail:error-rate',
  },
  { fault: 'ten points more errors', canary: 'errors-10', reason: 'fail:error-rate' },
  { fault: 'nothing but errors', canary: 'errors-100', reason: 'fail:error-rate' },
  { fault: 'errors that come and go', canary: 'flapping-3s', reason: 'fail:error-rate' },
  // The platform answers 503, which is in the request log and in no counter.
  { fault: 'instances that crash for good', canary: 'gone-4s', reason: 'fail:error-rate' },
  {
    fault: 'refused callers',
    canary: 'unauthorized-50',
    reason: 'fail:client-error-rate',
  },
  {
    fault: 'three times the latency',
    stable: 'median-100',
    canary: 'median-300',
    reason: SLOW,
    title: /p95 .* at 50 %/,
    inputs: COMPARED,
  },
  {
    fault: 'half as much latency again',
    stable: 'median-300',
    canary: 'median-450',
    reason: SLOW,
    inputs: COMPARED,
  },
  {
    fault: 'one request in ten that takes five times as long',
    stable: 'median-600',
    canary: 'median-600_tail-10',
    reason: SLOW,
    inputs: { ...COMPARED, stages: '50% for 20s' },
    scene: { requestsPerSecond: 100 },
  },
  {
    fault: 'memory that grows towards its limit',
    canary: 'memory-3',
    reason: 'fail:memory',
    scene: { sandbox: { samplePeriodMs: 500, ingestDelayMs: 1_000 } },
  },
  {
    fault: 'a p95 above its ceiling, which the stable revision keeps',
    stable: 'median-100',
    canary: 'median-100_slow-1.5s',
    reason: 'fail:latency-p95',
    inputs: { max_latency_p95: '1s' },
  },
];

type Play = Omit<Fault, 'fault' | 'reason'> & { readonly prepare?: (scene: Scene) => void };

/** Rolls out the canary, and looks at what is left before the curtain falls. */
function play<T>(
  { stable = 'v1', canary, inputs, scene: options, prepare }: Play,
  look: (scene: Scene, result: RunResult) => T,
): Promise<T> {
  const image = `sandbox/app:${stable}`;
  return withScene({ requestsPerSecond: 80, ...options, stable: image }, async (scene) => {
    givePast(scene, { image });
    prepare?.(scene);
    const given = { ...BASE, ...inputs, image: `sandbox/app:${canary}` };
    return look(scene, await scene.run({ inputs: given }));
  });
}

describe.concurrent('a canary with', () => {
  test.each(FAULTS.map((row) => [row.fault, row] as const))('%s is undone', (_, row) =>
    play(row, (scene, result) => {
      expectRestored(scene, result, row.reason);
      expect(checkOf(scene).title).toMatch(row.title ?? /^Restored/);
      expect(storyOf(scene)).toEqual(['active 0', 'active 1', 'rolled-back 1']);
    }),
  );

  test('errors that begin late in a stage is undone, after nothing was to be seen', () =>
    play({ canary: 'late-errors-9s' }, (scene, result) => {
      expectRestored(scene, result, 'fail:error-rate');
      expect(result.log).toMatch(/Look .*: unknown\. No regression proven/);
      // From what was measured anybody comes to the same verdict, without Google and without GitHub.
      const { exitCode, lines } = replayText(result.outputs['report_json']!);
      expect([exitCode, lines.at(-2)]).toEqual([
        0,
        expect.stringContaining('fail (evidence), as recorded'),
      ]);
    }));

  test('more errors than their ceiling is undone, though the difference would be allowed', () =>
    play(
      {
        stable: 'errors-22',
        canary: 'errors-44',
        inputs: { max_error_rate: '30%', max_error_rate_increase: '29.9%', stages: '50% for 12s' },
        scene: { requestsPerSecond: 140 },
      },
      (scene, result) => {
        expectRestored(scene, result, 'fail:error-rate');
        expect(judgedIn(result).at(-1)).toMatchObject({ reason: 'ceiling' });
      },
    ));

  test('errors from 20 % of the traffic on passes below that, and is undone there', async ({
    onTestFinished,
  }) => {
    const dependency = await startDependency();
    onTestFinished(() => dependency.stop());
    const stages = '10% for 5s, 40% for 12s';
    const env = { env: dependency.env };
    const overload = (scene: Scene): void =>
      dependency.behave((revision) => {
        const isMuch = revision !== scene.stable && (scene.served()[revision] ?? 0) >= 20;
        return isMuch ? { status: 503 } : {};
      });
    const canary = 'v2_depends';
    const row = { stable: 'depends', canary, inputs: { stages }, scene: env, prepare: overload };
    await play(row, (scene, result) => {
      expectRestored(scene, result, 'fail:error-rate');
      expect(storyOf(scene)).toEqual(['active 0', 'active 1', 'active 2', 'rolled-back 2']);
    });
  });

  test('requests that it never answers is held and never promoted', () =>
    play({ canary: 'hang', inputs: { stages: '30% for 4s' } }, (scene, result) => {
      const canary = result.outputs['revision']!;
      expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'held']);
      expect(judgedIn(result).at(-1)).toMatchObject({ reason: 'split' });
      expect(storyOf(scene)).toEqual(['active 0', 'active 1', 'held 1']);
      expect(scene.served()).toEqual({ [scene.stable]: 70, [canary]: 30 });
      expect(recordOf(scene)).toMatchObject({ phase: 'held', reason: 'unknown-at-deadline' });
    }));
});

describe.concurrent('the request log, seconds old where the counters are late,', () => {
  const LATE = { samplePeriodMs: 1_000, ingestDelayMs: 6_000 };
  const ALL_BUT_LOGS = [
    'run.services.get',
    'run.services.update',
    'run.revisions.get',
    'iam.serviceAccounts.actAs',
    'monitoring.timeSeries.list',
    'monitoring.metricDescriptors.get',
  ];

  async function judgedWith(permissions: readonly string[] | 'all') {
    const sandbox = { ...LATE, permissions };
    return play({ canary: 'errors-8', scene: { sandbox } }, (scene, result) => {
      expectRestored(scene, result, 'fail:error-rate');
      const told = result.annotations.map(({ message }) => message);
      const notices = told.filter((message) => message.includes('logging.logEntries.list'));
      return { periods: judgedIn(result).at(-1)!.window.minutes, notices };
    });
  }

  test('undoes a bad canary sooner; without the permission one notice says so', async () => {
    const [read, denied] = await Promise.all([judgedWith('all'), judgedWith(ALL_BUT_LOGS)]);
    expect(read.periods).toBeLessThan(denied.periods);
    expect([read.notices.length, denied.notices.length]).toEqual([0, 1]);
    expect(denied.notices[0]).toContain('undone sooner');
  });
});
