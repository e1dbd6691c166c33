import { describe, expect, test } from 'vitest';
import { cloneName } from '../../src/core/rollout/identity.ts';
import { splitOf } from '../../src/core/rollout/traffic.ts';
import { runLoop } from '../../src/engine/loop.ts';
import type { Goal } from '../../src/core/decision-types.ts';
import { CANARY, STABLE, aCaller, aDrive, aPlan } from '../unit/build.ts';
import { Crash, GOOD, World, sealed } from './world.ts';

const PLAN = sealed(aPlan({ baseline: 'fresh' }));
const CLONE = cloneName(CANARY);
const RECONCILE: Goal = { kind: 'reconcile', dead: null };

async function go(world: World, attempt = 1, with_: { goal?: Goal; revision?: string } = {}) {
  const revision = with_.revision ?? (attempt === 1 ? CANARY : `web-c8y7innm-${attempt}`);
  return runLoop({
    goal: with_.goal ?? aDrive({ plan: PLAN }),
    caller: aCaller({ attempt, revision }),
    ports: world.ports(),
    observer: { turn: () => undefined, remark: () => undefined },
    cancel: new AbortController().signal,
  });
}

function splits(world: World) {
  return world.writes.filter(({ applied }) => applied).map(({ record }) => splitOf(record));
}

describe('a rollout with a fresh baseline', () => {
  test('makes the clone, then the canary, and gives both as much', async () => {
    const world = new World();
    const ending = await go(world);
    expect(ending).toMatchObject({ outcome: 'promoted', memory: { clones: [CLONE] } });
    expect(splits(world)).toEqual([
      { [STABLE]: 100 },
      { [STABLE]: 100 },
      { [STABLE]: 90, [CANARY]: 5, [CLONE]: 5 },
      { [STABLE]: 1, [CANARY]: 50, [CLONE]: 49 },
      { [CANARY]: 100 },
    ]);
    expect([...world.revisions.keys()]).toEqual([CLONE, CANARY]);
  });

  test('asks for the canary only once the clone is ready', async () => {
    const world = new World();
    await go(world);
    const [clone, canary] = world.writes;
    expect(canary!.at - clone!.at).toBeGreaterThanOrEqual(GOOD.startsIn);
  });

  test('goes back to the stable revision alone', async () => {
    const world = new World({ ...GOOD, errorRate: () => 0.3 });
    expect(await go(world)).toMatchObject({ outcome: 'rolled-back' });
    expect(world.asked).toEqual({ [STABLE]: 100 });
  });

  test('says nothing of the clone in its last record', async () => {
    const world = new World();
    await go(world);
    expect(world.record).toMatchObject({ phase: 'promoted', clone: null });
    expect(world.annotation).not.toContain('clone');
  });

  test('ends before its canary where the clone does not start', async () => {
    const world = new World({ ...GOOD, starts: { failed: 'It does not listen.' } });
    const ending = await go(world);
    expect(ending).toMatchObject({ outcome: 'start-failed' });
    expect(ending.memory.doom?.why).toContain('It does not listen.');
    expect(world.record).toMatchObject({ reason: 'baseline-lost', changedAt: [] });
    expect([...world.revisions.keys()]).toEqual([CLONE]);
    expect(ending.why).not.toContain('Somebody else has changed the template');
  });

  test('lets a template that somebody else has put in force meanwhile be', async () => {
    const world = new World();
    world.meanwhile = () => {
      if (world.revisions.has(CLONE)) world.revisions.set('web-by-hand', { readyAt: 0 });
    };
    expect(await go(world)).toMatchObject({ outcome: 'start-failed' });
    expect(world.revisions.has(CANARY)).toBe(false);
    const again = await go(world, 2);
    expect(again).toMatchObject({ outcome: 'refused' });
    expect(again.why).toContain('web-by-hand');
  });
});

describe('a process that dies at any call', () => {
  test('leaves what a re-run and a reconcile bring to an end, the clone with nothing', async () => {
    const whole = new World();
    await go(whole);
    const { length } = whole.calls;
    // Stages repeat themselves.
    const places = Array.from({ length }, (_, i) => i);
    const some = places.filter((i) => i < 24 || i % 16 === 0);
    for (const place of some) {
      for (const when of ['before', 'after'] as const) {
        for (const next of ['re-run', 'reconcile'] as const) {
          const world = new World();
          world.fault = (_, index) => (index === place ? when : null);
          await expect(go(world)).rejects.toThrow(Crash);
          world.fault = () => null;
          if (next === 're-run') {
            expect(await go(world, 2)).toMatchObject({ outcome: 'promoted' });
          } else {
            world.now += 60 * 60_000;
            await go(world, 1, { goal: RECONCILE, revision: 'web-c-none-1' });
            expect(Object.keys(world.asked)).toHaveLength(1);
          }
          const clones = [CLONE, cloneName('web-c8y7innm-2')];
          expect(clones.filter((clone) => Object.hasOwn(world.asked, clone))).toEqual([]);
        }
      }
    }
  });
});
