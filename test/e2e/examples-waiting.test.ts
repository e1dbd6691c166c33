/** The examples in which no runner waits, and the one that comes when nobody else does. */
import { afterAll, describe, expect, test } from 'vitest';
import { nothingLeft, recordOf, untilAt } from '../scene/evidence.ts';
import { playing } from '../workflow/stage.ts';
import { errorsIn, outcomesOf, pushed } from '../workflow/told.ts';

afterAll(nothingLeft, 40_000);

/** Eight jobs, one after the other. */
const LONG = 240_000;

const GATED = '50% for 2s until promoted';

const WAITS = Object.fromEntries(
  [15, 30, 240, 480, 720].map((waitMinutes) => {
    const name = waitMinutes < 60 ? `wait-${waitMinutes}m` : `wait-${waitMinutes / 60}h`;
    return [name, { waitMinutes }];
  }),
);

describe.concurrent('without a runner that waits', () => {
  test(
    'wait-in-a-chain: one job for each look, as long as there is something to look at',
    () =>
      playing({ examples: ['wait-in-a-chain'], environments: WAITS }, async (stage) => {
        const { scene } = stage;
        const run = pushed(stage);
        expect([await run.finished, errorsIn(stage)]).toEqual(['success', []]);
        expect(scene.served()).toEqual({ [recordOf(scene)!.canary]: 100 });
        expect([run.billedMinutes, run.waitedMinutes]).toEqual([8, 3 * 15 + 24 * 60]);
      }),
    LONG,
  );

  test('wait-by-dispatch: each look dispatches the next one until it is over', () =>
    playing({ examples: ['wait-by-dispatch'], environments: WAITS }, async (stage) => {
      const { scene, repository } = stage;
      pushed(stage);
      await repository.settled();
      expect(errorsIn(stage)).toEqual([]);
      expect(scene.served()).toEqual({ [recordOf(scene)!.canary]: 100 });
      expect(repository.runs.length).toBeGreaterThanOrEqual(3);
      expect(repository.billedMinutes).toBe(repository.runs.length);
    }));

  test('resume-on-schedule: look by look as far as the gate', () =>
    playing({ examples: ['resume-on-schedule'], stages: GATED }, async (stage) => {
      const { scene, repository } = stage;
      const run = pushed(stage);
      expect([await run.finished, run.resultOf('resume')]).toEqual(['success', 'skipped']);
      // Every ten minutes: here, as soon as the last one is over.
      const atGate = () => recordOf(scene)?.stage === 1 && recordOf(scene)?.reason === 'reached';
      for (let looks = 0; looks < 20 && !atGate(); looks += 1) {
        repository.happen({ name: 'schedule' });
        await repository.settled();
      }
      expect([errorsIn(stage), atGate()]).toEqual([[], true]);
      expect(new Set(outcomesOf(stage))).toEqual(new Set(['deploy held', 'resume held']));
      expect(scene.served()[recordOf(scene)!.canary]).toBe(50);
    }));

  test('reconcile: a rollout whose machine went away is undone as soon as its run is over', () =>
    playing({ examples: ['first-canary', 'reconcile'], stages: '30% for 60s' }, async (stage) => {
      const { scene, repository } = stage;
      const run = pushed(stage);
      await untilAt(scene, 30);
      run.lose();
      expect(await run.finished).toBe('failure');
      await repository.settled();
      expect(outcomesOf(stage)).toEqual(['reconcile reconciled']);
      expect(scene.served()).toEqual({ [scene.stable]: 100 });
      expect(recordOf(scene)).toMatchObject({ phase: 'rolled-back' });
    }));
});
