/** Approvals come late: what was approved may be over by then, and something else be open. */
import { describe, expect, test } from 'vitest';
import { prepare } from '../../src/action/goals.ts';
import type { Caller, Goal } from '../../src/core/decision-types.ts';
import { rolloutKey } from '../../src/core/rollout/history.ts';
import { decide } from '../../src/core/rollout/machine.ts';
import { EMPTY_MEMORY } from '../../src/core/rollout/memory.ts';
import { isGoodEnding } from '../../src/core/rollout/outcome.ts';
import { runLoop } from '../../src/engine/loop.ts';
import type { Ending, Ports } from '../../src/engine/loop.ts';
import type { WriteAnswer } from '../../src/engine/ports.ts';
import { heard } from '../action/heard.ts';
import { request } from '../unit/given-inputs.ts';
import {
  MINUTE,
  STABLE,
  aCaller,
  aDrive,
  aPlan,
  aRecord,
  aService,
  anOrder,
} from '../unit/build.ts';
import { KNOWS_NOTHING, World, sealed } from './world.ts';

const PLAN = sealed(aPlan());
const whole = aDrive({ plan: PLAN });
const deploy = aDrive({ plan: PLAN, until: 0 });
const ramp = (until: number | 'next') =>
  aDrive({ plan: null, mayStart: false, until, opensGates: true });
const resume = aDrive({ plan: null, mayStart: false, pace: 'look' });

function run(number: number, attempt = 1): Caller {
  const revision = `web-c${number}-${attempt}`;
  return aCaller({ rolloutId: `683120945-${number}`, attempt, revision });
}

function step(world: World, goal: Goal, caller: Caller, ports = world.ports()): Promise<Ending> {
  const observer = { turn: () => undefined, remark: () => undefined };
  return runLoop({ goal, caller, ports, observer, cancel: new AbortController().signal });
}

/** What another run does between two requests of ours. */
function whenFirst(
  ports: Ports,
  call: 'revision' | 'write',
  others: (answer: WriteAnswer | null) => Promise<WriteAnswer | null>,
): Ports {
  let isDone = false;
  const { cloudRun, revisions } = ports;
  return {
    ...ports,
    revisions: {
      ...revisions,
      state: async (revision) => {
        if (call === 'revision' && !isDone) await others(null).finally(() => (isDone = true));
        return revisions.state(revision);
      },
    },
    cloudRun: {
      ...cloudRun,
      write: async (...args) => {
        const answer = await cloudRun.write(...args);
        if (call !== 'write' || isDone) return answer;
        isDone = true;
        return (await others(answer)) ?? answer;
      },
    },
  };
}

/** Run 1 has had a rollout, which somebody has undone; run 2 has one at the same share. */
async function replaced(): Promise<World> {
  const world = new World();
  await step(world, deploy, run(1));
  await step(world, ramp(5), run(1));
  await step(world, anOrder('rollback', { by: 'bob' }), run(9));
  world.now += MINUTE;
  await step(world, deploy, run(2));
  await step(world, ramp(5), run(2));
  return world;
}

describe('an approval of a run whose rollout is over', () => {
  test.each([
    ['to promote', anOrder('promote', { seen: 5 })],
    ['to ramp', ramp(50)],
    ['to roll back', anOrder('rollback')],
  ])(
    '%s does nothing to the rollout of another run that stands at the same share',
    async (_, goal) => {
      const world = await replaced();
      const writes = world.writes.length;
      const ending = await step(world, goal, run(1));
      expect(ending).toMatchObject({ outcome: 'refused' });
      expect(world.writes).toHaveLength(writes);
      expect(await step(world, goal, run(2))).not.toMatchObject({ outcome: 'refused' });
    },
  );

  test('to promote is not taken for carried out when another run was promoted', async () => {
    const world = await replaced();
    await step(world, anOrder('promote'), run(2));
    world.now += MINUTE;
    const goal = anOrder('promote', { seen: 5 });
    const ending = await step(world, goal, run(1));
    expect(ending).toMatchObject({ outcome: 'refused' });
    expect(isGoodEnding(ending, goal)).toBe(false);
  });
});

describe('one order acts on one rollout', () => {
  async function open(world: World, number: number): Promise<void> {
    await step(world, deploy, run(number));
    await step(world, ramp(5), run(number));
  }

  test('a promotion that was held up promotes no canary that came since', async () => {
    const world = new World();
    await open(world, 1);
    const ports = whenFirst(world.ports(), 'revision', async () => {
      await step(world, anOrder('rollback', { by: 'bob' }), run(9));
      world.now += 5_000;
      await open(world, 2);
      return null;
    });
    const ending = await step(world, anOrder('promote'), run(7), ports);
    expect(ending).toMatchObject({ outcome: 'nothing-open' });
    expect(world.asked).toEqual({ [STABLE]: 95, 'web-c2-1': 5 });
  });

  test('a rollback whose answer was lost undoes no canary that came since', async () => {
    const world = new World();
    await open(world, 1);
    const ports = whenFirst(world.ports(), 'write', async () => {
      world.now += 20_000;
      await open(world, 2);
      return { kind: 'read-again', why: 'timeout' };
    });
    const ending = await step(world, anOrder('rollback'), run(7), ports);
    expect(ending).toMatchObject({ outcome: 'nothing-open' });
    expect(world.asked).toEqual({ [STABLE]: 95, 'web-c2-1': 5 });
  });

  test('to: previous undoes a promotion, and no rollout that is open', async () => {
    const world = new World();
    await step(world, whole, run(1));
    world.now += MINUTE;
    await open(world, 2);
    const goal = anOrder('rollback', { toPrevious: true });
    expect(await step(world, goal, run(3))).toMatchObject({ outcome: 'refused' });
    expect(world.asked).toEqual({ 'web-c1-1': 95, 'web-c2-1': 5 });
  });
});

describe('a ramp without a stop', () => {
  const given = request({ command: 'ramp', service: 'web' });
  const gated = sealed(
    aPlan({
      stages: [
        { ...PLAN.stages[0], gate: true },
        { ...PLAN.stages[0], percent: 50, gate: true },
      ],
    }),
  );
  const start = aDrive({ plan: gated, until: 0 });

  async function ramped(world: World, before: () => Promise<unknown>): Promise<Ending> {
    const ports = world.ports();
    const timing = async () => (await before(), ports.metrics.timing());
    const late = { ...ports, metrics: { ...ports.metrics, timing } };
    const cancel = new AbortController().signal;
    const { clearing } = heard();
    const preparing = {
      request: given,
      caller: run(2),
      cancel,
      clearing,
      actor: 'ada',
      isHosted: true,
    };
    const { goal } = await prepare({ ...preparing, doctor: KNOWS_NOTHING, ports: late });
    return step(world, goal, run(2));
  }

  test('goes one stage further than where the loop finds it, and opens no second gate', async () => {
    const world = new World();
    const ending = await ramped(world, () => step(world, start, run(1)));
    expect(ending).toMatchObject({ outcome: 'held' });
    expect(world.asked).toEqual({ [STABLE]: 95, 'web-c1-1': 5 });
    await ramped(world, async () => undefined);
    expect(world.asked).toEqual({ [STABLE]: 50, 'web-c1-1': 50 });
  });

  test('that had too little data tries the same stage again', async () => {
    const world = new World();
    await step(world, start, run(1));
    world.monitoring = 'down';
    await ramped(world, async () => undefined);
    expect(world.record).toMatchObject({ reason: 'unknown-at-deadline', stage: 1 });
    world.monitoring = 'up';
    expect(await ramped(world, async () => undefined)).toMatchObject({ outcome: 'held' });
    expect(world.record).toMatchObject({ reason: 'reached', stage: 1 });
  });
});

describe('a process that has just held its rollout', () => {
  test.each([
    ['goes on with it', 'active'],
    ['has looked and held it again', 'held'],
  ] as const)('has held it, also when somebody %s before it reads again', async (_, phase) => {
    const world = new World();
    const { cloudRun, ...ports } = world.ports();
    const isTaken = () => typeof world.record !== 'string' && world.record.phase === 'active';
    const dies = (call: string) => (call === 'write' && isTaken() ? 'before' : null);
    const write: Ports['cloudRun']['write'] = async (from, next, plan) => {
      const answer = await cloudRun.write(from, next, plan);
      if (next.phase !== 'held') return answer;
      if (phase === 'active') world.fault = dies;
      await step(world, resume, run(5)).catch(() => undefined);
      world.fault = () => null;
      return answer;
    };
    const ending = await step(world, deploy, run(1), {
      ...ports,
      cloudRun: { ...cloudRun, write },
    });
    expect(world.record).toMatchObject({ phase, owner: run(5).rolloutId });
    expect(ending).toMatchObject({ outcome: 'held' });
    expect(isGoodEnding(ending, deploy)).toBe(true);
  });

  test('does not take a later rollout for its own', () => {
    const left = { rollout: rolloutKey(aRecord()), reason: 'reached' } as const;
    const memory = { ...EMPTY_MEMORY, drove: true, left };
    const record = aRecord({ rolloutId: '683120945-2', owner: '683120945-2', canary: 'web-c2-1' });
    const asked = { [STABLE]: 95, 'web-c2-1': 5 };
    const service = aService({ record, asked });
    expect(decide({ goal: deploy, caller: run(1), service, memory })).toMatchObject({
      do: 'stop',
      outcome: 'busy',
    });
  });
});

describe('a re-run', () => {
  test('starts no old image after newer runs, however many', async () => {
    for (const newer of [1, 3, 4]) {
      const world = new World();
      for (let number = 1; number <= 1 + newer; number += 1) {
        await step(world, whole, run(number));
        world.now += MINUTE;
      }
      const last = `web-c${1 + newer}-1`;
      expect(world.asked, `${newer}`).toEqual({ [last]: 100 });
      expect(await step(world, whole, run(1, 2))).toMatchObject({ outcome: 'refused' });
      expect(world.asked, `${newer}`).toEqual({ [last]: 100 });
    }
  });

  test('starts none after a newer run, though its own rollout was rolled back', async () => {
    const world = new World();
    await step(world, deploy, run(1));
    await step(world, anOrder('rollback'), run(8));
    world.now += MINUTE;
    await step(world, whole, run(2));
    world.now += MINUTE;
    expect(await step(world, whole, run(1, 2))).toMatchObject({ outcome: 'refused' });
    expect(world.asked).toEqual({ 'web-c2-1': 100 });
  });

  test('does not call promoted what somebody has taken back by hand', async () => {
    const world = new World();
    await step(world, whole, run(1));
    world.now += MINUTE;
    world.setTraffic({ [STABLE]: 100 });
    world.now += MINUTE;
    const ending = await step(world, whole, run(1, 2));
    expect(ending).toMatchObject({
      outcome: 'released',
      why: `web-c1-1 was promoted, but somebody has changed the traffic since (${STABLE} 100 %).`,
    });
    expect(isGoodEnding(ending, whole)).toBe(false);
  });
});
