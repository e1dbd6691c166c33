/** Others at the same service: what they did stands, and nobody's work is undone by accident. */
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
import { followLatest } from '../scene/outsider.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, type Scene } from '../scene/scene.ts';

afterAll(nothingLeft);

const LONG = { ...QUICK, stages: '30% for 60s' };
const BAD = { ...QUICK, image: 'sandbox/app:v2_errors-100' };

/** The usual run, once its canary has 30 %. */
async function openAt30(scene: Scene, inputs = LONG) {
  const running = scene.start({ inputs });
  await untilAt(scene, 30);
  return { running, canary: recordOf(scene)!.canary };
}

describe.concurrent('while a rollout is open', () => {
  test('a split that somebody else sets is never overwritten', () =>
    withScene({}, async (scene) => {
      const { running, canary } = await openAt30(scene);
      const split = { [scene.stable]: 95, [canary]: 5 };
      await scene.sandbox.services.setTraffic('web', split);
      const result = await running.finished;
      expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'released']);
      expect([scene.asked(), scene.served()]).toEqual([split, split]);
      expect(storyOf(scene)).toEqual(['active 0', 'active 1', 'released 1']);
      expect(rowsOf(writesOf(scene).at(-1)!)).toEqual([
        `${scene.stable} 95`,
        `${canary} 5`,
        expect.stringContaining('#'),
      ]);
      expect(checkOf(scene)).toMatchObject({ status: 'completed', conclusion: 'cancelled' });
      expect(checkOf(scene).title).toBe('Released · traffic changed by others, left as it is');
      expect(result.post!.log.trim()).toBe('');
    }));

  test('a person who sends everything back to the stable revision is not argued with', () =>
    withScene({}, async (scene) => {
      const { running } = await openAt30(scene);
      await scene.sandbox.services.setTraffic('web', { [scene.stable]: 100 });
      const result = await running.finished;
      expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'released']);
      expect(scene.served()).toEqual({ [scene.stable]: 100 });
    }));

  test('LATEST is never taken back from whoever set it, though it means the stable revision', () =>
    withScene({}, async (scene) => {
      const inputs = { ...LONG, command: 'deploy' };
      expect((await scene.run({ inputs })).outputs['outcome']).toBe('held');
      const { canary } = recordOf(scene)!;
      const from = now(scene);
      followLatest(scene);
      const result = await scene.run({ inputs: { command: 'ramp' } });
      expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'released']);
      expect(scene.asked()).toEqual({ LATEST: 100 });
      expect(writesOf(scene, from).map(({ record }) => record.reason)).toEqual(['drift']);
      expect(canary).toContain(scene.service);
    }));

  test('changes of other things are kept, and the rollout goes on', () =>
    withScene({}, async (scene) => {
      const { running, canary } = await openAt30(scene, QUICK);
      scene.sandbox.services.annotate('web', { 'example.com/owner': 'team-a' });
      const result = await running.finished;
      expect([result.exitCode, scene.served()]).toEqual([0, { [canary]: 100 }]);
      expect(scene.sandbox.model.get('web').metadata.annotations).toMatchObject({
        'example.com/owner': 'team-a',
      });
    }));

  test('another run is told that it is busy, and touches nothing', () =>
    withScene({}, async (scene) => {
      const { running } = await openAt30(scene);
      const before = scene.sandbox.model.get('web');
      const from = now(scene);
      const result = await scene.run({ inputs: QUICK, runId: 77 });
      expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'busy']);
      expect(errorsOf(result)[0]).toContain('octo-org/shop/actions/runs/19482736450');
      expect(scene.sandbox.model.get('web')).toEqual(before);
      expect(writesOf(scene, from)).toEqual([]);
      running.cancel();
      expect((await running.finished).outputs['outcome']).toBe('rolled-back');
    }));

  test('a canary that is deleted sends everything back to the stable revision', () =>
    withScene({}, async (scene) => {
      const { running, canary } = await openAt30(scene);
      scene.sandbox.model.loseRevision(canary);
      const result = await running.finished;
      expect(result.exitCode).toBe(1);
      // The request log may tell of the failures before anybody looks for the revision.
      expect(result.outputs['reason']).toMatch(/^(?:canary-gone|fail:error-rate)$/);
      expect(scene.served()).toEqual({ [scene.stable]: 100 });
    }));

  test('a service that is deleted is not made again', () =>
    withScene({}, async (scene) => {
      const { running } = await openAt30(scene);
      const from = now(scene);
      scene.sandbox.model.remove('web', { dryRun: false, by: 'outsider@sandbox.example' });
      const result = await running.finished;
      expect([result.exitCode, errorsOf(result).length]).toEqual([1, 1]);
      expect(errorsOf(result)[0]).toContain('does not exist any more');
      expect([writesOf(scene, from), scene.sandbox.model.list()]).toEqual([[], []]);
      expect(result.post).toMatchObject({ exitCode: 0 });
    }));

  test('a record that somebody damaged stops everybody', () =>
    withScene({}, async (scene) => {
      const { running } = await openAt30(scene);
      const asked = scene.asked();
      scene.sandbox.services.annotate('web', { 'cloud-run-canary.dev/rollout': '{"version":1}' });
      const result = await running.finished;
      expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'hands-off']);
      expect(scene.asked()).toEqual(asked);
    }));
});

describe.concurrent('a re-run', () => {
  test('after the promotion succeeds again without a write; after a newer rollout it is refused', () =>
    withScene({}, async (scene) => {
      expect((await scene.run({ inputs: QUICK })).exitCode).toBe(0);
      const promoted = scene.served();
      const from = now(scene);
      const again = await scene.run({ inputs: QUICK, attempt: 2 });
      expect([again.exitCode, again.outputs['outcome']]).toEqual([0, 'promoted']);
      expect([writesOf(scene, from), scene.served()]).toEqual([[], promoted]);
      expect(checkOf(scene)).toMatchObject({ conclusion: 'success' });

      const newer = await scene.run({ inputs: { ...QUICK, image: 'sandbox/app:v3' }, runId: 77 });
      expect(newer.outputs['stable_revision']).toBe(again.outputs['revision']);
      const before = scene.sandbox.model.get('web');
      const old = await scene.run({ inputs: QUICK, attempt: 3 });
      expect([old.exitCode, old.outputs['outcome']]).toEqual([1, 'refused']);
      expect(errorsOf(old)[0]).toMatch(/newer rollout has finished/);
      expect(scene.sandbox.model.get('web')).toEqual(before);
    }));

  test('after a restore starts afresh with a revision of its own', () =>
    withScene({}, async (scene) => {
      const first = await scene.run({ inputs: BAD });
      expect(first.outputs['outcome']).toBe('rolled-back');
      const second = await scene.run({ inputs: QUICK, attempt: 2 });
      expect(second.exitCode).toBe(0);
      expect(second.outputs['revision']).toBe(first.outputs['revision']!.replace(/-1$/, '-2'));
      expect(scene.served()).toEqual({ [second.outputs['revision']!]: 100 });
      expect(checkOf(scene)).toMatchObject({ status: 'completed', conclusion: 'success' });
    }));
});
