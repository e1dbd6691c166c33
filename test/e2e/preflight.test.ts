/** What can be found out before anything is changed is said at once, and nothing is changed. */
import { afterAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../runner/runner.ts';
import { errorsOf, nothingLeft, recordOf, storyOf, writesOf } from '../scene/evidence.ts';
import { reshape } from '../scene/outsider.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, type JobOptions, type Scene, type SceneOptions } from '../scene/scene.ts';

afterAll(nothingLeft);

type Case = SceneOptions & {
  readonly job?: JobOptions;
  /** What is wrong with the world before the job comes. */
  readonly prepare?: (scene: Scene) => Promise<unknown> | void;
};

/** Runs a job that must be refused, and returns its one message. */
function refusal({ job = {}, prepare, ...options }: Case): Promise<string> {
  return withScene({ requestsPerSecond: 5, ...options }, async (scene) => {
    await prepare?.(scene);
    const before = scene.sandbox.model.get('web');
    const result = await scene.run({ ...job, inputs: { ...QUICK, ...job.inputs } });
    expectRefused(scene, result);
    expect(scene.sandbox.model.get('web')).toEqual(before);
    return errorsOf(result)[0]!;
  });
}

function expectRefused(scene: Scene, result: RunResult): void {
  expect([result.exitCode, result.post!.exitCode]).toEqual([1, 0]);
  expect(result.outputs).toMatchObject({ outcome: 'error', reason: 'preflight' });
  expect(errorsOf(result)).toHaveLength(1);
  expect(errorsOf(result)[0]).toContain('Nothing was changed');
  // Only dry ones: what they are refused for is said with everything else.
  expect(writesOf(scene)).toEqual([]);
}

/** Two revisions share the traffic, and nobody says why. */
async function split({ sandbox, ...scene }: Scene): Promise<void> {
  await reshape({ sandbox, ...scene }, { spec: { timeoutSeconds: 77 } });
  const { latestReadyRevisionName: latest = '' } = sandbox.model.get('web').status;
  await sandbox.services.setTraffic('web', { [scene.stable]: 60, [latest]: 40 });
}

describe.concurrent('before the first write', () => {
  test('everything that is wrong is said in one message', async () => {
    const message = await refusal({
      tags: ['green'],
      sandbox: { permissions: ['run.services.get'] },
      prepare: split,
      job: { inputs: { tag: 'green' } },
    });
    expect(message).toContain('permission "run.services.update" is missing');
    expect(message).toContain('permission "run.revisions.get" is missing');
    expect(message).toContain('monitoring.timeSeries.list');
    expect(message).toMatch(/traffic "web-\S+ 60 %, web-\S+ 40 %" is split/);
    expect(message).toContain('tag "green" is in use');
  });

  test('one missing permission is enough', async () => {
    const permissions = ['run.services.get', 'run.revisions.get', 'monitoring.timeSeries.list'];
    const message = await refusal({ sandbox: { permissions } });
    expect(message).toContain('permission "run.services.update" is missing');
    expect(message).not.toContain('run.revisions.get');
    expect(message).toContain('roles/run.developer');
  });

  test('a token that may not even look at the service is told which role it needs', async () => {
    const message = await refusal({ sandbox: { permissions: [] } });
    expect(message).toContain('run.services.get');
    expect(message).toContain('roles/run.viewer');
  });

  test('Cloud Monitoring must be readable: without it nothing could be judged', async () => {
    const permissions = ['run.services.get', 'run.services.update', 'run.revisions.get'];
    const message = await refusal({ sandbox: { permissions } });
    expect(message).toContain('roles/monitoring.viewer');
    expect(message).not.toContain('run.services');
  });

  test('a split that no rollout explains is left to its owner', async () => {
    expect(await refusal({ prepare: split })).toMatch(/is split, and no rollout of ours/);
  });

  test('a tag of somebody else is not taken', async () => {
    const message = await refusal({ tags: ['canary'], job: { inputs: { tag: 'canary' } } });
    expect(message).toContain('tag "canary" is in use for web-');
  });

  test('a service that does not serve what is asked of it is mended first', async () => {
    const message = await refusal({
      sandbox: { rules: { missingTarget: 'fail-routes' } },
      prepare: ({ sandbox }) => sandbox.services.setTraffic('web', { 'web-00009-old': 100 }),
    });
    expect(message).toMatch(/service "web-\S+ 100 %" is served while web-00009-old 100 % is asked/);
    expect(message).toMatch(/Cloud Run says: .*web-00009-old/);
  });
});

describe.concurrent('a start', () => {
  test('is not made when the image already serves all of the traffic', () =>
    withScene({ requestsPerSecond: 5 }, async (scene) => {
      const image = scene.sandbox.model.revision(scene.stable).status.imageDigest!;
      const result = await scene.run({ inputs: { ...QUICK, image } });
      expect([result.exitCode, result.outputs['outcome']]).toEqual([0, 'unchanged']);
      expect([storyOf(scene), recordOf(scene)]).toEqual([[], null]);
    }));

  test('is made for other settings of the same image, under the name that was asked for', () =>
    withScene({ requestsPerSecond: 40 }, async (scene) => {
      const image = scene.sandbox.model.revision(scene.stable).status.imageDigest!;
      const settings = { env_vars: 'FEATURE=on', flags: '--concurrency=20', suffix: 'feature-on' };
      const result = await scene.run({ inputs: { ...QUICK, image, ...settings } });
      expect([result.exitCode, result.outputs['revision']]).toEqual([0, 'web-feature-on']);
      const { template } = scene.sandbox.model.get('web').spec;
      expect(template.spec['containerConcurrency']).toBe(20);
      expect(template.spec.containers[0]['env']).toContainEqual({ name: 'FEATURE', value: 'on' });
      const again = await scene.run({
        inputs: { ...QUICK, image, ...settings },
        env: { GITHUB_RUN_ID: '77' },
      });
      expect([again.exitCode, again.outputs['outcome']]).toEqual([0, 'unchanged']);
    }));
});
