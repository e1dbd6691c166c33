import { describe, expect, test } from 'vitest';
import { decide } from '../../src/core/rollout/machine.ts';
import { EMPTY_MEMORY, notice } from '../../src/core/rollout/memory.ts';
import type { Decision, Goal, Memory, Outcome } from '../../src/core/decision-types.ts';
import type { RolloutRecord } from '../../src/core/types.ts';
import {
  CANARY,
  MINUTE,
  NOW,
  STABLE,
  aCaller,
  aDrive,
  aMemory,
  aPlan,
  aQuietService,
  aRecord,
  aService,
  aSituation,
  anOrder,
} from './build.ts';

const STARTER = aCaller();
const OTHER = aCaller({
  rolloutId: '683120945-19482736457',
  revision: 'web-c7-1',
  runUrl: 'https://x/7',
});
const THIRD = aCaller({ rolloutId: '683120945-19482736458', revision: 'web-c8-1' });

const run = aDrive();
const ramp = aDrive({ plan: null, mayStart: false, opensGates: true });
const resume = aDrive({ plan: null, mayStart: false, pace: 'look' });
const unasked: Memory = { ...EMPTY_MEMORY, ownRevision: 'absent', fence: 'proved' };
const fresh: Memory = { ...unasked, canary: { health: 'ready', digest: null } };

const held = aRecord({ phase: 'held', reason: 'reached' });
/** After another run has taken it over. */
const taken = aRecord({ owner: OTHER.rolloutId, attempt: 1 });

function decided(
  goal: Goal,
  record: RolloutRecord,
  with_: Partial<Parameters<typeof aSituation>[0]> = {},
): Decision {
  return decide(aSituation({ goal, memory: fresh, service: aService({ record }), ...with_ }));
}

function expectTaken(decision: Decision, owner: string, attempt = 1) {
  expect(decision).toMatchObject({
    do: 'write',
    record: {
      phase: 'active',
      reason: 'taken',
      rolloutId: STARTER.rolloutId,
      startedBy: 1,
      owner,
      attempt,
      canary: CANARY,
      stable: STABLE,
      stage: 1,
    },
  });
}

function expectStop(decision: Decision, outcome: Outcome, why = /./) {
  expect(decision).toMatchObject({ do: 'stop', outcome, why: expect.stringMatching(why) });
}

describe('a held rollout', () => {
  test.each([
    ['ramp', ramp, 10 + 3 + 15 + 5 + 2],
    // Who has only come for a look is dead if it is at it for longer.
    ['resume', resume, 5 + 5 + 2],
  ])('is taken over by a %s of any run, which is its owner from then on', (_, goal, minutes) => {
    expectTaken(decided(goal, held, { caller: OTHER }), OTHER.rolloutId);
    expect(decided(goal, held, { caller: OTHER })).toMatchObject({
      record: { runUrl: 'https://x/7', due: NOW + minutes * MINUTE },
    });
  });

  test('is taken over only after a look at its canary', () => {
    const inspect = { do: 'inspect', revision: CANARY };
    for (const [goal, caller] of [
      [resume, OTHER],
      [ramp, OTHER],
      [run, STARTER],
    ] as const) {
      expect(decided(goal, held, { caller, memory: unasked })).toEqual(inspect);
    }
  });

  test('is not taken over but restored when its canary is gone, and left to its owner at 0 %', () => {
    const memory: Memory = { ...unasked, canary: { health: 'gone', digest: null } };
    expect(decided(resume, held, { caller: OTHER, memory })).toMatchObject({
      do: 'write',
      record: { phase: 'rolled-back', reason: 'canary-gone', stable: STABLE },
    });
    const early = { ...held, stage: 0, changedAt: [NOW] };
    const service = aService({ record: early, asked: { [STABLE]: 100 } });
    expect(decided(resume, early, { caller: OTHER, memory, service })).toMatchObject({
      record: { phase: 'active', reason: 'taken', stage: 0 },
    });
  });

  test('is taken over with what was seen of its split, so that the window goes on', () => {
    const record = { ...held, servedAt: NOW - 5 * MINUTE };
    expect(decided(resume, record, { caller: OTHER })).toMatchObject({
      record: { servedAt: NOW - 5 * MINUTE, changedAt: held.changedAt },
    });
  });

  test('is taken over a second time by a third run', () => {
    const record = { ...taken, phase: 'held', reason: 'watched' } as const;
    expectTaken(decided(resume, record, { caller: THIRD }), THIRD.rolloutId);
  });

  test('is taken back by the run that started it', () => {
    const record = { ...taken, phase: 'held', reason: 'watched' } as const;
    expectTaken(decided(run, record, { caller: STARTER }), STARTER.rolloutId);
    const second = aCaller({ attempt: 2 });
    expectTaken(decided(run, record, { caller: second }), STARTER.rolloutId, 2);
  });

  test.each([
    ['run', run],
    ['ramp', ramp],
    ['resume', resume],
    ['clean-up', { kind: 'clean-up', reason: 'cancelled' }],
  ] as const)(
    'is not taken back by a %s of an attempt that a later one has overtaken',
    (_, goal) => {
      const record = { ...taken, starterAttempt: 2, phase: 'held', reason: 'watched' } as const;
      expectStop(decided(goal, record, { caller: STARTER }), 'fenced', /Attempt 2/);
      const service = aService({ record, asked: { [STABLE]: 100 } });
      expectStop(decided(goal, record, { caller: STARTER, service }), 'fenced');
    },
  );

  test('is not driven by one either while another run drives it', () => {
    const record = { ...taken, starterAttempt: 2 };
    expectStop(decided(run, record, { caller: STARTER }), 'fenced', /Attempt 2/);
    // Which order it is, and that it is too late, is for anybody to carry out.
    expect(decided(anOrder('rollback'), record, { caller: STARTER })).toMatchObject({
      record: { phase: 'rolled-back' },
    });
    const service = aService({ record, readAt: record.due + 1 });
    expect(decided(run, record, { caller: STARTER, service })).toMatchObject({
      record: { reason: 'expired' },
    });
  });

  test('remembers the highest attempt of its starter, and of nobody else', () => {
    const starterAttempt = (record: RolloutRecord, caller: typeof STARTER) =>
      decided(ramp, record, { caller });
    const back = { ...taken, starterAttempt: 2, phase: 'held', reason: 'watched' } as const;
    expect(starterAttempt(held, aCaller({ attempt: 3 }))).toMatchObject({
      record: { starterAttempt: 3, attempt: 3 },
    });
    expect(starterAttempt(back, { ...THIRD, attempt: 9 })).toMatchObject({
      record: { starterAttempt: 2, attempt: 9 },
    });
    expect(starterAttempt(back, aCaller({ attempt: 2 }))).toMatchObject({
      record: { starterAttempt: 2, attempt: 2 },
    });
  });

  test('keeps a run of somebody else out: it would start another rollout', () => {
    expectStop(decided(run, held, { caller: OTHER }), 'busy', /Another rollout is open/);
  });

  test('is taken over once by one process, and not again', () => {
    const memory = { ...fresh, drove: true };
    const record = { ...held, owner: THIRD.rolloutId };
    expectStop(decided(ramp, record, { caller: OTHER, memory }), 'busy');
  });

  test('is released by who would take it over, when an outsider has moved its split', () => {
    const service = aService({ record: held, asked: { [STABLE]: 100 } });
    expect(decided(ramp, held, { caller: OTHER, service })).toMatchObject({
      do: 'write',
      record: { phase: 'released', reason: 'drift' },
    });
    expectStop(decided(run, held, { caller: OTHER, service }), 'busy');
  });

  test('is ended, not taken over, when it is past due', () => {
    const service = aService({ record: held, readAt: held.due + 1 });
    expect(decided(resume, held, { caller: OTHER, service })).toMatchObject({
      record: { phase: 'rolled-back', reason: 'expired' },
    });
  });

  test('stays held when who came for it is cancelled before that', () => {
    const memory = { ...fresh, cancelled: true };
    expectStop(decided(resume, held, { caller: OTHER, memory }), 'nothing-open', /Cancelled/);
    expectStop(decided(run, held, { memory }), 'nothing-open', /Cancelled/);
  });
});

describe('an active rollout', () => {
  const active = aRecord();

  test.each([
    ['ramp', ramp],
    ['resume', resume],
    ['run', run],
  ])('is not taken over by a %s of another run: it has somebody', (_, goal) => {
    expectStop(decided(goal, active, { caller: OTHER }), 'busy', /actions\/runs\/19482736450/);
  });

  test('is not taken back by the run that started it either', () => {
    const why = /683120945-19482736457/;
    expectStop(decided(run, { ...taken, runUrl: '' }, { caller: STARTER }), 'busy', why);
    const second = aCaller({ attempt: 2 });
    expectStop(decided(run, { ...taken, runUrl: '' }, { caller: second }), 'busy', why);
  });

  test.each([
    ['ramp', ramp],
    ['resume', resume],
  ])('is taken over by a %s of a later attempt of its owner', (_, goal) => {
    const service = aService({ record: taken });
    const caller = { ...OTHER, attempt: 2 };
    expectTaken(decided(goal, taken, { caller, service }), OTHER.rolloutId, 2);
  });

  test('left by a cancelled attempt is restored even by a cancelled one', () => {
    const memory = { ...fresh, cancelled: true };
    const caller = aCaller({ attempt: 2 });
    expectTaken(decided(run, active, { caller, memory }), STARTER.rolloutId, 2);
  });
});

describe('whoever drove it before a take-over', () => {
  const doomed = aMemory({ doom: { reason: 'fail:error-rate', why: 'worse' } });
  const memories = [aMemory(), doomed, aMemory({ cancelled: true })];

  test.each(memories)('writes nothing while the new owner drives', (memory) => {
    expectStop(decided(run, taken, { memory }), 'busy');
    expectStop(
      decided({ kind: 'clean-up', reason: 'cancelled' }, taken, { memory }),
      'nothing-open',
    );
    expectStop(decided({ kind: 'reconcile', dead: null }, taken, { memory }), 'nothing-open');
  });

  test('writes nothing while the new owner holds', () => {
    const record = { ...taken, phase: 'held', reason: 'watched' } as const;
    expectStop(decided(run, record, { memory: aMemory() }), 'busy');
    expectStop(
      decided({ kind: 'clean-up', reason: 'cancelled' }, record, { memory: aMemory() }),
      'nothing-open',
    );
  });

  test('writes nothing although the split is not what it remembers', () => {
    const record = { ...taken, stage: 2, changedAt: [NOW, NOW, NOW] };
    const service = aService({ record, asked: { [STABLE]: 50, [CANARY]: 50 } });
    expectStop(decided(run, record, { service, memory: doomed }), 'busy');
  });

  test('leaves an outsider’s split to the new owner to notice', () => {
    const service = aService({ record: taken, asked: { [STABLE]: 100 } });
    expectStop(decided(run, taken, { service, memory: aMemory() }), 'busy');
    expect(decided(ramp, taken, { caller: OTHER, service, memory: aMemory() })).toMatchObject({
      record: { phase: 'released', reason: 'drift' },
    });
  });

  test('is fenced once a later attempt of its own run has taken it back', () => {
    const record = aRecord({ attempt: 2 });
    expectStop(decided(run, record, { memory: doomed }), 'fenced', /Attempt 2/);
    expectStop(decided({ kind: 'clean-up', reason: 'cancelled' }, record), 'fenced');
  });

  test('is not proved dead by the end of the starter’s run', () => {
    const dead = { rolloutId: STARTER.rolloutId, attempt: 1 };
    expectStop(decided({ kind: 'reconcile', dead }, taken, { caller: THIRD }), 'nothing-open');
    const owner = { rolloutId: OTHER.rolloutId, attempt: 1 };
    expect(decided({ kind: 'reconcile', dead: owner }, taken, { caller: THIRD })).toMatchObject({
      record: { phase: 'rolled-back', reason: 'expired' },
    });
  });

  test('does not count as driving it any more', () => {
    const service = aService({ record: taken });
    expect(notice(EMPTY_MEMORY, STARTER, service).drove).toBe(false);
    expect(notice(EMPTY_MEMORY, OTHER, service).drove).toBe(true);
  });
});

describe('an ending', () => {
  const promotedSplit = { asked: { [CANARY]: 100 }, served: { [CANARY]: 100 } };
  const ended = (with_: Partial<RolloutRecord>) =>
    aQuietService({ record: { ...taken, phase: 'rolled-back', ...with_ } });

  test.each([
    ['the starter', run, STARTER],
    ['the owner', ramp, OTHER],
  ])('of a rollout that was taken over is the result of %s', (_, goal, caller) => {
    expectStop(decided(goal, taken, { caller, service: ended({}) }), 'rolled-back');
  });

  test('does not keep the owner from starting its own, but for the process that drove it', () => {
    const situation = { caller: OTHER, service: ended({}) };
    expect(decided(run, taken, situation)).toMatchObject({ do: 'start' });
    const memory = { ...fresh, drove: true };
    expectStop(decided(run, taken, { ...situation, memory }), 'rolled-back');
  });

  test('is not the result of a third run, whose start it does not hinder', () => {
    const situation = { caller: THIRD, service: ended({}) };
    expect(decided(run, taken, situation)).toMatchObject({ do: 'start' });
    expectStop(decided(ramp, taken, situation), 'nothing-open');
  });

  test('that a ramp or a resume brought about, having come too late, is what it reports', () => {
    for (const reason of ['expired', 'drift', 'canary-gone'] as const) {
      const situation = { caller: THIRD, service: ended({ reason }) };
      const memory = { ...fresh, drove: true };
      expectStop(decided(resume, taken, { ...situation, memory }), 'rolled-back', /again/);
      expectStop(decided(resume, taken, situation), 'nothing-open');
      expectStop(decided(run, taken, { ...situation, memory }), 'refused', /someone else/);
    }
    const memory = { ...fresh, drove: true };
    const service = ended({ reason: 'cancelled' });
    expectStop(decided(resume, taken, { caller: THIRD, service, memory }), 'nothing-open');
  });

  test('is counted in the attempts of the starter, and apart from those of the owner', () => {
    const second = aCaller({ attempt: 2, revision: 'web-c8y7innm-2' });
    const service = ended({ attempt: 7 });
    expect(decided(run, taken, { caller: second, service })).toMatchObject({
      do: 'start',
      record: { startedBy: 2, owner: STARTER.rolloutId, attempt: 2 },
    });
    const later = { ...OTHER, rolloutId: '683120945-29482736450' };
    const theirs = ended({ attempt: 7, owner: later.rolloutId });
    const eighth = { ...later, attempt: 8 };
    expectStop(decided(ramp, taken, { caller: eighth, service: theirs }), 'nothing-open');
    const sixth = { ...OTHER, attempt: 6 };
    expectStop(decided(ramp, taken, { caller: sixth, service }), 'rolled-back');
  });

  test.each([
    ['the starter', run, aCaller({ attempt: 9 })],
    ['the owner', ramp, { ...OTHER, attempt: 9 }],
  ])('by promotion is the result of every attempt of %s', (_, goal, caller) => {
    const service = { ...ended({ phase: 'promoted', stage: 3 }), ...promotedSplit };
    expectStop(decided(goal, taken, { caller, service }), 'promoted');
  });

  test('is also that of every attempt that a later one has overtaken before the last owner', () => {
    const second = aCaller({ attempt: 2, revision: 'web-c8y7innm-2' });
    const service = ended({ starterAttempt: 3 });
    expectStop(decided(run, taken, { caller: second, service }), 'rolled-back');
    const fourth = aCaller({ attempt: 4, revision: 'web-c8y7innm-4' });
    expect(decided(run, taken, { caller: fourth, service })).toMatchObject({ do: 'start' });
  });

  test('goes into the history with the highest attempt of the starter', () => {
    const service = ended({ attempt: 7, starterAttempt: 3 });
    expect(decided(run, taken, { caller: THIRD, service })).toMatchObject({
      record: { history: [`${STARTER.rolloutId}:3:rolled-back`] },
    });
  });

  test('goes into the history as the starter’s', () => {
    expect(decided(run, taken, { caller: THIRD, service: ended({ attempt: 7 }) })).toMatchObject({
      record: { history: [`${STARTER.rolloutId}:1:rolled-back`] },
    });
  });
});

describe('the frozen plan', () => {
  const service = aService({ record: held, plan: null });

  test('that is gone leaves nothing to go on with: nothing is written', () => {
    for (const goal of [ramp, resume]) {
      expectStop(decided(goal, held, { caller: OTHER, service }), 'hands-off', /plan/);
    }
  });

  test('that is gone stops its owner too, but for a canary that was found bad', () => {
    const owner = { goal: ramp, service: aService({ plan: null }) };
    expectStop(decide(aSituation(owner)), 'hands-off', /plan/);
    const memory = aMemory({ doom: { reason: 'fail:error-rate', why: 'worse' } });
    expect(decide(aSituation({ ...owner, memory }))).toMatchObject({
      do: 'write',
      record: { phase: 'rolled-back', reason: 'fail:error-rate' },
    });
  });

  test('that is gone matters to nobody who brings it', () => {
    expectTaken(decided(run, held, { service }), STARTER.rolloutId);
  });

  test('that is gone does not hinder a person, a cancel or the time', () => {
    const gone = { service: aService({ plan: null }) };
    const orders = decide(aSituation({ ...gone, goal: anOrder('rollback') }));
    expect(orders).toMatchObject({ record: { phase: 'rolled-back' } });
    const cancel = { ...gone, goal: ramp, memory: aMemory({ cancelled: true }) };
    expect(decide(aSituation(cancel))).toMatchObject({ record: { reason: 'cancelled' } });
    const late = aService({ plan: null, readAt: NOW + 60 * MINUTE });
    const reconcile = { kind: 'reconcile', dead: null } as const;
    expect(decide(aSituation({ goal: reconcile, service: late }))).toMatchObject({
      record: { reason: 'expired' },
    });
  });

  test.each([
    ['rollback', 'rolled-back'],
    ['hold', 'held'],
  ] as const)('says what a clean-up does with on_cancel: %s', (onCancel, phase) => {
    const frozen = aService({ plan: aPlan({ onCancel }) });
    const decision = decided({ kind: 'clean-up', reason: 'cancelled' }, aRecord(), {
      service: frozen,
    });
    expect(decision).toMatchObject({ do: 'write', record: { phase, reason: 'cancelled' } });
  });

  test('says it of a clean-up after an error, too, and the record says that it was one', () => {
    for (const [onCancel, phase] of [
      ['rollback', 'rolled-back'],
      ['hold', 'held'],
    ] as const) {
      const service = aService({ plan: aPlan({ onCancel }) });
      const goal = { kind: 'clean-up', reason: 'broke-off' } as const;
      expect(decided(goal, aRecord(), { service })).toMatchObject({
        record: { phase, reason: 'broke-off' },
      });
    }
  });

  test('that is gone makes a clean-up restore', () => {
    const decision = decided({ kind: 'clean-up', reason: 'cancelled' }, aRecord(), {
      service: aService({ plan: null }),
    });
    expect(decision).toMatchObject({ record: { phase: 'rolled-back', reason: 'cancelled' } });
  });
});
