import { describe, expect, test } from 'vitest';
import { armDifference, armNoise, withArmNoise } from '../../src/core/judge/arm-noise.ts';
import type { ArmRow } from '../../src/core/judge/arm-noise.ts';
import { noiseOf } from '../../src/core/judge/noise.ts';
import type { Cell } from '../../src/core/judging-types.ts';
import { MINUTE } from './build.ts';
import { histogramOf } from '../vectors/read.ts';

const REQUESTS = 10_000;
const SPREAD = 0.6;

/** Latencies around so many log milliseconds, to the bucket; the counts are the expected ones. */
function cell(logMean: number, errors: number): Cell {
  const buckets = Array.from({ length: 36 }, (_, i) => {
    const distance = ((i - 0.5) * Math.log(Math.SQRT2) - logMean) / SPREAD;
    return Math.exp(-0.5 * distance * distance);
  });
  const total = buckets.reduce((sum, part) => sum + part, 0);
  const counts = buckets.map((part) => Math.round((REQUESTS * part) / total));
  const latency = histogramOf(Object.fromEntries(counts.map((count, i) => [i, count])));
  return { requests: REQUESTS, errors, clientErrors: 0, latency, memory: null };
}

/** Quantiles of a standard normal, one per row and in no order. */
const DRAWS = [
  0.31, -1.12, 0.85, -0.24, 1.53, -0.67, 0.05, -1.96, 0.52, 1.04, -0.45, 0.18, -0.81, 1.28, -1.41,
  0.67, -0.11, 2.05, -0.58, 0.39, -0.92, 1.18, -0.31, 0.74,
];

/** Sides differ by a constant, and by noise with this standard deviation. */
function rowsOf(sd: number, constant: (row: number) => number = () => 0): readonly ArmRow[] {
  return DRAWS.map((draw, i) => ({
    canary: cell(4 + sd * draw + constant(i), Math.round(200 * Math.exp(sd * draw + constant(i)))),
    baseline: cell(4, 200),
  }));
}

function learnt(rows: readonly ArmRow[]) {
  const pairs = rows.slice(1).map((row, i) => armDifference(rows[i]!, row, 2));
  return armNoise(pairs);
}

describe('noise between the two revisions, learnt from row to row', () => {
  test('a canary that wavers by a fifth shows it', () => {
    const { latencyVariance, errorVariance } = learnt(rowsOf(0.2));
    // 0.04, and up to 2.5 times that because neighbours are taken for alike.
    expect(latencyVariance).toBeGreaterThan(0.04);
    expect(latencyVariance).toBeLessThan(0.25);
    expect(errorVariance).toBeGreaterThan(0.02);
  });

  test('two steady revisions have none', () => {
    const { latencyVariance, errorVariance } = learnt(rowsOf(0));
    expect(latencyVariance).toBeLessThan(1e-6);
    expect(errorVariance).toBeLessThan(1e-6);
  });

  test('a lasting regression is not taken for noise', () => {
    const wavering = learnt(rowsOf(0.1));
    const slower = learnt(rowsOf(0.1, () => Math.log(2)));
    expect(slower.latencyVariance! / wavering.latencyVariance!).toBeCloseTo(1, 1);
    expect(learnt(rowsOf(0, () => Math.log(2))).errorVariance).toBeLessThan(1e-6);
  });

  test('neither is one that begins', () => {
    const late = learnt(rowsOf(0, (row) => (row < 12 ? 0 : Math.log(3))));
    expect(late.latencyVariance).toBeLessThan(1e-6);
    expect(late.errorVariance).toBeLessThan(1e-6);
  });

  test('a shared disturbance cancels', () => {
    const shared = DRAWS.map((draw) => ({
      canary: cell(4 + draw, 200),
      baseline: cell(4 + draw, 200),
    }));
    expect(learnt(shared).latencyVariance).toBeLessThan(1e-6);
  });

  test('fewer than six pairs tell nothing', () => {
    expect(learnt(rowsOf(0.2).slice(0, 6))).toEqual({ latencyVariance: null, errorVariance: null });
    expect(learnt(rowsOf(0.2).slice(0, 7)).latencyVariance).toBeGreaterThan(0);
  });

  test('rows with few requests or errors, and rows without latency, tell nothing', () => {
    const quiet = rowsOf(0.2).map(({ baseline }) => ({
      canary: { ...cell(4, 4), latency: histogramOf({ 10: 199 }) },
      baseline,
    }));
    expect(learnt(quiet)).toEqual({ latencyVariance: null, errorVariance: null });
    const blind = rowsOf(0.2).map(({ canary, baseline }) => ({
      canary: { ...canary, latency: null },
      baseline: { ...baseline, errors: REQUESTS },
    }));
    expect(learnt(blind)).toEqual({ latencyVariance: null, errorVariance: null });
  });
});

describe('what was learnt adds to the noise of history', () => {
  const history = Array.from({ length: 180 }, (_, i) => ({
    start: i * MINUTE,
    cell: cell(4, 50),
    share: 1,
  }));
  const noise = noiseOf(history, { latencyTolerance: 1.12 });

  test('unknown or smaller noise changes nothing', () => {
    expect(withArmNoise(noise, { latencyVariance: null, errorVariance: null })).toEqual(noise);
    expect(withArmNoise(noise, { latencyVariance: 0, errorVariance: 0.05 })).toEqual(noise);
  });

  test('larger noise raises the allowance, also of slow requests', () => {
    const raised = withArmNoise(noise, { latencyVariance: 0.012, errorVariance: 0.4 });
    expect(raised).toMatchObject({ latencyVariance: 0.012, errorVariance: 0.4 });
    expect(raised.p50!.variance).toBeCloseTo(2 * noise.p50!.variance, 12);
    expect(raised.p99!.variance).toBeCloseTo(2 * noise.p99!.variance, 12);
    expect(raised.p50!.tolerance).toBe(noise.p50!.tolerance);
  });

  test('no noise excuses everything', () => {
    expect(withArmNoise(noise, { latencyVariance: 5, errorVariance: 9 })).toMatchObject({
      latencyVariance: 0.06,
      errorVariance: 1.5,
    });
  });
});
