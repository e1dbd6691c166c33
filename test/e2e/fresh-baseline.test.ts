/** `baseline: fresh`, on the built action: a clone beside the canary, and nothing of it afterwards. */
import { afterAll, describe, expect, test, type TestContext } from 'vitest';
import type { RunResult } from '../runner/runner.ts';
import { decodeService } from '../sandbox/cloud-run/validate.ts';
import { startDependency } from '../sandbox/traffic/dependency.ts';
import { checkOf, nothingLeft, rowsOf, writesOf } from '../scene/evidence.ts';
import { givePast } from '../scene/past.ts';
import { withScene } from '../scene/play.ts';
import { QUICK } from '../scene/scene.ts';
import type { Scene } from '../scene/scene.ts';
import { SLOW, expectPromoted, expectRestored, plain } from '../scene/verdicts.ts';

afterAll(nothingLeft);

const FRESH = { ...QUICK, baseline: 'fresh', smoke_path: 'off' };
const MIN = 'run.googleapis.com/minScale';

function revisionsOf({ sandbox }: Scene): readonly string[] {
  return sandbox.model.revisions('web').map(({ metadata }) => metadata.name);
}

/** What the service had for minimum instances after each write. */
function minimaOf(scene: Scene): readonly (string | undefined)[] {
  return scene.sandbox.journal
    .entries()
    .filter(({ method, query }) => method === 'PUT' && !query.includes('dryRun'))
    .map(({ body }) => JSON.parse(body).metadata.annotations[MIN]);
}

describe.concurrent('with a fresh baseline', () => {
  test('a good canary is promoted, and its clone is gone', async () => {
    await withScene({ stable: 'sandbox/app:latest', tags: ['green'] }, async (scene) => {
      const inputs = { ...FRESH, stages: '20% for 3s, 50% for 3s', smoke_path: '/' };
      const result = await scene.run({ inputs });
      expectPromoted(scene, result);
      const canary = result.outputs['revision']!;
      const { stable } = scene;
      const clone = `${canary}-b`;
      const [made, born] = writesOf(scene);
      const green = `${stable} #green`;
      const tag = born!.traffic.find((row) => row.revisionName === canary)!.tag!;
      expect(writesOf(scene).map(rowsOf)).toEqual([
        [`${stable} 100`, green],
        [`${stable} 100`, green, `${canary} #${tag}`],
        [`${stable} 60`, `${canary} 20`, `${clone} 20`, green, `${canary} #${tag}`],
        [`${stable} 1`, `${canary} 50`, `${clone} 49`, green, `${canary} #${tag}`],
        [`${canary} 100`, green, `${stable} #c-previous`],
      ]);
      // The tag of the stable image may have moved on: the clone is what it was then.
      const { imageDigest } = scene.sandbox.model.revision(stable).status;
      expect(made!.template.spec.containers[0]!.image).toBe(imageDigest);
      expect(born!.template.spec.containers[0]!.image).toBe('sandbox/app:v2');
      expect(revisionsOf(scene)).toEqual([canary, stable]);
      expect(result.log).toContain(`${clone}, the clone of the stable revision, is being deleted.`);
      expect(plain(result.summary)).toContain('baseline: fresh.');
      expect(checkOf(scene).title).toContain('Promoted');
    });
  });

  test('a bad canary is undone, and its clone is gone', async () => {
    await withScene({}, async (scene) => {
      const inputs = { ...FRESH, image: 'sandbox/app:v2_errors-40', stages: '30% for 6s' };
      const result = await scene.run({ inputs });
      expectRestored(scene, result, 'fail:error-rate');
      const canary = result.outputs['revision']!;
      expect(revisionsOf(scene)).toEqual([canary, scene.stable]);
    });
  });

  test('a canary can follow one that has failed, and is made from what that has left', async () => {
    await withScene({ env: { GREETING: 'hello' } }, async (scene) => {
      const image = 'sandbox/app:v2_crash';
      const failed = await scene.run({ inputs: { ...FRESH, image, baseline: 'stable' } });
      expect(failed.outputs['outcome']).toBe('start-failed');
      const seq = scene.sandbox.journal.entries().length;
      const result = await scene.run({ inputs: FRESH, runId: 19_482_736_999 });
      expect([result.exitCode, result.outputs['outcome']]).toEqual([0, 'promoted']);
      const [made, born] = writesOf(scene, seq);
      const { stable } = scene;
      const { imageDigest } = scene.sandbox.model.revision(stable).status;
      expect(made!.template.spec.containers[0]).toMatchObject({
        image: imageDigest,
        env: [{ name: 'GREETING', value: 'hello' }],
      });
      expect(born!.template.spec.containers[0]!.image).toBe('sandbox/app:v2');
    });
  });

  test("somebody else's template is not put aside", async () => {
    await withScene({}, async (scene) => {
      const { sandbox } = scene;
      const { metadata, spec, ...rest } = sandbox.model.get('web');
      const { resourceVersion: _, ...unfenced } = metadata;
      const [container] = spec.template.spec.containers;
      const template = {
        metadata: { name: 'web-by-hand' },
        spec: { ...spec.template.spec, containers: [{ ...container, image: 'sandbox/app:v3' }] },
      };
      const traffic = [{ revisionName: scene.stable, percent: 100 }];
      const wanted = { ...rest, metadata: unfenced, spec: { template, traffic } };
      sandbox.model.replace(decodeService(wanted), { dryRun: false, by: 'somebody' });
      const result = await scene.run({ inputs: FRESH });
      expect(result.exitCode).toBe(1);
      expect(result.log).toContain('web-by-hand');
      expect(result.log).toContain('baseline: stable');
      expect(writesOf(scene)).toEqual([]);
    });
  });
});

describe.concurrent('where every new revision is cold for long after each raise', () => {
  async function play(
    { onTestFinished }: TestContext,
    baseline: string,
    look: (scene: Scene, result: RunResult) => void,
  ) {
    const dependency = await startDependency();
    onTestFinished(() => dependency.stop());
    const image = 'sandbox/app:depends_median-100';
    await withScene(
      { stable: image, env: dependency.env, requestsPerSecond: 80 },
      async (scene) => {
        givePast(scene, { image, requestsPerPeriod: 80 });
        const raised = new Map<string, { readonly share: number; readonly at: number }>();
        dependency.behave((revision) => {
          if (revision === scene.stable) return {};
          const share = scene.served()[revision] ?? 0;
          const now = performance.now();
          const known = raised.get(revision);
          if (known?.share !== share) raised.set(revision, { share, at: now });
          return now > (known?.at ?? now) + 9_500 ? {} : { delayMs: 500 };
        });
        const cold = { stages: '25% for 11s, 50% for 11s', max_latency_increase: '100%' };
        // The very same image: only where it is new is there any difference.
        const inputs = { ...cold, image, smoke_path: 'off', labels: 'change=1', baseline };
        look(scene, await scene.run({ inputs }));
      },
    );
  }

  test('the canary is undone beside a stable revision that is warm', (context) =>
    play(context, 'stable', (scene, result) => expectRestored(scene, result, SLOW)));

  test('and promoted beside a clone that is as cold', (context) =>
    play(context, 'fresh', expectPromoted));
});

describe('min_instances_during_rollout', () => {
  test('holds while the rollout is open, and what was there before comes back', async () => {
    await withScene({}, async (scene) => {
      scene.sandbox.services.annotate('web', { [MIN]: '1' });
      await scene.sandbox.services.untilSettled('web');
      const inputs = { ...QUICK, min_instances_during_rollout: '4' };
      const result = await scene.run({ inputs });
      expectPromoted(scene, result);
      expect(minimaOf(scene)).toEqual(['4', '4', '1']);
    });
  });
});
