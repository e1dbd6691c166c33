import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  countEvidence,
  countEvidences,
  expectedShare,
} from '../../src/core/judge/count-evidence.ts';
import { exceedanceOf } from '../../src/core/judge/exceedance.ts';
import { logRising, risingExcess } from '../../src/core/judge/log-gamma.ts';

const noises = fc.record({
  variance: fc.double({ min: 0.006, max: 100, noNaN: true }),
  burst: fc.double({ min: 1.1, max: 20, noNaN: true }),
});
/** Below the noise at which a beta-binomial has its peaks at the two ends. */
const moderate = fc.record({
  variance: fc.double({ min: 0.006, max: 1.5, noNaN: true }),
  burst: fc.double({ min: 1.1, max: 20, noNaN: true }),
});
const oddsRatios = fc.double({ min: 1.2, max: 1e4, noNaN: true });
const sizes = fc.integer({ min: 1, max: 5000 });

describe('properties of the evidence of one row', () => {
  test('moving one event from the baseline to the canary never lowers it', () => {
    const tables = fc.tuple(sizes, sizes).chain(([canaryOf, baselineOf]) =>
      fc.record({
        canaryOf: fc.constant(canaryOf),
        baselineOf: fc.constant(baselineOf),
        canary: fc.integer({ min: 0, max: canaryOf - 1 }),
        baseline: fc.integer({ min: 1, max: baselineOf }),
      }),
    );
    fc.assert(
      fc.property(tables, oddsRatios, noises, (table, odds, noise) => {
        const moved = { ...table, canary: table.canary + 1, baseline: table.baseline - 1 };
        const [before, after] = [table, moved].map((row) => countEvidence(row, odds, noise));
        expect(after! - before!).toBeGreaterThanOrEqual(-1e-9 * Math.max(1, Math.abs(before!)));
      }),
      { numRuns: 2000 },
    );
  });

  test('events split as the requests are speak for the canary', () => {
    const tables = fc
      .tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 300 }))
      .chain(([canary, baseline]) =>
        fc.record({
          canary: fc.constant(canary),
          baseline: fc.constant(baseline),
          times: fc.integer({ min: 1, max: 100 }),
        }),
      );
    fc.assert(
      fc.property(tables, oddsRatios, moderate, ({ canary, baseline, times }, odds, noise) => {
        const counts = {
          canary,
          canaryOf: canary * times,
          baseline,
          baselineOf: baseline * times,
        };
        expect(countEvidence(counts, odds, noise)).toBeLessThanOrEqual(1e-9);
      }),
      { numRuns: 2000 },
    );
  });

  test('more rare events on both sides, split as the requests are, never speak against the canary', () => {
    const tables = fc.record({
      canary: fc.integer({ min: 1, max: 20 }),
      baseline: fc.integer({ min: 1, max: 20 }),
      times: fc.integer({ min: 1000, max: 10_000 }),
      more: fc.integer({ min: 2, max: 10 }),
    });
    fc.assert(
      fc.property(
        tables,
        oddsRatios,
        moderate,
        ({ canary, baseline, times, more }, odds, noise) => {
          const requests = { canaryOf: canary * times, baselineOf: baseline * times };
          const few = countEvidence({ canary, baseline, ...requests }, odds, noise);
          const many = countEvidence(
            { canary: canary * more, baseline: baseline * more, ...requests },
            odds,
            noise,
          );
          // They are no longer quite as rare, which is worth less than a twentieth.
          expect(many).toBeLessThanOrEqual(few + 0.05 * Math.abs(few) + 1e-9);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('without events, and with nothing but events, it is exactly 0', () => {
    fc.assert(
      fc.property(sizes, sizes, oddsRatios, noises, (canaryOf, baselineOf, odds, noise) => {
        const none = { canary: 0, canaryOf, baseline: 0, baselineOf };
        const all = { canary: canaryOf, canaryOf, baseline: baselineOf, baselineOf };
        expect(countEvidence(none, odds, noise)).toBe(0);
        expect(countEvidence(all, odds, noise)).toBe(0);
      }),
    );
  });

  test('it is a number for every table, with counts up to 1e12', () => {
    const many = fc.double({ min: 1, max: 1e12, noNaN: true });
    const parts = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(many, many, parts, parts, oddsRatios, noises, (...given) => {
        const [canaryOf, baselineOf, ours, theirs, odds, noise] = given;
        const counts = {
          canary: ours * canaryOf,
          canaryOf,
          baseline: theirs * baselineOf,
          baselineOf,
        };
        expect(countEvidence(counts, odds, noise)).toSatisfy(Number.isFinite);
      }),
      { numRuns: 5000 },
    );
  });

  test('the steepest latency bound leaves it a number', () => {
    const bounds = Array.from({ length: 100 }, (_, i) => 1000 + i);
    const counts = Array.from({ length: 101 }, (_, i) => (i === 50 ? 1e12 : 1));
    const bound = exceedanceOf(
      { bounds, counts },
      { part: 0.5, times: 4, leastOdds: 1.25, variance: 0.06, tolerance: 1.12 },
    );
    const noise = { variance: bound!.variance, burst: 1.1 };
    const row = { canary: 20, canaryOf: 60, baseline: 30, baselineOf: 1140 };
    for (const value of countEvidences(
      row,
      [1, 2, 6, 40].map((step) => bound!.tolerance ** 2 * step),
      noise,
    )) {
      expect(value).toSatisfy(Number.isFinite);
    }
  });

  test('a side without requests says nothing', () => {
    const noise = { variance: 0.1, burst: 2 };
    const row = { canary: 0, canaryOf: 0, baseline: 3, baselineOf: 100 };
    expect(countEvidence(row, 2, noise)).toBe(0);
    const other = { canary: 3, canaryOf: 100, baseline: 0, baselineOf: 0 };
    expect(countEvidence(other, 2, noise)).toBe(0);
  });

  test('the expected part solves its equation and grows with the odds', () => {
    const tables = fc.tuple(sizes, sizes).chain(([canaryOf, baselineOf]) =>
      fc.record({
        canaryOf: fc.constant(canaryOf),
        baselineOf: fc.constant(baselineOf),
        events: fc.integer({ min: 1, max: canaryOf + baselineOf - 1 }),
      }),
    );
    fc.assert(
      fc.property(tables, fc.double({ min: 1, max: 1000, noNaN: true }), (totals, odds) => {
        const { canaryOf, baselineOf, events } = totals;
        const x = expectedShare(totals, odds);
        const [left, right] = [x * (baselineOf - events + x), odds * (canaryOf - x) * (events - x)];
        const scale = 1 + (canaryOf + baselineOf) ** 2 * Math.max(1, odds);
        expect(Math.abs(left - right)).toBeLessThanOrEqual(1e-9 * scale);
        expect(expectedShare(totals, odds * 1.01)).toBeGreaterThanOrEqual(x - 1e-9 * canaryOf);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('rising factorials', () => {
  test('one more factor adds its logarithm', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
        fc.double({ min: 0, max: 1e4, noNaN: true }),
        (a, k) => {
          const step = logRising(a, k + 1) - logRising(a, k) - Math.log(a + k);
          expect(Math.abs(step)).toBeLessThanOrEqual(1e-12 * Math.max(1, logRising(a, k + 1)));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('for a huge a the excess is k (k − 1) / 2a, to the last digits', () => {
    expect(risingExcess(1e15, 1000) / (999_000 / 2e15)).toBeCloseTo(1, 9);
    expect(risingExcess(Infinity, 1e12)).toBe(0);
  });
});
