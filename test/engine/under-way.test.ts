/** A write that was sent and not answered: nobody says that nothing was changed, and somebody waits for it. */
import { describe, expect, test } from 'vitest';
import { runCleanUp } from '../../src/engine/clean-up.ts';
import { runLoop } from '../../src/engine/loop.ts';
import type { Ending, Observer, Ports } from '../../src/engine/loop.ts';
import type { Caller, Doom, Goal } from '../../src/core/decision-types.ts';
import { decide } from '../../src/core/rollout/machine.ts';
import { EMPTY_MEMORY } from '../../src/core/rollout/memory.ts';
import { stopped } from '../../src/engine/under-way.ts';
import {
  CANARY,
  MINUTE,
  STABLE,
  aCaller,
  aDrive,
  aPlan,
  aQuietService,
  aRecord,
  aService,
  aSituation,
  anOrder,
} from '../unit/build.ts';
import { Crash, GOOD, World, sealed } from './world.ts';

const PLAN = sealed(aPlan());
const DEPLOY = aDrive({ plan: PLAN, until: 0 });
const RAMP = aDrive({ plan: null, mayStart: false, until: 'next', opensGates: true });
const CLEAN_UP = { kind: 'clean-up', reason: 'cancelled', doom: null } as const;
const NOBODY = { turn: () => undefined, remark: () => undefined };
const NEVER = new AbortController().signal;
const ANOTHER = aCaller({ rolloutId: '683120945-29482736450', revision: 'web-c29482736450-1' });

function errand(world: World, goal: Goal, caller: Caller = aCaller()) {
  return { goal, caller, ports: world.ports(), observer: NOBODY, cancel: NEVER };
}

type CutOff = {
  readonly caller?: Caller;
  readonly arrivesAtRead?: number;
  readonly turn?: Observer['turn'];
};

/** Its first write is on its way when the run is cancelled; `arrive` brings it. */
async function cutOff(
  world: World,
  goal: Goal,
  { caller = aCaller(), arrivesAtRead = Infinity, turn = NOBODY.turn }: CutOff = {},
): Promise<{ ending: Ending; arrive: () => Promise<unknown> }> {
  const cancel = new AbortController();
  const ports = world.ports();
  let arrive: () => Promise<unknown> = async () => undefined;
  let reads = 0;
  const cut: Ports = {
    ...ports,
    cloudRun: {
      ...ports.cloudRun,
      read: async () => {
        if (cancel.signal.aborted && (reads += 1) === arrivesAtRead) await arrive();
        return ports.cloudRun.read();
      },
      write: async (from, next, plan) => {
        if (cancel.signal.aborted) return ports.cloudRun.write(from, next, plan);
        arrive = () => ports.cloudRun.write(from, next, plan);
        cancel.abort();
        return { kind: 'read-again', why: 'no answer in time', isUnderWay: true };
      },
    },
  };
  const ending = await runLoop({
    goal,
    caller,
    ports: cut,
    observer: { ...NOBODY, turn },
    cancel: cancel.signal,
  });
  return { ending, arrive };
}

describe('a cancel while the first write is under way', () => {
  test.each([
    ['run', aDrive({ plan: PLAN }), false],
    ['ramp', RAMP, true],
    ['promote', anOrder('promote'), true],
  ] as const)('of %s never says that nothing was changed', async (_, goal, isOpen) => {
    const world = new World();
    if (isOpen) await runLoop(errand(world, DEPLOY));
    const { ending } = await cutOff(world, goal, isOpen ? { caller: ANOTHER } : {});
    expect(ending).toMatchObject({ outcome: 'nothing-open', underWay: String(world.version) });
    expect(ending.why).toContain('may still arrive');
    expect(ending.why).not.toMatch(/[Nn]othing was changed|before anything|before the canary/);
  });

  test('that arrives a second later is seen: a start is undone by the run itself', async () => {
    const world = new World();
    const { ending } = await cutOff(world, aDrive({ plan: PLAN }), { arrivesAtRead: 2 });
    expect(ending).toMatchObject({ outcome: 'rolled-back' });
    expect(ending.underWay).toBeUndefined();
  });

  test('that arrives a second later is seen: a promotion is told as one', async () => {
    const world = new World();
    await runLoop(errand(world, DEPLOY));
    const how = { caller: ANOTHER, arrivesAtRead: 2 };
    const { ending } = await cutOff(world, anOrder('promote'), how);
    expect(ending).toMatchObject({ outcome: 'promoted' });
  });

  test.each([
    ['start', aDrive({ plan: PLAN }), aCaller(), false],
    ['take-over', RAMP, ANOTHER, true],
  ] as const)('the post step waits for the %s, and ends it', async (_, goal, caller, isOpen) => {
    const world = new World();
    if (isOpen) await runLoop(errand(world, DEPLOY));
    const { ending, arrive } = await cutOff(world, goal, { caller });
    const sent = world.now;
    let isThere = false;
    world.meanwhile = () => {
      if (isThere || world.now < sent + 20_000) return;
      isThere = true;
      void arrive();
    };
    const end = await runCleanUp(errand(world, CLEAN_UP, caller), ending.underWay ?? null);
    expect(isThere).toBe(true);
    expect(end).toMatchObject({ outcome: 'rolled-back' });
    expect(world.asked).toEqual({ [STABLE]: 100 });
  });

  test('the post step waits a minute, and not at all once somebody has written', async () => {
    const world = new World();
    const { ending } = await cutOff(world, aDrive({ plan: PLAN }));
    const began = world.now;
    const end = await runCleanUp(errand(world, CLEAN_UP), ending.underWay ?? null);
    expect(end.outcome).toBe('nothing-open');
    expect(world.now - began).toBeGreaterThanOrEqual(MINUTE);
    expect(world.now - began).toBeLessThan(2 * MINUTE);
    world.setTraffic({ [STABLE]: 100 });
    const later = world.now;
    await runCleanUp(errand(world, CLEAN_UP), ending.underWay ?? null);
    expect(world.now - later).toBeLessThan(5_000);
  });
});

describe('of a write that may still arrive', () => {
  const SENT = 'A write that was sent has not been answered';
  const OTHER = { ...EMPTY_MEMORY, canary: { health: 'gone', digest: null } } as const;
  const open = aService({ asked: { [STABLE]: 95, [CANARY]: 5 }, record: aRecord() });
  const promoted = aQuietService({
    record: aRecord({ phase: 'promoted', stage: 3 }),
    asked: { [CANARY]: 100 },
    followsLatest: false,
  });

  test.each([
    ['a rollback after a promotion', anOrder('rollback'), { service: promoted, caller: ANOTHER }],
    ['a plan that is gone', aDrive({ plan: null }), { service: { ...open, plan: null } }],
    ['an order for a canary that is gone', anOrder('promote'), { service: open, memory: OTHER }],
    ['a cancel', aDrive({ plan: PLAN }), { memory: { ...EMPTY_MEMORY, cancelled: true } }],
    [
      'a start that others have ended',
      aDrive({ plan: PLAN }),
      { memory: { ...EMPTY_MEMORY, drove: true } },
    ],
  ] as const)('%s does not say that nothing was changed', (_, goal, around) => {
    const situation = aSituation({ service: aQuietService(), goal, ...around });
    const { service, memory } = situation;
    const decision = decide(situation);
    if (decision.do !== 'stop') throw new Error(`It is to ${decision.do}.`);
    const whyWith = (underWay: string | null) =>
      stopped(decision, { service, memory, kept: { copy: null, underWay, hasLookedAgain: true } })
        .why;
    expect(whyWith(null)).toBe(decision.why);
    expect(whyWith(null)).toMatch(/[Nn]othing (more )?was changed|before anything was changed/);
    expect(whyWith(service.version)).toContain(`. ${SENT}`);
    expect(whyWith(service.version)).not.toMatch(/was changed/);
  });

  test('the log does not say it either', async () => {
    const said: string[] = [];
    const turn: Observer['turn'] = (_, __, decision) => {
      if (decision.do === 'stop') said.push(decision.why);
    };
    const { ending } = await cutOff(new World(), aDrive({ plan: PLAN }), { turn });
    expect(said).toEqual([ending.why]);
  });
});

test('a write that is not answered is told at once, and stays told when the run ends on an error', async () => {
  const world = new World();
  const ports = world.ports();
  const version = String(world.version);
  const unanswered: Ports = {
    ...ports,
    cloudRun: {
      ...ports.cloudRun,
      read: async () => {
        if (heard.length > 0) throw new Crash('the network is gone');
        return ports.cloudRun.read();
      },
      write: async () => ({ kind: 'read-again', why: 'no answer in time', isUnderWay: true }),
    },
  };
  const heard: string[] = [];
  const observer = { ...NOBODY, unanswered: (from: string) => void heard.push(from) };
  const work = { ...errand(world, aDrive({ plan: PLAN })), ports: unanswered, observer };
  await expect(runLoop(work)).rejects.toThrow('the network is gone');
  expect(heard).toEqual([version]);
});

test('S10: why a rollout is to be undone is told at once, and once, before anything is read again', async () => {
  const world = new World({ ...GOOD, errorRate: (percent) => (percent >= 50 ? 0.5 : 0.001) });
  const heard: { readonly doom: Doom; readonly calls: number }[] = [];
  const observer = {
    ...NOBODY,
    doomed: (doom: Doom) => void heard.push({ doom, calls: world.calls.length }),
  };
  await runLoop({ ...errand(world, aDrive({ plan: PLAN })), observer });
  expect(heard.map(({ doom }) => doom.reason)).toEqual(['fail:error-rate']);
  expect(world.calls[heard[0]!.calls - 1]).toBe('observe');
});

test('S10: a post step undoes what main had found bad, also where on_cancel is hold', async () => {
  const world = new World({ ...GOOD, errorRate: (percent) => (percent >= 50 ? 0.5 : 0.001) });
  const goal = aDrive({ plan: sealed(aPlan({ onCancel: 'hold' })) });
  const found: Doom[] = [];
  const observer = { ...NOBODY, doomed: (doom: Doom) => void found.push(doom) };
  const cancel = new AbortController();
  const ports = world.ports();
  const deaf: Ports = {
    ...ports,
    cloudRun: {
      ...ports.cloudRun,
      write: async (from, next, plan) => {
        if (next.phase !== 'rolled-back') return ports.cloudRun.write(from, next, plan);
        if (cancel.signal.aborted) throw new Crash();
        cancel.abort();
        return { kind: 'read-again', why: 'Cloud Run answered 503' };
      },
    },
  };
  const main = runLoop({ ...errand(world, goal), ports: deaf, observer, cancel: cancel.signal });
  await expect(main).rejects.toBeInstanceOf(Crash);
  expect(world.asked).toEqual({ [STABLE]: 50, [CANARY]: 50 });
  const { reason, rollout } = found[0]!;
  const doom = { reason, rollout };
  const end = await runCleanUp(errand(world, { ...CLEAN_UP, doom }), null);
  expect(end).toMatchObject({
    outcome: 'rolled-back',
    service: { record: { reason: 'fail:error-rate' } },
  });
  expect(world.asked).toEqual({ [STABLE]: 100 });
});
