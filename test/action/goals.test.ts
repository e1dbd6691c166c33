import { describe, expect, test } from 'vitest';
import { prepare } from '../../src/action/goals.ts';
import type { Request } from '../../src/core/inputs/inputs.ts';
import type { Acceptance } from '../../src/core/forecast/forecast-types.ts';
import type { Goal } from '../../src/core/decision-types.ts';
import { Problem } from '../../src/core/problem.ts';
import type { RolloutRecord } from '../../src/core/types.ts';
import { writeRecord } from '../../src/core/rollout/record.ts';
import { CANARY, NOW, STABLE, TIMING, aCaller, aPlan, aRecord } from '../unit/build.ts';
import { KNOWS_NOTHING, World } from '../engine/world.ts';
import { heard } from './heard.ts';

const PLAN = aPlan();

function request(with_: Partial<Request>): Request {
  return {
    command: 'run',
    ref: { project: 'p', region: 'europe-west1', service: 'web' },
    plan: null,
    wish: { until: null, waits: true, seen: null, toPrevious: false },
    isAuto: false,
    isDryRun: false,
    isTagGiven: false,
    deploysFirst: false,
    deletesFailed: false,
    suffix: null,
    checkName: 'Canary',
    isCheckNamed: false,
    channels: { comment: 'never', deployment: null, notify: null },
    token: '',
    warnings: [],
    ...with_,
  };
}

type Around = { readonly world?: World; readonly actor?: string; readonly isHosted?: boolean };

function prepared(with_: Partial<Request>, around: Around = {}) {
  const { world = new World(), actor = 'ada', isHosted = true } = around;
  const cancel = new AbortController().signal;
  return prepare({
    request: request(with_),
    caller: aCaller(),
    ports: world.ports(),
    foresight: world.foresight(),
    doctor: KNOWS_NOTHING,
    cancel,
    actor,
    isHosted,
    clearing: heard().clearing,
  });
}

async function goalOf(with_: Partial<Request>, around: Around = {}): Promise<Goal> {
  return (await prepared(with_, around)).goal;
}

/** A service whose rollout stands as in this record. */
function standing(record: Partial<RolloutRecord>): World {
  const world = new World();
  world.annotation = writeRecord(aRecord(record));
  return world;
}

test.each([
  ["GitHub's own runner", true, 1],
  ['a runner of yours', false, 0],
] as const)('a job that is longer than %s lasts is said beforehand', async (_, isHosted, times) => {
  const hours = 7 * 3_600_000;
  const plan = aPlan({ stages: [{ percent: 10, bake: hours, least: hours, gate: false }] });
  const { notices } = await prepared({ command: 'run', plan }, { isHosted });
  expect(notices.filter((notice) => notice.includes('ends a job on its own'))).toHaveLength(times);
});

describe('a command is a goal of the loop', () => {
  test.each([
    ['run', 100],
    ['deploy', 0],
  ] as const)('%s starts with its plan and goes as far as %i', async (command, until) => {
    expect(await goalOf({ command, plan: PLAN })).toEqual({
      kind: 'drive',
      plan: PLAN,
      timing: TIMING,
      mayStart: true,
      until,
      pace: 'wait',
      opensGates: false,
    });
  });

  test('resume goes on with what is frozen, one look at a time, and opens no gate', async () => {
    expect(await goalOf({ command: 'resume' })).toEqual({
      kind: 'drive',
      plan: null,
      timing: TIMING,
      mayStart: false,
      until: 100,
      pace: 'look',
      opensGates: false,
    });
  });

  test.each([
    [true, 'wait'],
    [false, 'look'],
  ] as const)(
    'ramp opens gates, and with wait_for_verdict %s its pace is %s',
    async (waits, pace) => {
      const wish = { ...request({}).wish, waits };
      expect(await goalOf({ command: 'ramp', wish })).toMatchObject({
        kind: 'drive',
        plan: null,
        mayStart: false,
        opensGates: true,
        pace,
      });
    },
  );

  test.each(['promote', 'rollback'] as const)('%s is an order by who gives it', async (command) => {
    const wish = { until: null, waits: true, seen: 20, toPrevious: true };
    expect(await goalOf({ command, wish })).toEqual({
      kind: 'order',
      order: command,
      by: 'ada',
      seen: 20,
      toPrevious: true,
    });
  });

  test.each([
    ['dependabot[bot]', 'dependabot[bot]'],
    ['', 'unknown'],
    ['a b', 'unknown'],
    ['x'.repeat(65), 'unknown'],
  ])('an order by %j is recorded as one by %s', async (actor, by) => {
    expect(await goalOf({ command: 'promote' }, { actor })).toMatchObject({ by });
  });

  test.each(['promote', 'rollback'] as const)('%s asks nobody anything first', async (command) => {
    const world = new World();
    await goalOf({ command }, { world });
    expect(world.calls).toEqual([]);
  });

  test('status is a reconcile that has no proof of death', async () => {
    expect(await goalOf({ command: 'status' })).toEqual({ kind: 'reconcile', dead: null });
  });
});

describe('a ramp stops', () => {
  const until = async (world: World, wanted: number | null = null) => {
    const wish = { ...request({}).wish, until: wanted };
    const goal = await goalOf({ command: 'ramp', wish }, { world });
    return goal.kind === 'drive' ? goal.until : null;
  };

  test('after the next stage of what it takes over, whatever is there before', async () => {
    for (const world of [new World(), standing({ stage: 0, percents: [0, 5, 100] })]) {
      expect(await until(world)).toBe('next');
      expect(world.calls).not.toContain('read');
    }
  });

  test.each([5, 50, 100])('at %i %% when told so', async (percent) => {
    const world = standing({ phase: 'held', reason: 'reached' });
    expect(await until(world, percent)).toBe(percent);
  });

  test.each([
    ['no stage of this rollout', 20],
    ['behind: the rollout stands at 5 %', 0],
  ])('nowhere that is %s', async (wrong, wanted) => {
    const world = standing({ phase: 'held', reason: 'reached' });
    const advice = 'Write one of 5%, 50%, 100%.';
    await expect(until(world, wanted)).rejects.toMatchObject({
      code: 'bad-input',
      findings: [{ subject: 'to', value: `${wanted}%`, wrong: `is ${wrong}`, advice }],
    });
    expect(world.writes).toEqual([]);
  });

  test.each([
    ['none', new World()],
    ['one that is over', standing({ phase: 'rolled-back', percents: [0, 5, 100] })],
  ])('where it was told, with no rollout open (%s): the loop says so', async (_, world) => {
    expect(await until(world, 20)).toBe(20);
  });

  test('where it was told, where the record cannot be read', async () => {
    const world = new World();
    world.annotation = 'spoilt';
    expect(await until(world, 20)).toBe(20);
  });
});

describe('without leave to read metrics', () => {
  const why = 'Cloud Monitoring refuses the read.';

  async function refused(command: 'ramp' | 'resume', world: World) {
    const ports = world.ports();
    const timing = () => Promise.reject(new Problem('denied', { summary: why, advice: '' }));
    return prepare({
      request: request({ command }),
      caller: aCaller(),
      ports: { ...ports, metrics: { ...ports.metrics, timing } },
      foresight: world.foresight(),
      doctor: KNOWS_NOTHING,
      cancel: new AbortController().signal,
      actor: 'ada',
      isHosted: true,
      clearing: heard().clearing,
    });
  }

  describe.each(['ramp', 'resume'] as const)('a %s', (command) => {
    test.each<[string, Partial<RolloutRecord>]>([
      ['what is past its deadline', { phase: 'held', due: NOW - 1 }],
      ['what an attempt that was killed has left active', { phase: 'active' }],
    ])('goes on with %s: that may have to be ended', async (_, record) => {
      const { goal, notices } = await refused(command, standing(record));
      expect(goal).toMatchObject({ kind: 'drive', mayStart: false, timing: TIMING });
      expect(notices).toEqual([expect.stringContaining(why)]);
    });

    test.each<[string, World]>([
      ['held', standing({ phase: 'held', reason: 'reached' })],
      ['driven by another run', standing({ phase: 'active', owner: '1-1', rolloutId: '1-1' })],
      ['over', standing({ phase: 'promoted' })],
      ['unreadable', Object.assign(new World(), { annotation: 'spoilt' })],
    ])('leaves alone what is %s: it could only break off there', async (_, world) => {
      await expect(refused(command, world)).rejects.toMatchObject({ code: 'denied', summary: why });
    });
  });
});

describe('a dry run', () => {
  async function planned(
    world: World,
    with_: {
      readonly request?: Partial<Request>;
      readonly revision?: string;
      readonly acceptance?: Acceptance;
    } = {},
  ) {
    const given = { command: 'run', plan: PLAN, isDryRun: true, ...with_.request } as const;
    const heardOf = heard();
    const { revision = aCaller().revision, acceptance } = with_;
    const foresight = world.foresight();
    const prepared = await prepare({
      request: request(given),
      caller: aCaller({ revision }),
      ports: world.ports(),
      foresight: {
        ...foresight,
        rehearse: async (...asked) => acceptance ?? foresight.rehearse(...asked),
      },
      isHosted: true,
      doctor: KNOWS_NOTHING,
      cancel: new AbortController().signal,
      actor: 'ada',
      clearing: heardOf.clearing,
    });
    expect(world.writes).toEqual([]);
    expect(world.calls).not.toContain('prove');
    return prepared;
  }

  test.each(['run', 'deploy'] as const)('of %s ends before the first write', async (command) => {
    const { ending, forecast } = await planned(new World(), { request: { command } });
    expect(ending).toMatchObject({ outcome: 'planned', memory: { drove: false } });
    expect(forecast).toMatchObject({
      stops: command === 'deploy' ? 'at 0 %' : 'promoted',
      traffic: { kind: 'same-hours', days: 7 },
      stages: [{ percent: 5 }, { percent: 50 }],
      acceptance: { kind: 'accepted' },
    });
  });

  test('says that the start may be refused where a wrong version was not', async () => {
    const acceptance = { kind: 'untried', why: 'it was taken', fence: 'absent' } as const;
    const { ending } = await planned(new World(), { acceptance });
    expect(ending).toMatchObject({ outcome: 'planned' });
    expect(ending?.why).toMatch(/^A run may be refused here: .*allow_unfenced: true/);
    const plan = aPlan({ allowUnfenced: true });
    const allowed = await planned(new World(), { acceptance, request: { plan } });
    expect(allowed.ending?.why).not.toContain('may be refused');
    const { fence: _, ...unanswered } = acceptance;
    const silent = await planned(new World(), { acceptance: unanswered });
    expect(silent.ending?.why).not.toContain('may be refused');
  });

  test('is refused as the start would be, where another rollout is open', async () => {
    const { ending, forecast } = await planned(standing({ owner: '1-1', rolloutId: '1-1' }));
    expect([ending?.outcome, forecast]).toEqual(['busy', null]);
  });

  test('is refused as the start would be, where the name is taken', async () => {
    const { ending } = await planned(new World(), { revision: STABLE });
    expect(ending).toMatchObject({
      outcome: 'refused',
      why: expect.stringContaining('exists already'),
    });
  });

  test('leaves an abandoned rollout as it is, and says what a run would do', async () => {
    const record = { owner: '1-1', rolloutId: '1-1', due: NOW - 1 };
    const world = standing(record);
    world.asked = { [STABLE]: 95, [CANARY]: 5 };
    world.served = world.asked;
    const { ending } = await planned(world);
    expect(ending).toMatchObject({
      outcome: 'planned',
      why: expect.stringContaining('a run would end it first'),
    });
  });

  test('of a re-run says that it would go on', async () => {
    const world = standing({ stage: 0, attempt: 1, changedAt: [NOW], percents: [0, 5, 50, 100] });
    const { ending, forecast } = await planned(world);
    expect(ending?.outcome).toBe('planned');
    expect(ending?.why).toContain('a run would go on with it');
    expect(forecast).toBeNull();
  });

  test('of a revision that is brought looks for that one, and not for one of its own', async () => {
    const world = new World();
    world.revisions.set('web-brought', { readyAt: 0 });
    const plan = aPlan({ brings: 'web-brought' });
    const { ending } = await planned(world, { request: { plan }, revision: STABLE });
    expect(ending?.outcome).toBe('planned');
  });

  test('of what serves already is unchanged', async () => {
    const world = new World();
    const ports = world.ports();
    const plan = aPlan({ change: { image: null, edits: [], originLabels: [] } });
    const { ending } = await prepare({
      request: request({ command: 'run', plan, isDryRun: true }),
      caller: aCaller(),
      ports,
      foresight: world.foresight(),
      isHosted: true,
      doctor: KNOWS_NOTHING,
      cancel: new AbortController().signal,
      actor: 'ada',
      clearing: heard().clearing,
    });
    expect(ending?.outcome).toBe('unchanged');
    expect(world.calls).not.toContain('rehearse');
  });
});
