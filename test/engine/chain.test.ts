/** One rollout driven by many processes: the steps and jobs of a workflow, and runs on a schedule. */
import { describe, expect, test } from 'vitest';
import type { Caller, Goal } from '../../src/core/decision-types.ts';
import { splitOf } from '../../src/core/rollout/traffic.ts';
import { runLoop } from '../../src/engine/loop.ts';
import type { Ending } from '../../src/engine/loop.ts';
import { CANARY, MINUTE, STABLE, aCaller, aDrive, aPlan, anOrder } from '../unit/build.ts';
import { Crash, GOOD, World, sealed } from './world.ts';

const PLAN = sealed(aPlan());
const BAD_FROM_50 = { ...GOOD, errorRate: (percent: number) => (percent >= 50 ? 0.2 : 0.001) };
const SILENT = { ...GOOD, errorRate: () => null };

const deploy = (plan = PLAN) => aDrive({ plan, until: 0 });
const ramp = (until: number) => aDrive({ plan: null, mayStart: false, until, opensGates: true });
const resume = aDrive({ plan: null, mayStart: false, pace: 'look' });
const promote = anOrder('promote');
const reconcile = { kind: 'reconcile', dead: null } as const;

/** The nth run of the repository: a caller that nothing ties to the others. */
function run(number: number): Caller {
  return number === 0
    ? aCaller()
    : aCaller({ rolloutId: `683120945-${20_000_000_000 + number}`, revision: `web-c${number}-1` });
}

function step(world: World, goal: Goal, caller: Caller): Promise<Ending> {
  const observer = { turn: () => undefined, remark: () => undefined };
  const cancel = new AbortController().signal;
  return runLoop({ goal, caller, ports: world.ports(), observer, cancel });
}

/** Each goal in a run of its own, one minute after the other. */
async function chain(world: World, goals: readonly Goal[]): Promise<readonly Ending[]> {
  const endings: Ending[] = [];
  for (const [number, goal] of goals.entries()) {
    endings.push(await step(world, goal, run(number)));
    world.now += MINUTE;
  }
  return endings;
}

/** The splits that were asked for, without repeats. */
function splits(world: World): readonly string[] {
  const all = world.writes
    .filter(({ applied }) => applied)
    .map(({ record }) => JSON.stringify(splitOf(record)));
  return all.filter((split, index) => split !== all[index - 1]);
}

function isOpen({ record }: World): boolean {
  return typeof record !== 'string' && (record.phase === 'active' || record.phase === 'held');
}

/** A resume every so many minutes until nothing is open; null: that never came. */
async function resumeEvery(minutes: number, world: World): Promise<Ending | null> {
  for (let number = 1; number <= 200; number += 1) {
    world.now += minutes * MINUTE;
    const ending = await step(world, resume, run(number));
    if (!isOpen(world)) return ending;
  }
  return null;
}

describe('a rollout in several processes', () => {
  test('of different runs asks for the same splits as one that does it all', async () => {
    const whole = new World();
    await step(whole, aDrive({ plan: PLAN }), run(0));
    const world = new World();
    const endings = await chain(world, [deploy(), ramp(5), ramp(50), promote]);
    expect(endings.map(({ outcome }) => outcome)).toEqual(['held', 'held', 'held', 'promoted']);
    expect(splits(world)).toEqual(splits(whole));
    expect(world.asked).toEqual({ [CANARY]: 100 });
  });

  test('keeps who started it, and notes who drives it now', async () => {
    const world = new World();
    await chain(world, [deploy(), ramp(5)]);
    expect(world.record).toMatchObject({
      rolloutId: run(0).rolloutId,
      startedBy: 1,
      owner: run(1).rolloutId,
      canary: CANARY,
      phase: 'held',
      reason: 'reached',
    });
  });

  test('measures a stage again before it raises it: what is bad by now is restored', async () => {
    let isBad = false;
    const world = new World({ ...GOOD, errorRate: () => (isBad ? 0.3 : 0.001) });
    await chain(world, [deploy(), ramp(5)]);
    isBad = true;
    world.now += 60 * MINUTE;
    expect(await step(world, ramp(50), run(2))).toMatchObject({ outcome: 'rolled-back' });
    expect(world.asked).toEqual({ [STABLE]: 100 });
  });

  test('needs the plan only once: later ones find it on the service', async () => {
    const world = new World();
    const plan = sealed(
      aPlan({ stages: [{ percent: 30, bake: 2 * MINUTE, least: 2 * MINUTE, gate: false }] }),
    );
    await chain(world, [deploy(plan), ramp(30)]);
    expect(world.record).toMatchObject({ phase: 'held', percents: [0, 30, 100], stage: 1 });
  });

  test('without its plan goes no further, and a person can still end it', async () => {
    const world = new World();
    await chain(world, [deploy(), ramp(5)]);
    world.planText = undefined;
    const writes = world.writes.length;
    expect(await step(world, ramp(50), run(2))).toMatchObject({ outcome: 'hands-off' });
    expect(world.writes).toHaveLength(writes);
    expect(await step(world, anOrder('rollback'), run(3))).toMatchObject({
      outcome: 'rolled-back',
    });
  });

  test('after the promotion goes back to the revision before, once, when told so', async () => {
    const world = new World();
    await step(world, aDrive({ plan: PLAN }), run(0));
    const back = anOrder('rollback', { toPrevious: true });
    expect(await step(world, back, run(1))).toMatchObject({ outcome: 'rolled-back' });
    expect(world.asked).toEqual({ [STABLE]: 100 });
    expect(world.record).toMatchObject({ phase: 'rolled-back', stable: STABLE });
    expect(await step(world, back, run(2))).toMatchObject({ outcome: 'nothing-open' });
    expect(world.asked).toEqual({ [STABLE]: 100 });
  });
});

describe('a process of a chain that dies', () => {
  const CHAINS: Record<string, readonly Goal[]> = {
    'deploy, ramp, ramp, promote': [deploy(), ramp(5), ramp(50), promote],
    'deploy, looks': [deploy(), ...Array.from({ length: 8 }, () => resume)],
    'deploy, ramp, rollback': [deploy(), ramp(5), anOrder('rollback')],
  };
  const MOMENTS = ['before', 'after'] as const;

  /** Dies at the call with this index, and nobody comes after it. */
  async function until(world: World, goals: readonly Goal[]): Promise<number> {
    for (const [number, goal] of goals.entries()) {
      const isDead = await step(world, goal, run(number)).then(
        () => false,
        (error: unknown) => {
          if (error instanceof Crash) return true;
          throw error;
        },
      );
      if (isDead) return number;
      world.now += 7 * MINUTE;
    }
    return goals.length;
  }

  async function callsOf(goals: readonly Goal[]): Promise<number> {
    const world = new World();
    await until(world, goals);
    return world.calls.length;
  }

  test.each(Object.entries(CHAINS))(
    '%s: is finished by one reconcile past due, with at most one write',
    async (_, goals) => {
      const total = await callsOf(goals);
      expect(total).toBeGreaterThan(30);
      for (let index = 0; index < total; index += 1) {
        for (const moment of MOMENTS) {
          const world = new World();
          world.fault = (_call, at) => (at === index ? moment : null);
          await until(world, goals);
          world.fault = () => null;
          const promoted = world.asked[CANARY] === 100;
          const before = world.writes.length;
          world.now += PLAN.holdFor + 60 * MINUTE;
          await step(world, reconcile, run(999));
          expect(world.writes.length - before, `${moment} ${index}`).toBeLessThanOrEqual(1);
          expect(isOpen(world), `${moment} ${index}`).toBe(false);
          expect(world.asked, `${moment} ${index}`).toEqual({ [promoted ? CANARY : STABLE]: 100 });
        }
      }
    },
  );

  test('is made good by its re-run, after which the chain goes on as if nothing had been', async () => {
    const goals = [deploy(), ramp(5), ramp(50), promote];
    const total = await callsOf(goals);
    for (let index = 0; index < total; index += 1) {
      for (const moment of MOMENTS) {
        const world = new World();
        world.fault = (_call, at) => (at === index ? moment : null);
        const dead = await until(world, goals);
        world.fault = () => null;
        for (const [number, goal] of [...goals.entries()].slice(dead)) {
          const again = number === dead ? { attempt: 2, revision: 'web-again-2' } : {};
          await step(world, goal, { ...run(number), ...again });
          world.now += MINUTE;
        }
        const started = world.writes.find(({ record }) => record.reason === 'started');
        expect(world.asked, `${moment} ${index}`).toEqual({ [started!.record.canary]: 100 });
        expect(splits(world), `${moment} ${index}`).toHaveLength(4);
      }
    }
  });
});

describe('a process that was overtaken', () => {
  /** The starter is paused at a call of its own while others hold, take and drive its rollout. */
  async function overtaken(world: World, index: number, others: () => Promise<void>) {
    let isPaused = false;
    const pausing = new Proxy(world.ports().cloudRun, {
      get:
        (cloudRun, name: 'read' | 'write' | 'proveFence') =>
        async (...args: never[]) => {
          if (!isPaused && world.calls.length >= index) {
            isPaused = true;
            await others();
          }
          return Reflect.apply(cloudRun[name], cloudRun, args);
        },
    });
    const observer = { turn: () => undefined, remark: () => undefined };
    const cancel = new AbortController().signal;
    const goal = aDrive({ plan: PLAN });
    const ports = { ...world.ports(), cloudRun: pausing };
    return runLoop({ goal, caller: run(0), ports, observer, cancel });
  }

  test('by an attempt that holds, and a run that takes it over, writes nothing any more', async () => {
    const whole = new World();
    await step(whole, aDrive({ plan: PLAN }), run(0));
    const first = whole.calls.indexOf('write') + 1;
    for (let index = first; index < whole.calls.length - 1; index += 3) {
      const world = new World();
      let applied = 0;
      const ending = await overtaken(world, index, async () => {
        const second = { ...run(0), attempt: 2, revision: 'web-again-2' };
        await step(world, aDrive({ plan: PLAN, until: 5 }), second);
        await step(world, ramp(50), run(1));
        applied = world.writes.filter((sent) => sent.applied).length;
      });
      expect(['busy', 'fenced', 'promoted'], `call ${index}`).toContain(ending.outcome);
      expect(world.writes.filter((sent) => sent.applied).length, `call ${index}`).toBe(applied);
    }
  });
});

describe('a gate', () => {
  const [first, second] = PLAN.stages;
  const gated = sealed(aPlan({ stages: [{ ...first, gate: true }, second!] }));

  test('stops a run held, stays shut for a resume, and opens for a ramp', async () => {
    const world = new World();
    expect(await step(world, aDrive({ plan: gated }), run(0))).toMatchObject({ outcome: 'held' });
    const writes = world.writes.length;
    world.now += 60 * MINUTE;
    expect(await step(world, resume, run(1))).toMatchObject({ outcome: 'held' });
    expect(world.writes).toHaveLength(writes);
    expect(await step(world, ramp(50), run(2))).toMatchObject({ outcome: 'held' });
    expect(world.asked).toEqual({ [STABLE]: 50, [CANARY]: 50 });
  });

  test('that nobody opens in time is restored by whoever comes by', async () => {
    const world = new World();
    await step(world, aDrive({ plan: gated }), run(0));
    world.now += gated.holdFor + MINUTE;
    await step(world, reconcile, run(1));
    expect(world.asked).toEqual({ [STABLE]: 100 });
  });

  test('that a resume comes too late for is restored by it, and it says so', async () => {
    const world = new World();
    await step(world, aDrive({ plan: gated }), run(0));
    world.now += gated.holdFor + MINUTE;
    const ending = await step(world, resume, run(1));
    expect(ending).toMatchObject({
      outcome: 'rolled-back',
      why: `${STABLE} has all traffic again.`,
    });
  });

  test('that nobody opened in time is in no other run’s way: it starts after ending it', async () => {
    const world = new World();
    await step(world, aDrive({ plan: gated }), run(0));
    world.now += gated.holdFor + MINUTE;
    const ending = await step(world, aDrive({ plan: PLAN }), run(1));
    expect(ending).toMatchObject({ outcome: 'promoted' });
    expect(world.asked).toEqual({ [run(1).revision]: 100 });
  });
});

describe('a resume every so many minutes', () => {
  const often = [1, 4, 10, 13, 15, 29, 60, 240];

  test.each(often)('%d: promotes a good canary with nobody waiting in between', async (minutes) => {
    const world = new World();
    await step(world, deploy(), run(0));
    expect(await resumeEvery(minutes, world)).toMatchObject({ outcome: 'promoted' });
    expect(splits(world)).toHaveLength(4);
  });

  test.each(often)('%d: restores a canary that turns bad', async (minutes) => {
    const world = new World(BAD_FROM_50);
    await step(world, deploy(), run(0));
    expect(await resumeEvery(minutes, world)).toMatchObject({ outcome: 'rolled-back' });
    expect(world.asked).toEqual({ [STABLE]: 100 });
  });

  test.each(often)(
    '%d: never makes a stage shorter than its bake and the delay',
    async (minutes) => {
      const world = new World();
      await step(world, deploy(), run(0));
      await resumeEvery(minutes, world);
      const raises = world.writes.filter(({ record }) => record.reason === 'pass');
      const lengths = raises.slice(1).map(({ at }, index) => at - raises[index]!.at);
      expect(lengths).toHaveLength(2);
      expect(Math.min(...lengths)).toBeGreaterThanOrEqual(13 * MINUTE);
    },
  );

  test.each([
    ['hold', null],
    ['rollback', 'rolled-back'],
  ] as const)('follows on_no_data once the patience is over: %s', async (onNoData, outcome) => {
    const world = new World(SILENT);
    await step(world, deploy(sealed(aPlan({ onNoData }))), run(0));
    const ended = await patientResumes(world, 12);
    expect(ended?.outcome ?? null).toBe(outcome);
    if (outcome === null) expect(world.record).toMatchObject({ reason: 'unknown-at-deadline' });
  });

  /** Every five minutes; null: it was still open after `count`. */
  async function patientResumes(world: World, count: number): Promise<Ending | null> {
    for (let number = 1; number <= count; number += 1) {
      world.now += 5 * MINUTE;
      const ending = await step(world, resume, run(number));
      if (!isOpen(world)) return ending;
    }
    return null;
  }

  test('holds a silent canary no longer than hold_for, however often it looks', async () => {
    const world = new World(SILENT);
    await step(world, deploy(sealed(aPlan({ holdFor: 60 * MINUTE }))), run(0));
    const ended = await patientResumes(world, 40);
    expect(ended).not.toBeNull();
    expect(world.asked).toEqual({ [STABLE]: 100 });
  });
});

test('a look whose runner dies leaves no canary unwatched: a later look ends the rollout', async () => {
  const plan = sealed(
    aPlan({ stages: [{ percent: 50, bake: 720 * MINUTE, least: 720 * MINUTE, gate: false }] }),
  );
  const world = new World(BAD_FROM_50);
  await chain(world, [deploy(plan), { ...ramp(50), pace: 'look' }]);
  expect(world.record).toMatchObject({ phase: 'held', reason: 'watched' });
  world.fault = (call) => (call === 'write' ? 'after' : null);
  await expect(step(world, resume, run(900))).rejects.toThrow(Crash);
  expect(world.record).toMatchObject({ phase: 'active', reason: 'taken' });
  world.fault = () => null;
  const ending = await resumeEvery(10, world);
  expect(ending).toMatchObject({ outcome: 'rolled-back' });
  expect(world.now).toBeLessThan(world.writes[0]!.record.at + 60 * MINUTE);
  expect(world.asked).toEqual({ [STABLE]: 100 });
});
