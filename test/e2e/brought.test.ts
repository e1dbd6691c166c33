/** A revision that somebody else has made, without traffic, is rolled out as it is. */
import { afterAll, describe, expect, test } from 'vitest';
import { GCLOUD, afterHand, gcloud } from '../scene/by-hand.ts';
import {
  checkOf,
  errorsOf,
  nothingLeft,
  recordOf,
  rowsOf,
  storyOf,
  until,
  writesOf,
} from '../scene/evidence.ts';
import { followLatest, makeRevision } from '../scene/outsider.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, type Scene } from '../scene/scene.ts';

afterAll(nothingLeft, 40_000);

const BIRTH = 'cloud-run-canary.dev/birth';
/** Nothing that a revision is made from. */
const BRINGS = { ...QUICK, image: '' };

function bring(revision: string, more: Readonly<Record<string, string>> = {}) {
  return { inputs: { ...BRINGS, revision, ...more } };
}

function serviceOf({ sandbox, service }: Scene) {
  return sandbox.model.get(service);
}

/** Everything is pinned, and the latest revision has no traffic. */
async function pinned(scene: Scene): Promise<void> {
  await scene.sandbox.services.setTraffic(scene.service, { [scene.stable]: 100 });
}

/** Made without traffic by hand, over the model. */
async function made(scene: Scene, image: string): Promise<string> {
  await pinned(scene);
  const { latestCreatedRevisionName: before } = serviceOf(scene).status;
  makeRevision(scene, image);
  const created = () => serviceOf(scene).status.latestCreatedRevisionName ?? '';
  await until('it is made', () => created() !== before);
  return created();
}

describe.skipIf(GCLOUD === null).concurrent('a revision of real gcloud', () => {
  const deployed = async (scene: Scene, image: string, suffix: string): Promise<string> => {
    const words = ['deploy', 'web', `--image=${image}`, '--no-traffic', '--tag=preview'];
    await gcloud(scene, [...words, `--revision-suffix=${suffix}`]);
    return `web-${suffix}`;
  };

  test('is proved, promoted, and neither made anew nor written to', () =>
    withScene({}, async (scene) => {
      const { stable } = scene;
      const canary = await deployed(scene, 'sandbox/app:v2', 'gc1');
      const revisions = scene.sandbox.model.revisions('web');
      const { template } = serviceOf(scene).spec;
      const result = await scene.run(bring(canary));
      expect([result.exitCode, errorsOf(result)]).toEqual([0, []]);
      expect(result.outputs).toMatchObject({ outcome: 'promoted', revision: canary });
      expect(result.outputs['stable_revision']).toBe(stable);
      expect(scene.served()).toEqual({ [canary]: 100 });
      const writes = writesOf(scene, afterHand(scene)).filter(({ status }) => status === 200);
      const tag = writes[0]!.traffic.findLast((row) => row.revisionName === canary)!.tag!;
      const theirs = `${canary} #preview`;
      expect(writes.map(rowsOf)).toEqual([
        [`${stable} 100`, theirs, `${canary} #${tag}`],
        [`${stable} 70`, `${canary} 30`, theirs, `${canary} #${tag}`],
        [`${canary} 100`, theirs, `${stable} #c-previous`],
      ]);
      for (const write of writes) expect(write.template).toEqual(template);
      const names = (all: typeof revisions) => all.map(({ metadata }) => metadata.name);
      expect(names(scene.sandbox.model.revisions('web'))).toEqual(names(revisions));
      expect(result.log).toContain(`Bringing ${canary}, which is there already, in at 0 %.`);
      expect(checkOf(scene).text).toContain('Canary, brought');
    }));

  test('that fails is left as it is without traffic, and a re-run brings it again', () =>
    withScene({}, async (scene) => {
      const canary = await deployed(scene, 'sandbox/app:v2_errors-60', 'gc2');
      const result = await scene.run(bring(canary, { stages: '30% for 20s' }));
      expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'rolled-back']);
      expect(scene.served()).toEqual({ [scene.stable]: 100 });
      expect(checkOf(scene).text).toContain('left as it is, without traffic');
      expect(scene.sandbox.model.tagged('web', 'preview')).toBe(canary);
      const attempt = { attempt: 2, ...bring(canary, { stages: '30% for 20s' }) };
      const again = await scene.run(attempt);
      expect([again.exitCode, again.outputs['outcome']]).toEqual([1, 'rolled-back']);
      expect(recordOf(scene)).toMatchObject({ canary, attempt: 2, stable: scene.stable });
      expect(scene.served()).toEqual({ [scene.stable]: 100 });
    }));

  test('made with traffic has it already: what to do instead is said', () =>
    withScene({ requestsPerSecond: 5 }, async (scene) => {
      await gcloud(scene, ['deploy', 'web', '--image=sandbox/app:v2', '--revision-suffix=gc3']);
      await until('it is served', () => scene.served()['web-gc3'] === 100);
      const result = await scene.run(bring('web-gc3'));
      expect(result.outputs).toMatchObject({ outcome: 'error', reason: 'preflight' });
      expect(errorsOf(result)[0]).toMatch(
        /revision "web-gc3" has all traffic already, for the service follows LATEST\. .*--no-traffic/,
      );
      expect(writesOf(scene, afterHand(scene))).toEqual([]);
    }));
});

describe.concurrent('a revision that is there', () => {
  test('is canaried though the template in force is that of a newer one, which stays as it is', () =>
    withScene({}, async (scene) => {
      const canary = await made(scene, 'sandbox/app:v2');
      const newer = await made(scene, 'sandbox/app:v3');
      const { template } = serviceOf(scene).spec;
      const full = `projects/demo/locations/us-central1/services/web/revisions/${canary}`;
      const result = await scene.run(bring(full));
      expect([result.exitCode, errorsOf(result)]).toEqual([0, []]);
      expect(scene.served()).toEqual({ [canary]: 100 });
      expect(serviceOf(scene).spec.template).toEqual(template);
      expect(serviceOf(scene).status.latestCreatedRevisionName).toBe(newer);
    }));

  test('may still be starting: the rollout waits for it', () =>
    withScene({}, async (scene) => {
      scene.sandbox.model.rules.readyDelayMs = 20_000;
      const canary = await made(scene, 'sandbox/app:v2');
      const result = await scene.run(bring(canary));
      expect([result.exitCode, errorsOf(result)]).toEqual([0, []]);
      expect(result.log).toContain(`${canary} is starting`);
      expect(scene.served()).toEqual({ [canary]: 100 });
    }));

  test.each([
    ['of another service', () => 'web-api-00001-abc', /"web-api-00001-abc" does not exist in this/],
    ['that nobody has made', () => 'web-nobody', /"web-nobody" does not exist in this service/],
    ['that is the stable one', ({ stable }: Scene) => stable, /nothing to compare it with/],
  ])('%s is refused', (_, name, said) =>
    withScene({ requestsPerSecond: 5 }, async (scene) => {
      await scene.sandbox.services.create({
        name: 'web-api',
        image: 'sandbox/app:v1',
        revision: 'web-api-00001-abc',
      });
      await pinned(scene);
      const result = await scene.run(bring(name(scene)));
      expect(result.outputs).toMatchObject({ outcome: 'error', reason: 'preflight' });
      expect(errorsOf(result)[0]).toMatch(said);
      expect(writesOf(scene)).toEqual([]);
    }),
  );

  test('that failed to start is refused, in the words of Cloud Run', () =>
    withScene({ requestsPerSecond: 5 }, async (scene) => {
      const canary = await made(scene, 'sandbox/app:v2_crash');
      const result = await scene.run(bring(canary));
      expect(result.outputs).toMatchObject({ outcome: 'error', reason: 'preflight' });
      expect(errorsOf(result)[0]).toMatch(/failed to start\. Cloud Run says: /);
      expect(writesOf(scene)).toEqual([]);
    }));

  test('is found again when only the record was erased: a person rolls it back', () =>
    withScene({}, async (scene) => {
      const canary = await made(scene, 'sandbox/app:v2');
      const inputs = { ...bring(canary).inputs, stages: '30% for 60s' };
      const running = scene.start({ inputs });
      await until('it is at 30 %', () => scene.served()[canary] === 30);
      expect(JSON.parse(serviceOf(scene).metadata.annotations[BIRTH]!)).toMatchObject({
        canary,
        stable: scene.stable,
      });
      scene.sandbox.services.annotate('web', { 'cloud-run-canary.dev/rollout': null });
      expect((await running.finished).exitCode).toBe(1);
      expect(scene.served()).toEqual({ [scene.stable]: 70, [canary]: 30 });
      const undone = await scene.run({ inputs: { command: 'rollback' }, runId: 19_482_736_457 });
      expect([undone.exitCode, undone.outputs['outcome']]).toEqual([0, 'rolled-back']);
      expect(scene.served()).toEqual({ [scene.stable]: 100 });
    }));

  test('is followed by an ordinary rollout, which makes its own again', () =>
    withScene({}, async (scene) => {
      const canary = await made(scene, 'sandbox/app:v2');
      await scene.run(bring(canary));
      followLatest(scene);
      await until(
        'that is settled',
        () => serviceOf(scene).status.conditions[0]?.status === 'True',
      );
      const from = scene.sandbox.journal.entries().length;
      const next = await scene.run({ runId: 7, inputs: { ...QUICK, image: 'sandbox/app:v3' } });
      expect([next.exitCode, errorsOf(next)]).toEqual([0, []]);
      expect(next.outputs['stable_revision']).toBe(canary);
      expect(storyOf(scene, from)).toEqual(['active 0', 'active 1', 'promoted 2']);
    }));
});
