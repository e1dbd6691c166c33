/** What was open at the preflight has ended by the time of the first read: the start is checked as any. */
import { describe, expect, test } from 'vitest';
import { runChecked } from '../../src/engine/late-start.ts';
import { runLoop } from '../../src/engine/loop.ts';
import type { Ending } from '../../src/engine/loop.ts';
import { preflight } from '../../src/engine/preflight.ts';
import type { Plan } from '../../src/core/types.ts';
import { STABLE, aCaller, aChange, aDrive, aPlan, anOrder } from '../unit/build.ts';
import { KNOWS_NOTHING, World, sealed } from './world.ts';

const PLAN = sealed(aPlan());
const ANOTHER = aCaller({ rolloutId: '683120945-29482736450', revision: 'web-c29482736450-1' });
const NOBODY = { turn: () => undefined, remark: () => undefined };
const cancel = new AbortController().signal;
const ref = { project: 'demo', region: 'us-central1', service: 'web' };

/** Another run's rollout was open at the checks, and has just been rolled back. */
async function afterAnother(): Promise<World> {
  const world = new World();
  const them = { observer: NOBODY, cancel, ports: world.ports() };
  await runLoop({ ...them, goal: aDrive({ plan: PLAN, until: 0 }), caller: ANOTHER });
  await runLoop({ ...them, goal: anOrder('rollback'), caller: ANOTHER });
  world.tags = [];
  world.calls.length = 0;
  return world;
}

function start(world: World, plan: Plan = PLAN, missing: readonly string[] = []): Promise<Ending> {
  const ports = world.ports();
  const revisions = {
    ...ports.revisions,
    missingPermissions: async () => {
      await ports.revisions.missingPermissions([]);
      return missing;
    },
    state: async (revision: string) =>
      revision === STABLE
        ? ({ health: 'ready', digest: plan.change.image } as const)
        : ports.revisions.state(revision),
  };
  const asked = { ...ports, revisions };
  const foresight = world.foresight();
  const checking = { caller: aCaller(), ports: asked, foresight, cancel, isHosted: true };
  const work = {
    goal: aDrive({ plan }),
    caller: aCaller(),
    ports: asked,
    observer: NOBODY,
    cancel,
  };
  return runChecked(work, () => preflight(plan, { ...checking, doctor: KNOWS_NOTHING, ref }));
}

describe('a start that was none when it was checked', () => {
  test('is refused for a missing permission before anything is sent', async () => {
    const world = await afterAnother();
    const before = world.writes.length;
    const refused = start(world, PLAN, ['run.services.update']);
    await expect(refused).rejects.toMatchObject({ code: 'preflight' });
    expect(world.writes).toHaveLength(before);
    expect(world.calls).not.toContain('prove');
  });

  test('changes nothing where what it asks for serves already', async () => {
    const world = await afterAnother();
    const image = `web@sha256:${'a'.repeat(64)}`;
    const ports = world.ports();
    const { cloudRun } = ports;
    world.revisions.clear();
    expect(await cloudRun.read()).toMatchObject({ latestCreated: STABLE });
    const before = world.writes.length;
    const ending = await start(world, sealed(aPlan({ change: aChange({ image }) })));
    expect(ending).toMatchObject({ outcome: 'unchanged' });
    expect(world.writes).toHaveLength(before);
  });

  test('is rehearsed, and begins', async () => {
    const world = await afterAnother();
    expect(await start(world)).toMatchObject({ outcome: 'promoted' });
    expect(world.calls).toContain('permissions');
    expect(world.calls.indexOf('rehearse')).toBeLessThan(world.calls.indexOf('prove'));
    expect(world.calls).toContain('rehearse');
  });
});
