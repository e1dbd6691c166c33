/** What a rollout leaves behind: its tag or not, its revision or not, and never anything of others. */
import { afterAll, describe, expect, test } from 'vitest';
import { errorsOf, nothingLeft, until } from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, type Scene } from '../scene/scene.ts';

afterAll(nothingLeft);

const BAD = { ...QUICK, image: 'sandbox/app:v2_errors-100' };
/** Proved at 0 % and no further, for scenes that are not about traffic. */
const STOPS = { ...QUICK, command: 'deploy', smoke_path: 'off' };

/** "tag revision" of each tag that is asked for. */
function tagsOf({ sandbox }: Scene): readonly string[] {
  const rows = sandbox.model.get('web').spec.traffic;
  return rows.flatMap(({ tag, revisionName }) =>
    tag === undefined ? [] : [`${tag} ${revisionName}`],
  );
}

function revisionsOf({ sandbox }: Scene): readonly string[] {
  return sandbox.model.revisions('web').map(({ metadata }) => metadata.name);
}

function address({ sandbox }: Scene, tag: string): string {
  const row = sandbox.model.get('web').status.traffic.find((target) => target.tag === tag);
  return row?.url ?? '';
}

describe.concurrent('with keep_tag', () => {
  test('a canary that was undone can still be asked, and the tag moves on with the next', () =>
    withScene({ tags: ['live'], requestsPerSecond: 5 }, async (scene) => {
      const first = await scene.run({ inputs: { ...BAD, keep_tag: 'true', tag: 'canary' } });
      expect(first.outputs).toMatchObject({ outcome: 'rolled-back', reason: 'probe-failed' });
      const bad = first.outputs['revision']!;
      expect(tagsOf(scene)).toEqual([`live ${scene.stable}`, `canary ${bad}`]);
      expect((await fetch(address(scene, 'canary'))).status).toBe(500);
      expect(scene.served()).toEqual({ [scene.stable]: 100 });

      const next = { ...STOPS, keep_tag: 'true', tag: 'canary' };
      const second = await scene.run({ runId: 77, inputs: next });
      expect(errorsOf(second)).toEqual([]);
      expect(tagsOf(scene)).toEqual([
        `live ${scene.stable}`,
        `canary ${second.outputs['revision']}`,
      ]);
    }));

  test('a canary that was promoted keeps its address, and a start with another tag leaves it alone', () =>
    withScene({}, async (scene) => {
      const first = await scene.run({ inputs: { ...QUICK, keep_tag: 'true' } });
      expect(errorsOf(first)).toEqual([]);
      const canary = first.outputs['revision']!;
      const [kept, previous] = tagsOf(scene);
      expect(kept).toMatch(new RegExp(`^c-\\w+ ${canary}$`));
      expect(previous).toBe(`c-previous ${scene.stable}`);
      expect(first.outputs['canary_url']).not.toBe('');

      const second = await scene.run({ runId: 77, inputs: { ...STOPS, image: 'sandbox/app:v3' } });
      expect(errorsOf(second)).toEqual([]);
      expect(tagsOf(scene)).toEqual(expect.arrayContaining([kept, previous]));
    }));

  test('a canary that never started loses it, so that the service is well again', () =>
    withScene({ requestsPerSecond: 5 }, async (scene) => {
      const inputs = { ...QUICK, keep_tag: 'true', image: 'sandbox/app:v2_crash' };
      expect((await scene.run({ inputs })).outputs['outcome']).toBe('start-failed');
      expect(tagsOf(scene)).toEqual([]);
    }));
});

describe.concurrent('with delete_failed_canary', () => {
  test('the canary of the rollout before goes when there is a newer revision, and no other', () =>
    withScene({ tags: ['live'], requestsPerSecond: 5 }, async (scene) => {
      const first = await scene.run({ inputs: { ...BAD, delete_failed_canary: 'true' } });
      const bad = first.outputs['revision']!;
      // Cloud Run keeps the latest, so nobody asks it.
      expect(revisionsOf(scene)).toContain(bad);
      expect(first.log).toContain(`${bad} is not deleted: it is the latest revision`);

      const second = await scene.run({
        runId: 77,
        inputs: { ...STOPS, delete_failed_canary: 'true' },
      });
      expect(errorsOf(second)).toEqual([]);
      expect(second.log).toContain(`${bad}, which was undone, is being deleted.`);
      await until('it is deleted', () => !revisionsOf(scene).includes(bad));
      expect(revisionsOf(scene)).toEqual([second.outputs['revision'], scene.stable]);
      expect(tagsOf(scene)).toContain(`live ${scene.stable}`);
    }));

  test('a permission that is missing is one notice, and the rollout is none the worse', () =>
    withScene({ requestsPerSecond: 5 }, async (scene) => {
      const bad = (await scene.run({ inputs: BAD })).outputs['revision']!;
      scene.sandbox.grant([
        'run.services.get',
        'run.services.update',
        'run.revisions.get',
        'iam.serviceAccounts.actAs',
        'monitoring.timeSeries.list',
        'monitoring.metricDescriptors.get',
        'logging.logEntries.list',
      ]);
      const inputs = { ...STOPS, delete_failed_canary: 'true' };
      const second = await scene.run({ runId: 77, inputs });
      expect([second.exitCode, second.outputs['outcome']]).toEqual([0, 'held']);
      const said = second.annotations.filter(({ message }) =>
        message.includes('could not be deleted'),
      );
      expect(said.map(({ level }) => level)).toEqual(['notice']);
      expect(said[0]!.message).toContain('run.revisions.delete');
      expect(revisionsOf(scene)).toContain(bad);
    }));

  test('without it nothing is deleted', () =>
    withScene({ requestsPerSecond: 5 }, async (scene) => {
      const bad = (await scene.run({ inputs: BAD })).outputs['revision']!;
      await scene.run({ runId: 77, inputs: STOPS });
      expect(revisionsOf(scene)).toContain(bad);
      const deletions = scene.sandbox.journal.entries().filter(({ method }) => method === 'DELETE');
      expect(deletions).toEqual([]);
    }));
});
