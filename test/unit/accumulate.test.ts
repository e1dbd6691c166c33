import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accumulate, logSumExp, UNTOUCHED } from '../../src/core/judge/accumulate.ts';
import type { Accumulated, Onset } from '../../src/core/judge/accumulate.ts';

const TERMS = { priors: [0.35, 0.3, 0.2, 0.15], cap: Math.log(100) };

function after(rows: readonly (readonly number[])[], capped = true): Accumulated {
  return rows.reduce<Accumulated>((sum, logRatios, i) => {
    const onset: Onset = i === 0 ? 'first' : 'any';
    return accumulate(sum, { logRatios, onset, capped }, TERMS);
  }, UNTOUCHED(4));
}

const ratios = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), {
  minLength: 4,
  maxLength: 4,
});
const tables = fc.array(ratios, { maxLength: 40 });

describe('evidence over rows', () => {
  test('before the first row it is 1 : 1, and nothing is staked', () => {
    expect(UNTOUCHED(2)).toEqual({ rows: 0, rest: 0, parts: [-Infinity, -Infinity], total: 0 });
  });

  test('a row that says nothing leaves it as it was', () => {
    fc.assert(
      fc.property(tables, (table) => {
        const before = after([[1, 2, 3, 4], ...table]);
        const row = { logRatios: [0, 0, 0, 0], onset: 'any', capped: true } as const;
        const { total, rest } = accumulate(before, row, TERMS);
        expect(total).toBeCloseTo(before.total, 9);
        expect(rest).toBeCloseTo(before.rest + Math.log(59 / 60), 12);
      }),
    );
  });

  test('a single row never reaches 100 : 1 by itself, unless the cap is lifted', () => {
    const row = [500, 500, 500, 500];
    expect(after([row]).total).toBeLessThan(Math.log(100));
    expect(after([row], false).total).toBeGreaterThan(490);
  });

  test('a row multiplies it by no more than the cap', () => {
    fc.assert(
      fc.property(tables, ratios, (table, row) => {
        const rows = [[0, 0, 0, 0], ...table];
        expect(after([...rows, row]).total).toBeLessThanOrEqual(
          after(rows).total + TERMS.cap + 1e-9,
        );
      }),
    );
  });

  test('a good past shields a canary that turns bad only so far', () => {
    const past = after(Array.from({ length: 60 }, () => [-5, -5, -5, -5]));
    expect(past.total).toBeGreaterThan(Math.log(0.2 * (59 / 60) ** 60));
    expect(past.total).toBeLessThan(-1);
  });

  test('after an hour the prior for a late onset thins out with the rows, so that a day leaves a part of it', () => {
    const healthy = (count: number) => after(Array.from({ length: count }, () => [-5, -5, -5, -5]));
    const begins = (count: number) => 1 - Math.exp(healthy(count + 1).rest - healthy(count).rest);
    expect(begins(59)).toBeCloseTo(1 / 60, 12);
    expect(begins(119)).toBeCloseTo(1 / 120, 12);
    expect(healthy(1440).rest).toBeCloseTo(healthy(60).rest + Math.log(60 / 1440), 9);
  });

  test('more may begin after a change of percent than at any other row', () => {
    const [changed, any] = (['changed', 'any'] as const).map((onset) => {
      const row = { logRatios: [3, 3, 3, 3], onset, capped: true };
      return accumulate(after([[-2, -2, -2, -2]]), row, TERMS).total;
    });
    expect(changed).toBeGreaterThan(any!);
  });

  test('the impossible stays impossible', () => {
    expect(logSumExp([])).toBe(-Infinity);
    expect(logSumExp([-Infinity, -Infinity])).toBe(-Infinity);
    expect(logSumExp([-Infinity, 2])).toBe(2);
    const staked = { priors: [1, 0], cap: 3 };
    const row = { logRatios: [1, 2], onset: 'first', capped: true } as const;
    expect(accumulate(UNTOUCHED(2), row, staked).parts).toEqual([1 + Math.log(0.8), -Infinity]);
    const none = Number.NEGATIVE_INFINITY;
    expect(after([[none, none, none, none]]).total).toBeCloseTo(Math.log(0.2), 12);
  });
});
