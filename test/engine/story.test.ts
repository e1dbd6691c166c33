import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/core/report/report-model.ts';
import type { Goal } from '../../src/core/decision-types.ts';
import { runLoop } from '../../src/engine/loop.ts';
import { Story } from '../../src/engine/story.ts';
import { CANARY, STABLE, aCaller, aDrive, aPlan } from '../unit/build.ts';
import { GOOD, World } from './world.ts';

async function tell(
  world: World,
  with_: { goal?: Goal; caller?: ReturnType<typeof aCaller> } = {},
) {
  const goal = with_.goal ?? aDrive();
  const caller = with_.caller ?? aCaller();
  const lines: string[] = [];
  const shown: Report[] = [];
  const log = {
    group: (title: string) => void lines.push(`# ${title}`),
    line: (text: string) => void lines.push(text),
    notice: () => undefined,
    warning: () => undefined,
  };
  const reporter = { update: async (report: Report) => void shown.push(report) };
  const ref = { project: 'p', region: 'europe-west1', service: 'web' };
  const story = new Story({ ref, caller, goal, notices: ['Note.'], log, reporter });
  const cancel = new AbortController().signal;
  const ending = await runLoop({ goal, caller, ports: world.ports(), observer: story, cancel });
  return { lines, shown, last: story.end(ending), ending };
}

describe('the story of a rollout', () => {
  test('has one group a stage and one line a look', async () => {
    const { lines } = await tell(new World());
    expect(lines.filter((line) => line.startsWith('#'))).toEqual([
      `# Stage 0: ${CANARY} at 0 %, proved on its own address`,
      `# Stage 1 of 2: 5 % to ${CANARY}`,
      `# Stage 2 of 2: 50 % to ${CANARY}`,
    ]);
    const looks = lines.filter((line) => line.startsWith('Look '));
    expect(looks.length).toBeGreaterThan(10);
    expect(looks[0]).toMatch(/^Look \d\d:\d\d:\d\d–\d\d:\d\d:\d\d UTC: unknown\. /);
    expect(lines.filter((line) => line.startsWith('Waiting: 5 % is judged'))).toHaveLength(1);
    expect(lines.at(-1)).toBe(`${CANARY} has all traffic.`);
  });

  test('ends in a report with every stage passed and judged', async () => {
    const { last, shown } = await tell(new World());
    expect(last).toMatchObject({
      outcome: 'promoted',
      phase: 'promoted',
      stable: STABLE,
      canary: CANARY,
      percent: 100,
      fence: 'proved',
      notices: ['Note.'],
      stages: [
        { percent: 0, bake: null, state: 'passed', note: 'Answered its probes.' },
        { percent: 5, bake: 600_000, state: 'passed', judgement: { verdict: 'pass' } },
        { percent: 50, state: 'passed', judgement: { verdict: 'pass' } },
      ],
    });
    expect(shown.at(-1)).toEqual(last);
    expect(shown[0]).toMatchObject({ outcome: null, phase: 'active', percent: 0 });
  });

  test('shows a report only when a reader would see it change', async () => {
    const world = new World();
    const { shown } = await tell(world);
    const reads = world.calls.filter((call) => call === 'read').length;
    expect(shown.length).toBeLessThan(reads / 1.5);
  });

  test('of a restore names what failed, in the stage it failed in', async () => {
    const { last, lines } = await tell(new World({ ...GOOD, errorRate: () => 0.3 }));
    expect(last).toMatchObject({
      outcome: 'rolled-back',
      reason: 'fail:error-rate',
      percent: 0,
      stages: [{ state: 'passed' }, { state: 'failed' }, { state: 'skipped' }],
    });
    expect(last?.why).toContain(`${STABLE} has all traffic again.`);
    expect(last?.stages[1]?.note).toMatch(/30 ?%/);
    expect(lines).toContain(`Restoring ${STABLE} to 100 % (fail:error-rate).`);
  });

  test('of a hold leaves the stage undecided and the rest waiting', async () => {
    const { last } = await tell(new World({ ...GOOD, errorRate: () => null }));
    expect(last).toMatchObject({
      outcome: 'held',
      stages: [{ state: 'passed' }, { state: 'undecided' }, { state: 'waiting' }],
    });
  });

  test('of a canary that never started skips every stage', async () => {
    const { last } = await tell(new World({ ...GOOD, starts: { failed: 'no port' } }));
    expect(last).toMatchObject({
      outcome: 'start-failed',
      stages: [{ state: 'failed' }, { state: 'skipped' }, { state: 'skipped' }],
    });
  });

  test('without smoke does not say that anything was probed', async () => {
    const { last } = await tell(new World(), { goal: aDrive({ plan: aPlan({ smoke: null }) }) });
    expect(last?.stages[0]?.note).toBe('Not probed: smoke_path is off.');
  });

  test('of a hold at a stage that passed says so', async () => {
    const { last } = await tell(new World(), { goal: aDrive({ until: 5 }) });
    expect(last?.stages[1]).toMatchObject({ state: 'passed' });
  });

  test('of an outsider says that the traffic is theirs', async () => {
    const world = new World();
    world.meanwhile = (index) => {
      if (index === 40) world.setTraffic({ old: 100 });
    };
    const { last } = await tell(world);
    expect(last).toMatchObject({ outcome: 'released', percent: 0 });
  });

  test('on a busy service tells nothing of the other rollout as if it were its own', async () => {
    const world = new World();
    world.fault = () => (world.writes.length === 2 ? 'before' : null);
    await tell(world).catch(() => undefined);
    world.fault = () => null;
    const { last } = await tell(world, { caller: aCaller({ rolloutId: '1-9' }) });
    expect(last).toMatchObject({ outcome: 'busy', canary: '', stages: [], phase: null });
  });

  test('of an order is the story of the rollout it ends', async () => {
    const world = new World();
    world.fault = () => (world.writes.length === 2 ? 'before' : null);
    await tell(world).catch(() => undefined);
    world.fault = () => null;
    world.now += 10_000;
    const goal = { kind: 'order', order: 'promote', by: 'ada' } as const;
    const { last } = await tell(world, { goal, caller: aCaller({ rolloutId: '1-9' }) });
    expect(last).toMatchObject({
      outcome: 'promoted',
      canary: CANARY,
      stages: [{ state: 'passed' }, { state: 'passed' }, { state: 'skipped' }],
    });
  });

  test('of a second attempt says which stages the first one passed', async () => {
    const world = new World();
    world.fault = () => (world.writes.length === 3 ? 'before' : null);
    await tell(world).catch(() => undefined);
    world.fault = () => null;
    const { last } = await tell(world, {
      caller: aCaller({ attempt: 2, revision: 'web-c8y7innm-2' }),
    });
    expect(last).toMatchObject({ outcome: 'promoted', canary: CANARY });
    expect(last?.stages[1]).toMatchObject({
      judgement: null,
      note: 'Passed in an earlier attempt.',
    });
  });

  test('of a service that is gone has no report', async () => {
    const world = new World();
    const { ending } = await tell(world, { goal: aDrive({ plan: aPlan({ smoke: null }) }) });
    const story = new Story({
      ref: { project: 'p', region: 'r', service: 's' },
      caller: aCaller(),
      goal: aDrive(),
      notices: [],
      log: { group: () => {}, line: () => {}, notice: () => {}, warning: () => {} },
      reporter: { update: async () => {} },
    });
    expect(story.end({ ...ending, service: null })).toBeNull();
  });
});
