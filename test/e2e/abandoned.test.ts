/** A start that meets a rollout which somebody abandoned: it ends that first, in its own check run. */
import { afterAll, describe, expect, test } from 'vitest';
import { errorsOf, nothingLeft, recordOf, storyOf, untilAt } from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, type JobOptions, type Scene } from '../scene/scene.ts';

afterAll(nothingLeft);

const FIRST = 19_482_736_450;
const OTHER_SHA = '1111111111111111111111111111111111111111';
const OTHER: JobOptions = {
  runId: 77,
  inputs: { ...QUICK, image: 'sandbox/app:v3' },
  env: { GITHUB_SHA: OTHER_SHA },
};
const HOUR = 3_600_000;

/** Everything of Google's and GitHub's is an hour later from `jump` on; the machine is gone. */
async function withAbandoned(act: (scene: Scene, jump: () => void) => Promise<void>) {
  let ahead = 0;
  const now = () => Date.now() + ahead;
  await withScene({ sandbox: { now } }, async (scene) => {
    const running = scene.start({ runId: FIRST, inputs: { ...QUICK, stages: '30% for 60s' } });
    await untilAt(scene, 30);
    running.shutdown();
    await running.finished;
    await act(scene, () => (ahead = HOUR));
  });
}

function checksOf({ sandbox }: Scene) {
  return sandbox.github.state.checkRuns.map(({ headSha, status, conclusion, output }) => ({
    commit: headSha,
    status,
    conclusion,
    title: output.title,
  }));
}

const STORY = ['active 0', 'active 1', 'rolled-back 1', 'active 0', 'active 1', 'promoted 2'];

describe.concurrent('a rollout whose machine is gone, met by a start after its deadline', () => {
  test('L6: is restored, and its check run is completed on its own commit', () =>
    withAbandoned(async (scene, jump) => {
      const [left] = checksOf(scene);
      expect(left).toMatchObject({ status: 'in_progress', conclusion: null });
      jump();
      const result = await scene.run(OTHER);
      expect([result.exitCode, errorsOf(result)]).toEqual([0, []]);
      expect(storyOf(scene)).toEqual(STORY);
      expect(checksOf(scene)).toEqual([
        {
          commit: left!.commit,
          status: 'completed',
          conclusion: 'failure',
          title: `Restored ${scene.stable} · abandoned`,
        },
        {
          commit: OTHER_SHA,
          status: 'completed',
          conclusion: 'success',
          title: expect.stringMatching(/^Promoted /),
        },
      ]);
      expect(result.log).toContain(`was abandoned: rolled-back, for ${scene.stable}.`);
    }));

  test('L6: by a re-run of its own job, has one check run, which tells how that ends', () =>
    withAbandoned(async (scene, jump) => {
      jump();
      const result = await scene.run({ runId: FIRST, attempt: 2, inputs: QUICK });
      expect([result.exitCode, errorsOf(result)]).toEqual([0, []]);
      expect(storyOf(scene)).toEqual(STORY);
      expect(checksOf(scene)).toMatchObject([{ status: 'completed', conclusion: 'success' }]);
    }));

  test('is restored, and the new one promoted, though GitHub is down', () =>
    withAbandoned(async (scene, jump) => {
      jump();
      scene.sandbox.github.controls.down = 500;
      const result = await scene.run(OTHER);
      expect([result.exitCode, errorsOf(result)]).toEqual([0, []]);
      expect([storyOf(scene), recordOf(scene)!.phase]).toEqual([STORY, 'promoted']);
    }));

  test('is restored, and its check run completed, even if the start is refused', () =>
    withAbandoned(async (scene, jump) => {
      jump();
      // Monitoring may not be read, so nothing new can be started.
      scene.sandbox.grant(['run.services.get', 'run.services.update', 'run.revisions.get']);
      const result = await scene.run(OTHER);
      expect([result.exitCode, result.outputs['reason']]).toEqual([1, 'preflight']);
      expect(scene.asked()).toEqual({ [scene.stable]: 100 });
      expect(storyOf(scene)).toEqual(STORY.slice(0, 3));
      expect(checksOf(scene)).toMatchObject([
        { status: 'completed', conclusion: 'failure', title: expect.stringMatching(/^Restored/) },
        { status: 'completed', conclusion: 'failure', title: expect.stringMatching(/^Refused/) },
      ]);
    }));
});
