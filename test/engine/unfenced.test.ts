/** `allow_unfenced`: what somebody else changes can be overwritten, but never in silence. */
import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/core/report/report-model.ts';
import type { Goal } from '../../src/core/decision-types.ts';
import { runLoop } from '../../src/engine/loop.ts';
import { Story } from '../../src/engine/story.ts';
import { aCaller, aDrive, aPlan } from '../unit/build.ts';
import { Crash, World, sealed } from './world.ts';

const OUTSIDE = { 'web-00040-old': 100 };
const PLAN = sealed(aPlan({ allowUnfenced: true }));
const GOAL = aDrive({ plan: PLAN });
const AGAIN = aCaller({ attempt: 2, revision: 'web-c8y7innm-2' });
const RECONCILER = aCaller({ rolloutId: '1-9' });
const RECONCILE: Goal = { kind: 'reconcile', dead: null };

type Heard = {
  readonly lines: readonly string[];
  readonly notices: readonly string[];
  readonly last: Report | null;
};

async function hear(world: World, goal: Goal = GOAL, caller = aCaller()): Promise<Heard> {
  const [lines, notices]: [string[], string[]] = [[], []];
  const log = {
    group: () => undefined,
    line: (text: string) => void lines.push(text),
    notice: (text: string) => void notices.push(text),
    warning: () => undefined,
  };
  const reporter = { update: async () => undefined };
  const ref = { project: 'p', region: 'europe-west1', service: 'web' };
  const story = new Story({ ref, caller, goal, notices: [], forecast: null, log, reporter });
  const cancel = new AbortController().signal;
  const ports = world.ports();
  try {
    const ending = await runLoop({ goal, caller, ports, observer: story, cancel });
    return { lines, notices, last: story.end(ending) };
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    return { lines, notices, last: null };
  }
}

/** The outsider moves all traffic between the nth write and the read that it was decided from. */
function interrupted(nth: number, fenced = false): World {
  const world = new World();
  world.fenced = fenced;
  world.meanwhile = () => {
    if (world.calls.at(-1) !== 'write') return;
    if (world.calls.filter((call) => call === 'write').length !== nth) return;
    world.setTraffic(OUTSIDE);
    world.served = OUTSIDE;
  };
  return world;
}

function isLost(text: string): boolean {
  return text.includes('may have been overwritten');
}

const WRITES = [1, 2, 3, 4];

describe('traffic that somebody else sets just before a write', () => {
  test.each(WRITES)('is overwritten by write %i and told by the writer', async (nth) => {
    const { notices, last } = await hear(interrupted(nth));
    const lost = notices.filter(isLost);
    expect(lost).toHaveLength(1);
    expect(lost[0]).toContain('web-00040-old 100 % was served');
    expect(last?.notices.filter(isLost)).toEqual(lost);
    expect(last?.outcome).toBe('promoted');
  });

  test.each(WRITES)('is told by a re-run if the writer dies at write %i', async (nth) => {
    const world = interrupted(nth);
    let writes = 0;
    world.fault = (call) => (call === 'write' && (writes += 1) === nth ? 'after' : null);
    expect((await hear(world)).notices.filter(isLost)).toEqual([]);
    world.fault = () => null;
    expect((await hear(world, GOAL, AGAIN)).notices.filter(isLost)).toHaveLength(1);
  });

  test('is told by a reconcile if the writer dies and nobody re-runs it', async () => {
    const world = interrupted(2);
    world.fault = () => (world.writes.length === 2 ? 'before' : null);
    await hear(world);
    world.fault = () => null;
    world.now += 24 * 3_600_000;
    const { notices, last } = await hear(world, RECONCILE, RECONCILER);
    expect(notices.filter(isLost)).toHaveLength(1);
    expect(last).toMatchObject({ outcome: 'rolled-back', notices });
  });

  test.each(WRITES)('is not overwritten where the fence holds: write %i', async (nth) => {
    const world = interrupted(nth, true);
    const { notices } = await hear(world);
    expect(notices.filter(isLost)).toEqual([]);
    expect(Object.keys(world.asked)).toHaveLength(1);
  });
});

describe('which guarantee is in force', () => {
  test('is one line of the log once it is known', async () => {
    const { lines, notices } = await hear(new World());
    expect(lines.filter((line) => line.includes('stale writes'))).toHaveLength(1);
    expect(notices).toEqual([]);
  });

  test('is a notice where there is no fence, and in the report', async () => {
    const world = new World();
    world.fenced = false;
    const { notices, last } = await hear(world);
    expect(notices).toEqual([expect.stringContaining('does not refuse stale writes')]);
    expect(last).toMatchObject({ fence: 'absent', outcome: 'promoted' });
  });

  test('is told by who goes on with the rollout without having tried', async () => {
    const world = new World();
    world.fenced = false;
    world.fault = () => (world.writes.length === 2 ? 'before' : null);
    await hear(world);
    world.fault = () => null;
    const { notices, last } = await hear(world, GOAL, AGAIN);
    expect(notices).toEqual([expect.stringContaining('allow_unfenced is set')]);
    expect(last?.notices).toEqual(expect.arrayContaining([...notices]));
  });
});
