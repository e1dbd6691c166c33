import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/core/report/report-model.ts';
import { outputsOf, renderSummary } from '../../src/core/report/report.ts';
import { EMPTY_MEMORY } from '../../src/core/rollout/memory.ts';
import type { Goal } from '../../src/core/decision-types.ts';
import { Problem } from '../../src/core/problem.ts';
import type { ProblemCode } from '../../src/core/problem.ts';
import { runLoop } from '../../src/engine/loop.ts';
import type { Ports } from '../../src/engine/loop.ts';
import { Story } from '../../src/engine/story.ts';
import { CANARY, MINUTE, STABLE, aCaller, aChange, aDrive, aPlan, anOrder } from '../unit/build.ts';
import { GOOD, World, sealed } from './world.ts';

async function tell(
  world: World,
  with_: { goal?: Goal; caller?: ReturnType<typeof aCaller>; ports?: Ports } = {},
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
  const story = new Story({ ref, caller, goal, notices: ['Note.'], forecast: null, log, reporter });
  const cancel = new AbortController().signal;
  const ports = with_.ports ?? world.ports();
  const ending = await runLoop({ goal, caller, ports, observer: story, cancel });
  return { lines, shown, last: story.end(ending), ending };
}

const quiet = () => undefined;
const NO_LOG = { group: quiet, line: quiet, notice: quiet, warning: quiet };
const RUN = aCaller().rolloutId;
const PLAN = sealed(aPlan());
const TO_PREVIOUS = anOrder('rollback', { toPrevious: true });
const ramp = aDrive({ plan: null, mayStart: false, opensGates: true, until: 50 });
const resume = aDrive({ plan: null, mayStart: false, pace: 'look' });

/** A world in which the run has left its rollout like this. */
async function left(
  state: 'quiet' | 'active' | 'late' | 'held' | 'planless' | 'promoted',
): Promise<World> {
  const world = new World();
  if (state === 'quiet') return world;
  const isAbandoned = state === 'active' || state === 'late';
  if (isAbandoned) world.fault = () => (world.writes.length === 2 ? 'before' : null);
  const until = state === 'promoted' ? 100 : 5;
  await tell(world, { goal: aDrive({ plan: PLAN, until }) }).catch(() => undefined);
  world.fault = () => null;
  world.now += (state === 'late' ? 24 * 60 : 1) * MINUTE;
  if (state === 'planless') world.planText = undefined;
  return world;
}

describe('the story of a rollout', () => {
  test('shows a split once it is served, with the progress of its stage', async () => {
    const { shown } = await tell(new World(), { goal: aDrive({ plan: PLAN }) });
    const at = (percent: number) =>
      shown.filter(({ percent: asked, outcome }) => asked === percent && outcome === null);
    const [first, ...later] = at(5).map(({ served, outlook }) => ({
      canary: served[CANARY] ?? 0,
      bakeEnds: outlook.progress?.stage?.bakeEnds ?? null,
    }));
    expect(first).toEqual({ canary: 0, bakeEnds: null });
    expect(later[0]).toEqual({ canary: 5, bakeEnds: expect.any(Number) as number });
    // One for the split, the others for the looks: nothing is shown twice.
    expect(new Set(shown.map((report) => JSON.stringify({ ...report, now: 0 }))).size).toBe(
      shown.length,
    );
  });

  test('S16: shows no value of a variable, whatever becomes of it', async () => {
    const marker = 'hunter2-of-nobody';
    const values = [{ name: 'A', value: marker }];
    const edits = [
      { kind: 'env', clears: false, values },
      { kind: 'words', of: 'args', to: [marker] },
    ] as const;
    const goal = aDrive({ plan: sealed(aPlan({ change: aChange({ edits }) })) });
    for (const canary of [GOOD, { ...GOOD, errorRate: () => 0.3 }]) {
      const world = new World(canary);
      const told = await tell(world, { goal });
      expect(world.writes.length).toBeGreaterThan(1);
      const { outputs, summary } = {
        outputs: outputsOf(told.last!),
        summary: renderSummary(told.last!),
      };
      const shown = [told.lines, told.shown, outputs, summary, world.planText, world.annotation];
      expect(JSON.stringify(shown)).not.toContain(marker);
    }
  });

  test('a rollout of other settings is known by the image in force', async () => {
    const goal = aDrive({ plan: sealed(aPlan({ change: aChange() })) });
    const world = new World();
    const { last } = await tell(world, { goal });
    expect(last).toMatchObject({ outcome: 'promoted', image: expect.stringMatching(/./) });
  });

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
    const { last, lines } = await tell(world);
    expect(last).toMatchObject({ outcome: 'released', percent: 0 });
    // Not by us, who wrote last: the record, to let go of it.
    expect(last!.why).toMatch(
      / The split asked for is old 100 %, last changed by outsider@example\.com\.$/,
    );
    const gcloud = 'gcloud run services update-traffic web --project=p --region=europe-west1';
    expect(lines.slice(-6)).toEqual([
      '# Everything to the stable revision:',
      `${gcloud} --to-revisions=${STABLE}=100`,
      '# Everything to the canary:',
      `${gcloud} --to-revisions=${CANARY}=100`,
      '# Then a new rollout, by a re-run of the failed jobs:',
      'gh run rerun 19482736450 --failed --repo o/r',
    ]);
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
    const goal = anOrder('promote');
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

  test('of a take-over is told from the moment it is taken, as the rollout’s own', async () => {
    const world = await left('held');
    const caller = aCaller({ rolloutId: '1-9' });
    const { shown, last, lines } = await tell(world, { goal: ramp, caller });
    expect(new Set(shown.map(({ rolloutId }) => rolloutId))).toEqual(new Set([RUN]));
    expect(shown[0]).toMatchObject({ reason: 'taken', phase: 'active' });
    expect(last).toMatchObject({ outcome: 'held', reason: 'reached', percent: 50, canary: CANARY });
    expect(lines).toContain('Taking the rollout over at 5 %.');
  });

  test('of a rollout that a resume came too late for is that rollout’s', async () => {
    const world = await left('held');
    world.now += 48 * 60 * MINUTE;
    const { shown } = await tell(world, { goal: resume, caller: aCaller({ rolloutId: '1-9' }) });
    expect(shown.at(-1)).toMatchObject({
      rolloutId: RUN,
      outcome: 'rolled-back',
      reason: 'expired',
      canary: CANARY,
    });
    expect(shown.every(({ rolloutId }) => rolloutId === RUN)).toBe(true);
  });

  test.each([
    ['a rollback', 'active', anOrder('rollback'), 'rolled-back'],
    ['a promote', 'held', anOrder('promote'), 'promoted'],
    ['a reconcile', 'late', { kind: 'reconcile', dead: null }, 'rolled-back'],
    ['a rollback to the revision before', 'promoted', TO_PREVIOUS, 'rolled-back'],
  ] as const)('is told by %s that ended it', async (_, state, goal, outcome) => {
    const world = await left(state);
    const { shown } = await tell(world, { goal, caller: aCaller({ rolloutId: '1-9' }) });
    expect(shown.at(-1)).toMatchObject({ rolloutId: RUN, outcome });
  });

  test.each([
    ['a ramp with nothing open', 'quiet', ramp, 'nothing-open'],
    ['a ramp after the end', 'promoted', ramp, 'nothing-open'],
    ['a ramp on a busy service', 'active', ramp, 'busy'],
    ['a resume on a busy service', 'active', resume, 'busy'],
    ['a resume with nothing open', 'quiet', resume, 'nothing-open'],
    ['a rollback with nothing open', 'quiet', anOrder('rollback'), 'nothing-open'],
    ['a rollback after the end', 'promoted', anOrder('rollback'), 'nothing-open'],
    ['a promote with nothing open', 'quiet', anOrder('promote'), 'nothing-open'],
    ['a stale approval', 'held', anOrder('promote', { seen: 50 }), 'refused'],
    ['a reconcile that is not due', 'active', { kind: 'reconcile', dead: null }, 'nothing-open'],
    [
      'a clean-up of another run',
      'active',
      { kind: 'clean-up', reason: 'cancelled', doom: null },
      'nothing-open',
    ],
    ['a ramp without the plan', 'planless', ramp, 'hands-off'],
  ] as const)('is not told by %s: nothing is shown', async (_, state, goal, outcome) => {
    const world = await left(state);
    const { shown, ending } = await tell(world, { goal, caller: aCaller({ rolloutId: '1-9' }) });
    expect(ending.outcome).toBe(outcome);
    expect(shown).toEqual([]);
  });

  test.each(['held', 'active', 'promoted'] as const)(
    'is not told by a re-run that is refused beside it, where it is %s',
    async (state) => {
      const world = await left(state);
      const goal = aDrive({ plan: sealed(aPlan({ change: aChange() })) });
      const caller = aCaller({ attempt: 2 });
      const { shown, ending, last } = await tell(world, { goal, caller });
      expect(ending.outcome).toBe('refused');
      expect(shown).toEqual([]);
      expect(renderSummary(last!)).toContain('The plan of this step differs');
    },
  );

  test.each([
    ['undone', { ...GOOD, errorRate: () => 0.3 }, ['refused']],
    ['promoted', GOOD, []],
  ] as const)(
    'that was %s: what a start that was refused before it leaves of it',
    async (_, canary, told) => {
      const world = new World(canary);
      await tell(world);
      const shown: Report[] = [];
      const story = new Story({
        ref: { project: 'p', region: 'europe-west1', service: 'web' },
        caller: aCaller({ attempt: 2 }),
        goal: aDrive({ plan: PLAN }),
        notices: [],
        forecast: null,
        log: NO_LOG,
        reporter: { update: async (report) => void shown.push(report) },
      });
      const service = await world.ports().cloudRun.read();
      const no = new Problem('preflight', { summary: 'No.', advice: '' });
      story.end({ outcome: 'refused', why: 'No.', service, memory: EMPTY_MEMORY }, no);
      expect(shown.map(({ outcome }) => outcome)).toEqual(told);
    },
  );

  test.each([
    ['a resume at a gate', resume, 'held'],
    ['a ramp on a busy service', ramp, 'busy'],
    ['a resume on a busy service', resume, 'busy'],
  ] as const)('is what %s reports of, with its names and its share', async (_, goal, outcome) => {
    const plan = sealed(
      aPlan({ stages: [{ percent: 50, bake: MINUTE, least: MINUTE, gate: true }] }),
    );
    const world = new World();
    if (outcome === 'busy') world.fault = () => (world.writes.length === 2 ? 'before' : null);
    await tell(world, { goal: aDrive({ plan }) }).catch(() => undefined);
    world.fault = () => null;
    world.now += MINUTE;
    const { last, shown } = await tell(world, { goal, caller: aCaller({ rolloutId: '1-9' }) });
    expect(last).toMatchObject({ outcome, rolloutId: RUN, canary: CANARY, stable: STABLE });
    expect(last?.percent).toBe(50);
    expect(shown).toEqual([]);
  });

  test.each([
    ['an end', 'promoted', 'promoted'],
    ['a hold', 'held', 'held'],
  ] as const)('is told by the post step where main has come to %s', async (_, state, outcome) => {
    const goal = { kind: 'clean-up', reason: 'cancelled', doom: null } as const;
    const { shown } = await tell(await left(state), { goal, caller: aCaller() });
    expect(shown.at(-1)).toMatchObject({ rolloutId: RUN, outcome });
    const other = await tell(await left(state), { goal, caller: aCaller({ attempt: 2 }) });
    expect(other.shown).toEqual([]);
  });

  test('is not told again by a re-run once somebody has undone the promotion: it says so in its log', async () => {
    const world = await left('promoted');
    world.setTraffic({ [STABLE]: 100 });
    world.now += MINUTE;
    const caller = aCaller({ attempt: 2 });
    const { shown, lines, last } = await tell(world, { goal: aDrive({ plan: PLAN }), caller });
    expect(shown).toEqual([]);
    expect(lines.join('\n')).toContain('was promoted, but somebody has changed the traffic since');
    expect(last).toMatchObject({ outcome: 'released', reason: 'drift', percent: 0 });
  });

  test.each(['held', 'promoted'] as const)(
    'that is %s does not keep a dry run of its run from showing its plan',
    async (state) => {
      const world = await left(state);
      const shown: Report[] = [];
      const story = new Story({
        ref: { project: 'p', region: 'europe-west1', service: 'web' },
        caller: aCaller({ attempt: 2 }),
        goal: aDrive({ plan: PLAN }),
        notices: [],
        forecast: null,
        log: NO_LOG,
        reporter: { update: async (report) => void shown.push(report) },
      });
      const service = await world.ports().cloudRun.read();
      story.end({ outcome: 'planned', why: 'As planned.', service, memory: EMPTY_MEMORY });
      expect(shown).toMatchObject([{ outcome: 'planned' }]);
    },
  );

  test('is not told by who has held it any more, once somebody else goes on with it', async () => {
    const world = new World();
    const { cloudRun, ...ports } = world.ports();
    const goal = aDrive({ plan: PLAN, until: 0 });
    const write: typeof cloudRun.write = async (from, next, plan) => {
      const answer = await cloudRun.write(from, next, plan);
      const taker = { ...next, owner: '1-9', phase: 'active', reason: 'taken' } as const;
      if (next.phase === 'held') await cloudRun.write(await cloudRun.read(), taker, null);
      return answer;
    };
    const { shown, ending } = await tell(world, {
      goal,
      ports: { ...ports, cloudRun: { ...cloudRun, write } },
    });
    expect(ending).toMatchObject({ outcome: 'held' });
    expect(shown.at(-1)).toMatchObject({ phase: 'active', attempt: 1, outcome: null });
  });

  test('of a service that is gone has no report', async () => {
    const world = new World();
    const { ending } = await tell(world, { goal: aDrive({ plan: aPlan({ smoke: null }) }) });
    const story = new Story({
      ref: { project: 'p', region: 'r', service: 's' },
      caller: aCaller(),
      goal: aDrive(),
      notices: [],
      forecast: null,
      log: { group: () => {}, line: () => {}, notice: () => {}, warning: () => {} },
      reporter: { update: async () => {} },
    });
    expect(story.end({ ...ending, service: null })).toBeNull();
  });
});

describe('a start that is refused', () => {
  const no = (code: ProblemCode) =>
    new Problem(code, { summary: 'No.', advice: 'Grant it:', commands: ['gcloud x'] });

  async function broken(code: ProblemCode, at: 'write' | 'proveFence', writes = 1) {
    const world = new World();
    const ports = world.ports();
    let left = writes;
    const refuse = async () => {
      throw no(code);
    };
    const write: Ports['cloudRun']['write'] = async (...args) =>
      (left -= 1) === 0 ? { kind: 'refused', problem: no(code) } : ports.cloudRun.write(...args);
    const cloudRun = {
      ...ports.cloudRun,
      ...(at === 'write' ? { write } : { proveFence: refuse }),
    };
    const shown: Report[] = [];
    const story = new Story({
      ref: { project: 'p', region: 'europe-west1', service: 'web' },
      caller: aCaller(),
      goal: aDrive(),
      notices: [],
      forecast: null,
      log: NO_LOG,
      reporter: { update: async (report) => void shown.push(report) },
    });
    const cancel = new AbortController().signal;
    const work = {
      goal: aDrive(),
      caller: aCaller(),
      ports: { ...ports, cloudRun },
      observer: story,
      cancel,
    };
    const error: unknown = await runLoop(work).catch((reason: unknown) => reason);
    return { report: story.refused(error as Problem), shown };
  }

  test.each([
    ['by its first write', 'denied', 'write'],
    ['by its first write', 'write-refused', 'write'],
    ['by the proof of the fence', 'unreachable', 'proveFence'],
  ] as const)('%s (%s) is shown with what to do', async (_, code, at) => {
    const { report, shown } = await broken(code, at);
    expect(report).toMatchObject({
      outcome: 'refused',
      why: 'No.',
      canary: '',
      refusal: { advice: 'Grant it:', commands: ['gcloud x'] },
    });
    expect(shown.at(-1)).toEqual(report);
    expect(renderSummary(report!)).toContain('```sh\ngcloud x\n```');
  });

  test.each([
    ['whose write may have been taken', 'conflicts', 1],
    ['that is under way already', 'denied', 2],
  ] as const)('but not one %s', async (_, code, writes) => {
    expect((await broken(code, 'write', writes)).report).toBeNull();
  });
});
