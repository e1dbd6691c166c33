/** Healthy canaries in bad weather, under real traffic: each is promoted. */
import { afterAll, describe, expect, test, type TestContext } from 'vitest';
import type { RunResult } from '../runner/runner.ts';
import { startDependency, type Dependency } from '../sandbox/traffic/dependency.ts';
import { startLoad } from '../sandbox/traffic/load.ts';
import { seededRandom } from '../sandbox/traffic/random.ts';
import { nothingLeft, until, untilAt } from '../scene/evidence.ts';
import { givePast } from '../scene/past.ts';
import { withScene } from '../scene/play.ts';
import type { Scene, SceneOptions } from '../scene/scene.ts';
import { expectPromoted, judgedIn } from '../scene/verdicts.ts';

afterAll(nothingLeft);

type Inputs = Readonly<Record<string, string>>;

/** Whatever a stall of a shared machine does to one of two processes, it does not double latencies. */
const BASE: Inputs = { stages: '40% for 8s', smoke_path: 'off', max_latency_increase: '100%' };

type Play = {
  /** Words of the images. */
  readonly stable: string;
  readonly canary: string;
  readonly inputs?: Inputs;
  readonly scene?: SceneOptions;
  /** Goes on while the rollout does. */
  readonly meanwhile?: (scene: Scene) => void | Promise<void>;
};

async function promotes(given: Play, look?: (scene: Scene, result: RunResult) => void) {
  const { stable, canary, inputs, scene: options, meanwhile } = given;
  const image = `sandbox/app:${stable}`;
  const requestsPerSecond = options?.requestsPerSecond ?? 80;
  await withScene({ ...options, requestsPerSecond, stable: image }, async (scene) => {
    givePast(scene, { image, requestsPerPeriod: requestsPerSecond });
    const given = { ...BASE, ...inputs, image: `sandbox/app:v2_${canary}` };
    const running = scene.start({ inputs: given });
    await Promise.all([running.finished, meanwhile?.(scene)]);
    const result = await running.finished;
    expectPromoted(scene, result);
    look?.(scene, result);
  });
}

type Dependent = { readonly dependency: Dependency; readonly images: Play };

/** A rollout of an unchanged app that asks somebody else, until this test is finished. */
async function dependent({ onTestFinished }: TestContext): Promise<Dependent> {
  const dependency = await startDependency();
  onTestFinished(() => dependency.stop());
  const words = 'depends_median-100';
  return { dependency, images: { stable: words, canary: words, scene: { env: dependency.env } } };
}

describe.concurrent('a healthy canary is promoted', () => {
  test.each([
    ['of a service that fails now and then all along', 'median-80_errors-5', 'median-80_errors-5'],
    ['that is better than the stable revision', 'median-120_errors-8', 'median-60'],
  ])('%s', (_, stable, canary) =>
    promotes({ stable, canary }, (_, result) => {
      const [judged] = judgedIn(result);
      expect(['harm-ruled-out', 'inconclusive']).toContain(judged!.reason);
      // Three hours are enough to know the noise.
      expect(judged!.notices.join()).not.toContain('noise is assumed');
    }),
  );

  test('when both revisions fail for a while, which is held against neither', async (context) => {
    const { dependency, images } = await dependent(context);
    const failed = new Map<string, number>();
    const outage = async (scene: Scene): Promise<void> => {
      await untilAt(scene, 40);
      const random = seededRandom(3);
      let left = 120;
      dependency.behave((revision) => {
        if (left === 0 || random() < 0.4) return {};
        left -= 1;
        failed.set(revision, (failed.get(revision) ?? 0) + 1);
        return { status: 503 };
      });
    };
    // About errors: what answers of two seconds a stalled machine adds is no part of it.
    const inputs = { stages: '40% for 12s', max_latency_increase: 'off' };
    await promotes({ ...images, inputs, meanwhile: outage }, ({ stable }, result) => {
      expect(failed.get(stable)).toBeGreaterThan(30);
      expect(failed.get(result.outputs['revision']!)).toBeGreaterThan(20);
      expect(result.log).toMatch(/Look .*: unknown\. The stable revision is failing, too/);
    });
  });

  test('when it is slow for a moment after every raise', async (context) => {
    const { dependency, images } = await dependent(context);
    let raised = { share: 0, at: 0, slow: 0 };
    const coldCaches = (scene: Scene): void =>
      dependency.behave((revision) => {
        if (revision === scene.stable) return {};
        const share = scene.served()[revision] ?? 0;
        if (share !== raised.share) raised = { share, at: performance.now(), slow: 0 };
        if (performance.now() > raised.at + 1_200) return {};
        raised.slow += 1;
        return { delayMs: 500 };
      });
    const inputs = { stages: '30% for 7s, 60% for 7s' };
    await promotes({ ...images, inputs, meanwhile: coldCaches }, () => {
      expect(raised.share).toBeGreaterThanOrEqual(60);
      expect(raised.slow).toBeGreaterThan(0);
    });
  });

  test('after one burst of its errors', async (context) => {
    const { dependency, images } = await dependent(context);
    const unsteady = `${images.stable}_errors-2`;
    let asked = 0;
    const burst = ({ stable }: Scene): void =>
      dependency.behave((revision) => {
        if (revision === stable) return {};
        asked += 1;
        return asked > 50 && asked <= 56 ? { status: 503 } : {};
      });
    await promotes({ ...images, stable: unsteady, canary: unsteady, meanwhile: burst }, () =>
      expect(asked).toBeGreaterThan(56),
    );
  });

  test('through a rush of five times the traffic', async () => {
    let rushed = 0;
    const rush = async (scene: Scene): Promise<void> => {
      await untilAt(scene, 40);
      const { url } = scene.sandbox.model.get('web').status;
      const load = startLoad({ url, requestsPerSecond: 160, poisson: true, seed: 2 });
      await until('many more have been answered', () => load.stats().answered >= 400);
      rushed = (await load.stop()).answered;
    };
    const scene = { requestsPerSecond: 40 };
    await promotes({ stable: 'median-60', canary: 'median-60', scene, meanwhile: rush }, () =>
      expect(rushed).toBeGreaterThanOrEqual(400),
    );
  });

  test('on a few requests a second, if no more are asked for', () => {
    const inputs = { stages: '50% for 10s', min_requests: '5' };
    const scene = { requestsPerSecond: 4 };
    return promotes({ stable: 'median-60', canary: 'median-60', inputs, scene }, (_, result) =>
      expect(judgedIn(result)[0]).toMatchObject({ reason: 'inconclusive' }),
    );
  });
});
