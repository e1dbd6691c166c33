import { describe, expect, test } from 'vitest';
import { prepare } from '../../src/action/goals.ts';
import type { Caller } from '../../src/core/decision-types.ts';
import { writeRecord } from '../../src/core/rollout/record.ts';
import type { RolloutRecord } from '../../src/core/types.ts';
import { KNOWS_NOTHING, World } from '../engine/world.ts';
import { CANARY, MINUTE, NOW, STABLE, aCaller, aRecord } from '../unit/build.ts';
import { LEAST, request } from '../unit/given-inputs.ts';
import { type Heard, heard } from './heard.ts';

const RUN = aCaller().rolloutId;
const STRANGER = aCaller({ rolloutId: '683120945-19482736477', revision: 'web-c77-1' });
const RERUN = aCaller({ attempt: 2, revision: 'web-c8y7innm-2' });
const LATE = { due: NOW - MINUTE } as const;

/** At 5 %, as in the record, with its canary there. */
function standing(record: Partial<RolloutRecord>): World {
  const world = new World();
  world.annotation = writeRecord(aRecord(record));
  world.asked = { [STABLE]: 95, [CANARY]: 5 };
  world.served = world.asked;
  return world;
}

async function begin(world: World, caller: Caller, told = heard(caller)): Promise<Heard> {
  await prepare({
    request: request(LEAST),
    caller,
    ports: world.ports(),
    foresight: world.foresight(),
    doctor: KNOWS_NOTHING,
    cancel: new AbortController().signal,
    clearing: told.clearing,
    actor: 'ada',
    isHosted: true,
  });
  return told;
}

describe('L6: a start that ends an abandoned rollout', () => {
  test('completes the check run of that rollout, and says so once', async () => {
    const world = standing(LATE);
    const told = await begin(world, STRANGER);
    expect(world.writes.map(({ record }) => [record.phase, record.reason])).toEqual([
      ['rolled-back', 'expired'],
    ]);
    expect(told.another()!.at(-1)).toMatchObject({
      rolloutId: RUN,
      outcome: 'rolled-back',
      reason: 'expired',
      commit: aRecord().commit,
    });
    expect(told.own).toEqual([]);
    expect(told.notices).toEqual([`Rollout ${RUN} was abandoned: rolled-back, for ${STABLE}.`]);
    expect(told.lines).toContain(`Restoring ${STABLE} to 100 % (expired).`);
  });

  test('of its own run speaks in the check run that the new attempt goes on with', async () => {
    const told = await begin(standing(LATE), RERUN);
    expect(told.own.at(-1)).toMatchObject({ rolloutId: RUN, outcome: 'rolled-back' });
    expect(told.another()).toBeNull();
  });

  test('says what it found, if somebody else has moved the traffic', async () => {
    const world = standing(LATE);
    world.setTraffic({ [STABLE]: 100 });
    const told = await begin(world, STRANGER);
    expect(told.another()!.at(-1)).toMatchObject({ rolloutId: RUN, outcome: 'released' });
    expect(told.another()!.at(-1)!.why).toContain('last changed by outsider@example.com');
  });

  test('after a conflict tells it once', async () => {
    const world = standing(LATE);
    let tries = 0;
    world.fault = (call) => (call === 'write' && (tries += 1) === 1 ? 'conflict' : null);
    const told = await begin(world, STRANGER);
    expect(tries).toBe(2);
    expect(told.notices).toHaveLength(1);
    expect(told.another()!.filter(({ outcome }) => outcome !== null)).toHaveLength(1);
  });

  test.each(['rolled-back', 'active'] as const)(
    'is silent where there is nothing to end: %s and not late',
    async (phase) => {
      const world = standing({ phase, due: NOW + 60 * MINUTE });
      world.asked = phase === 'active' ? world.asked : { [STABLE]: 100 };
      world.served = world.asked;
      const told = heard(STRANGER);
      await begin(world, STRANGER, told).catch(() => undefined);
      expect(world.calls.filter((call) => call === 'write')).toEqual([]);
      expect([told.own, told.another(), told.notices, told.lines]).toEqual([[], null, [], []]);
    },
  );

  test('S15: starts all the same if nobody can be told', async () => {
    const world = standing(LATE);
    const fails = (): never => {
      throw new Error('The terminal is gone.');
    };
    const { clearing } = heard(STRANGER, { notice: fails, openAnother: fails });
    await begin(world, STRANGER, { ...heard(STRANGER), clearing });
    expect(world.asked).toEqual({ [STABLE]: 100 });
  });
});
