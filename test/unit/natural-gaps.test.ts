/** Chance's part of what is missing, against its exact distribution. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NaturalGaps } from '../../src/core/judge/natural-gaps.ts';

/** Rows alike: so many of them, each empty at this chance, with 1 request missing then. */
function alike(rows: number, chance: number): NaturalGaps {
  return new NaturalGaps(
    Array.from({ length: rows }, () => ({ size: 1, lnChance: Math.log(chance) })),
  );
}

/** That at least so many of the rows are empty. */
function binomialTail(rows: number, chance: number, least: number): number {
  let tail = 0;
  for (let empty = least; empty <= rows; empty += 1) {
    let ways = 1;
    for (let i = 1; i <= empty; i += 1) ways *= (rows - empty + i) / i;
    tail += ways * chance ** empty * (1 - chance) ** (rows - empty);
  }
  return tail;
}

describe('what chance leaves empty', () => {
  test('is on average what each row is likely to lack', () => {
    expect(alike(10, 0.25).mean).toBeCloseTo(2.5, 12);
    expect(new NaturalGaps([{ size: 40, lnChance: Math.log(0.1) }]).mean).toBeCloseTo(4, 12);
  });

  test('is never taken for rarer than it is, nor for much more likely', () => {
    const cases = fc.record({
      rows: fc.integer({ min: 1, max: 60 }),
      chance: fc.double({ min: 0.001, max: 0.9, noNaN: true }),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(cases, ({ rows, chance, part }) => {
        const missing = Math.ceil(part * rows);
        const exact = binomialTail(rows, chance, missing);
        const gaps = alike(rows, chance);
        expect(gaps.mayReach(missing, exact * 0.999)).toBe(true);
        // Chernoff's bound is at most about the square root of the rows too large, and a factor of e.
        expect(missing > gaps.mean && gaps.mayReach(missing, exact * 8 * Math.sqrt(rows))).toBe(
          false,
        );
      }),
      { numRuns: 2_000 },
    );
  });

  test('is everything at the chance that all rows are empty, where all is missing', () => {
    const gaps = alike(6, 0.5);
    expect(gaps.mayReach(6, 0.5 ** 6 * 0.999)).toBe(true);
    expect(gaps.mayReach(6, 0.5 ** 6 * 1.001)).toBe(false);
  });

  test('is nothing where no row can be empty, however large the counts', () => {
    const gaps = new NaturalGaps([
      { size: 1e9, lnChance: -1e8 },
      { size: 0, lnChance: 0 },
    ]);
    expect(gaps.mean).toBe(0);
    expect(gaps.mayReach(1e9, 1e-6)).toBe(false);
    expect(new NaturalGaps([]).mayReach(1, 1e-6)).toBe(false);
  });
});
