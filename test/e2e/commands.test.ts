/** promote, rollback and status, as a person starts them from a run of their own. */
import { afterAll, describe, expect, test } from 'vitest';
import {
  errorsOf,
  nothingLeft,
  now,
  recordOf,
  rowsOf,
  untilAt,
  writesOf,
} from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, type Scene } from '../scene/scene.ts';

afterAll(nothingLeft);

const PERSON = { runId: 19_482_736_477, env: { GITHUB_TRIGGERING_ACTOR: 'mona[bot]' } };

/** A rollout nobody drives any more; the canary keeps its 30 %. */
async function abandon(scene: Scene): Promise<string> {
  const running = scene.start({ inputs: { ...QUICK, stages: '30% for 60s' } });
  await untilAt(scene, 30);
  running.shutdown();
  await running.finished;
  return recordOf(scene)!.canary;
}

function command(scene: Scene, name: string) {
  return scene.run({ ...PERSON, inputs: { command: name } });
}

describe.concurrent('with a rollout open', () => {
  test('promote gives the canary all of the traffic, and says who ordered it', () =>
    withScene({}, async (scene) => {
      const canary = await abandon(scene);
      const from = now(scene);
      const result = await command(scene, 'promote');
      expect([result.exitCode, errorsOf(result)]).toEqual([0, []]);
      expect(result.outputs).toMatchObject({ outcome: 'promoted', revision: canary });
      expect(recordOf(scene)).toMatchObject({ reason: 'ordered:promote:mona[bot]', stage: 2 });
      const tagged = `${scene.stable} #c-previous`;
      expect(writesOf(scene, from).map(rowsOf)).toEqual([[`${canary} 100`, tagged]]);
      expect(scene.served()).toEqual({ [canary]: 100 });
      expect(result.summary).toContain('ordered');
    }));

  test('rollback gives the stable revision all of the traffic, while a run drives it', () =>
    withScene({}, async (scene) => {
      const running = scene.start({ inputs: { ...QUICK, stages: '30% for 60s' } });
      await untilAt(scene, 30);
      const result = await command(scene, 'rollback');
      expect([result.exitCode, result.outputs['outcome']]).toEqual([0, 'rolled-back']);
      expect(recordOf(scene)).toMatchObject({ reason: 'ordered:rollback:mona[bot]' });
      expect(scene.served()).toEqual({ [scene.stable]: 100 });
      const driver = await running.finished;
      expect([driver.exitCode, driver.outputs['outcome']]).toEqual([1, 'rolled-back']);
      expect(writesOf(scene)).toHaveLength(3);
    }));

  test('S13: rollback needs one write and no other API: GitHub and Monitoring are down', () =>
    withScene({}, async (scene) => {
      await abandon(scene);
      const from = now(scene);
      for (const pathIncludes of ['/repos/', '/timeSeries', '/metricDescriptors']) {
        scene.sandbox.faults.add({ match: { pathIncludes }, fault: { kind: 'drop' }, times: 1000 });
      }
      const result = await command(scene, 'rollback');
      expect([result.exitCode, result.outputs['outcome']]).toEqual([0, 'rolled-back']);
      expect(scene.served()).toEqual({ [scene.stable]: 100 });
      expect(writesOf(scene, from)).toHaveLength(1);
      const paths = scene.sandbox.journal
        .entries()
        .slice(from)
        .map(({ path }) => path);
      const others = paths.filter(
        (path) => !/^\/(?:apis\/serving|repos|oidc\/token|v1\/token)/.test(path),
      );
      expect(others).toEqual([]);
    }));

  test('promote while a run drives it lets that run succeed', () =>
    withScene({}, async (scene) => {
      const running = scene.start({ inputs: { ...QUICK, stages: '30% for 60s' } });
      await untilAt(scene, 30);
      expect((await command(scene, 'promote')).exitCode).toBe(0);
      const driver = await running.finished;
      expect([driver.exitCode, driver.outputs['outcome']]).toEqual([0, 'promoted']);
    }));

  test('promote of a canary that is gone is refused', () =>
    withScene({}, async (scene) => {
      const canary = await abandon(scene);
      scene.sandbox.model.loseRevision(canary);
      const asked = scene.asked();
      const result = await command(scene, 'promote');
      expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'refused']);
      expect(errorsOf(result)[0]).toContain('cannot be promoted');
      expect(scene.asked()).toEqual(asked);
    }));

  test('rollback puts an outsider first: their split is let go of, not overwritten', () =>
    withScene({}, async (scene) => {
      const canary = await abandon(scene);
      const split = { [scene.stable]: 90, [canary]: 10 };
      await scene.sandbox.services.setTraffic('web', split);
      const result = await command(scene, 'rollback');
      expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'released']);
      expect(scene.asked()).toEqual(split);
    }));

  // An order speaks in the check run of the rollout that it ends, not in one of its own.
  test('L6: the check run of the rollout is completed by whoever ends it', () =>
    withScene({}, async (scene) => {
      await abandon(scene);
      await command(scene, 'rollback');
      const states = scene.sandbox.github.state.checkRuns.map(({ status }) => status);
      expect(new Set(states)).toEqual(new Set(['completed']));
    }));

  test('status tells what it found, writes nothing and asks GitHub nothing', () =>
    withScene({}, async (scene) => {
      const canary = await abandon(scene);
      const before = scene.sandbox.model.get('web');
      const from = now(scene);
      const result = await command(scene, 'status');
      expect([result.exitCode, errorsOf(result)]).toEqual([0, []]);
      expect(result.outputs).toMatchObject({ revision: canary, percent: '30', stage: '1' });
      expect(result.outputs['stable_revision']).toBe(scene.stable);
      expect(result.log).toContain(`${canary} against ${scene.stable}, active at 30 %`);
      expect(result.summary).toContain(canary);
      expectReadOnly(scene, from);
      expect(scene.sandbox.model.get('web')).toEqual(before);
    }));
});

describe.concurrent('with no rollout open', () => {
  test.for(['promote', 'rollback'])('%s fails and changes nothing', (name) =>
    withScene({ requestsPerSecond: 5 }, async (scene) => {
      const before = scene.sandbox.model.get('web');
      const result = await command(scene, name);
      expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'nothing-open']);
      expect(errorsOf(result)).toEqual([expect.stringContaining('No rollout is open')]);
      expect(scene.sandbox.model.get('web')).toEqual(before);
      expect(writesOf(scene)).toEqual([]);
    }),
  );

  test('status says so and succeeds', () =>
    withScene({ requestsPerSecond: 5 }, async (scene) => {
      const result = await command(scene, 'status');
      expect([result.exitCode, result.outputs['outcome']]).toEqual([0, 'nothing-open']);
      expect(result.log).toContain(`No rollout. Asked: ${scene.stable} 100 %.`);
      expectReadOnly(scene, 0);
    }));

  test('status of a service that does not exist fails', () =>
    withScene({ requestsPerSecond: 5 }, async (scene) => {
      const result = await scene.run({ inputs: { command: 'status', service: 'shop' } });
      expect([result.exitCode, result.post!.exitCode]).toEqual([1, 0]);
      expect(errorsOf(result)).toEqual([expect.stringContaining('no Cloud Run service shop')]);
    }));
});

/** Nothing but reads, and the exchange of tokens they need. */
function expectReadOnly({ sandbox }: Scene, fromSeq: number): void {
  const others = sandbox.journal
    .entries()
    .slice(fromSeq)
    .filter(({ method, path }) => method !== 'GET' && path !== '/v1/token');
  expect(others).toEqual([]);
  const toGithub = sandbox.journal.entries().slice(fromSeq);
  expect(toGithub.filter(({ path }) => path.startsWith('/repos'))).toEqual([]);
}
