/** Gates, orders that carry a share, and looks: how a rollout goes on without anybody waiting. */
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/core/rollout/machine.ts';
import { EMPTY_MEMORY, notice } from '../../src/core/rollout/memory.ts';
import type { Decision, Memory } from '../../src/core/decision-types.ts';
import type { Plan, RolloutRecord, ServiceSnapshot } from '../../src/core/types.ts';
import {
  CANARY,
  MINUTE,
  NOW,
  STABLE,
  aCaller,
  aDrive,
  aJudgement,
  aMemory,
  aPlan,
  aRecord,
  aService,
  aSituation,
  aStage,
  anOrder,
} from './build.ts';

const DAY = 24 * 60 * MINUTE;
const GATED = aPlan({
  stages: [
    { percent: 5, bake: 10 * MINUTE, least: 10 * MINUTE, gate: true },
    { percent: 50, bake: 10 * MINUTE, least: 10 * MINUTE, gate: false },
  ],
});
const PASSED = aMemory({ stage: aStage({ judgement: aJudgement(), closed: true }) });
const fresh: Memory = { ...EMPTY_MEMORY, canary: { health: 'ready', digest: null } };

const ramp = aDrive({ plan: null, mayStart: false, opensGates: true });
const resume = aDrive({ plan: null, mayStart: false, pace: 'look' });

type Around = {
  readonly plan?: Plan;
  readonly record?: RolloutRecord;
  readonly memory?: Memory;
  readonly service?: Partial<ServiceSnapshot>;
};

function after(minutes: number, goal: typeof ramp, around: Around = {}): Decision {
  const { plan = aPlan(), record = aRecord(), memory = aMemory() } = around;
  const readAt = NOW + minutes * MINUTE;
  const service = aService({ plan, record, readAt, ...around.service });
  return decide(aSituation({ goal, service, memory }));
}

describe('a gate', () => {
  const atGate = aRecord({ phase: 'held', reason: 'reached', due: NOW + DAY });

  test('holds after the verdict of its stage, for as long as hold_for says', () => {
    const run = aDrive({ plan: GATED });
    expect(after(13, run, { plan: GATED, memory: PASSED })).toMatchObject({
      do: 'write',
      record: { phase: 'held', reason: 'reached', stage: 1, due: NOW + 13 * MINUTE + DAY },
    });
  });

  test('does not stand in for the verdict: without one nothing is held', () => {
    const run = aDrive({ plan: GATED });
    expect(after(5, run, { plan: GATED })).toMatchObject({ do: 'observe' });
  });

  test('of one stage is none of the others’', () => {
    const record = aRecord({ stage: 2, changedAt: [NOW, NOW, NOW] });
    const asked = { [STABLE]: 50, [CANARY]: 50 };
    const memory = aMemory({ stage: aStage({ index: 2, judgement: aJudgement(), closed: true }) });
    const run = aDrive({ plan: GATED });
    expect(after(13, run, { plan: GATED, record, memory, service: { asked } })).toMatchObject({
      record: { phase: 'promoted' },
    });
  });

  test.each([
    ['a resume', resume],
    ['a re-run', aDrive({ plan: GATED })],
  ])('stays shut for %s: nothing is written', (_, goal) => {
    expect(after(60, goal, { plan: GATED, record: atGate, memory: fresh })).toMatchObject({
      do: 'stop',
      outcome: 'held',
      why: expect.stringContaining('until it is promoted, sent on or rolled back'),
    });
  });

  test('opens for a ramp, which goes on as far as it was told', () => {
    expect(after(60, ramp, { plan: GATED, record: atGate, memory: fresh })).toMatchObject({
      do: 'write',
      record: { phase: 'active', reason: 'taken' },
    });
    const further = after(13, { ...ramp, until: 50 }, { plan: GATED, memory: PASSED });
    expect(further).toMatchObject({ record: { phase: 'active', stage: 2, reason: 'pass' } });
    const noFurther = after(13, { ...ramp, until: 5 }, { plan: GATED, memory: PASSED });
    expect(noFurther).toMatchObject({ record: { phase: 'held', reason: 'reached' } });
  });

  test('opens for a ramp only with a verdict: a canary that turned bad is restored', () => {
    const doom = { reason: 'fail:error-rate', why: 'worse', rollout: '' } as const;
    expect(after(60 - 25, ramp, { plan: GATED, memory: aMemory({ doom }) })).toMatchObject({
      record: { phase: 'rolled-back', reason: 'fail:error-rate' },
    });
  });

  test('is passed by a promotion, which finishes the rollout', () => {
    const service = aService({ plan: GATED, record: atGate, readAt: NOW + 60 * MINUTE });
    const goal = anOrder('promote');
    expect(decide(aSituation({ goal, service, memory: fresh }))).toMatchObject({
      do: 'write',
      record: { phase: 'promoted', reason: 'ordered:promote:ada' },
    });
  });

  test('is not where a rollout was held for another reason, so a resume goes on there', () => {
    for (const reason of ['watched', 'unknown-at-deadline', 'cancelled'] as const) {
      const record = { ...atGate, reason };
      expect(after(5, resume, { plan: GATED, record, memory: fresh })).toMatchObject({
        record: { phase: 'active', reason: 'taken' },
      });
    }
  });

  test('is not where a ramp was told to stop, so a resume goes on there', () => {
    expect(after(5, resume, { record: atGate, memory: fresh })).toMatchObject({
      record: { phase: 'active', reason: 'taken' },
    });
  });
});

describe('a promotion that says what was approved', () => {
  const held = aRecord({ phase: 'held', reason: 'reached' });
  const approved = (seen: number | null, memory = fresh) =>
    decide(
      aSituation({
        goal: anOrder('promote', { seen }),
        caller: aCaller({ rolloutId: '683120945-19482736457' }),
        service: aService({ record: held }),
        memory,
      }),
    );

  test.each([5, null])('is carried out at its share, %s', (seen) => {
    expect(approved(seen)).toMatchObject({ do: 'write', record: { phase: 'promoted' } });
  });

  test.each([0, 4, 6, 50, 100])('is stale at another share, %i, and refused', (seen) => {
    expect(approved(seen)).toMatchObject({
      do: 'stop',
      outcome: 'refused',
      why: expect.stringContaining(`given for ${seen} %, but the rollout stands at 5 %`),
    });
  });

  test('is refused before anything else is asked', () => {
    expect(approved(50, EMPTY_MEMORY)).toMatchObject({ do: 'stop', outcome: 'refused' });
  });
});

describe('a look', () => {
  const watched = aRecord({ phase: 'held', reason: 'watched', servedAt: NOW, due: NOW + DAY });

  test('leaves a canary that is starting, held', () => {
    const memory = aMemory({ canary: { health: 'pending', digest: null }, stage: null });
    const record = aRecord({ stage: 0, changedAt: [NOW], reason: 'taken' });
    const service = { asked: { [STABLE]: 100 } };
    expect(after(1, resume, { record, memory, service })).toMatchObject({
      do: 'write',
      record: { phase: 'held', reason: 'watched', stage: 0, servedAt: null },
    });
  });

  test('leaves a bake that is not over, held, and notes since when its split is served', () => {
    const stage = aStage({ servedSince: NOW + 4_000, lookedAt: NOW + 5 * MINUTE });
    expect(after(5, resume, { memory: aMemory({ stage }) })).toMatchObject({
      do: 'write',
      record: {
        phase: 'held',
        reason: 'watched',
        stage: 1,
        servedAt: NOW + 4_000,
        changedAt: aRecord().changedAt,
        due: NOW + 5 * MINUTE + DAY,
      },
    });
  });

  test('looks before it leaves', () => {
    expect(after(5, resume)).toMatchObject({ do: 'observe', closed: false });
  });

  test('waits for a split to be served: that is a matter of seconds', () => {
    const service = { served: { [STABLE]: 100 } };
    const memory = aMemory({ stage: aStage({ servedSince: null }) });
    expect(after(1, resume, { memory, service })).toMatchObject({ do: 'wait', atMost: 5_000 });
  });

  test('raises what has passed, and holds at nothing but a gate', () => {
    const raised = { record: { phase: 'active', stage: 2, reason: 'pass', servedAt: null } };
    const record = aRecord({ servedAt: NOW });
    expect(after(13, resume, { record, memory: PASSED })).toMatchObject(raised);
    expect(after(13, resume, { plan: GATED, memory: PASSED })).toMatchObject({
      record: { phase: 'held', reason: 'reached' },
    });
  });

  test('of the next process begins its window where the last one saw the split served', () => {
    const record = aRecord({ reason: 'taken', at: NOW + 13 * MINUTE, servedAt: NOW });
    const service = aService({ record, readAt: NOW + 13 * MINUTE });
    const memory = { ...notice(EMPTY_MEMORY, aCaller(), service), canary: PASSED.canary };
    expect(memory.stage?.servedSince).toBe(NOW);
    expect(decide(aSituation({ goal: resume, service, memory }))).toMatchObject({
      do: 'observe',
      from: NOW,
      to: NOW + 10 * MINUTE,
      closed: true,
    });
  });

  test('has the patience of the stage, however often it was taken over', () => {
    const taken = aRecord({ reason: 'taken', at: NOW + 27 * MINUTE, due: NOW + 60 * MINUTE });
    const memory = aMemory({
      stage: aStage({
        judgement: aJudgement({ verdict: 'unknown' }),
        lookedAt: NOW + 27.9 * MINUTE,
      }),
    });
    const before = after(27.9, resume, { record: taken, memory });
    expect(before).toMatchObject({ record: { phase: 'held', reason: 'watched' } });
    const at = after(28, resume, { record: taken, memory });
    expect(at).toMatchObject({ record: { phase: 'held', reason: 'unknown-at-deadline' } });
    const waiting = after(28, { ...resume, pace: 'wait' }, { record: taken, memory });
    expect(waiting).toMatchObject({ do: 'wait' });
  });

  test.each([
    ['hold', { phase: 'held', reason: 'unknown-at-deadline' }],
    ['rollback', { phase: 'rolled-back', reason: 'unknown-at-deadline' }],
  ] as const)(
    'with nothing known when the patience is over follows on_no_data: %s',
    (onNoData, record) => {
      const memory = aMemory({ stage: aStage({ lookedAt: NOW + 28 * MINUTE }) });
      const plan = aPlan({ onNoData });
      expect(after(28, resume, { plan, memory })).toMatchObject({ do: 'write', record });
    },
  );

  test('that comes late is had first, and what it shows counts', () => {
    const late = aRecord({ reason: 'taken', at: NOW + 60 * MINUTE, due: NOW + 95 * MINUTE });
    expect(after(60, resume, { record: late })).toMatchObject({ do: 'observe', closed: true });
    expect(after(60, resume, { record: late, memory: PASSED })).toMatchObject({
      record: { phase: 'active', stage: 2, reason: 'pass' },
    });
  });

  test('of a split that was slow to be served has its closing look, however late that is', () => {
    const late = aRecord({ reason: 'taken', at: NOW + 60 * MINUTE, due: NOW + 95 * MINUTE });
    const memory = aMemory({ stage: aStage({ servedSince: NOW + 60 * MINUTE }) });
    expect(after(60, resume, { record: late, memory })).toMatchObject({
      record: { reason: 'watched', servedAt: NOW + 60 * MINUTE },
    });
  });

  test('does not make a hold for want of data any longer', () => {
    const late = aRecord({ reason: 'taken', at: NOW + 60 * MINUTE, due: NOW + 95 * MINUTE });
    const memory = aMemory({ stage: aStage({ lookedAt: NOW + 60 * MINUTE }) });
    expect(after(60, resume, { record: late, memory })).toMatchObject({
      record: { reason: 'unknown-at-deadline', due: NOW + 28 * MINUTE + DAY },
    });
  });

  test('does not make it shorter than it was held, nor end it with its own look', () => {
    const hours = 60;
    const late = aRecord({
      reason: 'taken',
      at: NOW + hours * 60 * MINUTE,
      due: NOW + hours * 2 * DAY,
    });
    const memory = aMemory({ stage: aStage({ lookedAt: late.at }) });
    const due = NOW + (hours + 5) * 60 * MINUTE;
    const found = { next: 50, due };
    const held = { phase: 'held', reason: 'unknown-at-deadline' };
    expect(after(hours * 60, resume, { record: late, memory: { ...memory, found } })).toMatchObject(
      {
        record: { ...held, due },
      },
    );
    expect(after(hours * 60, resume, { record: late, memory })).toMatchObject({
      record: { ...held, due: late.at + 5 * MINUTE },
    });
    const brief = aPlan({ holdFor: MINUTE });
    expect(after(hours * 60, resume, { record: late, memory, plan: brief })).toMatchObject({
      record: { ...held, due: late.at + MINUTE },
    });
  });

  test('that comes late gives what its own take-over stirred up time to settle', () => {
    const late = aRecord({ reason: 'taken', at: NOW + 60 * MINUTE, due: NOW + 95 * MINUTE });
    const service = { served: { [STABLE]: 100 } };
    const memory = aMemory({ stage: aStage({ servedSince: null, lookedAt: NOW + 60 * MINUTE }) });
    const at = (minutes: number) => after(minutes, resume, { record: late, memory, service });
    expect(after(60.1, { ...resume, pace: 'wait' }, { record: late, memory, service })).toEqual(
      at(60.1),
    );
    expect(at(60.1)).toMatchObject({ do: 'wait' });
    expect(at(64)).toMatchObject({
      record: { phase: 'rolled-back', reason: 'not-served' },
    });
  });

  test('that comes late does not take one answer for a canary that never starts', () => {
    const stage = { stage: 0, changedAt: [NOW] };
    const late = aRecord({
      ...stage,
      reason: 'taken',
      at: NOW + 60 * MINUTE,
      due: NOW + 95 * MINUTE,
    });
    const service = { asked: { [STABLE]: 100 } };
    const memory = aMemory({
      canary: { health: 'pending', digest: null },
      stage: aStage({ index: 0 }),
    });
    expect(after(60.5, resume, { record: late, memory, service })).toMatchObject({ do: 'wait' });
    expect(after(61, resume, { record: late, memory, service })).toMatchObject({
      record: { phase: 'start-failed', reason: 'not-ready' },
    });
  });

  test('takes what the last one left and goes on there', () => {
    expect(after(5, resume, { record: watched, memory: fresh })).toMatchObject({
      record: { phase: 'active', reason: 'taken', servedAt: NOW },
    });
  });

  test('says, when it leaves, that the next one goes on', () => {
    expect(after(5, resume, { record: watched })).toMatchObject({
      do: 'stop',
      outcome: 'held',
      why: `${CANARY} is held at 5 % and watched: the next resume goes on with it.`,
    });
  });
});
