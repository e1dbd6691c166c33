/** Data that stop coming after the first minutes of every stage, in the loop. */
import { describe, expect, test } from 'vitest';
import type { Minute, Observation } from '../../src/core/judging-types.ts';
import { runLoop } from '../../src/engine/loop.ts';
import type { Ending } from '../../src/engine/loop.ts';
import type { Metrics } from '../../src/engine/ports.ts';
import { MINUTE, aCaller, aDrive, aPlan } from '../unit/build.ts';
import { World } from './world.ts';

const SHORT = aDrive();
const LONG = aDrive({
  plan: aPlan({ stages: [{ percent: 5, bake: 60 * MINUTE, least: 60 * MINUTE, gate: false }] }),
});
const ON_NO_DATA = aDrive({ plan: aPlan({ onNoData: 'rollback' }) });

/** What the world measured, changed on its way; `since` counts from the first minute of the window. */
function reads(
  world: World,
  change: (minute: Minute, since: number, observation: Observation) => readonly Minute[],
): Metrics {
  const { metrics } = world.ports();
  return {
    ...metrics,
    observe: async (query, signal) => {
      const observation = await metrics.observe(query, signal);
      const first = observation.minutes[0]?.start ?? observation.from;
      const minutes = observation.minutes.flatMap((minute) =>
        change(minute, minute.start - first, observation),
      );
      return { ...observation, minutes };
    },
  };
}

function drive(world: World, metrics: Metrics, goal = SHORT): Promise<Ending> {
  const observer = { turn: () => undefined, remark: () => undefined };
  const cancel = new AbortController().signal;
  return runLoop({
    goal,
    caller: aCaller(),
    ports: { ...world.ports(), metrics },
    observer,
    cancel,
  });
}

function highest(world: World): number {
  return Math.max(...world.writes.map(({ record }) => record.percents[record.stage]!));
}

describe.each([
  ['ten minutes', SHORT],
  ['an hour', LONG],
])('a stage of %s', (_, goal) => {
  test('whose canary answers nothing after its second minute is held and never raised', async () => {
    const world = new World();
    const metrics = reads(world, (minute, since) => [
      since < 2 * MINUTE ? minute : { ...minute, canary: null },
    ]);
    const ending = await drive(world, metrics, goal);
    expect(ending).toMatchObject({ outcome: 'held' });
    expect(ending.memory.stage?.judgement).toMatchObject({
      verdict: 'unknown',
      checks: [{ verdict: 'unknown' }],
    });
    expect(ending.memory.stage?.judgement?.why).toContain('The canary has answered nothing since');
    expect(highest(world)).toBe(5);
  });

  test('whose stable revision is lost after the second minute is held and never raised', async () => {
    const world = new World();
    const metrics = reads(world, (minute, since) => [
      since < 2 * MINUTE ? minute : { ...minute, baseline: null },
    ]);
    expect(await drive(world, metrics, goal)).toMatchObject({ outcome: 'held' });
    expect(highest(world)).toBe(5);
  });

  test('whose data all end after the second minute is held and never raised', async () => {
    const world = new World();
    const metrics = reads(world, (minute, since) => (since < 2 * MINUTE ? [minute] : []));
    const ending = await drive(world, metrics, goal);
    expect(ending).toMatchObject({ outcome: 'held' });
    expect(ending.memory.stage?.judgement?.why).toContain('There are no data from');
    expect(highest(world)).toBe(5);
  });
});

describe('data that are missing for a while', () => {
  test('because Monitoring is behind its stated delay make the stage wait, and it passes', async () => {
    const behind = 4 * MINUTE;
    const world = new World();
    const late = new World();
    const metrics = reads(late, (minute, _, { to }) =>
      minute.start + MINUTE <= to - behind ? [minute] : [],
    );
    await drive(world, world.ports().metrics);
    expect(await drive(late, metrics)).toMatchObject({ outcome: 'promoted' });
    expect(late.now - world.now).toBeGreaterThan(2 * MINUTE);
  });

  test('of one side in the newest minute delay nothing: revisions may be sampled apart', async () => {
    const world = new World();
    const apart = new World();
    const metrics = reads(apart, (minute, _, { to }) => [
      minute.start + 2 * MINUTE > to ? { ...minute, canary: null } : minute,
    ]);
    await drive(world, world.ports().metrics);
    expect(await drive(apart, metrics)).toMatchObject({ outcome: 'promoted' });
    expect(apart.now).toBe(world.now);
  });

  test('until the end of the patience end as on_no_data says', async () => {
    const world = new World();
    const metrics = reads(world, (minute, since) => [
      since < 2 * MINUTE ? minute : { ...minute, canary: null },
    ]);
    expect(await drive(world, metrics, ON_NO_DATA)).toMatchObject({ outcome: 'rolled-back' });
    expect(highest(world)).toBe(5);
  });
});
