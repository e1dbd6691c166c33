/** S10: what a drive has once found bad stays bad, also what a read alone has told it. */
import { expect, test } from 'vitest';
import { runCleanUp } from '../../src/engine/clean-up.ts';
import { runLoop } from '../../src/engine/loop.ts';
import type { Errand, Ports } from '../../src/engine/loop.ts';
import type { Doom, Goal, RevisionState } from '../../src/core/decision-types.ts';
import { CANARY, MINUTE, STABLE, aCaller, aChange, aDrive, aPlan, anOrder } from '../unit/build.ts';
import { Crash, GOOD, World, sealed } from './world.ts';

const NEVER = new AbortController().signal;
const HOLDING = aDrive({ plan: sealed(aPlan({ onCancel: 'hold' })) });
const GONE: RevisionState = { health: 'gone', digest: null };

type Once = {
  /** What the canary is said to be, once, at 50 %. */
  readonly odd?: RevisionState;
  readonly usual?: string | null;
  /** Answers to the writes that undo, before one is taken. */
  readonly refuse: (refused: number) => boolean;
};

/** Told something odd of the canary once it has half of the traffic; what undoes is not taken at first. */
function oncePorts(world: World, { odd, usual = null, refuse }: Once): Ports {
  const ports = world.ports();
  let isTold = odd === undefined;
  let refused = 0;
  return {
    ...ports,
    revisions: {
      ...ports.revisions,
      state: async (revision) => {
        const state = await ports.revisions.state(revision);
        if (revision !== CANARY) return state;
        if (isTold || odd === undefined || world.asked[CANARY] !== 50) {
          return { ...state, digest: usual };
        }
        isTold = true;
        return odd;
      },
    },
    cloudRun: {
      ...ports.cloudRun,
      write: async (from, next, plan) => {
        if (next.phase === 'active' || !refuse(refused)) {
          return ports.cloudRun.write(from, next, plan);
        }
        refused += 1;
        return { kind: 'read-again', why: 'Cloud Run answered 503' };
      },
    },
  };
}

function errand(world: World, given: Partial<Errand> = {}): Errand {
  return {
    goal: HOLDING,
    caller: aCaller(),
    ports: world.ports(),
    observer: { turn: () => undefined, remark: () => undefined },
    cancel: NEVER,
    ...given,
  };
}

test('a canary that was gone for a moment is restored, though the first write was not taken', async () => {
  const world = new World();
  const story: string[] = [];
  const observer = {
    turn: () => undefined,
    remark: () => undefined,
    doomed: ({ reason }: Doom) => void story.push(reason),
  };
  const refuse = (refused: number) => {
    story.push('write');
    return refused < 1;
  };
  const ports = oncePorts(world, { odd: GONE, refuse });
  const ending = await runLoop(errand(world, { ports, observer }));
  expect(ending).toMatchObject({
    outcome: 'rolled-back',
    service: { record: { reason: 'canary-gone' } },
  });
  expect(world.asked).toEqual({ [STABLE]: 100 });
  // Before the write: whoever is killed in it leaves that behind.
  expect(story).toEqual(['canary-gone', 'write', 'write']);
});

test('a canary of another image is restored by a run that is cancelled then, and not held', async () => {
  const world = new World();
  const cancel = new AbortController();
  const image = (digit: string) => `web@sha256:${digit.repeat(64)}`;
  const ports = oncePorts(world, {
    odd: { health: 'ready', digest: image('b') },
    usual: image('a'),
    refuse: (refused) => {
      cancel.abort();
      return refused < 1;
    },
  });
  const ending = await runLoop(errand(world, { ports, cancel: cancel.signal }));
  expect(ending).toMatchObject({
    outcome: 'rolled-back',
    service: { record: { reason: 'canary-gone' } },
  });
  expect(world.asked).toEqual({ [STABLE]: 100 });
});

test('data that stay away are nothing found: a run that is cancelled then does what a cancel does', async () => {
  const world = new World({ ...GOOD, errorRate: () => null });
  const goal = aDrive({ plan: sealed(aPlan({ onNoData: 'rollback', onCancel: 'hold' })) });
  const cancel = new AbortController();
  const undone: string[] = [];
  const ports = oncePorts(world, {
    refuse: (refused) => {
      undone.push(world.record === 'none' ? '' : String(world.asked[CANARY]));
      cancel.abort();
      return refused < 1;
    },
  });
  const ending = await runLoop(errand(world, { goal, ports, cancel: cancel.signal }));
  expect(undone).toEqual(['5', '5']);
  expect(ending).toMatchObject({ outcome: 'held', service: { record: { reason: 'cancelled' } } });
  expect(ending.memory.doom).toBeNull();
});

test('S6: what main had found of one rollout is not done to the next one of its run by its post step', async () => {
  const run = (id: number) => aCaller({ rolloutId: `683120945-${id}`, revision: `web-c${id}-1` });
  const world = new World();
  const heard: Doom[] = [];
  const observer = {
    turn: () => undefined,
    remark: () => undefined,
    doomed: (doom: Doom) => void heard.push(doom),
  };
  const deploy = (image: string): Goal =>
    aDrive({ plan: sealed(aPlan({ tag: 'c-2', change: aChange({ image }) })), until: 0 });
  await runLoop(errand(world, { goal: deploy('web:v2'), caller: run(1) }));
  // A step of run 2 finds it bad, and is killed before it can undo it.
  const ports = world.ports();
  const killed: Ports = {
    ...ports,
    revisions: {
      ...ports.revisions,
      state: async () => ({ health: { failed: 'boom' }, digest: null }),
    },
    cloudRun: {
      ...ports.cloudRun,
      write: async (from, next, plan) => {
        if (next.phase !== 'active') throw new Crash();
        return ports.cloudRun.write(from, next, plan);
      },
    },
  };
  const look = aDrive({ plan: null, mayStart: false, pace: 'look' });
  const step = errand(world, { goal: look, caller: run(2), ports: killed, observer });
  await expect(runLoop(step)).rejects.toBeInstanceOf(Crash);
  const [{ reason, rollout }] = heard as [Doom];
  expect(reason).toBe('not-ready');
  // Someone undoes it, and the next step of run 2 begins a rollout of its own.
  await runLoop(errand(world, { goal: anOrder('rollback'), caller: run(3) }));
  world.now += 2 * MINUTE;
  const second = await runLoop(errand(world, { goal: deploy('web:v3'), caller: run(2) }));
  expect(second).toMatchObject({ outcome: 'held', service: { record: { canary: 'web-c2-1' } } });
  const goal = { kind: 'clean-up', reason: 'cancelled', doom: { reason, rollout } } as const;
  const ending = await runCleanUp(errand(world, { goal, caller: run(2) }), null);
  expect(ending).toMatchObject({ outcome: 'held', service: { record: { canary: 'web-c2-1' } } });
});
