import { describe, expect, test } from 'vitest';
import {
  baselineIncident,
  harmEvidence,
  harmLimit,
  harmRuledOut,
  smallestExcluded,
  smokeFailures,
  splitEvidence,
} from '../../src/core/judge/guards.ts';

const TERMS = { errorRate: 0.005, burst: 2, variance: 0.1 };

function stage(rows: number, canaryOf: number, canary = 0) {
  return Array.from({ length: rows }, () => ({ canary, canaryOf, baseline: 6, baselineOf: 1140 }));
}

describe('harm ruled out', () => {
  test('the smallest excluded harm is where the evidence reaches 1 : 20', () => {
    for (const rows of [stage(12, 60), stage(3, 500, 4), stage(12, 12, 1)]) {
      const least = smallestExcluded(rows, TERMS);
      expect(harmEvidence(rows, least!, TERMS)).toBeCloseTo(Math.log(0.05), 6);
      expect(harmRuledOut(rows, least! * 1.001, TERMS)).toBe(true);
      expect(harmRuledOut(rows, least! * 0.999, TERMS)).toBe(false);
    }
  });

  test('20 clean requests exclude that a third of all fails', () => {
    expect(smallestExcluded(stage(1, 20), TERMS)).toBeCloseTo(0.303, 2);
  });

  test('without requests, and where most requests fail, nothing is excluded', () => {
    expect(smallestExcluded([], TERMS)).toBeNull();
    expect(smallestExcluded(stage(12, 0), TERMS)).toBeNull();
    expect(smallestExcluded(stage(12, 60, 60), TERMS)).toBeNull();
  });

  test('what the next stage must not suffer is a 400th of all requests, or half of what is usual', () => {
    expect(harmLimit(25, { errorRate: 0.005, allowed: 0 })).toBe(0.01);
    expect(harmLimit(100, { errorRate: 0.02, allowed: 0 })).toBe(0.01);
  });

  test('what the user allows need not be excluded', () => {
    expect(harmLimit(100, { errorRate: 0.005, allowed: 0.02 })).toBe(0.02);
  });
});

describe('incident of the stable revision', () => {
  const rows = (errors: number, requests = 100) => [{ errors, requests }];

  test('fewer than five errors are none', () => {
    expect(baselineIncident(rows(4, 10), 0.001)).toBe(false);
    expect(baselineIncident(rows(5, 10), 0.001)).toBe(true);
  });

  test('it takes 2 points more than usual', () => {
    expect(baselineIncident(rows(21, 1000), 0.001)).toBe(false);
    expect(baselineIncident(rows(22, 1000), 0.001)).toBe(true);
  });

  test('it takes five times the usual rate', () => {
    expect(baselineIncident(rows(100, 1000), 0.02)).toBe(false);
    expect(baselineIncident(rows(101, 1000), 0.02)).toBe(true);
  });

  test('only the newest three rows count, and no row is no incident', () => {
    const quiet = { errors: 0, requests: 100 };
    expect(baselineIncident([...rows(50), quiet, quiet, quiet], 0.001)).toBe(false);
    expect(baselineIncident([...rows(50), quiet, quiet], 0.001)).toBe(true);
    expect(baselineIncident([], 0.001)).toBe(false);
  });
});

describe('split of the traffic', () => {
  test('it is deaf to shares between 0.72 and 1.44 of the configured one', () => {
    expect(splitEvidence(7250, 1e6, 0.01)).toBeLessThan(0);
    expect(splitEvidence(14_300, 1e6, 0.01)).toBeLessThan(0);
    expect(splitEvidence(5000, 1e6, 0.01)).toBeGreaterThan(Math.log(1000));
    expect(splitEvidence(21_000, 1e6, 0.01)).toBeGreaterThan(Math.log(1000));
  });

  test('no request is no evidence, and all traffic is a share like any', () => {
    expect(splitEvidence(0, 0, 0.05)).toBeCloseTo(0, 12);
    expect(splitEvidence(100, 100, 1)).toBeCloseTo(0, 12);
    expect(splitEvidence(0, 100, 1)).toBeGreaterThan(Math.log(1000));
    expect(splitEvidence(1e12, 1e12, 0.01)).toSatisfy(Number.isFinite);
  });
});

test('a single probe never fails stage 0, two do', () => {
  expect([0, 1, 2].map(smokeFailures)).toEqual([null, null, 2]);
});
