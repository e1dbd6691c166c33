import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { awaitsCanary, cloneShare, sharedSplit } from '../../src/core/rollout/clone.ts';
import { finalDraft, startDraft } from '../../src/core/rollout/drafts.ts';
import { cloneName } from '../../src/core/rollout/identity.ts';
import { lookOf } from '../../src/core/rollout/look.ts';
import { readPlan, writePlan } from '../../src/core/rollout/plan.ts';
import { readBirth, readRecord, writeBirth, writeRecord } from '../../src/core/rollout/record.ts';
import { startFindings } from '../../src/core/rollout/start-checks.ts';
import type { Scaling } from '../../src/core/service-types.ts';
import type { RolloutRecord } from '../../src/core/types.ts';
import { sealed } from '../engine/world.ts';
import { CANARY, NOW, STABLE, TIMING, aCaller, aPlan, aQuietService, aRecord } from './build.ts';

const CLONE = 'web-c8y7innm-1-b';

describe('the split beside a clone', () => {
  test.each([
    [0, { [STABLE]: 100 }],
    [1, { [STABLE]: 98, [CANARY]: 1, [CLONE]: 1 }],
    [49, { [STABLE]: 2, [CANARY]: 49, [CLONE]: 49 }],
    [50, { [STABLE]: 1, [CANARY]: 50, [CLONE]: 49 }],
    [98, { [STABLE]: 1, [CANARY]: 98, [CLONE]: 1 }],
    [99, { [CANARY]: 99, [CLONE]: 1 }],
    [100, { [CANARY]: 100 }],
  ])('at %i %%', (percent, split) => {
    expect(sharedSplit({ stable: STABLE, canary: CANARY, clone: CLONE }, percent)).toEqual(split);
  });

  test('is whole percents, 100 together, of which the clone has no more than the canary', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), (percent) => {
        const split = sharedSplit({ stable: STABLE, canary: CANARY, clone: CLONE }, percent);
        const shares = Object.values(split);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(100);
        expect(shares.every((share) => Number.isInteger(share) && share > 0)).toBe(true);
        expect(split[CLONE] ?? 0).toBe(cloneShare(percent));
        expect(cloneShare(percent)).toBeLessThanOrEqual(percent);
        // The way back is never cut off while there is a percent to spare.
        if (percent < 99) expect(split[STABLE]).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});

describe('the name of a clone', () => {
  test('is the canary’s with an ending of its own', () => {
    expect(cloneName(CANARY)).toBe(CLONE);
  });

  test('fits, begins with the service’s name, and is another for another canary', () => {
    const service = 's'.repeat(49);
    const [one, other] = [`${service}-cabcdefgh-1`, `${service}-cabcdefgh-2`].map(cloneName);
    expect(one).toHaveLength(63);
    expect(one?.startsWith(`${service}-`)).toBe(true);
    expect(one).not.toBe(other);
    expect(one).toMatch(/^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/);
  });
});

describe('a record with a clone', () => {
  const record = aRecord({ clone: CLONE });

  test('reads as it was written', () => {
    expect(readRecord(writeRecord(record))).toEqual(record);
  });

  test('may await its canary', () => {
    const half = aRecord({ clone: CLONE, stage: 0, changedAt: [] });
    expect(readRecord(writeRecord(half))).toEqual(half);
    expect([half, record, aRecord({ changedAt: [] })].map(awaitsCanary)).toEqual([
      true,
      false,
      false,
    ]);
  });

  test.each<Partial<RolloutRecord>>([
    { changedAt: [] },
    { changedAt: [], stage: 0, phase: 'held', reason: 'cancelled' },
    { clone: STABLE },
    { clone: CANARY },
    { clone: 'Not-a-name' },
    { clone: '' },
    { phase: 'rolled-back' },
    { phase: 'promoted', stage: 3 },
    { clone: null, minInstances: { before: null, during: '0' } },
    { clone: null, minInstances: { before: 'x'.repeat(65), during: '2' } },
    { clone: null, phase: 'released', minInstances: { before: null, during: '2' } },
  ])('is unreadable with %o', (odd) => {
    expect(readRecord(writeRecord({ ...record, ...odd }))).toBe('unreadable');
  });

  test('without one is written as versions wrote it that knew of none', () => {
    expect(writeRecord(aRecord())).not.toMatch(/clone|minInstances/);
  });

  test('has nothing of it left when it is final', () => {
    const ending = { reason: 'expired', at: NOW } as const;
    const warm = { ...record, minInstances: { before: '1', during: '4' } };
    expect(finalDraft(warm, 'rolled-back', ending)).toMatchObject({
      clone: null,
      minInstances: null,
    });
  });
});

test('a birth certificate names the clone, if there is one', () => {
  const birth = {
    rolloutId: '1-2',
    attempt: 1,
    canary: CANARY,
    stable: STABLE,
    image: 'i',
    commit: '',
  };
  for (const clone of [CLONE, null]) {
    expect(readBirth(writeBirth({ ...birth, clone }))).toEqual({ ...birth, clone });
  }
  expect(writeBirth({ ...birth, clone: null })).not.toContain('clone');
  expect(readBirth(JSON.stringify({ ...birth, clone: 1 }))).toBeNull();
  expect(readBirth(JSON.stringify({ ...birth, clone: null }))).toBeNull();
});

test('a plan without either is frozen as versions did that knew of neither', () => {
  expect(writePlan(aPlan())).not.toMatch(/baseline|minInstances/);
  const plan = sealed(aPlan({ baseline: 'fresh', minInstances: 3 }));
  expect(readPlan(writePlan(plan), plan.hash)).toEqual(plan);
  const usual = sealed(aPlan());
  expect(readPlan(writePlan(usual), usual.hash)).toEqual(usual);
});

describe('minimum instances', () => {
  const started = (minInstances: number | null, scaling: Partial<Scaling> = {}) =>
    startDraft(
      aQuietService({ scaling: { minInstances: null, isManual: false, ...scaling } }),
      aCaller(),
      { plan: aPlan({ minInstances }), timing: TIMING, stable: STABLE },
    ).minInstances;

  test.each([
    ['are the rollout’s business if it asks for more', 3, '1', { before: '1', during: '3' }],
    ['where there were none, too', 3, null, { before: null, during: '3' }],
    ['are not where there are as many', 3, '3', null],
    ['or more', 3, '10', null],
    ['or nobody asks', null, '1', null],
    ['are what is written there, whatever it is', 2, 'many', { before: 'many', during: '2' }],
  ])('%s', (_, wanted, minInstances, expected) => {
    expect(started(wanted, { minInstances })).toEqual(expected);
  });

  test('mean nothing where somebody sets the number by hand', () => {
    const manual = aQuietService({ scaling: { minInstances: null, isManual: true } });
    const subjects = (plan = aPlan()) => startFindings(manual, plan).map(({ subject }) => subject);
    expect(subjects(aPlan({ minInstances: 2 }))).toEqual(['min_instances_during_rollout']);
    expect(subjects()).toEqual([]);
  });
});

test('a preflight refuses a fresh baseline over somebody else’s template, and nothing else', () => {
  const service = aQuietService({ latestCreated: 'web-by-hand' });
  const found = startFindings(service, aPlan({ baseline: 'fresh' }));
  expect(found).toMatchObject([{ subject: 'baseline', value: 'fresh' }]);
  expect(found[0]!.wrong).toContain('web-by-hand');
  expect(startFindings(service, aPlan())).toEqual([]);
  expect(startFindings(aQuietService(), aPlan({ baseline: 'fresh' }))).toEqual([]);
});

test('the judge is told how much the clone had', () => {
  const planned = aPlan().stages[0];
  const seen = { at: NOW, served: NOW, closed: false, early: false, timing: TIMING };
  const look = (clone: string | null) => lookOf(aRecord({ clone }), planned, seen)?.stages;
  expect(look(CLONE)).toMatchObject([{ percent: 5, baselinePercent: 5 }]);
  expect(look(null)).toEqual([{ percent: 5, asked: NOW, from: NOW }]);
});
