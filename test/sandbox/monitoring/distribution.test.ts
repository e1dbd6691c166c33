import { describe, expect, test } from 'vitest';

import {
  addValue,
  bucketOf,
  distributionJson,
  emptyDistribution,
  LATENCY_LAYOUT,
  upperBound,
} from './distribution.ts';

// Bounds 2, 6, 18, 54: bucket 0 is below 2, bucket 4 is 54 and more. distribution.proto.
const SMALL = { numFiniteBuckets: 3, growthFactor: 3, scale: 2 };

describe('exponential buckets as distribution.proto counts them', () => {
  test.each([
    [-5, 0],
    [0, 0],
    [1.999, 0],
    [2, 1],
    [5.999, 1],
    [6, 2],
    [18, 3],
    [53.999, 3],
    [54, 4],
    [1e12, 4],
  ])('%d falls into bucket %d', (value, bucket) => {
    expect(bucketOf(SMALL, value)).toBe(bucket);
  });

  test('every bound of the latency layout is the first value of the bucket above it', () => {
    for (let i = 0; i <= LATENCY_LAYOUT.numFiniteBuckets; i++) {
      const bound = upperBound(LATENCY_LAYOUT, i);
      expect(bound).toBeCloseTo(1.4 ** i, 6);
      expect(bucketOf(LATENCY_LAYOUT, bound)).toBe(i + 1);
      expect(bucketOf(LATENCY_LAYOUT, bound * (1 - 1e-12))).toBe(i);
    }
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%d is refused', (value) => {
    expect(() => bucketOf(SMALL, value)).toThrow('cannot be counted');
  });
});

test('a distribution has N + 2 buckets, and its moments are those of its values', () => {
  const d = emptyDistribution(SMALL);
  expect(d.buckets).toHaveLength(5);
  for (const value of [1, 3, 4, 20]) addValue(SMALL, d, value);
  expect(d.mean).toBeCloseTo(7, 9);
  // (1−7)² + (3−7)² + (4−7)² + (20−7)²
  expect(d.sumOfSquaredDeviation).toBeCloseTo(230, 9);
  expect(distributionJson(SMALL, d)).toMatchObject({
    count: '4',
    bucketOptions: { exponentialBuckets: SMALL },
    bucketCounts: ['1', '2', '0', '1'],
  });
});
