/** One notification for each transition, from whoever has made it. */
import { describe, expect, test } from 'vitest';
import type { Caller, Goal } from '../../src/core/decision-types.ts';
import type { Report } from '../../src/core/report/report-model.ts';
import { notificationOf } from '../../src/core/report/report-notification.ts';
import { runLoop } from '../../src/engine/loop.ts';
import { Story } from '../../src/engine/story.ts';
import { MINUTE, aCaller, aDrive, aPlan } from '../unit/build.ts';
import { GOOD, World, sealed } from './world.ts';

const REF = { project: 'p', region: 'europe-west1', service: 'web' };
const LOG = { group: () => {}, line: () => {}, notice: () => {}, warning: () => {} };
const PLAN = sealed(aPlan());

type Run = { readonly goal?: Goal; readonly caller?: Caller; readonly repeatsEnd?: boolean };

/** Events of one process, each as often as the notifier would post it. */
async function eventsOf(world: World, run: Run = {}): Promise<readonly string[]> {
  const { goal = aDrive({ plan: PLAN }), caller = aCaller(), repeatsEnd = false } = run;
  const shown: Report[] = [];
  const reporter = { update: async (report: Report) => void shown.push(report) };
  const story = new Story({
    ref: REF,
    caller,
    goal,
    notices: [],
    forecast: null,
    log: LOG,
    reporter,
  });
  const cancel = new AbortController().signal;
  try {
    story.end(await runLoop({ goal, caller, ports: world.ports(), observer: story, cancel }));
  } catch {
    // It died on the way; what it has told by then counts.
  }
  const told = shown.flatMap(
    (report) => notificationOf(report, { format: 'generic', page: '', repeatsEnd }) ?? [],
  );
  const fresh = told.filter(({ id }, index) => id !== told[index - 1]?.id);
  return fresh.map(({ body }) => {
    const { event, percent } = JSON.parse(body);
    return `${event} ${percent}`;
  });
}

const SECOND = aCaller({ attempt: 2 });
const RESUME = aDrive({ plan: null, mayStart: false, pace: 'look' });
const CLEAN_UP: Goal = { kind: 'clean-up', reason: 'cancelled', doom: null };

describe('notifications', () => {
  test('tell of the start, each raise and the end', async () => {
    const stages = aPlan().stages.map(({ percent }) => `raised ${percent}`);
    expect(await eventsOf(new World())).toEqual(['started 0', ...stages, 'promoted 100']);
    const bad = new World({ ...GOOD, errorRate: () => 0.3 });
    expect(await eventsOf(bad)).toEqual(['started 0', stages[0], 'rolled-back 0']);
  });

  test('do not tell a promotion again when the job is re-run', async () => {
    const world = new World();
    await eventsOf(world);
    expect(await eventsOf(world, { caller: SECOND })).toEqual([]);
  });

  test('do not tell again what a run finds that takes a rollout over, or looks in passing', async () => {
    const world = new World();
    world.fault = () => (world.writes.length === 2 ? 'before' : null);
    const before = await eventsOf(world);
    world.fault = () => null;
    world.now += MINUTE;
    const stages = aPlan().stages.map(({ percent }) => `raised ${percent}`);
    // It died before it could tell of its raise.
    expect(before).toEqual(['started 0']);
    const after = await eventsOf(world, { caller: SECOND });
    expect(after).toEqual([...stages.slice(1), 'promoted 100']);
  });

  test('of a resume every few minutes tell of raises and the end alone', async () => {
    const world = new World();
    const told = [...(await eventsOf(world, { goal: aDrive({ plan: PLAN, until: 0 }) }))];
    for (let run = 2; run < 200 && told.at(-1) !== 'promoted 100'; run += 1) {
      world.now += 5 * MINUTE;
      const caller = aCaller({ rolloutId: `683120945-${20_000_000_000 + run}` });
      told.push(...(await eventsOf(world, { goal: RESUME, caller })));
    }
    const stages = aPlan().stages.map(({ percent }) => `raised ${percent}`);
    expect(told).toEqual(['started 0', 'held 0', ...stages, 'promoted 100']);
  });

  test('come from the post step for the end, its own or one that main had no time to tell', async () => {
    const world = new World();
    world.fault = () => (world.writes.length === 2 ? 'before' : null);
    await eventsOf(world);
    world.fault = () => null;
    const post = { goal: CLEAN_UP, repeatsEnd: true };
    expect(await eventsOf(world, post)).toEqual(['rolled-back 0']);
    expect(await eventsOf(world, post)).toEqual(['rolled-back 0']);
    expect(await eventsOf(world, { goal: CLEAN_UP })).toEqual([]);
  });
});
