import { expect, test } from 'vitest';
import { classify, scoreOf } from './peers-kayenta-judge.ts';
import type { MetricValues } from './peers-kayenta-judge.ts';
import { KAYENTA, KAYENTA_PER_STAGE, KAYENTA_TOLERANT } from './peers-kayenta.ts';
import { shiftOf } from './peers-mann-whitney.ts';
import { normal, randomOf } from './random.ts';
import { PROMOTED, cell, ended, rolledBackAt } from './peers-scene.ts';
import type { Row } from './peers-scene.ts';

const Z = 2.3263478740408408;
/** The solver of the source is no more accurate than this. */
const NEAR = 1e-4;

function repeated(times: number, value: number): readonly number[] {
  return Array.from({ length: times }, () => value);
}

const ones = repeated(10, 1);

/** The canary's first minutes have this value, the rest of ten are as the baseline's. */
function partlyAt(minutes: number, value: number): readonly number[] {
  return [...repeated(minutes, value), ...repeated(10 - minutes, 1)];
}

test.each([2, 3, 100, 1000])(
  'ten minutes at 1 flip with the eighth at %d (spinnaker#6278)',
  (value) => {
    const verdicts = [5, 6, 7, 8, 9, 10].map((minutes) =>
      classify({ canary: partlyAt(minutes, value), baseline: ones }, 1.05),
    );
    expect(verdicts).toEqual(['pass', 'pass', 'pass', 'high', 'high', 'high']);
  },
);

test('seven minutes of ten at 100 give the very numbers of the report (spinnaker#6278)', () => {
  const { lower, upper, estimate } = shiftOf(partlyAt(7, 100), ones)!;
  expect(lower).toBeCloseTo(6.825022991538781e-5, 16);
  expect(upper).toBe(99);
  expect(estimate).toBeCloseTo(98.99992904170193, 12);
});

test('half of the minutes leave the estimate anywhere, and the solver stops where it first looks', () => {
  expect(shiftOf(partlyAt(5, 100), ones)).toEqual({ lower: 0, upper: 99, estimate: 49.5 });
});

test('where both sides are mostly zero the jump at zero is both bound and estimate, and is not high', () => {
  for (const rare of [1, 2, 3]) {
    const canary = [...repeated(rare, 0.05), ...repeated(12 - rare, 0)];
    const baseline = [0.001, 0.002, ...repeated(10, 0)];
    const { lower, estimate } = shiftOf(canary, baseline)!;
    expect(lower).toBeLessThanOrEqual(0);
    expect(Math.abs(estimate)).toBeLessThanOrEqual(NEAR);
    expect(classify({ canary, baseline }, 1)).toBe('pass');
  }
});

test('some errors against none at all pass (kayenta#426)', () => {
  const values = { canary: [0, 1, 2, 1, 0, 0], baseline: repeated(6, 0) };
  expect(classify(values, 1)).toBe('pass');
});

/** Ranks by counting, ties by counting: nothing of it is shared with the port. */
function countedDeviate(x: readonly number[], y: readonly number[], shift: number): number {
  const moved = x.map((value) => value - shift);
  const all = [...moved, ...y];
  const rank = (value: number): number =>
    all.filter((one) => one < value).length + (all.filter((one) => one === value).length + 1) / 2;
  const m = x.length;
  const n = y.length;
  const w = moved.reduce((sum, value) => sum + rank(value), 0) - (m * (m + 1)) / 2 - (m * n) / 2;
  // Each value of a group of t adds t² − 1, together t³ − t.
  const ties = all.reduce((sum, a) => sum + all.filter((b) => b === a).length ** 2 - 1, 0);
  const total = m + n;
  const variance = ((m * n) / 12) * (total + 1 - ties / (total * (total - 1)));
  return (w - Math.sign(w) * 0.5) / Math.sqrt(variance);
}

const draws = Array.from({ length: 40 }, (_, i) => i);

function sample(draw: number, side: number): readonly number[] {
  const random = randomOf(draw, side);
  const size = 2 + Math.floor(random() * 12);
  // Every other pair of samples is full of ties.
  return Array.from({ length: size }, () => {
    const value = 5 * normal(random) + (side === 0 ? (draw % 7) - 2 : 0);
    return draw % 2 === 0 ? Math.round(value) : value;
  });
}

test('bounds and estimate are where counted ranks cross the quantile', () => {
  for (const draw of draws) {
    const [x, y] = [sample(draw, 0), sample(draw, 1)];
    const found = shiftOf(x, y)!;
    const least = Math.min(...x) - Math.max(...y);
    const most = Math.max(...x) - Math.min(...y);
    const crossings: readonly (readonly [number, number])[] = [
      [found.lower, Z],
      [found.upper, -Z],
      [found.estimate, 0],
    ];
    for (const [at, z] of crossings) {
      const [before, after] = [at - NEAR, at + NEAR];
      const isCrossed =
        (before <= least || countedDeviate(x, y, before) >= z) &&
        (after >= most || countedDeviate(x, y, after) <= z);
      expect({ draw, z, isCrossed }).toEqual({ draw, z, isCrossed: true });
      expect(at).toBeGreaterThanOrEqual(least);
      expect(at).toBeLessThanOrEqual(most);
    }
  }
});

test('without ties the bounds are ordered differences, as in R', () => {
  for (const draw of draws.filter((one) => one % 2 === 1)) {
    const [x, y] = [sample(draw, 0), sample(draw, 1)];
    const found = shiftOf(x, y)!;
    const differences = x.flatMap((a) => y.map((b) => a - b)).sort((a, b) => a - b);
    const pairs = x.length * y.length;
    const error = Math.sqrt((pairs / 12) * (x.length + y.length + 1));
    // With so many differences below the shift, the rest is not surely positive any more.
    const below = differences.findIndex((_, i) => (pairs / 2 - (i + 1) - 0.5) / error <= Z);
    expect(Math.abs(found.lower - differences[below]!)).toBeLessThanOrEqual(NEAR);
    expect(Math.abs(found.upper - differences[pairs - 1 - below]!)).toBeLessThanOrEqual(NEAR);
  }
});

test.each([
  ['equal values in another order', [1, 2, 3], [3, 1, 2]],
  ['one value everywhere', [2, 2], [2, 2, 2]],
  ['no error at all', [0, 0], [0, 0, 0]],
  ['no value of the canary', [], [1, 2]],
  ['no value of the baseline', [1, 2], []],
  ['lower values', [1, 2, 1, 2, 1, 2], [11, 12, 11, 12, 11, 12]],
])('%s pass', (_, canary, baseline) => {
  expect(classify({ canary, baseline }, 1)).toBe('pass');
});

test('a shift that is only surely above zero passes: a quarter of the estimate is needed', () => {
  const canary = [2, 3, 4, 12, 13, 14, 15, 16, 17, 18, 19, 20];
  const baseline = [1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 11.9, 12.9, 13.9, 14.9];
  const { lower, estimate } = shiftOf(canary, baseline)!;
  expect(lower).toBeGreaterThan(0.001);
  expect(lower).toBeLessThan(estimate / 4);
  expect(classify({ canary, baseline }, 1)).toBe('pass');
});

test('an allowed increase is a ratio of means, and one that does not exist is exceeded', () => {
  const baseline = repeated(12, 10).map((value, i) => value + i / 100);
  const canary = baseline.map((value) => value * 1.2);
  expect(classify({ canary, baseline }, 1)).toBe('high');
  expect(classify({ canary, baseline }, 1.25)).toBe('pass');
  const failing = repeated(12, 0.1).map((value, i) => value + i / 1000);
  expect(classify({ canary: failing, baseline: repeated(12, 0) }, 1.25)).toBe('high');
});

test('two constant sides are blurred and compared; one value each cannot be', () => {
  expect(classify({ canary: repeated(12, 1), baseline: repeated(12, 0) }, 1)).toBe('high');
  expect(classify({ canary: repeated(12, 1), baseline: repeated(12, 2) }, 1)).toBe('pass');
  expect(shiftOf([3], [1])).toBeNull();
});

function metric(group: MetricValues['group'], isHigh: boolean): MetricValues {
  const baseline = Array.from({ length: 12 }, (_, i) => 10 + i / 100);
  return { group, baseline, canary: isHigh ? baseline.map((value) => 2 * value) : baseline };
}

test.each([
  [100, [metric('errors', false), metric('latency', false)]],
  [50, [metric('errors', true), metric('latency', false)]],
  [83.33, [metric('errors', false), ...[true, false, false].map((one) => metric('latency', one))]],
  [66.67, [metric('errors', false), ...[true, true, false].map((one) => metric('latency', one))]],
  [50, [metric('errors', false), metric('latency', true)]],
  [100, [metric('errors', false)]],
])('the score is %d', (score, metrics) => {
  expect(scoreOf(metrics, 1)).toBe(score);
});

test('a metric that cannot be tested is left out of its group', () => {
  const untestable: MetricValues = { group: 'latency', canary: [0], baseline: [4] };
  expect(scoreOf([metric('errors', false), untestable], 1)).toBe(100);
  expect(scoreOf([untestable, metric('latency', true)], 1)).toBe(50);
});

/** Minutes differ a little, so that nothing is tied; the p50 lies in the second bucket, the p95 in the third. */
function wobbling(minute: number, above: readonly number[]): readonly number[] {
  return [0, 800 - (minute % 7), 160 + (minute % 7), ...above];
}

function rowsWith(canary: (minute: number) => Row['canary']) {
  return (minute: number): Row => ({
    canary: canary(minute),
    baseline: cell(1000, minute % 3, wobbling(minute, [40])),
  });
}

test('three slow quantiles fail an interval, which a judge of whole stages does not have', () => {
  const slow = rowsWith((minute) => cell(1000, minute % 3, [0, ...wobbling(minute, [40])]));
  expect(ended(KAYENTA, slow)).toEqual(rolledBackAt(10));
  expect(ended(KAYENTA_PER_STAGE, slow)).toEqual(rolledBackAt(15));
});

test('one slow quantile of three is marginal at an interval and fails the stage', () => {
  const tail = rowsWith((minute) => cell(1000, minute % 3, wobbling(minute, [0, 40])));
  expect(ended(KAYENTA, tail)).toEqual(rolledBackAt(15));
});

test.each([
  ['no point', null],
  ['no request', cell(0)],
])('an interval needs four minutes with traffic on both sides: %s', (_, nothing) => {
  const failing = (from: number) =>
    rowsWith((minute) => (minute < from ? nothing : cell(1000, 400 + minute)));
  expect(ended(KAYENTA, failing(3))).toEqual(rolledBackAt(10));
  expect(ended(KAYENTA, failing(4))).toEqual(rolledBackAt(15));
});

test('each stage is judged by its own minutes', () => {
  // Eight failing minutes of twelve do not flip a stage; they would, with those of the stages before.
  const most = rowsWith((minute) =>
    cell(1000, minute % 15 < 8 || minute % 15 > 11 ? 400 : minute % 3),
  );
  expect(ended(KAYENTA_PER_STAGE, most)).toEqual(PROMOTED);
});

test('a fifth more errors and no less than usual pass with an allowed increase', () => {
  const failing = (minute: number, times: number) => cell(10_000, times * (100 + (minute % 5)));
  const rows = (minute: number): Row => ({
    canary: failing(minute, 1.2),
    baseline: failing(minute, 1),
  });
  expect(ended(KAYENTA, rows)).toEqual(rolledBackAt(10));
  expect(ended(KAYENTA_TOLERANT, rows)).toEqual(PROMOTED);
});
