/** The machine is gone, and with it the post step: everything needed stands on the service. */
import { afterAll, describe, expect, test } from 'vitest';
import {
  checkOf,
  errorsOf,
  nothingLeft,
  now,
  recordOf,
  rowsOf,
  storyOf,
  untilAt,
  writesOf,
} from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, type Scene } from '../scene/scene.ts';

afterAll(nothingLeft);

const PLAN = { ...QUICK, stages: '30% for 3s, 60% for 3s' };
const STAYS = { ...QUICK, stages: '30% for 60s' };

/** Attempt 1 of the usual run, gone without a trace but for what is on the service. */
async function vanish(scene: Scene, inputs: Readonly<Record<string, string>>, percent: number) {
  const running = scene.start({ inputs });
  await untilAt(scene, percent);
  running.shutdown();
  expect((await running.finished).post).toBeNull();
}

test('a re-run does not call promoted what was taken back by hand, nor touch its check run', () =>
  withScene({}, async (scene) => {
    expect((await scene.run({ inputs: QUICK })).outputs['outcome']).toBe('promoted');
    const check = checkOf(scene);
    await scene.sandbox.services.setTraffic('web', { [scene.stable]: 100 });
    const result = await scene.run({ inputs: QUICK, attempt: 2 });
    expect(result.exitCode).toBe(1);
    expect(result.outputs).toMatchObject({ outcome: 'released', reason: 'drift', percent: '0' });
    expect(errorsOf(result)[0]).toMatch(/was promoted, but somebody has changed the traffic since/);
    expect(checkOf(scene)).toEqual(check);
    expect(scene.served()).toEqual({ [scene.stable]: 100 });
  }));

describe.concurrent('after the machine went away', () => {
  test('a re-run goes on at the recorded stage and promotes the same revision', () =>
    withScene({}, async (scene) => {
      await vanish(scene, PLAN, 60);
      const { canary = '' } = recordOf(scene) ?? {};
      const from = now(scene);
      const result = await scene.run({ inputs: PLAN, attempt: 2 });
      expect([result.exitCode, result.outputs['revision']]).toEqual([0, canary]);
      expect(storyOf(scene, from)).toEqual(['active 2', 'promoted 3']);
      expect(writesOf(scene, from).map(({ record }) => record.attempt)).toEqual([2, 2]);
      expect(rowsOf(writesOf(scene, from)[0]!).slice(0, 2)).toEqual([
        `${scene.stable} 40`,
        `${canary} 60`,
      ]);
      // No second canary was made, and no second check run.
      expect(scene.sandbox.model.revisions('web')).toHaveLength(2);
      expect(checkOf(scene)).toMatchObject({ status: 'completed', conclusion: 'success' });
      expect(checkOf(scene).text).toContain('Passed in an earlier attempt.');
    }));

  test('a re-run with another plan is refused and changes nothing', () =>
    withScene({}, async (scene) => {
      await vanish(scene, STAYS, 30);
      const before = scene.sandbox.model.get('web');
      const inputs = { ...STAYS, stages: '30% for 50s' };
      const result = await scene.run({ inputs, attempt: 2 });
      expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'refused']);
      expect(errorsOf(result)[0]).toMatch(/plan of this step differs/);
      expect(scene.sandbox.model.get('web')).toEqual(before);
    }));

  test('a person rolls it back from another run', () =>
    withScene({}, async (scene) => {
      await vanish(scene, STAYS, 30);
      const result = await scene.run({ inputs: { command: 'rollback' }, runId: 19_482_736_477 });
      expect([result.exitCode, result.outputs['outcome']]).toEqual([0, 'rolled-back']);
      expect(recordOf(scene)).toMatchObject({ reason: 'ordered:rollback:octocat' });
      expect(scene.served()).toEqual({ [scene.stable]: 100 });
    }));

  test('the attempt that comes back finds its rollout taken over, and writes no more', () =>
    withScene({}, async (scene) => {
      const first = scene.start({ inputs: STAYS });
      await untilAt(scene, 30);
      const second = scene.start({ inputs: STAYS, attempt: 2 });
      const result = await first.finished;
      expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'fenced']);
      expect(result.post).toMatchObject({ exitCode: 0 });
      expect(recordOf(scene)).toMatchObject({ phase: 'active', attempt: 2, stage: 1 });
      second.cancel();
      await second.finished;
      expect(writesOf(scene).map(({ record }) => `${record.phase} ${record.attempt}`)).toEqual([
        'active 1',
        'active 1',
        'active 2',
        'rolled-back 2',
      ]);
    }));
});
