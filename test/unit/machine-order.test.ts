/** Whose rollout a person's order, or an approved job, is for. Each guard is the only one in its row. */
import { describe, expect, test } from 'vitest';
import { rolloutKey } from '../../src/core/rollout/history.ts';
import { decide } from '../../src/core/rollout/machine.ts';
import { EMPTY_MEMORY } from '../../src/core/rollout/memory.ts';
import type { Decision, Goal, Memory } from '../../src/core/decision-types.ts';
import type { RolloutRecord, ServiceSnapshot } from '../../src/core/types.ts';
import {
  CANARY,
  NOW,
  STABLE,
  aCaller,
  aDrive,
  aRecord,
  aService,
  aSituation,
  anOrder,
} from './build.ts';

const EARLIER = aCaller({ rolloutId: '683120945-19482736457', revision: 'web-c7-1' });
const STRANGER = aCaller({ rolloutId: '683120945-19482736459', revision: 'web-c9-1' });

const promote = anOrder('promote');
const rollback = anOrder('rollback');
const ramp = aDrive({ plan: null, mayStart: false, opensGates: true });
const resume = aDrive({ plan: null, mayStart: false, pace: 'look' });

const ready: Memory = { ...EMPTY_MEMORY, canary: { health: 'ready', digest: null } };

const record = aRecord({ phase: 'held', reason: 'reached' });
/** Of the caller's run another rollout had ended before this one began. */
const after: RolloutRecord = { ...record, history: [`${EARLIER.rolloutId}:1:rolled-back`] };
const promoted = aRecord({ phase: 'promoted', stage: 3, history: after.history });
const everything = { asked: { [CANARY]: 100 }, served: { [CANARY]: 100 } };

type Around = {
  readonly caller?: typeof EARLIER;
  readonly memory?: Partial<Memory>;
  readonly service?: Partial<ServiceSnapshot>;
};

function decided(goal: Goal, held: RolloutRecord, around: Around = {}): Decision {
  const { caller = EARLIER, memory = {} } = around;
  const service = aService({ record: held, ...around.service });
  return decide(aSituation({ goal, caller, service, memory: { ...ready, ...memory } }));
}

function expectStop(decision: Decision, outcome: string, why: RegExp) {
  expect(decision).toMatchObject({ do: 'stop', outcome, why: expect.stringMatching(why) });
}

const GOING_ON = [
  ['promote', promote],
  ['rollback', rollback],
  ['ramp', ramp],
  ['resume', resume],
] as const;

describe('once the rollout of its own run is over', () => {
  test.each(GOING_ON)('a %s does not act on what another run has open', (_, goal) => {
    const refused = /rollout of this run is over; what is open now is another run's/;
    expectStop(decided(goal, after), 'refused', refused);
  });

  test.each(GOING_ON)('a %s of a run that has had none does', (_, goal) => {
    expect(decided(goal, after, { caller: STRANGER }).do).toBe('write');
    expect(decided(goal, record).do).toBe('write');
  });

  test('a run whose next rollout this is goes on with it', () => {
    const again = { ...after, rolloutId: EARLIER.rolloutId };
    expect(decided(ramp, again).do).toBe('write');
    expect(decided(rollback, again).do).toBe('write');
  });

  test('an order does not even let go of a split that is not the record’s', () => {
    const service = { asked: { [STABLE]: 100 } };
    expectStop(decided(rollback, after, { service }), 'refused', /another run's/);
    expect(decided(rollback, record, { service })).toMatchObject({ record: { phase: 'released' } });
  });

  test('what is past its deadline is still ended by a drive, and by no order', () => {
    const service = { readAt: after.due + 1 };
    const expired = { do: 'write', record: { phase: 'rolled-back', reason: 'expired' } };
    expect(decided(ramp, after, { service })).toMatchObject(expired);
    expect(decided(resume, after, { service: { readAt: after.due } }).do).toBe('stop');
    expectStop(decided(promote, after, { service }), 'refused', /another run's/);
  });

  test.each([
    ['promote', promote],
    ['promote of a share', anOrder('promote', { seen: 5 })],
    ['rollback to: previous', anOrder('rollback', { toPrevious: true })],
  ])('a %s does not pass for what another run has promoted since', (_, goal) => {
    const refused = /rollout of this run is over; the last one is another run's/;
    expectStop(decided(goal, promoted, { service: everything }), 'refused', refused);
    const stranger = decided(goal, promoted, { caller: STRANGER, service: everything });
    expect(stranger).not.toMatchObject({ outcome: 'refused' });
  });
});

describe('an order is for the rollout that was there when it came', () => {
  // The same canary may have been brought once more.
  const another = { met: rolloutKey({ ...record, rolloutId: '683120945-5' }) };
  const caller = STRANGER;

  test.each([
    ['promote', promote],
    ['rollback', rollback],
  ])('a %s leaves alone the one that was begun since', (_, goal) => {
    const over = new RegExp(`ordered for is over. That of ${CANARY} is another one`);
    expectStop(decided(goal, record, { caller, memory: another }), 'nothing-open', over);
    expect(decided(goal, record, { caller, memory: { met: rolloutKey(record) } }).do).toBe('write');
  });

  test('nor does it take the end of another one for its own', () => {
    const around = { caller, service: everything };
    const memory = another;
    expectStop(decided(promote, promoted, { ...around, memory }), 'nothing-open', /is another one/);
    const back = anOrder('rollback', { toPrevious: true });
    expectStop(decided(back, promoted, { ...around, memory }), 'nothing-open', /is another one/);
    expect(decided(back, promoted, { ...around, memory: { met: rolloutKey(record) } }).do).toBe(
      'write',
    );
  });

  test('where there was no record it is for none that comes, but for what it writes itself', () => {
    const none = { met: '' };
    expectStop(decided(rollback, record, { caller, memory: none }), 'nothing-open', /another one/);
    const own = aRecord({ phase: 'rolled-back', reason: 'ordered:rollback:ada' });
    const service = { asked: { [STABLE]: 100 } };
    const decision = decided(rollback, own, { caller, service, memory: { ...none, drove: true } });
    expectStop(decision, 'rolled-back', /has all traffic again/);
  });

  test.each([
    ['ramp', ramp],
    ['resume', resume],
  ])('so is a %s, which may end what has taken its place once that is past due', (_, goal) => {
    const over = new RegExp(`came for is over. That of ${CANARY} is another one`);
    expectStop(decided(goal, record, { caller, memory: another }), 'nothing-open', over);
    expect(decided(goal, record, { caller, memory: { met: rolloutKey(record) } }).do).toBe('write');
    const late = { caller, memory: another, service: { readAt: record.due + 1 } };
    expect(decided(goal, record, late)).toMatchObject({ record: { reason: 'expired' } });
  });

  test('a drive that may start goes on with what its run has started, whatever was there before', () => {
    const own = { caller: aCaller(), memory: another };
    expect(decided(aDrive(), record, own)).toMatchObject({ record: { reason: 'taken' } });
  });
});

test('to: previous is not taken for an order to undo what is open', () => {
  const goal = anOrder('rollback', { toPrevious: true });
  const decision = decided(goal, record, { caller: STRANGER });
  expectStop(decision, 'refused', /is open, and to: previous goes back from a promotion/);
});

test('a share that was approved is that of the open rollout, or it is refused', () => {
  const service = { readAt: NOW };
  const stale = anOrder('promote', { seen: 50 });
  expectStop(decided(stale, record, { caller: STRANGER, service }), 'refused', /given for 50 %/);
});
