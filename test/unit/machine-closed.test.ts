import { describe, expect, test } from 'vitest';
import { decide } from '../../src/core/rollout/machine.ts';
import { EMPTY_MEMORY } from '../../src/core/rollout/memory.ts';
import { strangersTag } from '../../src/core/rollout/traffic.ts';
import type { CanaryHealth, Decision } from '../../src/core/decision-types.ts';
import { isRecord } from '../../src/core/rollout/record-shape.ts';
import type { BirthCertificate } from '../../src/core/service-types.ts';
import type { ServiceSnapshot } from '../../src/core/types.ts';
import {
  CANARY,
  NOW,
  STABLE,
  aCaller,
  aQuietService,
  aRecord,
  aSituation,
  anOrder,
} from './build.ts';

const rollback = anOrder('rollback');
const toPrevious = anOrder('rollback', { toPrevious: true });
const caller = aCaller({ rolloutId: '683120945-19482736457' });

function decided(
  service: ServiceSnapshot,
  with_: { goal?: typeof rollback; health?: CanaryHealth | null } = {},
): Decision {
  const { goal = toPrevious, health = 'ready' } = with_;
  const canary = health === null ? null : { health, digest: null };
  return decide(aSituation({ goal, caller, service, memory: { ...EMPTY_MEMORY, canary } }));
}

function expectStop(decision: Decision, outcome: string, why: RegExp) {
  expect(decision).toMatchObject({ do: 'stop', outcome, why: expect.stringMatching(why) });
}

const promoted = aRecord({ phase: 'promoted', stage: 3, changedAt: [NOW, NOW, NOW, NOW] });

function afterPromotion(with_: Partial<ServiceSnapshot> = {}): ServiceSnapshot {
  const asked = { [CANARY]: 100 };
  return aQuietService({ record: promoted, asked, followsLatest: false, ...with_ });
}

describe('after a promotion a rollback', () => {
  test('with to: previous gives everything back to the revision before', () => {
    const decision = decided(afterPromotion());
    expect(decision).toMatchObject({
      do: 'write',
      record: { phase: 'rolled-back', reason: 'ordered:rollback:ada', stable: STABLE, stage: 3 },
    });
    const record = decision.do === 'write' ? decision.record : null;
    expect(isRecord({ ...promoted, ...record })).toBe(true);
  });

  const wayBack = { tag: 'c-previous', revision: 'web-00040-old', url: '' };

  test.each([
    ['rolled back', { phase: 'rolled-back', reason: 'fail:error-rate' }],
    ['never ready', { phase: 'start-failed', reason: 'not-ready' }],
  ] as const)(
    'whose next rollout was %s changes nothing, and names the revision to go back to',
    (_, ending) => {
      const record = aRecord({ ...ending, stage: 0, changedAt: [NOW] });
      const asked = { [STABLE]: 100 };
      const service = aQuietService({ record, asked, tags: [wayBack] });
      for (const goal of [rollback, toPrevious]) {
        const way =
          /Nothing was changed\. web-00040-old served before .* send it all traffic by hand/;
        expectStop(decided(service, { goal }), 'nothing-open', way);
      }
      const there = { ...service, asked: { 'web-00040-old': 100 } };
      expect(decided(there)).not.toMatchObject({ why: expect.stringContaining('by hand') });
    },
  );

  test('without it changes nothing, and says how it is done', () => {
    const decision = decided(afterPromotion(), { goal: rollback });
    expectStop(decision, 'nothing-open', /Nothing was changed\. To go back to .* use to: previous/);
  });

  test.each([
    ['another revision has everything', { 'web-00050-new': 100 }],
    ['somebody went back already', { [STABLE]: 100 }],
    ['it is shared', { [CANARY]: 90, 'web-00050-new': 10 }],
  ])('changes nothing where the split is not as it was left: %s', (_, asked) => {
    expectStop(decided(afterPromotion({ asked })), 'refused', /no longer as the promotion left it/);
  });

  test('changes nothing where the split follows LATEST, whatever that means by now', () => {
    expectStop(decided(afterPromotion({ followsLatest: true })), 'refused', /it follows LATEST/);
  });

  test('asks whether the revision before is there', () => {
    expect(decided(afterPromotion(), { health: null })).toEqual({
      do: 'inspect',
      revision: STABLE,
    });
  });

  test.each<CanaryHealth>(['gone', 'pending', { failed: 'image deleted' }])(
    'changes nothing where the revision before is %j',
    (health) => {
      expectStop(decided(afterPromotion(), { health }), 'refused', /not there or not ready/);
    },
  );

  test.each(['rolled-back', 'start-failed', 'released'] as const)(
    'with to: previous changes nothing where the last rollout was %s',
    (phase) => {
      const service = aQuietService({ record: aRecord({ phase }) });
      expectStop(decided(service), 'nothing-open', /Nothing was changed/);
    },
  );

  test('is not given when it is cancelled', () => {
    const memory = { ...EMPTY_MEMORY, cancelled: true };
    const decision = decide(
      aSituation({ goal: toPrevious, caller, service: afterPromotion(), memory }),
    );
    expectStop(decision, 'nothing-open', /Cancelled/);
  });
});

describe('with an erased record a rollback', () => {
  const birth: BirthCertificate = {
    rolloutId: '683120945-19482736450',
    attempt: 2,
    canary: CANARY,
    stable: STABLE,
    image: 'web:v2',
    commit: '0123456789abcdef0123456789abcdef01234567',
    clone: null,
  };

  function erased(with_: Partial<ServiceSnapshot> = {}): ServiceSnapshot {
    return aQuietService({ birth, asked: { [STABLE]: 95, [CANARY]: 5 }, ...with_ });
  }

  test('in the middle of its split goes back to the revision the canary was made to replace', () => {
    const decision = decided(erased(), { goal: rollback });
    expect(decision).toMatchObject({
      do: 'write',
      record: {
        phase: 'rolled-back',
        reason: 'ordered:rollback:ada',
        rolloutId: birth.rolloutId,
        startedBy: 2,
        owner: birth.rolloutId,
        attempt: 2,
        stable: STABLE,
        canary: CANARY,
        history: [],
      },
    });
    const stamps = { transition: 1, generation: 1, writeId: '0'.repeat(16) };
    expect(isRecord(decision.do === 'write' && { ...decision.record, ...stamps })).toBe(true);
  });

  test('leaves the tag that nobody knows any more to the next start', () => {
    const decision = decided(erased(), { goal: rollback });
    if (decision.do !== 'write') throw new Error(decision.do);
    const record = aRecord({ ...decision.record, tag: decision.record.tag });
    const on = (revision: string) => [{ tag: 'fixed', revision, url: '' }];
    expect(strangersTag({ record, tags: on(CANARY) }, 'fixed')).toBeNull();
    expect(strangersTag({ record, tags: on('web-00040-old') }, 'fixed')).not.toBeNull();
    expect(strangersTag({ record: aRecord(), tags: on(CANARY) }, 'fixed')).not.toBeNull();
  });

  test('is for any run, also one that began before the canary was made', () => {
    const later = { ...birth, rolloutId: '683120945-29482736450' };
    const decision = decided(erased({ birth: later }), { goal: rollback });
    expect(decision).toMatchObject({ do: 'write', record: { phase: 'rolled-back' } });
  });

  test('takes the traffic of the clone that the certificate names as well', () => {
    const asked = { [STABLE]: 90, [CANARY]: 5, 'web-clone': 5 };
    const named = erased({ asked, birth: { ...birth, clone: 'web-clone' } });
    expect(decided(named, { goal: rollback })).toMatchObject({ record: { stable: STABLE } });
    expectStop(decided(erased({ asked }), { goal: rollback }), 'nothing-open', /Nothing/);
  });

  test('asks whether that revision is there, and changes nothing when it is not', () => {
    const inspect = { do: 'inspect', revision: STABLE };
    expect(decided(erased(), { goal: rollback, health: null })).toEqual(inspect);
    const gone = decided(erased(), { goal: rollback, health: 'gone' });
    expectStop(gone, 'refused', /not there or not ready/);
  });

  test.each([
    ['no certificate', { birth: null }],
    ['a canary that has no traffic', { asked: { [STABLE]: 100 } }],
    ['a third revision in the split', { asked: { [STABLE]: 60, [CANARY]: 5, other: 35 } }],
    ['a certificate of another revision', { birth: { ...birth, canary: 'web-old' } }],
    ['a certificate that names a property', { birth: { ...birth, canary: 'constructor' } }],
  ])('changes nothing with %s', (_, with_) => {
    const decision = decided(erased(with_), { goal: rollback });
    expectStop(decision, 'nothing-open', /Nothing was changed/);
  });

  test('of a canary that has everything changes nothing unless it says to: previous', () => {
    const service = erased({ asked: { [CANARY]: 100 } });
    expectStop(decided(service, { goal: rollback }), 'nothing-open', /Nothing was changed/);
    expect(decided(service)).toMatchObject({ do: 'write', record: { phase: 'rolled-back' } });
  });

  test('that was not erased but spoilt touches nothing', () => {
    const decision = decided(erased({ record: 'unreadable' }), { goal: rollback });
    expectStop(decision, 'hands-off', /cannot be read/);
  });

  test('after a record of ours follows the record, not the certificate', () => {
    const service = erased({ record: aRecord({ phase: 'released' }) });
    expectStop(decided(service, { goal: rollback }), 'nothing-open', /Nothing was changed/);
  });

  test('is the only thing that goes by the certificate: a promote does not', () => {
    const memory = EMPTY_MEMORY;
    const decision = decide(
      aSituation({ goal: anOrder('promote'), caller, service: erased(), memory }),
    );
    expectStop(decision, 'nothing-open', /Nothing was changed/);
  });
});
