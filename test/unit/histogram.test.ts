import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  logMidpoints,
  mergeHistograms,
  quantileOf,
  sameLayout,
  slowerThan,
  totalOf,
} from '../../src/core/judge/histogram.ts';
import { latencyEvidence } from '../../src/core/judge/latency-evidence.ts';
import { histogramOf, ROOT_TWO_BOUNDS } from '../vectors/read.ts';

describe('histograms', () => {
  test('an empty one has no quantile', () => {
    expect(quantileOf(histogramOf({}), 0.5)).toBeNull();
  });

  test('a part that means a whole number of requests is not one more', () => {
    const histogram = { bounds: [10, 20, 30], counts: [7, 0, 93, 0] };
    expect(quantileOf(histogram, 0.07)).toBeCloseTo(10, 9);
  });

  test('the last bucket answers its lower end', () => {
    expect(quantileOf({ bounds: [10, 20], counts: [0, 0, 5] }, 0.5)).toBe(20);
    expect(quantileOf({ bounds: [10, 20], counts: [0, 0, 5] }, 0)).toBe(20);
  });

  test('slower than a bound is what lies in the buckets above it', () => {
    const histogram = { bounds: [10, 20], counts: [1, 2, 4] };
    expect([0, 1].map((bucket) => slowerThan(histogram, bucket))).toEqual([6, 4]);
    expect(totalOf(histogram)).toBe(7);
  });

  test('those of one layout are added, others never', () => {
    const [a, b] = [histogramOf({ 3: 1 }), histogramOf({ 3: 2, 4: 5 })];
    expect(mergeHistograms([a, { ...b, bounds: [...b.bounds] }])).toEqual(
      histogramOf({ 3: 3, 4: 5 }),
    );
    expect(mergeHistograms([])).toBeNull();
    const other = { ...a, bounds: a.bounds.map((bound) => bound + 1) };
    expect(mergeHistograms([a, b, other])).toBe('mixed');
    expect(sameLayout(a, { bounds: a.bounds.slice(1), counts: [] })).toBe(false);
  });

  test('every bucket has a finite log midpoint, whatever the bounds', () => {
    for (const bounds of [[50], [0], [-3], [0, 10], [-10, 0, 10], [-10, 5], [-9, -4], [1, 1e300]]) {
      const middles = logMidpoints(bounds);
      expect(middles.length).toBe(bounds.length + 1);
      for (const middle of middles) expect(middle).toSatisfy(Number.isFinite);
      expect([...middles].sort((a, b) => a - b)).toEqual(middles);
    }
  });
});

const buckets = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 36, maxLength: 36 });
const terms = fc.record({
  ratio: fc.constantFrom(1.2, 1.5, 2.2, 5),
  variance: fc.double({ min: 0.006, max: 0.06, noNaN: true }),
});

describe('evidence of latencies', () => {
  test('two equal histograms speak for the canary', () => {
    fc.assert(
      fc.property(buckets, terms, (counts, given) => {
        const histogram = { bounds: ROOT_TWO_BOUNDS, counts };
        expect(latencyEvidence(histogram, histogram, given)).toBeLessThanOrEqual(1e-9);
      }),
    );
  });

  test('exchanging a request of the canary for a slower one of the baseline never lowers it', () => {
    const given = fc.tuple(fc.integer({ min: 0, max: 34 }), fc.integer({ min: 1, max: 35 }));
    fc.assert(
      fc.property(buckets, buckets, given, terms, (ours, theirs, [one, further], given) => {
        const other = Math.min(35, one + further);
        const at = (counts: readonly number[], more: number, less: number) => ({
          bounds: ROOT_TWO_BOUNDS,
          counts: counts.map((count, i) => count + (i === more ? 1 : 0) + (i === less ? 0 : 1)),
        });
        const before = latencyEvidence(at(ours, one, other), at(theirs, other, one), given);
        const after = latencyEvidence(at(ours, other, one), at(theirs, one, other), given);
        expect(after).toBeGreaterThanOrEqual(before - 1e-9 * Math.max(1, Math.abs(before)));
      }),
    );
  });

  test('an empty side, and a single bucket, say nothing', () => {
    const given = { ratio: 1.5, variance: 0.006 };
    expect(latencyEvidence(histogramOf({ 9: 50 }), histogramOf({}), given)).toBe(0);
    expect(latencyEvidence(histogramOf({}), histogramOf({}), given)).toBe(0);
    expect(latencyEvidence(histogramOf({}), histogramOf({ 9: 5 }), given)).toBe(0);
    expect(latencyEvidence(histogramOf({ 9: 5 }), histogramOf({ 9: 50 }), given)).toBeCloseTo(0, 9);
  });

  test('it is a number for every pair, with counts up to 1e12', () => {
    const many = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1e12 })), {
      minLength: 36,
      maxLength: 36,
    });
    fc.assert(
      fc.property(many, many, terms, (ours, theirs, given) => {
        const [canary, baseline] = [ours, theirs].map((counts) => ({
          bounds: ROOT_TWO_BOUNDS,
          counts,
        }));
        expect(latencyEvidence(canary!, baseline!, given)).toSatisfy(Number.isFinite);
      }),
    );
    const outlier = latencyEvidence(histogramOf({ 5: 1e12, 35: 1 }), histogramOf({ 5: 1e12 }), {
      ratio: 5,
      variance: 0.006,
    });
    expect(outlier).toSatisfy(Number.isFinite);
  });
});
