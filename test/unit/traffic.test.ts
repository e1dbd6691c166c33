import { describe, expect, test } from 'vitest';
import {
  percentOf,
  sameSplit,
  soleRevision,
  splitOf,
  splitText,
} from '../../src/core/rollout/traffic.ts';
import { CANARY, STABLE, aRecord } from './build.ts';

describe('the split of a record', () => {
  test.each([
    ['active', 0, { [STABLE]: 100 }],
    ['active', 1, { [STABLE]: 95, [CANARY]: 5 }],
    ['held', 2, { [STABLE]: 50, [CANARY]: 50 }],
    ['held', 3, { [CANARY]: 100 }],
    ['promoted', 3, { [CANARY]: 100 }],
    ['rolled-back', 2, { [STABLE]: 100 }],
    ['start-failed', 0, { [STABLE]: 100 }],
    ['released', 1, 'as-found'],
  ] as const)('%s at stage %i', (phase, stage, split) => {
    expect(splitOf(aRecord({ phase, stage }))).toEqual(split);
  });

  test('always sums to 100', () => {
    for (let percent = 1; percent < 100; percent += 1) {
      const split = splitOf(aRecord({ percents: [0, percent, 100], stage: 1 }));
      const sum = Object.values(split).reduce((a, b) => Number(a) + Number(b), 0);
      expect(sum).toBe(100);
    }
  });

  test('a stage that is not in the list gives the canary nothing', () => {
    expect(percentOf(aRecord({ stage: 9 }))).toBe(0);
  });
});

test('splits are the same when every revision has the same share', () => {
  expect(sameSplit({ a: 95, b: 5 }, { b: 5, a: 95 })).toBe(true);
  expect(sameSplit({ a: 95, b: 5 }, { a: 95, c: 5 })).toBe(false);
  expect(sameSplit({ a: 95, b: 5 }, { a: 100 })).toBe(false);
  expect(sameSplit({ a: 95, b: 5 }, { a: 90, b: 10 })).toBe(false);
  expect(sameSplit({ constructor: 100 }, { a: 100 })).toBe(false);
  expect(sameSplit({ a: 100 }, JSON.parse('{"__proto__": 100}') as Record<string, number>)).toBe(
    false,
  );
});

test('only a revision with everything is the sole one', () => {
  expect(soleRevision({ a: 100 })).toBe('a');
  expect(soleRevision({ a: 99 })).toBeNull();
  expect(soleRevision({ a: 95, b: 5 })).toBeNull();
  expect(soleRevision({})).toBeNull();
});

test('a split reads with the biggest share first', () => {
  expect(splitText({ b: 5, a: 95 })).toBe('a 95 %, b 5 %');
  expect(splitText({ b: 50, a: 50 })).toBe('a 50 %, b 50 %');
  expect(splitText({})).toBe('nobody');
});
