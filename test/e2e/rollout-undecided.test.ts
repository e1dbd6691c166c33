/** No data is never a pass: what happens to a canary about which nothing can be known. */
import { afterAll, describe, expect, test } from 'vitest';
import { checkOf, errorsOf, nothingLeft, recordOf, storyOf } from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, type Scene } from '../scene/scene.ts';
import type { RunResult } from '../runner/runner.ts';

afterAll(nothingLeft);

const SHORT = { ...QUICK, no_data_timeout: '2s' };

function expectHeld(scene: Scene, result: RunResult): void {
  expect(result.exitCode).toBe(1);
  expect(result.outputs).toMatchObject({
    outcome: 'held',
    verdict: 'unknown',
    reason: 'unknown-at-deadline',
    percent: '30',
    stage: '1',
  });
  const canary = result.outputs['revision']!;
  expect(scene.served()).toEqual({ [scene.stable]: 70, [canary]: 30 });
  expect(recordOf(scene)).toMatchObject({ phase: 'held', reason: 'unknown-at-deadline' });
  const check = checkOf(scene);
  expect(check).toMatchObject({ status: 'completed', conclusion: 'neutral' });
  expect(check.title).toMatch(/^Held at 30 %/);
  // What to do next, by the action and by hand.
  for (const text of [check.text, result.summary]) {
    expect(text).toContain('command: promote');
    expect(text).toContain('command: rollback');
    expect(text).toContain(`--to-revisions=${scene.stable}=100`);
    expect(text).toContain(`--to-revisions=${canary}=100`);
  }
  expect(errorsOf(result)).toHaveLength(1);
  expect(result.post).toMatchObject({ exitCode: 0 });
}

describe.concurrent('a canary without enough data', () => {
  test('is held when its requests never become metrics, and the step fails with advice', () =>
    withScene({}, async (scene) => {
      const result = await scene.run({ inputs: { ...SHORT, image: 'sandbox/app:v2_silent' } });
      expectHeld(scene, result);
      expect(storyOf(scene)).toEqual(['active 0', 'active 1', 'held 1']);
    }));

  test('is undone when `on_no_data` says so', () =>
    withScene({}, async (scene) => {
      const image = 'sandbox/app:v2_silent';
      const result = await scene.run({ inputs: { ...SHORT, image, on_no_data: 'rollback' } });
      expect([result.exitCode, result.outputs['reason']]).toEqual([1, 'unknown-at-deadline']);
      expect(storyOf(scene)).toEqual(['active 0', 'active 1', 'rolled-back 1']);
      expect(scene.served()).toEqual({ [scene.stable]: 100 });
      expect(checkOf(scene)).toMatchObject({ conclusion: 'failure' });
    }));

  test('is held with fewer requests than `min_requests`, however good they were', () =>
    withScene({ requestsPerSecond: 10 }, async (scene) => {
      const result = await scene.run({ inputs: { ...SHORT, min_requests: '1000' } });
      expectHeld(scene, result);
      expect(checkOf(scene).text).toMatch(/1,?000/);
    }));

  test('is held when nobody calls the service at all', () =>
    withScene({ requestsPerSecond: 0.001 }, async (scene) => {
      const result = await scene.run({ inputs: { ...SHORT, min_requests: '1' } });
      expectHeld(scene, result);
    }));

  test('is held when Cloud Monitoring stops answering', () =>
    withScene({}, async (scene) => {
      scene.sandbox.faults.add({
        match: { pathIncludes: '/timeSeries' },
        fault: { kind: 'status', status: 400, body: { error: { code: 400 } } },
        skip: 2,
        times: 1000,
      });
      expectHeld(scene, await scene.run({ inputs: SHORT }));
    }));
});
