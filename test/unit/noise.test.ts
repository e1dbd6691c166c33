import { describe, expect, test } from 'vitest';
import { exceedanceOf } from '../../src/core/judge/exceedance.ts';
import { measuredNoiseOf, noiseOf, noiseWithoutHistory } from '../../src/core/judge/noise.ts';
import { burstIndexOf } from '../../src/core/judge/wobble.ts';
import type { Cell, PastMinute } from '../../src/core/judging-types.ts';
import { MINUTE } from './build.ts';
import { casesOf, expectClose, histogramOf } from '../vectors/read.ts';
import type { Buckets } from '../vectors/read.ts';

type NoiseCase = {
  name: string;
  history_columns: readonly string[];
  history: readonly (readonly number[])[];
  expected: {
    lam: number;
    wobble_err: number;
    wobble_lat: number;
    v_err: number;
    v_lat: number;
    error_pairs: number;
    latency_pairs: number;
    burst_index: number | null;
    burst_factor: number;
  };
};

const TERMS = { latencyTolerance: 1.12 };
const cases = casesOf<NoiseCase>('noise');

function cellsOf({ history, history_columns }: NoiseCase): readonly Cell[] {
  return history.map(([requests = 0, errors = 0, ...counts]) => {
    const names = history_columns.slice(2).map((name) => name.replace('bucket', ''));
    const latency = histogramOf(Object.fromEntries(names.map((name, i) => [name, counts[i]!])));
    return { requests, errors, clientErrors: 0, latency, memory: null };
  });
}

function pastOf(cells: readonly Cell[], share = 1): readonly PastMinute[] {
  return cells.map((cell, i) => ({ start: i * MINUTE, cell, share }));
}

const quiet = (length: number): readonly Cell[] =>
  Array.from({ length }, () => ({
    requests: 1000,
    errors: 5,
    clientErrors: 10,
    latency: histogramOf({ 10: 200, 11: 300, 12: 300, 13: 180, 14: 20 }),
    memory: null,
  }));

describe('noise of the service', () => {
  test.each(cases)('$name, $id', (row) => {
    const { expected } = row;
    const actual = measuredNoiseOf(cellsOf(row));
    const near = (value: number | null, wanted: number) => expectClose('noise', value, wanted);
    near(actual.errorRate, expected.lam);
    near(actual.errorWobble.wobble, expected.wobble_err);
    near(actual.latencyWobble.wobble, expected.wobble_lat);
    near(actual.errorVariance, expected.v_err);
    near(actual.latencyVariance, expected.v_lat);
    near(actual.burst, expected.burst_factor);
    expect(actual.errorWobble.pairs).toBe(expected.error_pairs);
    expect(actual.latencyWobble.pairs).toBe(expected.latency_pairs);
    if (expected.burst_index === null) expect(actual.burstIndex).toBeNull();
    else near(actual.burstIndex, expected.burst_index);
  });

  test('three hours are measured', () => {
    const cells = cellsOf(cases[0]!);
    const noise = noiseOf(pastOf(cells), TERMS);
    expect(noise).toMatchObject({ minutes: 180, measured: true, clientErrorBurst: 4 });
    expectClose('noise', noise.errorVariance, cases[0]!.expected.v_err);
    expectClose('noise', noise.errorRate, cases[0]!.expected.lam);
  });

  test('fewer than 80 rows assume more noise than the least that can be measured', () => {
    expect(noiseOf(pastOf(quiet(79)), TERMS)).toMatchObject({
      errorVariance: 0.3,
      clientErrorVariance: 0.3,
      latencyVariance: 0.015,
      burst: 2,
      minutes: 79,
      measured: false,
    });
    expect(noiseOf(pastOf(quiet(80)), TERMS)).toMatchObject({
      errorVariance: 0.1,
      clientErrorVariance: 0.1,
      latencyVariance: 0.006,
      burst: 2,
      minutes: 80,
      measured: true,
    });
  });

  test('rows in which the stable revision had less than half of the requests say nothing', () => {
    const canaryTime = pastOf(
      quiet(100).map((cell) => ({ ...cell, errors: 1000 })),
      0.49,
    );
    const noise = noiseOf([...pastOf(quiet(100), 0.5), ...canaryTime], TERMS);
    expect(noise).toEqual(noiseOf(pastOf(quiet(100)), TERMS));
  });

  test('4xx answers have a wobble of their own', () => {
    const restless = quiet(180).map((cell, i) => ({
      ...cell,
      clientErrors: Math.floor(i / 20) % 2 === 0 ? 10 : 100,
    }));
    const noise = noiseOf(pastOf(restless), TERMS);
    expect(noise.clientErrorVariance).toBe(1.5);
    expect(noise.errorVariance).toBe(0.1);
  });

  test('one incident in the history makes neither wobble nor bursts', () => {
    const incident = quiet(180).map((cell, i) =>
      i >= 95 && i < 102 ? { ...cell, errors: 400, latency: histogramOf({ 25: 600 }) } : cell,
    );
    const noise = noiseOf(pastOf(incident), TERMS);
    expect(noise).toMatchObject({ errorVariance: 0.1, latencyVariance: 0.006, burst: 2 });
    expect(noise.errorRate).toBeCloseTo(0.005, 4);
  });

  test('an incident of one or two minutes may be a burst: it belongs to what is usual', () => {
    const bad = (length: number) =>
      quiet(180).map((cell, i) => (i >= 95 && i < 95 + length ? { ...cell, errors: 400 } : cell));
    expect(noiseOf(pastOf(bad(2)), TERMS).errorRate).toBeCloseTo((178 * 5 + 800) / 180_000, 4);
    expect(noiseOf(pastOf(bad(3)), TERMS).errorRate).toBeCloseTo(0.005, 4);
  });

  test('recurring incidents are part of how restless the service is, though not of its usual errors', () => {
    const clumps = quiet(180).map((cell, i) =>
      i % 45 < 20 ? { ...cell, errors: 20 + 80 * (i % 2) } : cell,
    );
    const noise = noiseOf(pastOf(clumps), TERMS);
    expect(noise.minutes).toBe(180);
    expect(noise.errorVariance).toBeGreaterThan(0.1);
  });

  test('a service that sleeps, and one with hardly a request, have no noise to measure', () => {
    const asleep = { requests: 0, errors: 0, clientErrors: 0, latency: null, memory: null };
    const failing = quiet(180).map((cell) => ({ ...cell, errors: 100 }));
    const dozing = failing.map((cell, i) => (i % 40 < 20 ? asleep : cell));
    expect(noiseOf(pastOf(dozing), TERMS)).toMatchObject({
      errorVariance: 0.1,
      latencyVariance: 0.006,
      burst: 2,
    });
    const rare = quiet(180).map((cell, i) => ({
      ...cell,
      requests: 4,
      errors: 0,
      latency: histogramOf(Math.floor(i / 20) % 2 === 0 ? { 5: 4 } : { 25: 4 }),
    }));
    expect(noiseOf(pastOf(rare), TERMS)).toMatchObject({ latencyVariance: 0.006 });
  });

  test('it takes six pairs of blocks to see a wobble', () => {
    const restless = quiet(80).map((cell, i) => ({
      ...cell,
      errors: Math.floor(i / 20) % 2 === 0 ? 5 : 50,
    }));
    expect(measuredNoiseOf(restless).errorWobble).toMatchObject({ pairs: 6 });
    expect(measuredNoiseOf(restless).errorVariance).toBe(1.5);
    expect(measuredNoiseOf(restless.slice(0, 79)).errorWobble).toEqual({ wobble: 0, pairs: 5 });
  });

  test('blocks with an error or two say nothing of bursts', () => {
    const rows = Array.from({ length: 180 }, (_, i) => ({
      requests: 1000,
      events: i % 30 === 0 ? 4 : 0,
    }));
    expect(burstIndexOf(rows, 0)).toBeNull();
    const more = rows.map((row, i) => ({ ...row, events: i % 10 === 0 ? 4 : 0 }));
    expect(burstIndexOf(more, 0)).toBeCloseTo(4, 9);
    const pausing = more.map((row, i) => (i % 10 < 8 ? row : { requests: 0, events: 0 }));
    expect(burstIndexOf(pausing, 0)).toBeCloseTo(4, 9);
  });

  test('latencies in two layouts are never added, so there is no bound', () => {
    const other = { bounds: [10, 20, 40], counts: [100, 100, 100, 100] };
    const cells = quiet(100).map((cell, i) => (i === 50 ? { ...cell, latency: other } : cell));
    expect(noiseOf(pastOf(cells), TERMS)).toMatchObject({ p50: null, p99: null });
  });

  test('without latencies there is no bound', () => {
    const cells = quiet(100).map((cell) => ({ ...cell, latency: null }));
    expect(noiseOf(pastOf(cells), TERMS)).toMatchObject({ p50: null, p99: null });
  });

  test('a service without history lends its bounds from its first five rows', () => {
    const slow = { ...quiet(1)[0]!, latency: histogramOf({ 20: 1000 }) };
    const noise = noiseWithoutHistory([...quiet(5), slow, slow, slow], TERMS);
    expect(noise).toMatchObject({ minutes: 0, measured: false, errorVariance: 0.3 });
    expect(noise.errorRate).toBe(0.005);
    expect(noise.p50?.bucket).toBe(11);
  });

  test('without history the usual error rate is that of the middle row: an incident is not usual', () => {
    const [calm] = quiet(1);
    const failing = { ...calm!, errors: 600 };
    const rows = [...quiet(8), failing, failing, failing, failing, failing, failing];
    expect(noiseWithoutHistory(rows, TERMS).errorRate).toBe(0.005);
    const asleep = { ...calm!, requests: 0, errors: 0 };
    expect(noiseWithoutHistory([...rows, asleep, asleep, asleep], TERMS).errorRate).toBe(0.005);
  });

  test('no failure yet is not the certainty that none will be', () => {
    const clean = quiet(9).map((cell) => ({ ...cell, errors: 0 }));
    expect(noiseWithoutHistory(clean, TERMS).errorRate).toBeCloseTo(0.5 / 9001, 12);
    expect(noiseWithoutHistory([], TERMS).errorRate).toBe(0.02);
  });

  test('fewer than 1,000 requests make no more than 2 in 100 failures usual', () => {
    const failing = (requests: number, minutes: number) =>
      pastOf(
        Array.from({ length: minutes }, () => ({
          ...quiet(1)[0]!,
          requests,
          errors: requests / 2,
        })),
      );
    expect(noiseOf(failing(2, 5), TERMS).errorRate).toBe(0.02);
    expect(noiseOf(failing(6, 166), TERMS).errorRate).toBe(0.02);
    expect(noiseOf(failing(10, 100), TERMS).errorRate).toBeCloseTo(0.5, 3);
    expect(
      noiseWithoutHistory(
        failing(1000, 9).map(({ cell }) => cell),
        TERMS,
      ).errorRate,
    ).toBe(0.02);
  });
});

type BoundsCase = {
  history: string;
  minute?: Buckets;
  expected: Readonly<Record<`p${50 | 99}_bucket` | `slope_p${50 | 99}`, number>> &
    Readonly<Record<`odds_tolerance_p${50 | 99}` | `v_p${50 | 99}`, number>>;
};

function boundsHistory({ history, minute }: BoundsCase): readonly PastMinute[] {
  if (minute === undefined) {
    const known = cases.find(({ id }) => history === `noise case ${id}`);
    return pastOf(cellsOf(known!));
  }
  const requests = Object.values(minute).reduce((sum, count) => sum + count, 0);
  const latency = histogramOf(minute);
  const cell = { requests, errors: 0, clientErrors: 0, latency, memory: null };
  return pastOf(Array.from({ length: 180 }, () => cell));
}

describe('slower than a bound', () => {
  test.each(casesOf<BoundsCase>('latency_bounds'))('bounds of $history, $id', (row) => {
    const { expected } = row;
    const { p50, p99 } = noiseOf(boundsHistory(row), TERMS);
    const near = (value: number | undefined, wanted: number) =>
      expectClose('latency_bounds', value, wanted);
    expect(p50?.bucket).toBe(expected.p50_bucket);
    expect(p99?.bucket).toBe(expected.p99_bucket);
    expect(p50?.boundMs).toBe(2 ** (expected.p50_bucket / 2));
    near(p50?.slope, expected.slope_p50);
    near(p99?.slope, expected.slope_p99);
    near(p50?.tolerance, expected.odds_tolerance_p50);
    near(p99?.tolerance, expected.odds_tolerance_p99);
    near(p50?.variance, expected.v_p50);
    near(p99?.variance, expected.v_p99);
  });

  const terms = { part: 0.5, times: 4, leastOdds: 1.25, variance: 0.006, tolerance: 1.12 };

  test('a single bound has no slope, so the least noise and tolerance apply', () => {
    expect(exceedanceOf({ bounds: [50], counts: [10, 10] }, terms)).toEqual({
      bucket: 0,
      boundMs: 50,
      slope: 0,
      tolerance: 1.25,
      variance: 0.024,
    });
  });

  test('a bound at or below zero is no latency, neither as bound nor for the slope', () => {
    const counts = [0, 500, 500];
    const found = exceedanceOf({ bounds: [0, 10], counts }, terms);
    expect(found).toMatchObject({ bucket: 1, slope: 0 });
    expect(exceedanceOf({ bounds: [-5, 0], counts }, terms)).toBeNull();
    const half = exceedanceOf({ bounds: [0, 10, 20], counts: [0, 500, 250, 250] }, terms);
    expect(half?.bucket).toBe(1);
    expect(half?.slope).toBeCloseTo(Math.log(3) / Math.log(2), 2);
  });

  test('without requests there is no bound', () => {
    expect(exceedanceOf({ bounds: [10, 20], counts: [0, 0, 0] }, terms)).toBeNull();
  });

  test('bounds that lie very close keep the tolerance finite', () => {
    const bounds = Array.from({ length: 100 }, (_, i) => 1000 + i);
    const counts = Array.from({ length: 101 }, (_, i) => (i === 50 ? 1e12 : 1));
    expect(exceedanceOf({ bounds, counts }, terms)?.tolerance).toBe(1e6);
  });
});
