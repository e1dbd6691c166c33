/** The same request by real gcloud and by this action's `deploy`: what each leaves of the service. */
import { afterAll, expect, test } from 'vitest';
import { differences } from '../edges/differences.ts';
import { GCLOUD, gcloud } from '../scene/by-hand.ts';
import { errorsOf, nothingLeft } from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import type { Scene } from '../scene/scene.ts';

afterAll(nothingLeft);

const SETTINGS = ['--cpu=2', '--memory=1Gi', '--concurrency=40', '--max-instances=7'];

/** What may differ, and why. */
const EXPLAINED = [
  // Two services: identity, moments, addresses.
  'metadata annotations run.googleapis.com/operation-id',
  'metadata annotations run.googleapis.com/urls',
  'metadata creationTimestamp',
  'metadata resourceVersion',
  'metadata uid',
  'status address url',
  'status conditions 0 lastTransitionTime',
  'status conditions 1 lastTransitionTime',
  'status conditions 2 lastTransitionTime',
  'status traffic 1 url',
  'status url',
  // Which program wrote it; gcloud also leaves the empty set of labels that it sends.
  'metadata annotations run.googleapis.com/client-name',
  'metadata annotations run.googleapis.com/client-version',
  'spec template metadata annotations run.googleapis.com/client-name',
  'spec template metadata annotations run.googleapis.com/client-version',
  'spec template metadata labels',
  // The rollout itself.
  'metadata annotations cloud-run-canary.dev/plan',
  'metadata annotations cloud-run-canary.dev/rollout',
  'spec template metadata annotations cloud-run-canary.dev/birth',
];

/** With the name that is made by lot written alike. */
function leftOf({ sandbox, stable }: Scene): unknown {
  return JSON.parse(JSON.stringify(sandbox.model.get('web')).replaceAll(stable, 'STABLE'));
}

async function byGcloud(scene: Scene): Promise<unknown> {
  const request = ['--image=sandbox/app:v2', '--update-env-vars=GREETING=hello', ...SETTINGS];
  const where = ['--no-traffic', '--tag=preview', '--revision-suffix=one'];
  await gcloud(scene, ['deploy', 'web', ...request, ...where]);
  return leftOf(scene);
}

async function byAction(scene: Scene): Promise<unknown> {
  const inputs = {
    command: 'deploy',
    image: 'sandbox/app:v2',
    env_vars: 'GREETING=hello',
    flags: SETTINGS.join(' '),
    tag: 'preview',
    suffix: 'one',
    skip_default_labels: 'true',
  };
  const result = await scene.run({ inputs });
  expect([result.exitCode, errorsOf(result)]).toEqual([0, []]);
  return leftOf(scene);
}

test.skipIf(GCLOUD === null)(
  'differs in notes about who did it, and in nothing that runs',
  async () => {
    let theirs: unknown;
    let ours: unknown;
    await withScene({}, async (scene) => void (theirs = await byGcloud(scene)));
    await withScene({}, async (scene) => void (ours = await byAction(scene)));
    const found = differences(theirs, ours);
    expect(Object.keys(found).toSorted()).toEqual(EXPLAINED.toSorted());
    expect(found['spec template metadata labels']).toBeUndefined();
    expect(theirs).toMatchObject({ spec: { template: { metadata: { labels: {} } } } });
  },
);
