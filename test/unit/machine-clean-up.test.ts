import { describe, expect, test } from 'vitest';
import { decide } from '../../src/core/rollout/machine.ts';
import { EMPTY_MEMORY } from '../../src/core/rollout/memory.ts';
import { rolloutKey } from '../../src/core/rollout/history.ts';
import type { Decision, Goal } from '../../src/core/decision-types.ts';
import type { RolloutRecord } from '../../src/core/types.ts';
import {
  aCaller,
  aDrive,
  aMemory,
  aPlan,
  aRecord,
  aService,
  aSituation,
  STABLE,
  CANARY,
} from './build.ts';

const HOLDING = aPlan({ onCancel: 'hold' });
const cancelled = { kind: 'clean-up', reason: 'cancelled', doom: null } as const;
const OURS = rolloutKey(aRecord());
const doomed = { ...cancelled, doom: { reason: 'fail:error-rate', rollout: OURS } } as const;

function cleanedUp(goal: Goal, record: RolloutRecord, attempt = 1): Decision {
  const service = aService({ record, plan: HOLDING });
  return decide(aSituation({ goal, service, memory: EMPTY_MEMORY, caller: aCaller({ attempt }) }));
}

describe('S10: what main had found bad', () => {
  const half = aRecord({ stage: 2 });

  test('is restored by the post step, whatever on_cancel says, and for the reason that main had', () => {
    const service = aService({
      record: half,
      plan: HOLDING,
      asked: { [STABLE]: 50, [CANARY]: 50 },
    });
    const situation = aSituation({ service, memory: EMPTY_MEMORY });
    expect(decide({ ...situation, goal: cancelled })).toMatchObject({ record: { phase: 'held' } });
    expect(decide({ ...situation, goal: doomed })).toMatchObject({
      record: { phase: 'rolled-back', reason: 'fail:error-rate' },
    });
  });

  test('is restored although a hold of main’s has arrived after all', () => {
    const held = aRecord({ phase: 'held', reason: 'unknown-at-deadline' });
    const restored = { record: { phase: 'rolled-back', reason: 'fail:error-rate' } };
    expect(cleanedUp(doomed, held)).toMatchObject(restored);
    expect(cleanedUp(cancelled, held)).toMatchObject({ do: 'stop', outcome: 'held' });
    const doom = { reason: 'fail:error-rate', why: 'worse', rollout: '' } as const;
    const service = aService({ record: held });
    const main = aSituation({ goal: aDrive(), service, memory: aMemory({ doom }) });
    expect(decide(main)).toMatchObject(restored);
  });

  test('that failed before it was ready is a start that failed', () => {
    const begun = aRecord({ stage: 0, changedAt: [aRecord().at] });
    const service = aService({ record: begun, asked: { [STABLE]: 100 }, plan: HOLDING });
    const goal = { ...cancelled, doom: { reason: 'not-ready', rollout: OURS } } as const;
    expect(decide(aSituation({ goal, service, memory: EMPTY_MEMORY }))).toMatchObject({
      record: { phase: 'start-failed', reason: 'not-ready' },
    });
  });

  test('S6: says nothing of another rollout, of the same run even', () => {
    const next = aRecord({ phase: 'held', startedBy: 2 });
    expect(cleanedUp(doomed, next)).toMatchObject({ do: 'stop', outcome: 'held' });
    const active = aRecord({ startedBy: 2 });
    expect(cleanedUp(doomed, active)).toMatchObject({ record: { reason: 'cancelled' } });
  });

  test('is left to whoever has taken it over', () => {
    const theirs = aRecord({ owner: '683120945-99999999999' });
    expect(cleanedUp(doomed, theirs)).toMatchObject({ do: 'stop', outcome: 'nothing-open' });
    expect(cleanedUp(doomed, aRecord({ attempt: 2 }))).toMatchObject({ outcome: 'fenced' });
  });
});

describe('the post step of a re-run that died before it took the rollout over', () => {
  test('ends what the attempt before has left active', () => {
    expect(cleanedUp(cancelled, aRecord(), 2)).toMatchObject({
      record: { phase: 'held', reason: 'cancelled' },
    });
    expect(cleanedUp(doomed, aRecord(), 2)).toMatchObject({
      record: { phase: 'rolled-back', reason: 'fail:error-rate' },
    });
  });

  test('leaves held what that has left held', () => {
    const held = aRecord({ phase: 'held', reason: 'reached' });
    expect(cleanedUp(cancelled, held, 2)).toMatchObject({ outcome: 'nothing-open' });
  });
});
