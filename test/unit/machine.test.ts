import { describe, expect, test } from 'vitest';
import { decide } from '../../src/core/rollout/machine.ts';
import { EMPTY_MEMORY } from '../../src/core/rollout/memory.ts';
import type { Decision, Outcome } from '../../src/core/decision-types.ts';
import type { Phase, Reason } from '../../src/core/types.ts';
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
  aSmoke,
  aStage,
  anOrder,
} from './build.ts';

function expectWrite(decision: Decision, phase: Phase, reason: Reason) {
  expect(decision).toMatchObject({ do: 'write', record: { phase, reason } });
}

function expectStop(decision: Decision, outcome: Outcome, why: RegExp) {
  expect(decision).toMatchObject({ do: 'stop', outcome });
  expect(decision.do === 'stop' && decision.why).toMatch(why);
}

const ready = aMemory({ drove: false, stage: null, canary: null, ownRevision: 'absent' });
const other = aRecord({ rolloutId: '1-2', owner: '1-2', attempt: 1, canary: 'web-c2-1' });
const otherService = aService({ asked: { [STABLE]: 95, 'web-c2-1': 5 }, record: other });

describe('with an unreadable record', () => {
  test.each([
    aDrive(),
    anOrder('rollback'),
    { kind: 'clean-up', reason: 'cancelled', doom: null } as const,
    { kind: 'reconcile', dead: null } as const,
  ])('nobody touches anything: $kind', (goal) => {
    const decision = decide(aSituation({ goal, service: aService({ record: 'unreadable' }) }));
    expectStop(decision, 'hands-off', /cannot be read/);
  });
});

describe('with no rollout open', () => {
  const start = (with_: Parameters<typeof aSituation>[0]) =>
    decide(aSituation({ service: aQuietService(), memory: ready, ...with_ }));

  test('a proved fence and an unused name start: all traffic stays with the stable revision', () => {
    expect(start({})).toMatchObject({
      do: 'start',
      record: {
        phase: 'active',
        stage: 0,
        percents: [0, 5, 50, 100],
        stable: STABLE,
        canary: CANARY,
        reason: 'started',
        followedLatest: true,
        changedAt: [NOW],
      },
    });
  });

  test('the fence is proved before anything is written', () => {
    expect(start({ memory: { ...ready, fence: 'unproved' } })).toEqual({ do: 'prove-fence' });
  });

  test('without a fence it refuses unless the user allows it', () => {
    const memory = { ...ready, fence: 'absent' } as const;
    expectStop(start({ memory }), 'refused', /allow_unfenced/);
    const goal = aDrive({ plan: aPlan({ allowUnfenced: true }) });
    expect(start({ memory, goal })).toMatchObject({ do: 'start' });
  });

  test('its own revision is looked for before the start', () => {
    const memory = { ...ready, ownRevision: 'unknown' } as const;
    expect(start({ memory })).toEqual({ do: 'look-for', revision: CANARY });
  });

  test('a revision of its own without a record is a record that was erased', () => {
    const memory = { ...ready, ownRevision: 'exists' } as const;
    expectStop(start({ memory }), 'refused', /no rollout record speaks of it/);
  });

  test.each([
    ['a split of several', { asked: { [STABLE]: 60, 'web-00040-old': 40 } }],
    ['no split at all', { asked: {} }],
    ['a split that is not served', { served: { 'web-00040-old': 100 } }],
  ])('%s is refused: a stable revision is never guessed', (_, with_) => {
    expectStop(start({ service: aQuietService(with_) }), 'refused', /no rollout explains it/);
  });

  test.each([
    ['is not ready yet', { ready: 'pending' }],
    ['speaks of an older generation', { observed: false }],
  ] as const)('a service whose status %s is waited for: somebody is deploying', (_, with_) => {
    expect(start({ service: aQuietService(with_) })).toMatchObject({ do: 'wait', atMost: 2_000 });
  });

  test('a tag that somebody else uses is not taken from them', () => {
    const tags = [{ tag: 'c-8y7innm', revision: 'web-00040-old', url: '' }];
    expectStop(start({ service: aQuietService({ tags }) }), 'refused', /tag c-8y7innm is in use/);
    expectStop(start({ service: aQuietService({ tags }) }), 'refused', /whose record was erased/);
    expectStop(start({ service: aQuietService({ tags }) }), 'refused', /--remove-tags=c-8y7innm$/);
    const record = { ...other, phase: 'rolled-back' } as const;
    const known = start({ service: aQuietService({ tags, record }) });
    expectStop(known, 'refused', /in use\. Choose another/);
  });

  test('a rollout that has just ended is waited for until it is served, for a minute at most', () => {
    const record = { ...other, phase: 'rolled-back', at: NOW } as const;
    const split = { [STABLE]: 95, 'web-c2-1': 5 };
    const at = (readAt: number, asked: object = { [STABLE]: 100 }) =>
      start({ service: aQuietService({ record, asked: { ...asked }, served: split, readAt }) });
    expect(at(NOW + 59_000)).toMatchObject({ do: 'wait' });
    expectStop(at(NOW + 60_000), 'refused', /no rollout explains it/);
    expectStop(at(NOW + 1_000, { [STABLE]: 60, old: 40 }), 'refused', /no rollout explains it/);
  });

  test('its own promotion is reported again, whatever the attempt', () => {
    const record = aRecord({ phase: 'promoted', stage: 3, attempt: 1 });
    const decision = start({
      service: aQuietService({ record, asked: { [CANARY]: 100 } }),
      caller: aCaller({ attempt: 2, revision: 'web-c8y7innm-2' }),
    });
    expectStop(decision, 'promoted', /has all traffic/);
  });

  test('its own promotion that somebody has undone since is not reported as if it stood', () => {
    const record = aRecord({ phase: 'promoted', stage: 3 });
    const caller = aCaller({ attempt: 2, revision: 'web-c8y7innm-2' });
    const undone = `${CANARY} was promoted, but somebody has changed the traffic since (${STABLE} 100 %).`;
    const decision = start({ service: aQuietService({ record }), caller });
    expect(decision).toEqual({ do: 'stop', outcome: 'released', why: undone });
  });

  test('nor is its own restore, which stays one', () => {
    const record = aRecord({ phase: 'rolled-back' });
    const decision = start({ service: aQuietService({ record, asked: { [CANARY]: 100 } }) });
    expectStop(decision, 'rolled-back', /was restored, but somebody has changed the traffic since/);
  });

  test('its own restore is reported to the same attempt, and a later attempt starts afresh', () => {
    const service = aQuietService({ record: aRecord({ phase: 'rolled-back' }) });
    expectStop(start({ service }), 'rolled-back', /all traffic again/);
    const caller = aCaller({ attempt: 2, revision: 'web-c8y7innm-2' });
    expect(start({ service, caller })).toMatchObject({
      do: 'start',
      record: { attempt: 2, history: ['683120945-19482736450:1:rolled-back'] },
    });
  });

  test('an ending of its own is seen through until it is served, for a minute at most', () => {
    const record = aRecord({ phase: 'promoted', stage: 3, at: NOW });
    const asked = { [CANARY]: 100 };
    const at = (readAt: number, served = { [STABLE]: 50, [CANARY]: 50 } as object) =>
      start({
        service: aQuietService({ record, asked, served: { ...served }, readAt }),
        memory: { ...ready, drove: true },
      });
    expect(at(NOW + 5_000)).toMatchObject({ do: 'wait' });
    expectStop(at(NOW + 5_000, asked), 'promoted', /all traffic/);
    expectStop(at(NOW + 60_000), 'promoted', /was asked for, but web-00041-kib 50 %, .* is served/);
  });

  test('whoever is cancelled, or only reports, does not wait for it', () => {
    const record = aRecord({ phase: 'rolled-back', at: NOW });
    const service = aQuietService({ record, served: { [STABLE]: 50, [CANARY]: 50 } });
    const cancelled = { ...ready, drove: true, cancelled: true };
    expectStop(start({ service, memory: cancelled }), 'rolled-back', /asked for, but/);
    expectStop(start({ service }), 'rolled-back', /asked for, but/);
  });

  test('one process never starts a second rollout', () => {
    const service = aQuietService({ record: { ...other, phase: 'rolled-back' } });
    expectStop(start({ service, memory: { ...ready, drove: true } }), 'refused', /someone else/);
    const doom = { reason: 'fail:error-rate', why: 'worse', rollout: '' } as const;
    expectStop(start({ service, memory: { ...ready, doom } }), 'refused', /someone else/);
  });

  test.each([
    ['683120945-19482736450:1:rolled-back', 'refused'],
    ['683120945-19482736450:2:rolled-back', 'refused'],
    ['683120945-19482736450:1:promoted', 'refused'],
  ])('a re-run of an old run is stale: history %s', (entry) => {
    const record = { ...other, phase: 'promoted', stage: 3, history: [entry] } as const;
    expectStop(start({ service: aQuietService({ record }) }), 'refused', /newer rollout/);
  });

  test.each([
    ['a later run', '683120945-19482736451', 2, 'refused'],
    ['a later run, to one that was not re-run', '683120945-19482736451', 1, 'start'],
    ['an earlier run', '683120945-19482736449', 2, 'start'],
    ['a run of another repository', '7-19482736451', 2, 'start'],
  ])('a re-run is stale after the rollout of %s, forgotten or not', (_, rolloutId, attempt, to) => {
    const record = { ...other, phase: 'rolled-back', rolloutId, history: [] } as const;
    const decision = start({
      service: aQuietService({ record }),
      caller: aCaller({ attempt, revision: 'web-again' }),
    });
    expect(decision.do === 'stop' ? decision.outcome : decision.do).toBe(to);
  });

  test('an earlier attempt of its own in the history does not make it stale', () => {
    const record = {
      ...other,
      phase: 'rolled-back',
      history: ['683120945-19482736450:1:rolled-back'],
    } as const;
    const caller = aCaller({ attempt: 2 });
    expect(start({ service: aQuietService({ record }), caller })).toMatchObject({ do: 'start' });
  });

  test.each([
    anOrder('rollback'),
    anOrder('promote'),
    { kind: 'clean-up', reason: 'cancelled', doom: null } as const,
    { kind: 'reconcile', dead: null } as const,
    aDrive({ mayStart: false }),
  ])('$kind changes nothing', (goal) => {
    expectStop(start({ goal }), 'nothing-open', /No rollout is open/);
  });

  test('a cancelled process begins nothing', () => {
    expectStop(start({ memory: { ...ready, cancelled: true } }), 'nothing-open', /Cancelled/);
  });

  test('an order reports the ending it brought about, not an older one like it', () => {
    const goal = anOrder('rollback');
    const record = { ...other, phase: 'rolled-back', reason: 'ordered:rollback:ada' } as const;
    const service = aQuietService({ record });
    expectStop(start({ goal, service, memory: { ...ready, drove: true } }), 'rolled-back', /again/);
    expectStop(start({ goal, service }), 'nothing-open', /No rollout/);
  });
});

describe('with an open rollout of another run', () => {
  test('it waits its turn, and says whose turn it is', () => {
    expectStop(
      decide(aSituation({ service: otherService, memory: ready })),
      'busy',
      /actions\/runs/,
    );
  });

  test('past its due time anyone ends it, by restoring the stable revision', () => {
    const service = { ...otherService, readAt: other.due + 1 };
    expectWrite(decide(aSituation({ service, memory: ready })), 'rolled-back', 'expired');
  });

  test('at its due time it is still its owner’s', () => {
    const service = { ...otherService, readAt: other.due };
    expectStop(decide(aSituation({ service, memory: ready })), 'busy', /Another rollout/);
  });

  test('a run proved dead is ended at once, a held one and a later attempt are not', () => {
    const goal = { kind: 'reconcile', dead: { rolloutId: '1-2', attempt: 1 } } as const;
    expectWrite(decide(aSituation({ goal, service: otherService })), 'rolled-back', 'expired');
    const held = aService({ ...otherService, record: { ...other, phase: 'held' } });
    expectStop(decide(aSituation({ goal, service: held })), 'nothing-open', /another run/);
    const later = aService({ ...otherService, record: { ...other, attempt: 2 } });
    expectStop(decide(aSituation({ goal, service: later })), 'nothing-open', /another run/);
  });

  test('so is one of which a later attempt is proved dead: it had ended when that began', () => {
    const goal = { kind: 'reconcile', dead: { rolloutId: '1-2', attempt: 2 } } as const;
    expectWrite(decide(aSituation({ goal, service: otherService })), 'rolled-back', 'expired');
    const third = { ...goal, dead: { rolloutId: '1-3', attempt: 2 } };
    expectStop(
      decide(aSituation({ goal: third, service: otherService })),
      'nothing-open',
      /not due/,
    );
  });

  test('a clean-up leaves it alone', () => {
    const goal = { kind: 'clean-up', reason: 'cancelled', doom: null } as const;
    expectStop(decide(aSituation({ goal, service: otherService })), 'nothing-open', /another run/);
  });
});

describe('an order by a person', () => {
  const rollback = anOrder('rollback');
  const promote = anOrder('promote');
  const memory = { ...EMPTY_MEMORY, canary: { health: 'ready', digest: null } } as const;

  test('a rollback ends any open rollout at once', () => {
    const decision = decide(aSituation({ goal: rollback, service: otherService, memory }));
    expectWrite(decision, 'rolled-back', 'ordered:rollback:ada');
  });

  test('a promote gives a ready canary everything', () => {
    const decision = decide(aSituation({ goal: promote, service: otherService, memory }));
    expectWrite(decision, 'promoted', 'ordered:promote:ada');
    expect(decision).toMatchObject({ record: { stage: 3 } });
  });

  test('a promote asks how the canary is first, and refuses one that is not ready', () => {
    const unknown = decide(
      aSituation({ goal: promote, service: otherService, memory: EMPTY_MEMORY }),
    );
    expect(unknown).toEqual({ do: 'inspect', revision: 'web-c2-1' });
    const pending = { ...memory, canary: { health: 'pending', digest: null } } as const;
    const decision = decide(aSituation({ goal: promote, service: otherService, memory: pending }));
    expectStop(decision, 'refused', /not ready/);
  });

  test('a promote that was not taken and is cancelled is not tried again', () => {
    const cancelled = { ...memory, drove: true, cancelled: true };
    const decision = decide(
      aSituation({ goal: promote, service: otherService, memory: cancelled }),
    );
    expectStop(decision, 'nothing-open', /Cancelled before the canary was promoted/);
  });

  test('a promote refuses another image under the name of the canary', () => {
    const image = `web@sha256:${'a'.repeat(64)}`;
    const service = aService({ ...otherService, record: { ...other, image } });
    const swapped = { health: 'ready', digest: `web@sha256:${'b'.repeat(64)}` } as const;
    const decision = decide(
      aSituation({ goal: promote, service, memory: { ...memory, canary: swapped } }),
    );
    expectStop(decision, 'refused', /has another image/);
  });

  test('a promote waits until the split is served', () => {
    const service = { ...otherService, served: { [STABLE]: 100 } };
    expect(decide(aSituation({ goal: promote, service, memory }))).toMatchObject({ do: 'wait' });
  });

  test('a cancelled order is not carried out', () => {
    const cancelled = { ...memory, cancelled: true };
    const decision = decide(
      aSituation({ goal: rollback, service: otherService, memory: cancelled }),
    );
    expectStop(decision, 'nothing-open', /Cancelled/);
  });
});

describe('when an outsider moved the split', () => {
  test.each([
    ['rolled back', { [STABLE]: 100 }],
    ['another revision', { 'web-00040-old': 100 }],
    ['the canary at 100', { [CANARY]: 100 }],
    ['another share', { [STABLE]: 90, [CANARY]: 10 }],
  ])('the owner lets go of it and touches no traffic: %s', (_, asked) => {
    expectWrite(decide(aSituation({ service: aService({ asked }) })), 'released', 'drift');
  });

  test.each([anOrder('rollback'), anOrder('promote')])(
    'an order to $order does not overwrite them',
    (goal) => {
      const service = aService({ asked: { 'web-00040-old': 100 } });
      expectWrite(decide(aSituation({ goal, service })), 'released', 'drift');
    },
  );

  test('a split that follows LATEST is an outsider’s, though it still means the record’s', () => {
    for (const goal of [
      aDrive(),
      anOrder('rollback'),
      { kind: 'reconcile', dead: null } as const,
    ]) {
      const record = aRecord({ due: NOW - 1 });
      const service = aService({ record, followsLatest: true });
      expectWrite(decide(aSituation({ goal, service })), 'released', 'drift');
    }
  });

  test('past due it is released, not restored', () => {
    const service = aService({ asked: { 'web-00040-old': 100 }, readAt: NOW + 60 * MINUTE });
    const goal = { kind: 'reconcile', dead: null } as const;
    expectWrite(decide(aSituation({ goal, service })), 'released', 'drift');
  });
});

describe('attempts of one run', () => {
  test('an older attempt is fenced by a newer one', () => {
    const service = aService({ record: aRecord({ attempt: 2 }) });
    expectStop(decide(aSituation({ service })), 'fenced', /Attempt 2/);
  });

  test('a later attempt takes an active rollout over and has a due time of its own', () => {
    const caller = aCaller({ attempt: 2 });
    const memory = { ...ready, canary: aMemory().canary };
    const decision = decide(aSituation({ caller, memory }));
    expectWrite(decision, 'active', 'taken');
    expect(decision).toMatchObject({
      record: { attempt: 2, stage: 1, due: NOW + (10 + 3 + 15 + 5 + 2) * MINUTE },
    });
  });

  test('only as its first act', () => {
    const caller = aCaller({ attempt: 2 });
    expectStop(decide(aSituation({ caller })), 'fenced', /Another attempt/);
  });

  test('a held rollout gets a new due time when it is taken', () => {
    const record = aRecord({ phase: 'held', due: NOW + MINUTE });
    const memory = { ...ready, canary: aMemory().canary };
    const decision = decide(aSituation({ memory, service: aService({ record }) }));
    expectWrite(decision, 'active', 'taken');
    expect(decision).toMatchObject({ record: { due: NOW + (10 + 3 + 15 + 5 + 2) * MINUTE } });
  });

  test('a plan that changed between attempts is refused: an old stage is never looked up in a new list', () => {
    const caller = aCaller({ attempt: 2 });
    const goal = aDrive({ plan: aPlan({ hash: '00000000' }) });
    expectStop(decide(aSituation({ caller, goal, memory: ready })), 'refused', /differs/);
  });

  test('a second step of the same attempt with another plan does not pass for the first', () => {
    const goal = aDrive({ plan: aPlan({ hash: '00000000' }) });
    expectStop(decide(aSituation({ goal })), 'refused', /differs/);
  });

  test('what this process held stays held', () => {
    const service = aService({ record: aRecord({ phase: 'held' }) });
    expectStop(decide(aSituation({ service })), 'held', /held at 5 %/);
  });
});

describe('cancelling', () => {
  const cancelled = aMemory({ cancelled: true });

  test('restores the stable revision', () => {
    expectWrite(decide(aSituation({ memory: cancelled })), 'rolled-back', 'cancelled');
  });

  test('holds when the plan says so, for no longer than the stage had', () => {
    const goal = aDrive({ plan: aPlan({ onCancel: 'hold' }) });
    const decision = decide(aSituation({ goal, memory: cancelled }));
    expectWrite(decision, 'held', 'cancelled');
    expect(decision).toMatchObject({ record: { due: aRecord().due } });
  });

  test.each([
    ['main', aDrive({ plan: aPlan({ onCancel: 'hold' }), pace: 'look' }), cancelled],
    ['its post step', { kind: 'clean-up', reason: 'broke-off', doom: null }, EMPTY_MEMORY],
  ] as const)('of a look holds for as long as the stage has, by %s', (_, goal, memory) => {
    const plan = aPlan({ onCancel: 'hold' });
    const record = aRecord({ due: aRecord().at + 12 * MINUTE });
    const found = { next: 20, due: NOW + 30 * 24 * 60 * MINUTE };
    const service = aService({ record, plan });
    const decision = decide(aSituation({ goal, service, memory: { ...memory, found } }));
    const due = record.at + (10 + 3 + 15 + 5 + 2) * MINUTE;
    expect(decision).toMatchObject({ record: { phase: 'held', due } });
  });

  test('never holds a canary that was found bad', () => {
    const goal = aDrive({ plan: aPlan({ onCancel: 'hold' }) });
    const memory = {
      ...cancelled,
      doom: { reason: 'fail:error-rate', why: 'worse', rollout: '' },
    } as const;
    expectWrite(decide(aSituation({ goal, memory })), 'rolled-back', 'fail:error-rate');
  });

  test('the post step restores what its own attempt left active, and nothing else', () => {
    const goal = { kind: 'clean-up', reason: 'cancelled', doom: null } as const;
    const memory = EMPTY_MEMORY;
    expectWrite(decide(aSituation({ goal, memory })), 'rolled-back', 'cancelled');
    const held = aService({ record: aRecord({ phase: 'held' }) });
    expectStop(decide(aSituation({ goal, memory, service: held })), 'held', /is held at 5 %/);
    const later = aCaller({ attempt: 2 });
    const kept = aSituation({ goal, memory, caller: later, service: held });
    expectStop(decide(kept), 'nothing-open', /clean up/);
    const earlier = aService({ record: aRecord({ attempt: 2 }) });
    expectStop(decide(aSituation({ goal, memory, service: earlier })), 'fenced', /Attempt 2/);
  });
});

describe('the owner at 0 %', () => {
  const record = aRecord({ stage: 0, changedAt: [NOW], reason: 'started' });
  const service = aService({ record, asked: { [STABLE]: 100 } });
  const memory = aMemory({ stage: aStage({ index: 0 }) });
  const at = (with_: Parameters<typeof aSituation>[0]) =>
    decide(aSituation({ service, memory, ...with_ }));

  test('asks how the canary is before anything else', () => {
    expect(at({ memory: { ...memory, canary: null } })).toEqual({
      do: 'inspect',
      revision: CANARY,
    });
  });

  test('waits for a canary that is starting, and gives up at the deploy timeout', () => {
    const pending = { ...memory, canary: { health: 'pending', digest: null } } as const;
    expect(at({ memory: pending })).toMatchObject({ do: 'wait', atMost: 5_000 });
    const late = { ...service, readAt: NOW + 10 * MINUTE };
    expectWrite(at({ memory: pending, service: late }), 'start-failed', 'not-ready');
  });

  test('a canary that failed to start ends the rollout before it began', () => {
    const failed = { ...memory, canary: { health: { failed: 'no port' }, digest: null } };
    expectWrite(at({ memory: failed }), 'start-failed', 'not-ready');
  });

  test('a canary that nobody can see within two minutes of its start is gone', () => {
    const gone = { ...memory, canary: { health: 'gone', digest: null } } as const;
    const after = (seconds: number) =>
      at({ memory: gone, service: { ...service, readAt: NOW + seconds * 1_000 } });
    expect(after(119)).toMatchObject({ do: 'wait' });
    expectWrite(after(120), 'rolled-back', 'canary-gone');
  });

  test('probes the address that the service gives for the tag', () => {
    expect(at({})).toEqual({
      do: 'probe',
      url: 'https://c-8y7innm---web-x.a.run.app',
      revision: CANARY,
    });
  });

  test.each([
    ['another revision', { tag: 'c-8y7innm', revision: STABLE, url: 'https://x' }],
    ['no address yet', { tag: 'c-8y7innm', revision: CANARY, url: '' }],
    ['the latest revision', { tag: 'c-8y7innm', revision: null, url: 'https://x' }],
  ])('never probes a tag that stands for %s', (_, tag) => {
    expect(at({ service: { ...service, tags: [tag] } })).toMatchObject({ do: 'wait' });
    const late = { ...service, tags: [tag], readAt: NOW + 10 * MINUTE };
    expectWrite(at({ service: late }), 'rolled-back', 'probe-failed');
  });

  test('a good probe raises it to the first stage', () => {
    const decision = at({ memory: { ...memory, stage: aStage({ index: 0, probed: true }) } });
    expectWrite(decision, 'active', 'pass');
    expect(decision).toMatchObject({ record: { stage: 1, changedAt: [NOW, NOW] } });
  });

  test('a canary that has passed is warmed up in pieces, and then raised', () => {
    const goal = aDrive({ plan: aPlan({ smoke: aSmoke({ warmUp: 90_000 }) }) });
    const warmed = (ms: number) =>
      at({ goal, memory: { ...memory, stage: aStage({ index: 0, probed: true, warmed: ms }) } });
    const url = 'https://c-8y7innm---web-x.a.run.app';
    const piece = { do: 'warm-up', url, revision: CANARY };
    expect(at({ goal })).toMatchObject({ do: 'probe' });
    expect(warmed(0)).toEqual({ ...piece, atMost: 60_000 });
    expect(warmed(60_000)).toEqual({ ...piece, atMost: 30_000 });
    expectWrite(warmed(90_000), 'active', 'pass');
  });

  test('who leaves it held does not warm it up, and a lost tag is not asked', () => {
    const plan = aPlan({ smoke: aSmoke({ warmUp: 90_000 }) });
    const probed = { ...memory, stage: aStage({ index: 0, probed: true }) };
    expectWrite(at({ goal: aDrive({ plan, until: 0 }), memory: probed }), 'held', 'reached');
    const lost = { ...service, tags: [] };
    const decision = at({ goal: aDrive({ plan }), memory: probed, service: lost });
    expectWrite(decision, 'rolled-back', 'probe-failed');
  });

  test('a cancel ends a warm-up before its next piece', () => {
    const goal = aDrive({ plan: aPlan({ smoke: aSmoke({ warmUp: 90_000 }) }) });
    const probed = { ...memory, cancelled: true, stage: aStage({ index: 0, probed: true }) };
    expectWrite(at({ goal, memory: probed }), 'rolled-back', 'cancelled');
  });

  test.each([
    ['a status that lags behind a label', { observed: false }, {}, 19],
    ['a split that is lost for a moment', { served: {} }, {}, 19],
    // It was ready before: what is left of its deadline but for a minute.
    [
      'a canary that did not answer',
      {},
      { canary: { health: 'pending', digest: null } as const },
      39,
    ],
  ])('the time of its warm-up is none of its patience: %s', (_, seen, known, end) => {
    const goal = aDrive({ plan: aPlan({ smoke: aSmoke({ warmUp: 10 * MINUTE }) }) });
    const stage = aStage({ index: 0, probed: true, warmed: 9 * MINUTE });
    const after = (minutes: number) =>
      at({
        goal,
        memory: { ...memory, ...known, stage },
        service: { ...service, ...seen, readAt: NOW + minutes * MINUTE },
      });
    expect(after(end - 0.1)).toMatchObject({ do: 'wait' });
    expect(after(end)).toMatchObject({ do: 'write' });
    const cold = { ...memory, ...known, stage: { ...stage, warmed: 0 } };
    const late = { ...service, ...seen, readAt: NOW + 10 * MINUTE };
    expect(at({ goal, memory: cold, service: late })).toMatchObject({ do: 'write' });
  });

  test('a tag that moved while it was probed proves nothing', () => {
    const probed = { ...memory, stage: aStage({ index: 0, probed: true }) };
    const moved = { ...service, tags: [{ tag: 'c-8y7innm', revision: STABLE, url: 'https://x' }] };
    expectWrite(at({ memory: probed, service: moved }), 'rolled-back', 'probe-failed');
  });

  test('without smoke the tag still has to name the canary', () => {
    const goal = aDrive({ plan: aPlan({ smoke: null }) });
    expectWrite(at({ goal }), 'active', 'pass');
    expectWrite(at({ goal, service: { ...service, tags: [] } }), 'rolled-back', 'probe-failed');
  });

  test('stops, held, where it was told to', () => {
    const goal = aDrive({ until: 0 });
    const probed = { ...memory, stage: aStage({ index: 0, probed: true }) };
    const decision = at({ goal, memory: probed });
    expectWrite(decision, 'held', 'reached');
    expect(decision).toMatchObject({ record: { due: NOW + 24 * 60 * MINUTE } });
  });

  test('the image is recorded by digest once it is known', () => {
    const digest = `europe-docker.pkg.dev/p/app/web@sha256:${'a'.repeat(64)}`;
    const known = {
      ...memory,
      canary: { health: 'ready', digest },
      stage: aStage({ index: 0, probed: true }),
    } as const;
    expect(at({ memory: known })).toMatchObject({ record: { image: digest } });
  });
});
