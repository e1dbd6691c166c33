import { expect, test } from 'vitest';
import type { Counts } from '../../../src/core/judge/count-evidence.ts';
import { normalBelow } from './normal-curve.ts';
import { CONDITIONAL } from './peers-anytime.ts';
import {
  BOUNDARY,
  GROUP_SEQUENTIAL,
  plannedVariance,
  stratified,
} from './peers-group-sequential.ts';
import {
  FAILING,
  PROMOTED,
  SLOWER,
  USUAL,
  canaryAt,
  cell,
  countsOf,
  ended,
  past,
  rolledBackAt,
} from './peers-scene.ts';
import type { Row } from './peers-scene.ts';
import { SEQUENTIAL_INTERVAL } from './peers-sequential-interval.ts';
import { FIXED_HORIZON_Z, PEEKING_Z, pooledZ } from './peers-z.ts';

test.each([
  ['30 of 100 against 20 of 100', countsOf([30, 100], [20, 100]), 1.632993161855452],
  ['351 of 605 against 41 of 195', countsOf([351, 605], [41, 195]), 8.985900954503084],
  ['fewer', countsOf([20, 100], [30, 100]), -1.632993161855452],
  ['nobody fails', countsOf([0, 100], [0, 100]), 0],
  ['everybody fails', countsOf([100, 100], [50, 50]), 0],
  ['no canary', countsOf([0, 0], [5, 100]), 0],
  ['no baseline', countsOf([5, 100], [0, 0]), 0],
])('two proportions: %s', (_, counts, z) => {
  expect(pooledZ(counts)).toBeCloseTo(z, 9);
});

test('the square of z is the chi-square of the table of four', () => {
  const [a, b, c, d] = [12, 388, 5, 595];
  const all = a + b + c + d;
  const chiSquare = (all * (a * d - b * c) ** 2) / ((a + b) * (c + d) * (a + c) * (b + d));
  expect(pooledZ(countsOf([a, a + b], [c, c + d])) ** 2).toBeCloseTo(chiSquare, 9);
});

test.each([
  ['errors', FAILING],
  ['slow requests', SLOWER],
])('a fixed horizon sees %s at the end of the stage, peeking at once', (_, bad) => {
  const always = canaryAt(() => bad);
  expect(ended(FIXED_HORIZON_Z, always, USUAL)).toEqual(rolledBackAt(15));
  expect(ended(PEEKING_Z, always, USUAL)).toEqual(rolledBackAt(4));
});

test.each([FIXED_HORIZON_Z, PEEKING_Z])(
  '$name promotes a canary that is as the baseline is',
  (rule) => {
    expect(
      ended(
        rule,
        canaryAt(() => null),
        USUAL,
      ),
    ).toEqual(PROMOTED);
  },
);

test('each stage is tested by itself', () => {
  // Bad only in rows that no stage sees before it is over.
  const late = canaryAt((minute) => (minute % 15 > 11 ? FAILING : null));
  expect(ended(FIXED_HORIZON_Z, late, USUAL)).toEqual(PROMOTED);
  expect(ended(PEEKING_Z, late, USUAL)).toEqual(PROMOTED);
});

test('what each stage for itself does not show, all together do not either', () => {
  // z is 1.5 in every stage, and would be 3 over all of them.
  const mild = canaryAt(() => cell(1000, 6, [0, 944, 50]));
  expect(ended(FIXED_HORIZON_Z, mild, USUAL)).toEqual(PROMOTED);
});

test('a service without an error in its past has planned for some', () => {
  const once = (minute: number): Row => ({
    canary: cell(20, minute === 0 ? 1 : 0),
    baseline: cell(1980),
  });
  expect(ended(GROUP_SEQUENTIAL, once, past(cell(2000)))).toEqual(PROMOTED);
});

test("the boundary is O'Brien and Fleming's for half a percent, looked at all the time", () => {
  // A Brownian motion is ever above b until time 1 twice as often as at time 1.
  expect(2 * (1 - normalBelow(BOUNDARY))).toBeCloseTo(0.005, 5);
});

test('the score of one stratum is the observed less the expected, with the hypergeometric variance', () => {
  const { score, variance } = scoreAndVariance(countsOf([10, 50], [5, 50]));
  expect(score).toBeCloseTo(2.5, 12);
  expect(variance).toBeCloseTo((50 * 50 * 15 * 85) / (100 * 100 * 99), 12);
});

/** By brute force over all ways to spread the events. */
function scoreAndVariance({ canary, canaryOf, baseline, baselineOf }: Counts) {
  const events = canary + baseline;
  let [weight, mean, square] = [0, 0, 0];
  for (let k = Math.max(0, events - baselineOf); k <= Math.min(events, canaryOf); k += 1) {
    const ways = choose(canaryOf, k) * choose(baselineOf, events - k);
    weight += ways;
    mean += ways * k;
    square += ways * k * k;
  }
  const expected = mean / weight;
  return { score: canary - expected, variance: square / weight - expected ** 2 };
}

function choose(n: number, k: number): number {
  return k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k;
}

test('strata add up, and the boundary falls with the square root of the information', () => {
  const strata = [
    countsOf([18, 50], [5, 50]),
    countsOf([12, 80], [10, 120]),
    countsOf([0, 0], [3, 10]),
    countsOf([1, 1], [0, 0]),
  ];
  const sums = strata.map(scoreAndVariance);
  const score = sums.reduce((sum, one) => sum + one.score, 0);
  const variance = sums.reduce((sum, one) => sum + one.variance, 0);
  // z = B ÷ √(variance ÷ planned) solved for the plan.
  const planned = score ** 2 / BOUNDARY ** 2;
  expect(planned).toBeGreaterThan(variance);
  const isOver = (plan: number): boolean => {
    const test = stratified(plan);
    for (const one of strata) test.add(one);
    return test.isOver();
  };
  expect(isOver(planned * 0.999)).toBe(true);
  expect(isOver(planned * 1.001)).toBe(false);
});

test('more information than planned does not lower the boundary further', () => {
  const test = stratified(1);
  test.add(countsOf([105, 1000], [75, 1000]));
  expect(pooledZ(countsOf([105, 1000], [75, 1000]))).toBeLessThan(BOUNDARY);
  expect(test.isOver()).toBe(false);
});

test('the plan is the variance of all its rows', () => {
  const byHand = 15 * 600 * (0.01 * 0.99 + 0.5 * 0.5) * 0.02 * 0.98;
  expect(plannedVariance(0.02, 600, [1, 50])).toBeCloseTo(byHand, 9);
});

test('strata compare within the minute; pooled rows blame the canary for a common outage', () => {
  // While a quarter of all requests fails on both sides, the canary has a larger share of them.
  const outage = (minute: number, percent: number): Row => {
    const part = minute > 45 ? 0.25 : 0.005;
    const requests = percent * 200;
    const rest = 20_000 - requests;
    return { canary: cell(requests, requests * part), baseline: cell(rest, rest * part) };
  };
  expect(ended(GROUP_SEQUENTIAL, outage, USUAL)).toEqual(PROMOTED);
  expect(ended(CONDITIONAL, outage, USUAL)).toEqual(PROMOTED);
  expect(ended(SEQUENTIAL_INTERVAL, outage, USUAL).outcome).toBe('rolled-back');
});
