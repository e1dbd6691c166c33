/** A run that is cancelled or dies: who puts things right, and how soon. */
import { afterAll, describe, expect, test } from 'vitest';
import type { Running } from '../runner/runner.ts';
import {
  checkOf,
  nothingLeft,
  now,
  recordOf,
  rowsOf,
  storyOf,
  until,
  untilAt,
  writesOf,
} from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, type Scene } from '../scene/scene.ts';

afterAll(nothingLeft);

/** Writes before the first one: the start is tried in two, and the fence is proved. */
const DRY = 3;

/** Long enough to be cancelled in the middle. */
const LONG = { ...QUICK, stages: '30% for 60s, 60% for 60s' };

function start(scene: Scene, inputs: Readonly<Record<string, string>> = {}): Running {
  return scene.start({ inputs: { ...LONG, ...inputs } });
}

describe.concurrent('a run that is cancelled', () => {
  test('in the middle of a stage restores the stable revision itself, before the second signal', () =>
    withScene({}, async (scene) => {
      const running = start(scene);
      await untilAt(scene, 30);
      const cancelled = performance.now();
      running.cancel();
      await until('all traffic is asked for the stable revision', () => {
        return scene.asked()[scene.stable] === 100;
      });
      expect(performance.now() - cancelled).toBeLessThan(7_500);
      const result = await running.finished;
      expect([result.exitCode, result.signal]).toEqual([1, null]);
      expect(result.outputs).toMatchObject({ outcome: 'rolled-back', reason: 'cancelled' });
      expect(storyOf(scene)).toEqual(['active 0', 'active 1', 'rolled-back 1']);
      expect(checkOf(scene)).toMatchObject({ status: 'completed', conclusion: 'cancelled' });
      expect(result.post).toMatchObject({ exitCode: 0 });
      await until('the stable revision is served', () => scene.served()[scene.stable] === 100);
    }));

  test('is held where it is when `on_cancel` says so, and post leaves that alone', () =>
    withScene({}, async (scene) => {
      const running = start(scene, { on_cancel: 'hold' });
      await untilAt(scene, 30);
      running.cancel();
      const result = await running.finished;
      expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'held']);
      const { canary = '' } = recordOf(scene) ?? {};
      expect(scene.served()).toEqual({ [scene.stable]: 70, [canary]: 30 });
      expect(recordOf(scene)).toMatchObject({ phase: 'held', reason: 'cancelled', stage: 1 });
      expect(checkOf(scene)).toMatchObject({ status: 'completed', conclusion: 'cancelled' });
    }));

  test('before its first write changes nothing', () =>
    withScene({}, async (scene) => {
      const before = scene.sandbox.model.get('web');
      // Held up between preflight and the first write, at the proof of the fence.
      const slow = { kind: 'delay', ms: 1_500, when: 'before' } as const;
      scene.sandbox.faults.add({ match: { method: 'PUT' }, fault: slow, skip: DRY - 1 });
      const running = start(scene);
      const isPut = ({ method }: { readonly method: string }) => method === 'PUT';
      await until('the proof is under way', () => {
        return scene.sandbox.journal.entries().filter(isPut).length === DRY;
      });
      running.cancel();
      const result = await running.finished;
      expect([result.exitCode, result.post!.exitCode]).toEqual([1, 0]);
      expect(scene.sandbox.model.get('web')).toEqual(before);
      expect(writesOf(scene)).toEqual([]);
      expect(recordOf(scene)).toBeNull();
    }));

  test('while its first write is under way undoes what that write did', () =>
    withScene({}, async (scene) => {
      const slow = { kind: 'delay', ms: 1_000, when: 'after' } as const;
      scene.sandbox.faults.add({ match: { method: 'PUT' }, fault: slow, skip: DRY });
      const running = start(scene);
      await until('the record is there', () => recordOf(scene) !== null);
      running.cancel();
      const result = await running.finished;
      expect(result.outputs).toMatchObject({ outcome: 'rolled-back', reason: 'cancelled' });
      expect(storyOf(scene)).toEqual(['active 0', 'rolled-back 0']);
      expect(rowsOf(writesOf(scene).at(-1)!)).toEqual([`${scene.stable} 100`]);
    }));
});

describe.concurrent('a run that dies', () => {
  test('in the middle of a stage is cleaned up after by its post step', () =>
    withScene({}, async (scene) => {
      const running = start(scene);
      await untilAt(scene, 30);
      running.kill();
      const { signal, post } = await running.finished;
      expect([signal, post!.exitCode]).toEqual(['SIGKILL', 0]);
      expect(storyOf(scene)).toEqual(['active 0', 'active 1', 'rolled-back 1']);
      expect(recordOf(scene)).toMatchObject({ phase: 'rolled-back', reason: 'cancelled' });
      expect(scene.served()).toEqual({ [scene.stable]: 100 });
      expect(checkOf(scene)).toMatchObject({ status: 'completed', conclusion: 'cancelled' });
      expect(post!.summary).toContain(checkOf(scene).title);
    }));

  test('with `on_cancel: hold` is held by its post step', () =>
    withScene({}, async (scene) => {
      const running = start(scene, { on_cancel: 'hold' });
      await untilAt(scene, 30);
      running.kill();
      await running.finished;
      expect(recordOf(scene)).toMatchObject({ phase: 'held', reason: 'cancelled' });
      expect(scene.served()).toMatchObject({ [scene.stable]: 70 });
    }));

  test('is cleaned up after by a post step that waits for a token while GitHub has none', () =>
    withScene({}, async (scene) => {
      const running = start(scene);
      await untilAt(scene, 30);
      const match = { pathIncludes: '/oidc/token' };
      scene.sandbox.faults.add({ match, fault: { kind: 'drop' }, times: 4 });
      running.kill();
      const { post } = await running.finished;
      expect([post!.exitCode, scene.sandbox.faults.pending()]).toEqual([0, []]);
      expect(recordOf(scene)).toMatchObject({ phase: 'rolled-back', reason: 'cancelled' });
    }));

  test('between its first write and its answer is cleaned up after all the same', () =>
    withScene({}, async (scene) => {
      const slow = { kind: 'delay', ms: 5_000, when: 'after' } as const;
      scene.sandbox.faults.add({ match: { method: 'PUT' }, fault: slow, skip: DRY });
      const running = start(scene);
      await until('the record is there', () => recordOf(scene) !== null);
      running.kill();
      await running.finished;
      expect(recordOf(scene)).toMatchObject({ phase: 'rolled-back', stage: 0 });
      expect(scene.asked()).toEqual({ [scene.stable]: 100 });
    }));

  test('before it asked Cloud Run anything leaves nothing to clean up', () =>
    withScene({}, async (scene) => {
      const before = scene.sandbox.model.get('web');
      const running = start(scene);
      running.kill();
      const { post } = await running.finished;
      expect([post!.exitCode, post!.log.trim(), now(scene)]).toEqual([0, '', 0]);
      expect(scene.sandbox.model.get('web')).toEqual(before);
    }));
});
