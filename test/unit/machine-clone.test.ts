import { describe, expect, test } from 'vitest';
import type { Memory, RevisionState, Situation } from '../../src/core/decision-types.ts';
import { cloneName } from '../../src/core/rollout/identity.ts';
import { decide } from '../../src/core/rollout/machine.ts';
import type { RolloutRecord, ServiceSnapshot } from '../../src/core/types.ts';
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
  aQuietService,
  aRecord,
  aService,
  aSituation,
  aStage,
  anOrder,
} from './build.ts';

const CLONE = cloneName(CANARY);
const PLAN = aPlan({ baseline: 'fresh' });
const READY: RevisionState = { health: 'ready', digest: null };
const FAILED: RevisionState = { health: { failed: 'It crashed.' }, digest: null };
const GONE: RevisionState = { health: 'gone', digest: null };
const PENDING: RevisionState = { health: 'pending', digest: null };

type With = {
  readonly record?: Partial<RolloutRecord>;
  readonly service?: Partial<ServiceSnapshot>;
  readonly memory?: Partial<Memory>;
  readonly rest?: Partial<Situation>;
};

/** The clone was asked for a minute ago, and is ready. */
function halfMade({ record, service, memory, rest }: With = {}): Situation {
  const first = { stage: 0, clone: CLONE, changedAt: [], reason: 'started' } as const;
  return aSituation({
    goal: aDrive({ plan: PLAN }),
    service: aService({
      asked: { [STABLE]: 100 },
      latestCreated: CLONE,
      tags: [],
      record: aRecord({ ...first, ...record }),
      plan: PLAN,
      ...service,
    }),
    memory: aMemory({
      canary: null,
      clone: READY,
      made: CLONE,
      ownRevision: 'absent',
      stage: aStage({ index: 0 }),
      ...memory,
    }),
    ...rest,
  });
}

function ended(situation: Situation): readonly unknown[] {
  const decision = decide(situation);
  return decision.do === 'write'
    ? [decision.record.phase, decision.record.reason, decision.record.clone]
    : [decision];
}

const LOST = ['start-failed', 'baseline-lost', null];
const BROKEN_OFF = ['rolled-back', 'broke-off', null];

describe('while there is a clone and no canary', () => {
  test('the canary is made once the clone is ready, and has all the time it needs', () => {
    const late = halfMade({ service: { readAt: NOW + 9 * MINUTE } });
    const decision = decide(late);
    expect(decision).toMatchObject({ do: 'start', record: { canary: CANARY, clone: CLONE } });
    if (decision.do !== 'start') throw new Error('no start');
    expect(decision.record.changedAt).toEqual([NOW + 9 * MINUTE]);
    expect(decision.record.due).toBeGreaterThan(NOW + 19 * MINUTE);
  });

  test('its state is asked for', () => {
    const unknown = halfMade({ memory: { clone: null } });
    expect(decide(unknown)).toEqual({ do: 'inspect', revision: CLONE });
  });

  test('the canary waits for it', () => {
    expect(decide(halfMade({ memory: { clone: PENDING } }))).toMatchObject({ do: 'wait' });
  });

  test('and until the service shows it', () => {
    expect(decide(halfMade({ service: { observed: false } }))).toMatchObject({ do: 'wait' });
    const late = { observed: false, readAt: NOW + 11 * MINUTE };
    expect(ended(halfMade({ service: late }))).toEqual(['rolled-back', 'not-served', null]);
  });

  test.each<[string, With]>([
    ['failed', { memory: { clone: FAILED } }],
    [
      'did not become ready in time',
      { memory: { clone: PENDING }, service: { readAt: NOW + 10 * MINUTE } },
    ],
    ['is gone', { memory: { clone: GONE }, service: { readAt: NOW + 2 * MINUTE } }],
    ['is not the template in force any more', { service: { latestCreated: 'web-by-hand' } }],
  ])('there is no start where it %s', (_, with_) => {
    expect(ended(halfMade(with_))).toEqual(LOST);
  });

  test('it may be invisible at first', () => {
    const soon = halfMade({ memory: { clone: GONE }, service: { readAt: NOW + MINUTE } });
    expect(decide(soon)).toMatchObject({ do: 'wait' });
  });

  test('the name of the canary is looked for again', () => {
    const unknown = halfMade({ memory: { ownRevision: 'unknown' } });
    expect(decide(unknown)).toEqual({ do: 'look-for', revision: CANARY });
    const taken = halfMade({ memory: { ownRevision: 'exists' } });
    expect(ended(taken)).toEqual(['rolled-back', 'canary-gone', null]);
  });

  test('nobody but who has made it makes the canary', () => {
    expect(ended(halfMade({ memory: { made: null } }))).toEqual(BROKEN_OFF);
  });

  test('a later attempt ends it, and may then begin anew', () => {
    const caller = aCaller({ attempt: 2, revision: 'web-c8y7innm-2' });
    const memory = { drove: false, made: null } as const;
    expect(ended(halfMade({ memory, rest: { caller } }))).toEqual(BROKEN_OFF);
  });

  test('a cancel ends it, whatever on_cancel says', () => {
    const plan = aPlan({ baseline: 'fresh', onCancel: 'hold' });
    const goal = { kind: 'clean-up', reason: 'cancelled', doom: null } as const;
    const situation = halfMade({ service: { plan }, rest: { goal } });
    expect(ended(situation)).toEqual(['rolled-back', 'cancelled', null]);
  });

  test('there is nothing to promote', () => {
    const inspected = halfMade({ memory: { canary: GONE }, rest: { goal: anOrder('promote') } });
    expect(decide(inspected)).toMatchObject({ do: 'stop', outcome: 'refused' });
  });

  test('whoever comes after the deadline ends it', () => {
    const goal = { kind: 'reconcile', dead: null } as const;
    const situation = halfMade({ service: { readAt: NOW + 41 * MINUTE }, rest: { goal } });
    expect(ended(situation)).toEqual(['rolled-back', 'expired', null]);
  });
});

/** Stage 1 with a clone; both are ready. */
function ramping({ record, service, memory, rest }: With = {}): Situation {
  const asked = { [STABLE]: 90, [CANARY]: 5, [CLONE]: 5 };
  return aSituation({
    goal: aDrive({ plan: PLAN }),
    service: aService({
      asked,
      record: aRecord({ clone: CLONE, ...record }),
      plan: PLAN,
      ...service,
    }),
    memory: aMemory({ clone: READY, ...memory }),
    ...rest,
  });
}

const PASSED = aStage({ judgement: aJudgement(), closed: true, lookedAt: NOW });

describe('above 0 % with a clone', () => {
  test('it is what the canary is held against, and its history is the stable revision’s', () => {
    const decision = decide(ramping({ service: { readAt: NOW + 5 * MINUTE } }));
    expect(decision).toMatchObject({ do: 'observe', baseline: CLONE, stable: STABLE });
  });

  test('both are raised', () => {
    const decision = decide(ramping({ memory: { stage: PASSED } }));
    expect(decision).toMatchObject({ do: 'write', record: { stage: 2, clone: CLONE } });
  });

  test('neither is raised while the clone is not known to be ready', () => {
    const decision = decide(ramping({ memory: { stage: PASSED, clone: PENDING } }));
    expect(decision).toMatchObject({ do: 'wait' });
  });

  test('its state is asked for', () => {
    expect(decide(ramping({ memory: { clone: null } }))).toEqual({
      do: 'inspect',
      revision: CLONE,
    });
  });

  test.each([FAILED, GONE])('the rollout ends where it is %o', (clone) => {
    expect(ended(ramping({ memory: { clone } }))).toEqual(['rolled-back', 'baseline-lost', null]);
  });

  test('a split without it is somebody else’s', () => {
    const service = { asked: { [STABLE]: 95, [CANARY]: 5 } };
    expect(ended(ramping({ service }))).toEqual(['released', 'drift', null]);
  });

  test('a take-over of a split that names a clone that is gone would be refused for ever', () => {
    const rest = { caller: aCaller({ attempt: 2 }) };
    const memory = { drove: false } as const;
    expect(decide(ramping({ rest, memory: { ...memory, clone: null } }))).toEqual({
      do: 'inspect',
      revision: CLONE,
    });
    const gone = ramping({ rest, memory: { ...memory, clone: GONE } });
    expect(ended(gone)).toEqual(['rolled-back', 'baseline-lost', null]);
    const there = ramping({ rest, memory: { ...memory, clone: READY } });
    expect(ended(there)).toEqual(['active', 'taken', CLONE]);
  });

  test('at 0 % a look that comes late does not take one answer that failed to come for its end', () => {
    const held = {
      stage: 0,
      changedAt: [NOW - 60 * MINUTE],
      owner: '683120945-19482736457',
      attempt: 1,
    };
    const look = (seconds: number) =>
      ramping({
        record: { ...held, reason: 'taken' },
        service: { asked: { [STABLE]: 100 }, readAt: NOW + seconds * 1_000 },
        memory: { clone: PENDING, stage: aStage({ index: 0 }) },
        rest: {
          goal: aDrive({ plan: null, mayStart: false, pace: 'look' }),
          caller: aCaller({ rolloutId: '683120945-19482736457' }),
        },
      });
    expect(decide(look(59))).toMatchObject({ do: 'wait' });
    expect(ended(look(60))).toEqual(['rolled-back', 'baseline-lost', null]);
  });

  test('at 0 % nobody is sent anywhere before it is ready', () => {
    const service = { asked: { [STABLE]: 100 } };
    const memory = { clone: PENDING, stage: aStage({ index: 0, probed: true }) };
    const record = { stage: 0, changedAt: [NOW] };
    expect(decide(ramping({ record, service, memory }))).toMatchObject({ do: 'wait' });
  });
});

describe('a start with a fresh baseline', () => {
  const quiet = (service: Partial<ServiceSnapshot> = {}) =>
    aSituation({
      goal: aDrive({ plan: PLAN }),
      service: aQuietService(service),
      memory: aMemory({ drove: false, ownRevision: 'absent', stage: null, canary: null }),
    });

  test('asks for the clone first', () => {
    expect(decide(quiet())).toMatchObject({
      do: 'start',
      record: { clone: CLONE, changedAt: [], stage: 0 },
    });
  });

  test('may put aside what the last rollout has left', () => {
    const rolloutId = '683120945-19482730000';
    const last = { rolloutId, owner: rolloutId, phase: 'rolled-back', canary: 'web-c1-1' } as const;
    const record = aRecord({ ...last, at: NOW - MINUTE });
    for (const latestCreated of ['web-c1-1', 'web-c1-1-b']) {
      expect(decide(quiet({ record, latestCreated }))).toMatchObject({ do: 'start' });
    }
  });

  test.each<Partial<ServiceSnapshot>>([
    { latestCreated: 'web-by-hand' },
    {
      latestCreated: 'web-by-hand',
      record: aRecord({
        phase: 'rolled-back',
        canary: 'web-by-hand',
        brought: true,
        rolloutId: '683120945-1',
        owner: '683120945-1',
        at: NOW - MINUTE,
      }),
    },
    {
      latestCreated: 'web-by-hand',
      record: aRecord({
        phase: 'promoted',
        stage: 3,
        rolloutId: '683120945-1',
        owner: '683120945-1',
      }),
    },
  ])('puts aside nobody else’s template', (service) => {
    const decision = decide(quiet(service));
    expect(decision).toMatchObject({ do: 'stop', outcome: 'refused' });
    expect(JSON.stringify(decision)).toContain('web-by-hand');
  });
});
