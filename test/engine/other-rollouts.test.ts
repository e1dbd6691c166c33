/** A process may come to another rollout than the one it was meant for: by its age, or while it waits. */
import { describe, expect, test } from 'vitest';
import type { Caller, Goal } from '../../src/core/decision-types.ts';
import { Problem } from '../../src/core/problem.ts';
import { runLoop } from '../../src/engine/loop.ts';
import type { Ending, Ports } from '../../src/engine/loop.ts';
import { MINUTE, STABLE, aCaller, aChange, aDrive, aPlan, anOrder } from '../unit/build.ts';
import { World, sealed } from './world.ts';

const PLAN = sealed(aPlan());
const NEXT = sealed(aPlan({ change: aChange({ image: 'web:v3' }), tag: 'c-2' }));
const deploy = aDrive({ plan: PLAN, until: 0 });
const promote = anOrder('promote');
const rollback = anOrder('rollback');
const resume = aDrive({ plan: null, mayStart: false, pace: 'look' });

function ramp(until: number | 'next') {
  return aDrive({ plan: null, mayStart: false, until, opensGates: true });
}

function run(number: number, attempt = 1): Caller {
  return aCaller({
    rolloutId: `683120945-${number}`,
    attempt,
    revision: `web-c${number}-${attempt}`,
  });
}

function step(world: World, goal: Goal, caller: Caller, ports = world.ports()): Promise<Ending> {
  const observer = { turn: () => undefined, remark: () => undefined };
  return runLoop({ goal, caller, ports, observer, cancel: new AbortController().signal });
}

async function undone(world: World, caller: Caller): Promise<void> {
  await step(world, deploy, caller);
  await step(world, rollback, run(90));
  world.now += 2 * MINUTE;
}

/** Run 1 is over, and the ring of three has forgotten it. */
async function forgotten(): Promise<World> {
  const world = new World();
  await undone(world, run(1));
  for (const attempt of [1, 2, 3]) await undone(world, run(2, attempt));
  await step(world, deploy, run(2, 4));
  return world;
}

/** What happens before the first write of a process arrives, whole. */
function beforeFirst(ports: Ports, happens: () => Promise<unknown>): Ports {
  let isFirst = true;
  const write: Ports['cloudRun']['write'] = async (from, next, plan) => {
    if (isFirst) {
      isFirst = false;
      await happens();
    }
    return ports.cloudRun.write(from, next, plan);
  };
  return { ...ports, cloudRun: { ...ports.cloudRun, write } };
}

describe('S6: a rollout that began after the run of the caller', () => {
  test.each([
    ['promote', promote],
    ['ramp', ramp('next')],
  ])('is none of its %s, although the record has forgotten that run', async (_, goal) => {
    const world = await forgotten();
    const sent = world.writes.length;
    expect(await step(world, goal, run(1))).toMatchObject({
      outcome: 'refused',
      why: expect.stringMatching(/began after this run.*Start a new run/s),
    });
    expect(world.writes).toHaveLength(sent);
    expect(world.asked).toEqual({ [STABLE]: 100 });
  });

  test('is rolled back by anybody who orders it, also past its deadline', async () => {
    const open = await forgotten();
    expect(await step(open, rollback, run(1))).toMatchObject({ outcome: 'rolled-back' });
    const late = await forgotten();
    late.now += 25 * 60 * MINUTE;
    expect(await step(late, rollback, run(1))).toMatchObject({ outcome: 'rolled-back' });
    expect(await step(late, rollback, run(1))).toMatchObject({ outcome: 'nothing-open' });
  });

  test('is not gone back from, once it is promoted, by its order', async () => {
    const world = await forgotten();
    await step(world, promote, run(91));
    const promoted = { 'web-c2-4': 100 };
    expect(world.asked).toEqual(promoted);
    const back = anOrder('rollback', { toPrevious: true });
    expect(await step(world, back, run(1))).toMatchObject({ outcome: 'refused' });
    expect(world.asked).toEqual(promoted);
    expect(await step(world, back, run(92))).toMatchObject({ outcome: 'rolled-back' });
  });

  test('is left alone by its resume without a word of failure: the next one goes on with it', async () => {
    const world = await forgotten();
    expect(await step(world, resume, run(1))).toMatchObject({ outcome: 'nothing-open' });
    expect(await step(world, resume, run(91))).toMatchObject({ outcome: 'held' });
  });

  test('is ended by anybody once it is past its deadline', async () => {
    const world = await forgotten();
    world.now += 25 * 60 * MINUTE;
    expect(await step(world, resume, run(1))).toMatchObject({ outcome: 'rolled-back' });
  });

  test('is promoted by a run that was started by hand for it', async () => {
    const world = await forgotten();
    expect(await step(world, promote, run(91))).toMatchObject({ outcome: 'promoted' });
  });
});

describe('S6: what a drive has come for', () => {
  const gated = (image: string, tag: string) => {
    const stage = { percent: 5, bake: 10 * MINUTE, least: 10 * MINUTE, gate: true };
    const last = { ...stage, percent: 50, gate: false };
    return sealed(aPlan({ tag, change: aChange({ image }), stages: [stage, last] }));
  };

  test('is over: the next rollout at its gate is not sent on', async () => {
    const world = new World();
    await step(world, aDrive({ plan: gated('web:v2', 'c-1') }), run(1));
    const ports = beforeFirst(world.ports(), async () => {
      await step(world, rollback, run(90));
      world.now += 5 * 60 * MINUTE;
      await step(world, aDrive({ plan: gated('web:v3', 'c-2') }), run(2));
    });
    const ending = await step(world, ramp('next'), run(50), ports);
    expect(ending).toMatchObject({
      outcome: 'nothing-open',
      why: expect.stringMatching(/came for is over.*web-c2-1/),
    });
    expect(world.record).toMatchObject({ canary: 'web-c2-1', phase: 'held', reason: 'reached' });
  });

  test('had failed: that is no reason to undo the next one', async () => {
    const world = new World();
    await step(world, deploy, run(1));
    const ports = world.ports();
    const revisions: Ports['revisions'] = {
      ...ports.revisions,
      state: async (revision) =>
        revision === 'web-c1-1'
          ? { health: { failed: 'boom' }, digest: null }
          : ports.revisions.state(revision),
    };
    const swapped = beforeFirst({ ...ports, revisions }, async () => {
      await undone(world, run(1));
      await step(world, deploy, run(2));
      await step(world, ramp(5), run(2));
    });
    expect(await step(world, resume, run(50), swapped)).toMatchObject({ outcome: 'nothing-open' });
    expect(world.record).toMatchObject({ canary: 'web-c2-1', phase: 'held' });
  });
});

describe('a run that has driven another’s rollout to its end', () => {
  async function finished(): Promise<World> {
    const world = new World();
    await step(world, deploy, run(1));
    world.now += 5 * MINUTE;
    expect(await step(world, ramp(100), run(2))).toMatchObject({ outcome: 'promoted' });
    world.now += 5 * MINUTE;
    return world;
  }

  test('starts its own', async () => {
    const world = await finished();
    const ending = await step(world, aDrive({ plan: NEXT }), run(2));
    expect(ending).toMatchObject({ outcome: 'promoted' });
    expect(world.asked).toEqual({ 'web-c2-1': 100 });
  });

  test('is told that end again when its ramp is re-run', async () => {
    const world = await finished();
    const sent = world.writes.length;
    expect(await step(world, ramp(100), run(2, 2))).toMatchObject({ outcome: 'promoted' });
    expect(world.writes).toHaveLength(sent);
  });

  test('is told of another’s that it holds, when it means to start its own', async () => {
    const world = new World();
    await step(world, deploy, run(1));
    await step(world, ramp(5), run(2));
    expect(await step(world, aDrive({ plan: NEXT }), run(2))).toMatchObject({ outcome: 'busy' });
  });
});

describe('row 57 of the catalogue: an outsider takes the split of a held canary away and puts it back', () => {
  test.each([1, 2, 10])('the stage is watched anew, %i minutes later', async (minutes) => {
    const world = new World();
    await step(world, deploy, run(1));
    await step(world, ramp(5), run(1));
    const left = world.now;
    world.setTraffic({ [STABLE]: 100 });
    world.now += 60 * MINUTE;
    await world.ports().cloudRun.read();
    const back = world.now;
    world.setTraffic({ [STABLE]: 95, 'web-c1-1': 5 });
    world.now += minutes * MINUTE;
    await world.ports().cloudRun.read();
    const ports = world.ports();
    const observe: Ports['metrics']['observe'] = async (query, signal) => {
      const seen = await ports.metrics.observe(query, signal);
      const isAway = (start: number) => start >= left - MINUTE && start < back;
      const rows = seen.minutes.map((m) => (isAway(m.start) ? { ...m, canary: null } : m));
      return { ...seen, minutes: rows };
    };
    const away = { ...ports, metrics: { ...ports.metrics, observe } };
    expect(await step(world, ramp(50), run(2), away)).toMatchObject({ outcome: 'held' });
    expect(world.record).toMatchObject({ stage: 2, reason: 'reached' });
  });
});

describe('row 63 of the catalogue: a canary that was deleted at 0 %', () => {
  /** The service refuses a tag on what is not there. */
  function strict(world: World): Ports {
    const ports = world.ports();
    const write: Ports['cloudRun']['write'] = async (from, next, plan) =>
      next.phase === 'active' && plan === null && !world.revisions.has(next.canary)
        ? {
            kind: 'refused',
            problem: new Problem('write-refused', { summary: 'No such revision.', advice: '' }),
          }
        : ports.cloudRun.write(from, next, plan);
    return { ...ports, cloudRun: { ...ports.cloudRun, write } };
  }

  test.each([
    ['ramp', ramp('next'), run(5), 'rolled-back'],
    ['resume', resume, run(6), 'rolled-back'],
    ['re-run', aDrive({ plan: PLAN }), run(1, 2), 'promoted'],
  ])('is ended by whoever comes to go on with it: %s', async (_, goal, caller, outcome) => {
    const world = new World();
    await step(world, deploy, run(1));
    world.revisions.delete('web-c1-1');
    world.tags = [];
    world.now += 30 * MINUTE;
    expect(await step(world, goal, caller, strict(world))).toMatchObject({ outcome });
    const ended = world.writes.find(({ record }) => record.reason === 'canary-gone');
    expect(ended?.record.phase).toBe('rolled-back');
  });
});
