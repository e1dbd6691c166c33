/** Canaries that must not get through, each caught by the one guard that can catch it. */
import { afterAll, describe, expect, test } from 'vitest';
import { checkOf, errorsOf, nothingLeft, rowsOf, storyOf, writesOf } from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, type Scene } from '../scene/scene.ts';
import { expectRestored, plain, SLOW } from '../scene/verdicts.ts';
import type { RunResult } from '../runner/runner.ts';

afterAll(nothingLeft);

const BUSY = { requestsPerSecond: 40 };
const LIVE = { ...QUICK, stages: '30% for 12s', no_data_timeout: '4s' };

describe.concurrent('a canary that', () => {
  test('answers with errors under live traffic is undone, though nothing was probed', () =>
    withScene(BUSY, async (scene) => {
      const inputs = { ...LIVE, image: 'sandbox/app:v2_errors-20', smoke_path: 'off' };
      const result = await scene.run({ inputs });
      expectRestored(scene, result, 'fail:error-rate');
      expect(storyOf(scene)).toEqual(['active 0', 'active 1', 'rolled-back 1']);
      expect(checkOf(scene).title).toMatch(/5xx \S+ % vs \S+ % at 30 %/);
      expect(errorsOf(result)[0]).toMatch(/5xx .* on the canary/);
    }));

  test('turns bad after its smoke test is undone', () =>
    withScene(BUSY, async (scene) => {
      // More than it is probed, and told by its requests: on a machine that stalls, seconds say nothing.
      const inputs = { ...LIVE, image: 'sandbox/app:v2_tires-30' };
      const result = await scene.run({ inputs });
      expectRestored(scene, result, 'fail:error-rate');
      expect(result.log).toMatch(/10 of 10 smoke probes of \/ on the canary passed/);
    }));

  test('is slow is undone, in comparison with the stable revision in the same minutes', () =>
    withScene(BUSY, async (scene) => {
      const inputs = { ...LIVE, image: 'sandbox/app:v2_slow-300', max_latency_increase: '25%' };
      const result = await scene.run({ inputs });
      expectRestored(scene, result, SLOW);
      expect(checkOf(scene).title).toMatch(/p95 .* at 30 %/);
    }));

  test('is slower than a limit is undone, with the comparison turned off', () =>
    withScene(BUSY, async (scene) => {
      const inputs = { ...LIVE, image: 'sandbox/app:v2_slow-300', max_latency_p50: '200ms' };
      expectRestored(scene, await scene.run({ inputs }), 'fail:latency-p50');
    }));

  test('fails its smoke test gets no traffic at all', () =>
    withScene(BUSY, async (scene) => {
      const inputs = { ...QUICK, image: 'sandbox/app:v2_errors-100' };
      const result = await scene.run({ inputs });
      expectRestored(scene, result, 'probe-failed');
      expect(storyOf(scene)).toEqual(['active 0', 'rolled-back 0']);
      expect(checkOf(scene).text).toMatch(/was answered 500/);
      expect(Object.keys(scene.load.stats().revisions)).toEqual([scene.stable]);
      expect(scene.load.stats()).toMatchObject({ failed: 0 });
    }));

  test('proves to be another revision than the one asked for gets no traffic', () =>
    withScene(BUSY, async (scene) => {
      const inputs = { ...QUICK, smoke_revision_header: 'x-of-nobody' };
      expectRestored(scene, await scene.run({ inputs }), 'probe-failed');
    }));

  test('crashes at start is reported with the reason that Cloud Run gives', () =>
    withScene(BUSY, async (scene) => {
      const result = await scene.run({ inputs: { ...QUICK, image: 'sandbox/app:v2_crash' } });
      const canary = result.outputs['revision']!;
      expectNotStarted(scene, result);
      expect(reasonOf(scene, canary)).toMatch(/failed to start/i);
      for (const text of [checkOf(scene).text, errorsOf(result)[0]!, result.summary]) {
        expect(plain(text)).toContain(reasonOf(scene, canary));
      }
    }));

  test('has no image is reported with the reason that Cloud Run gives', () =>
    withScene(BUSY, async (scene) => {
      const result = await scene.run({ inputs: { ...QUICK, image: 'sandbox/app:nowhere' } });
      expectNotStarted(scene, result);
      const said = reasonOf(scene, result.outputs['revision']!);
      expect(plain(checkOf(scene).text)).toContain(said);
    }));
});

function expectNotStarted(scene: Scene, result: RunResult): void {
  expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'start-failed']);
  expect(storyOf(scene)).toEqual(['active 0', 'start-failed 0']);
  for (const write of writesOf(scene)) expect(rowsOf(write)[0]).toBe(`${scene.stable} 100`);
  expect(scene.served()).toEqual({ [scene.stable]: 100 });
  expect(checkOf(scene)).toMatchObject({ conclusion: 'failure' });
  expect(checkOf(scene).title).toMatch(/^Not started /);
  const { failed, revisions } = scene.load.stats();
  expect([failed, Object.keys(revisions)]).toEqual([0, [scene.stable]]);
}

/** The first sentence of what the Ready condition of a revision says. */
function reasonOf({ sandbox }: Scene, revision: string): string {
  const { conditions } = sandbox.model.revision(revision).status;
  const said = conditions.find(({ type }) => type === 'Ready')?.message ?? '';
  expect(said).not.toBe('');
  return said.split('. ')[0]!;
}
