import { describe, expect, test } from 'vitest';
import { isGoodEnding } from '../../src/core/rollout/outcome.ts';
import type { Goal, Outcome } from '../../src/core/decision-types.ts';
import type { Reason } from '../../src/core/types.ts';
import { EMPTY_MEMORY } from '../../src/core/rollout/memory.ts';
import { aDrive, aRecord, aService, anOrder } from './build.ts';

const memory = EMPTY_MEMORY;

const run = aDrive();
const deploy = aDrive({ until: 0 });
const ramp = aDrive({ plan: null, mayStart: false, opensGates: true, until: 20 });
const resume = aDrive({ plan: null, mayStart: false, pace: 'look' });

const OUTCOMES: readonly Outcome[] = [
  'promoted',
  'unchanged',
  'rolled-back',
  'start-failed',
  'released',
  'busy',
  'refused',
  'fenced',
  'gone',
  'hands-off',
  'nothing-open',
];

test('nothing is good that was asked for in vain', () => {
  const service = aService({ served: { 'web-00041-kib': 100 } });
  for (const goal of [run, ramp, anOrder('promote')]) {
    expect(isGoodEnding({ outcome: 'promoted', service, memory }, goal)).toBe(false);
    expect(isGoodEnding({ outcome: 'promoted', service: aService(), memory }, goal)).toBe(true);
  }
  expect(isGoodEnding({ outcome: 'rolled-back', service, memory }, anOrder('rollback'))).toBe(
    false,
  );
});

function good(goal: Goal): readonly Outcome[] {
  return OUTCOMES.filter((outcome) => isGoodEnding({ outcome, service: aService(), memory }, goal));
}

describe('the exit code', () => {
  test.each([
    ['run', run],
    ['deploy', deploy],
    ['ramp', ramp],
  ])('of %s is good for a promotion, and where there was nothing to do', (_, goal) => {
    expect(good(goal)).toEqual(['promoted', 'unchanged']);
  });

  test('of resume is good, too, when there is nothing to look at, or somebody else does', () => {
    expect(good(resume)).toEqual(['promoted', 'unchanged', 'busy', 'nothing-open']);
  });

  test('of an order is good when it was carried out, and for no other ending', () => {
    expect(good(anOrder('promote'))).toEqual(['promoted']);
    expect(good(anOrder('rollback'))).toEqual(['rolled-back']);
  });

  test.each([
    { kind: 'clean-up', reason: 'cancelled', doom: null },
    { kind: 'reconcile', dead: null },
  ] as const)('of $kind is bad only when it may not touch anything', (goal) => {
    expect(good(goal)).toEqual(OUTCOMES.filter((outcome) => outcome !== 'hands-off'));
  });

  test.each<[Reason, boolean]>([
    ['reached', true],
    ['watched', true],
    ['unknown-at-deadline', false],
    ['cancelled', false],
    ['broke-off', false],
  ])('of a hold for the reason %s: %s', (reason, isGood) => {
    const service = aService({ record: aRecord({ phase: 'held', reason }) });
    for (const goal of [run, deploy, ramp, resume]) {
      expect(isGoodEnding({ outcome: 'held', service, memory }, goal)).toBe(isGood);
    }
  });

  test.each<[Reason, boolean]>([
    ['reached', true],
    ['unknown-at-deadline', false],
  ])(
    'of a hold that somebody has gone on with by now is that of the hold, %s: %s',
    (reason, isGood) => {
      const left = { rollout: '1-1:1:web-c1-1', reason };
      const service = aService({ record: aRecord({ reason: 'taken' }) });
      expect(isGoodEnding({ outcome: 'held', service, memory: { left } }, deploy)).toBe(isGood);
    },
  );

  test.each(['none', 'unreadable'] as const)('of a hold without a record (%s) is bad', (record) => {
    const service = aService({ record });
    expect(isGoodEnding({ outcome: 'held', service, memory }, run)).toBe(false);
    expect(isGoodEnding({ outcome: 'held', service: null, memory }, run)).toBe(false);
  });
});
