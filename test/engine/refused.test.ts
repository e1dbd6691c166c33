/** A write that Cloud Run will not take, or that is older than it looks: nobody goes on for ever. */
import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/core/problem.ts';
import type { Caller, Goal } from '../../src/core/decision-types.ts';
import { runLoop } from '../../src/engine/loop.ts';
import type { Ending, Ports } from '../../src/engine/loop.ts';
import { CANARY, MINUTE, STABLE, aCaller, aDrive, aPlan, anOrder } from '../unit/build.ts';
import { GOOD, World, sealed } from './world.ts';

const PLAN = sealed(aPlan());
const ANOTHER = aCaller({ rolloutId: '683120945-29482736450', revision: 'web-c29482736450-1' });

type With = { readonly goal?: Goal; readonly caller?: Caller; readonly ports?: Ports };

function step(world: World, with_: With = {}): Promise<Ending> {
  return runLoop({
    goal: with_.goal ?? aDrive({ plan: PLAN }),
    caller: with_.caller ?? aCaller(),
    ports: with_.ports ?? world.ports(),
    observer: { turn: () => undefined, remark: () => undefined },
    cancel: new AbortController().signal,
  });
}

test('an order that Cloud Run refuses ends at once, and leaves the rollout as it was', async () => {
  const world = new World();
  await step(world, { goal: aDrive({ plan: PLAN, until: 0 }) });
  const { record } = world;
  const ports = world.ports();
  let sent = 0;
  const refusing: Ports = {
    ...ports,
    cloudRun: {
      ...ports.cloudRun,
      write: async () => {
        sent += 1;
        if (sent > 3) throw new Error('it goes on for ever');
        const problem = new Problem('write-refused', { summary: 'No.', advice: '' });
        return { kind: 'refused', problem };
      },
    },
  };
  const promote = step(world, { goal: anOrder('promote'), caller: ANOTHER, ports: refusing });
  await expect(promote).rejects.toMatchObject({ code: 'write-refused', summary: 'No.' });
  expect(sent).toBe(1);
  expect(world.record).toEqual(record);
});

describe('a raise rests on a read of this moment', () => {
  const ONE = sealed(
    aPlan({ stages: [{ percent: 50, bake: 10 * MINUTE, least: 10 * MINUTE, gate: false }] }),
  );

  /** What the service says is so old when it is taken up. */
  function ageing(world: World, age: () => number): Ports {
    const ports = world.ports();
    const read: Ports['cloudRun']['read'] = async () => {
      const service = await ports.cloudRun.read();
      world.now += age();
      return service;
    };
    return { ...ports, cloudRun: { ...ports.cloudRun, read } };
  }

  test('a runner that slept on the last raise does not send it hours later', async () => {
    // Which read the promotion was decided from is known from a run without a pause.
    const awake = new World();
    await step(awake, { goal: aDrive({ plan: ONE }) });
    const last = awake.calls.lastIndexOf('write') - 1;
    const world = new World();
    const ports = ageing(world, () => (world.calls.length - 1 === last ? 6 * 60 * MINUTE : 0));
    const end = await step(world, { goal: aDrive({ plan: ONE }), ports });
    expect(end).toMatchObject({ outcome: 'rolled-back' });
    expect(world.asked).toEqual({ [STABLE]: 100 });
  });

  test('an API that is slow, with all tries of a read, keeps no good canary from its traffic', async () => {
    const world = new World();
    const ports = ageing(world, () => 35_000);
    expect(await step(world, { goal: aDrive({ plan: ONE }), ports })).toMatchObject({
      outcome: 'promoted',
    });
  });

  test('an order is not read again for ever', async () => {
    const world = new World();
    await step(world, { goal: aDrive({ plan: ONE, until: 0 }) });
    const ports = ageing(world, () => 121_000);
    await expect(
      step(world, { goal: anOrder('promote'), ports, caller: ANOTHER }),
    ).rejects.toMatchObject({ code: 'conflicts' });
  });

  test('a pause within the deadline costs one read more, and no transition', async () => {
    const awake = new World();
    await step(awake, { goal: aDrive({ plan: ONE }) });
    const last = awake.calls.lastIndexOf('write') - 1;
    const world = new World();
    const ports = ageing(world, () => (world.calls.length - 1 === last ? 121_000 : 0));
    expect(await step(world, { goal: aDrive({ plan: ONE }), ports })).toMatchObject({
      outcome: 'promoted',
    });
    expect(world.asked).toEqual({ [CANARY]: 100 });
    expect(world.writes.every(({ applied }) => applied)).toBe(true);
    expect(world.calls.length).toBeGreaterThan(awake.calls.length);
  });

  test('a rollback is not held up by the age of its read', async () => {
    const world = new World({ ...GOOD, errorRate: (p) => (p >= 50 ? 0.5 : 0.001) });
    const ports = ageing(world, () => (world.asked[CANARY] === 50 ? 121_000 : 0));
    expect(await step(world, { goal: aDrive({ plan: ONE }), ports })).toMatchObject({
      outcome: 'rolled-back',
    });
  });
});

test('a start that never finds the service at rest is given up after five minutes', async () => {
  const world = new World();
  world.meanwhile = () => {
    world.version += 1;
    if (world.calls.length > 5_000) throw new Error('it goes on for ever');
  };
  const began = world.now;
  await expect(step(world)).rejects.toMatchObject({ code: 'ended' });
  expect(world.now - began).toBeLessThan(6 * MINUTE);
  expect(world.writes).toEqual([]);
});

describe('a service that is not found in the middle of a rollout', () => {
  const missing = () => new Problem('service-missing', { summary: 'Not found.', advice: '' });

  function without(world: World, isMissing: () => boolean): Ports {
    const ports = world.ports();
    return {
      ...ports,
      cloudRun: {
        ...ports.cloudRun,
        read: async () => {
          const read = await ports.cloudRun.read();
          if (isMissing()) throw missing();
          return read;
        },
      },
    };
  }

  test('once is no end: it is looked for again some seconds later', async () => {
    const world = new World();
    let times = 0;
    const ports = without(world, () => world.asked[CANARY] === 50 && (times += 1) === 3);
    expect(await step(world, { ports })).toMatchObject({ outcome: 'promoted' });
    expect(times).toBeGreaterThan(3);
  });

  test('twice is its end', async () => {
    const world = new World();
    let at = 0;
    const ports = without(world, () => {
      const isGone = world.asked[CANARY] === 50;
      if (isGone && at === 0) at = world.now;
      return isGone;
    });
    expect(await step(world, { ports })).toMatchObject({ outcome: 'gone', service: null });
    expect(world.now - at).toBeGreaterThanOrEqual(3_000);
    expect(world.now - at).toBeLessThan(MINUTE);
  });
});
