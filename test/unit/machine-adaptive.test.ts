/** Stages that end early or last longer, and looks that the request log allows earlier. */
import { describe, expect, test } from 'vitest';
import type { Goal, Memory } from '../../src/core/decision-types.ts';
import { dueOf } from '../../src/core/rollout/deadlines.ts';
import { decide } from '../../src/core/rollout/machine.ts';
import type { Plan } from '../../src/core/types.ts';
import {
  CANARY,
  MINUTE,
  NOW,
  TIMING,
  aDrive,
  aJudgement,
  aMemory,
  aPlan,
  aRecord,
  aService,
  aSituation,
  aStage,
} from './build.ts';

const LATER = { percent: 50, bake: 10 * MINUTE, least: 10 * MINUTE, gate: false };
const PLAN = aPlan({
  stages: [{ percent: 5, bake: 12 * MINUTE, least: 6 * MINUTE, gate: false }, LATER],
});
const FIXED = aPlan({
  stages: [{ percent: 5, bake: 12 * MINUTE, least: 12 * MINUTE, gate: false }, LATER],
});

function after(minutes: number, memory: Memory, goal: Goal = aDrive({ plan: PLAN })) {
  const service = aService({ readAt: NOW + minutes * MINUTE });
  return decide(aSituation({ goal, service, memory }));
}

const SEEN = aMemory({ hasLog: false });

describe('an adaptive stage', () => {
  test('may end with the first look that covers its shortest time, and not before', () => {
    expect(after(8, SEEN)).toMatchObject({ do: 'observe', early: false, closed: false });
    expect(after(9, SEEN)).toMatchObject({ do: 'observe', early: true, closed: false });
    expect(after(15, SEEN)).toMatchObject({ do: 'observe', closed: true });
  });

  test('of one length ends with its bake only', () => {
    const goal = aDrive({ plan: FIXED });
    expect(after(14, SEEN, goal)).toMatchObject({ do: 'observe', early: false, closed: false });
    expect(after(15, SEEN, goal)).toMatchObject({ do: 'observe', early: false, closed: true });
  });

  test('whose split is not seen being served cannot end', () => {
    const memory = aMemory({ hasLog: false, stage: aStage({ servedSince: null }) });
    const service = aService({ readAt: NOW + 3.9 * MINUTE, observed: false });
    expect(decide(aSituation({ goal: aDrive({ plan: PLAN }), service, memory }))).not.toMatchObject(
      { early: true },
    );
  });
});

describe('a stage that is suspicious', () => {
  const judged = (reason: 'suspicious' | 'too-few-requests') =>
    aMemory({
      hasLog: false,
      stage: aStage({
        closed: true,
        lookedAt: NOW + 29 * MINUTE,
        judgement: aJudgement({ verdict: 'unknown', reason, settled: false }),
      }),
    });
  const short = aDrive({ plan: { ...FIXED, noDataTimeout: MINUTE } });

  test('lasts for twice its bake and the delay, however short the wait for data is', () => {
    expect(after(31.9, judged('suspicious'), short)).toMatchObject({ do: 'observe' });
    expect(after(32, judged('suspicious'), short)).toMatchObject({ record: { phase: 'held' } });
  });

  test('and nothing else does', () => {
    expect(after(17, judged('too-few-requests'), short)).toMatchObject({
      record: { phase: 'held' },
    });
  });

  test('is not due before it is over', () => {
    expect(dueOf({ plan: { ...FIXED, noDataTimeout: MINUTE }, timing: TIMING }, 1, NOW)).toBe(
      NOW + (30 + 5 + 2) * MINUTE,
    );
  });
});

describe('a stage shorter than the minutes that latency needs', () => {
  const LATENCY = { metric: 'latency-p95', max: null, maxIncrease: 0.1 } as const;
  const brief = { percent: 5, bake: 2 * MINUTE, least: 2 * MINUTE, gate: false };
  const plan = (warmUp: number, criteria: Plan['judging']['criteria'] = [LATENCY]) =>
    aPlan({
      stages: [brief, LATER],
      judging: { ...aPlan().judging, criteria, warmUp },
      noDataTimeout: MINUTE,
    });
  const early = aMemory({
    hasLog: false,
    stage: aStage({
      closed: true,
      lookedAt: NOW + 5 * MINUTE,
      judgement: aJudgement({ verdict: 'unknown', reason: 'too-early', settled: false }),
    }),
  });

  test.each([
    [3, 7 + 3 + 2],
    [60, 64 + 3 + 2],
  ])('waits for a warm-up of %i, three minutes more and their data: %i', (warmUp, end) => {
    const goal = aDrive({ plan: plan(warmUp) });
    const record = aRecord({ due: dueOf({ plan: plan(warmUp), timing: TIMING }, 1, NOW) });
    const then = (minutes: number) => {
      const service = aService({ readAt: NOW + minutes * MINUTE, record });
      return decide(aSituation({ goal, service, memory: early }));
    };
    expect(then(end - 0.1)).toMatchObject({ do: 'observe' });
    expect(then(end)).toMatchObject({ record: { phase: 'held' } });
  });

  test('does not wait for a warm-up that no limit needs', () => {
    const goal = aDrive({ plan: plan(60, aPlan().judging.criteria) });
    expect(after(8.9, early, goal)).toMatchObject({ do: 'observe' });
    expect(after(9, early, goal)).toMatchObject({ record: { phase: 'held' } });
  });

  test('is not due before its own patience ends, however late it was served', () => {
    expect(dueOf({ plan: plan(60), timing: TIMING }, 1, NOW)).toBe(NOW + (64 + 3 + 5 + 2) * MINUTE);
  });
});

test('data that prove nothing are held where the user asked for it, whatever no data would do', () => {
  const stage = aStage({
    closed: true,
    lookedAt: NOW + 29 * MINUTE,
    judgement: aJudgement({ verdict: 'unknown', reason: 'inconclusive', settled: false }),
  });
  const plan = { ...FIXED, onNoData: 'rollback' as const };
  expect(after(40, aMemory({ stage }), aDrive({ plan }))).toMatchObject({
    record: { phase: 'held', reason: 'unknown-at-deadline', canary: CANARY },
  });
});

describe('the request log', () => {
  const looked = (hasLog: boolean) =>
    aMemory({ hasLog, stage: aStage({ lookedAt: NOW + 6 * MINUTE }) });

  test('is asked as soon as it can know of a whole sample period, while nobody has tried it', () => {
    expect(after(1.25, aMemory())).toMatchObject({ do: 'wait', atMost: MINUTE / 4 });
    expect(after(1.5, aMemory())).toMatchObject({ do: 'observe', from: NOW });
    expect(after(1.5, aMemory({ hasLog: true }))).toMatchObject({ do: 'observe' });
  });

  test('is looked at three times a minute where it can be read', () => {
    expect(after(6.25, looked(true))).toMatchObject({ do: 'wait', atMost: 5_000 });
    expect(after(6 + 1 / 3, looked(true))).toMatchObject({ do: 'observe' });
    expect(after(6 + 1 / 3, looked(false))).toMatchObject({ do: 'wait', atMost: 40_000 });
  });

  test('does not keep whoever came for one look', () => {
    const goal = { ...aDrive({ plan: PLAN }), pace: 'look' as const };
    expect(after(2, aMemory(), goal)).toMatchObject({ record: { phase: 'held' } });
  });

  test('counters that cannot know anything yet are asked for the least there is', () => {
    const record = aRecord({ changedAt: [NOW - MINUTE, NOW - 1_000] });
    const service = aService({ readAt: NOW + 2 * MINUTE, record });
    const goal = aDrive({ plan: PLAN });
    expect(decide(aSituation({ goal, service, memory: aMemory() }))).toMatchObject({
      do: 'observe',
      to: NOW - 999,
    });
  });
});

describe('a pass that is too old to act on', () => {
  const passed = (lookedAt: number, closed = true) =>
    aMemory({
      hasLog: false,
      stage: aStage({ closed, lookedAt: NOW + lookedAt * MINUTE, judgement: aJudgement() }),
    });

  test('gets a fresh look, even when the patience of the stage is over meanwhile', () => {
    expect(after(16, passed(15))).toMatchObject({ do: 'write', record: { stage: 2 } });
    expect(after(17, passed(15))).toMatchObject({ do: 'observe', closed: true });
    expect(after(39, passed(15))).toMatchObject({ do: 'observe', closed: true });
  });

  test('and where that finds nothing, there are no data', () => {
    expect(after(39, passed(15, false))).toMatchObject({ record: { phase: 'held' } });
  });
});
