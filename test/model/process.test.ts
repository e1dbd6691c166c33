import { expect, test } from 'vitest';
import { Problem } from '../../src/core/problem.ts';
import { runLoop } from '../../src/engine/loop.ts';
import { BRINGING, FRESH, HOLD, attempt, cleanUp, order, ramp, reconcile, resume } from './cast.ts';
import type { Role } from './cast.ts';
import { Enough, Lockstep, portsOf } from './lockstep.ts';
import { QUIET, WITH_BROUGHT, snapshotOf } from './service.ts';
import type { Service } from './service.ts';

/** mulberry32 */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

async function run(role: Role, service: Service, seed: number): Promise<Lockstep> {
  const lockstep = new Lockstep(role, service, seeded(seed));
  const observer = {
    turn: lockstep.compare.bind(lockstep),
    remark: () => undefined,
  };
  const { goal, caller } = role;
  const cancel = lockstep.cancel.signal;
  try {
    await runLoop({ goal, caller, ports: portsOf(lockstep), observer, cancel });
    expect(lockstep.turns.some((turn) => turn.kind === 'over')).toBe(true);
  } catch (error) {
    if (!(error instanceof Problem || error instanceof Enough)) throw error;
  }
  return lockstep;
}

test('whatever the loop of the engine does, the process of the model does too', async () => {
  const outcomes = new Set<string>();
  let compared = 0;
  for (let seed = 0; seed < 400; seed += 1) {
    const policy = seed < 300 ? [HOLD, undefined, BRINGING][seed % 3] : FRESH;
    const quiet = policy === BRINGING ? WITH_BROUGHT : QUIET;
    const begun = await run(attempt(1, policy), quiet, seed);
    compared += begun.compared;
    for (const role of [
      attempt(2, policy === HOLD ? undefined : policy),
      cleanUp(),
      ramp(),
      resume(),
      order('promote'),
      order('rollback'),
      reconcile(),
    ]) {
      compared += (await run(role, begun.service, seed)).compared;
    }
    const record = snapshotOf(begun.service, 'at once').record;
    outcomes.add(typeof record === 'string' ? record : record.phase);
  }
  expect(compared).toBeGreaterThan(4_000);
  expect([...outcomes]).toEqual(
    expect.arrayContaining(['promoted', 'rolled-back', 'start-failed', 'released']),
  );
});
