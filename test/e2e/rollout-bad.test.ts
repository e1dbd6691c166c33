/** Canaries that must not get through, each caught by the one guard that can catch it. */
import { afterAll, describe, expect, test } from 'vitest';
import { checkOf, errorsOf, nothingLeft, storyOf } from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK } from '../scene/scene.ts';
import { expectRestored } from '../scene/verdicts.ts';

afterAll(nothingLeft);

const BUSY = { requestsPerSecond: 40 };
const LIVE = { ...QUICK, stages: '30% for 12s', no_data_timeout: '4s' };

describe.concurrent('a canary that', () => {
  test('turns bad after its smoke test is undone', () =>
    withScene(BUSY, async (scene) => {
      // More than it is probed, and told by its requests: on a machine that stalls, seconds say nothing.
      const inputs = { ...LIVE, image: 'sandbox/app:v2_tires-30' };
      const result = await scene.run({ inputs });
      expectRestored(scene, result, 'fail:error-rate');
      expect(storyOf(scene)).toEqual(['active 0', 'active 1', 'rolled-back 1']);
      expect(checkOf(scene).title).toMatch(/5xx \S+ % vs \S+ % at 30 %/);
      expect(errorsOf(result)[0]).toMatch(/5xx .* on the canary/);
      expect(result.log).toMatch(/10 of 10 smoke probes of \/ on the canary passed/);
    }));

  test('is slower than a limit is undone, with the comparison turned off', () =>
    withScene(BUSY, async (scene) => {
      const inputs = { ...LIVE, image: 'sandbox/app:v2_slow-300', max_latency_p50: '200ms' };
      expectRestored(scene, await scene.run({ inputs }), 'fail:latency-p50');
    }));

  test('proves to be another revision than the one asked for gets no traffic', () =>
    withScene(BUSY, async (scene) => {
      const inputs = { ...QUICK, smoke_revision_header: 'x-of-nobody' };
      expectRestored(scene, await scene.run({ inputs }), 'probe-failed');
    }));
});
