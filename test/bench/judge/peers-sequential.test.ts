import { expect, test } from 'vitest';
import { CONDITIONAL, LINDON_MALEK, bandOf, countTest, isSurelySlower } from './peers-anytime.ts';
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
} from './peers-scene.ts';
import type { Row } from './peers-scene.ts';
import { GROUP_SEQUENTIAL } from './peers-group-sequential.ts';
import {
  SEQUENTIAL_INTERVAL,
  isSurelyWorse,
  tuning,
  widthOf,
} from './peers-sequential-interval.ts';

test('a sequential interval is nearly as narrow as it can be where it was tuned', () => {
  const chosen = widthOf(5000, tuning());
  const best = Math.min(
    ...Array.from({ length: 400 }, (_, i) => widthOf(5000, tuning() * 10 ** ((i - 200) / 100))),
  );
  expect(chosen / best).toBeGreaterThanOrEqual(1);
  expect(chosen / best).toBeLessThan(1.01);
});

test('a sequential interval keeps its level however often one looks', () => {
  // A walk with steps of ± 1 crosses √n · √n · width in at most one of twenty.
  const rho = tuning();
  let chances = new Map([[0, 1]]);
  let crossed = 0;
  for (let n = 1; n <= 400; n += 1) {
    const next = new Map<number, number>();
    for (const [at, chance] of chances) {
      for (const step of [-1, 1]) next.set(at + step, (next.get(at + step) ?? 0) + chance / 2);
    }
    for (const [at, chance] of next) {
      if (at / n <= widthOf(n, rho)) continue;
      crossed += chance;
      next.delete(at);
    }
    chances = next;
  }
  expect(crossed).toBeLessThan(0.05);
});

test('a sequential interval waits for a hundred requests on each side', () => {
  expect(isSurelyWorse(countsOf([90, 100], [100, 10_000]))).toBe(true);
  expect(isSurelyWorse(countsOf([90, 99], [100, 10_000]))).toBe(false);
  expect(isSurelyWorse(countsOf([90, 100], [0, 99]))).toBe(false);
  expect(isSurelyWorse(countsOf([90, 100], [0, 100]))).toBe(true);
});

test('a sequential interval asks for the difference to exceed its half-width', () => {
  // √(variance · n) · width by hand: 3000 requests at 2 %, and as many at 1 %.
  const variance = (0.02 * 0.98 + 0.01 * 0.99) / 3000;
  const rho = (-2 * Math.log(0.1) + Math.log(1 - 2 * Math.log(0.1))) / 5000;
  const n = 6000 * rho;
  const half = Math.sqrt(
    ((variance * 6000 * 2 * (n + 1)) / (n * 6000)) * Math.log(1 + Math.sqrt(n + 1) / 0.1),
  );
  expect(half).toBeGreaterThan(0.0085);
  expect(isSurelyWorse(countsOf([60, 3000], [30, 3000]))).toBe(0.01 > half);
  expect(isSurelyWorse(countsOf([90, 3000], [30, 3000]))).toBe(true);
});

test('a band of the distribution has the constant of Howard and Ramdas', () => {
  const n = 10_000;
  const byHand = 0.85 * Math.sqrt((Math.log(1 + Math.log(n)) + 0.8 * Math.log(1612 / 0.0025)) / n);
  expect(bandOf(n)).toBeCloseTo(byHand, 12);
  expect(bandOf(n)).toBeCloseTo(0.030676, 5);
});

function histogram(...counts: number[]) {
  return { bounds: [100, 200], counts };
}

test('distributions are apart when they differ by more than both bands, and only if slower', () => {
  const base = histogram(50_000, 50_000, 0);
  const apart = Math.ceil(10_000 * (bandOf(10_000) + bandOf(100_000)));
  expect(isSurelySlower(histogram(5000 - apart - 1, 5000 + apart + 1, 0), base)).toBe(true);
  expect(isSurelySlower(histogram(5000 - apart + 1, 5000 + apart - 1, 0), base)).toBe(false);
  expect(isSurelySlower(histogram(10_000, 0, 0), base)).toBe(false);
  expect(isSurelySlower(histogram(5000, 5000 - apart - 1, apart + 1), base)).toBe(true);
});

test('without a request on both sides nothing is slower', () => {
  expect(isSurelySlower(null, histogram(1, 0, 0))).toBe(false);
  expect(isSurelySlower(histogram(0, 0, 1), null)).toBe(false);
  expect(isSurelySlower(histogram(0, 0, 0), histogram(1, 0, 0))).toBe(false);
  expect(isSurelySlower(histogram(0, 0, 1), histogram(0, 0, 0))).toBe(false);
});

test('rare events: the evidence is the mean of binomial likelihood ratios', () => {
  const test = countTest();
  test.add(countsOf([3, 1e9], [2, 1e9]));
  test.add(countsOf([1, 1e9], [0, 3e9]));
  // Rows with nothing to compare say nothing.
  test.add(countsOf([0, 1e9], [0, 1e9]));
  test.add(countsOf([0, 0], [3, 100]));
  test.add(countsOf([3, 100], [0, 0]));
  const odds = [1.2, 1.5, 2, 3, 5, 10, 30, 100];
  const ratios = odds.map((times) => {
    const [even, quarter] = [times / (times + 1), times / (times + 3)];
    return (even / 0.5) ** 3 * ((1 - even) / 0.5) ** 2 * (quarter / 0.25);
  });
  const mean = ratios.reduce((sum, one) => sum + one, 0) / odds.length;
  expect(test.logEvidence()).toBeCloseTo(Math.log(mean), 6);
});

test.each([GROUP_SEQUENTIAL, SEQUENTIAL_INTERVAL, LINDON_MALEK, CONDITIONAL])(
  '$name finds errors and slow requests, and promotes a canary that is as the baseline is',
  (rule) => {
    const outcomeOf = (bad: Row['canary']) =>
      ended(
        rule,
        canaryAt(() => bad),
        USUAL,
      );
    expect(outcomeOf(FAILING).outcome).toBe('rolled-back');
    expect(outcomeOf(SLOWER).outcome).toBe('rolled-back');
    expect(outcomeOf(null)).toEqual(PROMOTED);
  },
);

test('errors need evidence of 200 beside the bands, and of 200 as one half of all', () => {
  // Failing canaries of equal sides: k of k events say 2^k times the chance of all of them.
  const counts =
    (errors: number) =>
    (minute: number): Row => ({
      canary: cell(100_000, minute === 0 ? errors : 0),
      baseline: cell(100_000),
    });
  const first = (rule: typeof LINDON_MALEK): number =>
    Array.from({ length: 40 }, (_, i) => i).findIndex(
      (errors) => ended(rule, counts(errors), past(cell(10_000, 50))).outcome === 'rolled-back',
    );
  const mean = (k: number): number =>
    [1.2, 1.5, 2, 3, 5, 10, 30, 100].reduce((sum, x) => sum + ((2 * x) / (1 + x)) ** k / 8, 0);
  const enough = Array.from({ length: 40 }, (_, k) => k).findIndex((k) => mean(k) > 200);
  expect(first(LINDON_MALEK)).toBe(enough);
  // The other half, of slow requests, stays at most at 1.
  expect(first(CONDITIONAL)).toBe(enough);
});
