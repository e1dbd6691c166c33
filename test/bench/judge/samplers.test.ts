import { expect, test } from 'vitest';
import { normalBelow } from './normal-curve.ts';
import { normal, randomOf } from './random.ts';
import type { Random } from './random.ts';
import { errorsOf } from './rollout-world.ts';
import { binomial, gamma, logFactorial, multinomial, poisson } from './samplers.ts';

const DRAWS = 40_000;

/** Six standard errors: fixed seeds, so this fails for ever or never. */
function expectMoments(
  draw: (random: Random) => number,
  { mean, variance }: { readonly mean: number; readonly variance: number },
): void {
  const random = randomOf(7, 11);
  const values = Array.from({ length: DRAWS }, () => draw(random));
  const average = values.reduce((sum, value) => sum + value, 0) / DRAWS;
  const square = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / DRAWS;
  const fourth = values.reduce((sum, value) => sum + (value - average) ** 4, 0) / DRAWS;
  expect(Math.abs(average - mean)).toBeLessThan(6 * Math.sqrt(variance / DRAWS));
  const error = Math.sqrt((fourth - square * square) / DRAWS);
  expect(Math.abs(square - variance)).toBeLessThan(6 * error);
}

test.each([0.01, 0.9, 9.9, 10.1, 45, 3000, 120_000])('Poisson draws of mean %d', (mean) => {
  expectMoments((random) => poisson(random, mean), { mean, variance: mean });
});

test.each([
  [1, 0.3],
  [12, 0.01],
  [50, 0.19],
  [50, 0.21],
  [60, 0.9],
  [1200, 0.5],
  [120_000, 0.0001],
  [120_000, 0.01],
])('binomial draws of %d at %d', (n, p) => {
  expectMoments((random) => binomial(random, n, p), { mean: n * p, variance: n * p * (1 - p) });
});

test('binomial draws above the mean of rejection have the exact probabilities', () => {
  const [n, p] = [40, 0.3];
  const random = randomOf(3);
  const seen = Array.from({ length: n + 1 }, () => 0);
  for (let i = 0; i < DRAWS; i += 1) seen[binomial(random, n, p)]! += 1;
  let distance = 0;
  for (let k = 4; k <= 20; k += 1) {
    const ways = logFactorial(n) - logFactorial(k) - logFactorial(n - k);
    const expected = DRAWS * Math.exp(ways + k * Math.log(p) + (n - k) * Math.log(1 - p));
    distance += (seen[k]! - expected) ** 2 / expected;
  }
  // Chi-square with 17 degrees of freedom exceeds 41 in one of a thousand.
  expect(distance).toBeLessThan(41);
});

test('a binomial of nothing, of no chance and of certainty needs no draw', () => {
  const never: Random = () => {
    throw new Error('drawn');
  };
  expect([binomial(never, 0, 0.4), binomial(never, 9, 0), binomial(never, 9, 1)]).toEqual([
    0, 0, 9,
  ]);
  expect(poisson(never, 0)).toBe(0);
});

test.each([0.3, 1, 4.5, 200])('gamma draws of shape %d', (shape) => {
  const terms = { mean: shape * 2, variance: shape * 4 };
  expectMoments((random) => gamma(random, shape, 2), terms);
});

test('normal draws', () => {
  expectMoments(normal, { mean: 0, variance: 1 });
});

test('a multinomial loses nobody and keeps the chances', () => {
  const random = randomOf(5);
  const chances = [0.5, 0, 0.3, 0.15, 0.05];
  const sums = chances.map(() => 0);
  for (let i = 0; i < 2000; i += 1) {
    const counts = multinomial(random, 100, chances);
    expect(counts.reduce((sum, one) => sum + one, 0)).toBe(100);
    for (const [bucket, one] of counts.entries()) sums[bucket]! += one;
  }
  for (const [bucket, chance] of chances.entries()) {
    const deviation = Math.sqrt(200_000 * chance * (1 - chance));
    expect(Math.abs(sums[bucket]! - 200_000 * chance)).toBeLessThanOrEqual(5 * deviation);
  }
});

test.each([2, 4, 10])(
  'errors in bursts of %d keep their rate, and vary 2 m − 1 times as much',
  (m) => {
    const [n, rate] = [20_000, 0.01];
    const terms = { mean: n * rate, variance: n * rate * (2 * m - 1) };
    expectMoments((random) => errorsOf(random, n, rate, m), terms);
  },
);

test('errors are never more than the requests', () => {
  const random = randomOf(9);
  const most = Math.max(...Array.from({ length: 2000 }, () => errorsOf(random, 3, 0.29, 30)));
  expect(most).toBe(3);
});

test.each([
  [0, 0.5],
  [1.96, 0.9750021048517795],
  [-3, 0.0013498980316301],
  [-6.2, 2.823158e-10],
  [40, 1],
])('the normal distribution at %d', (z, below) => {
  expect(Math.abs(normalBelow(z) - below)).toBeLessThan(2e-9);
});

test('factorials agree where the table ends and the series begins', () => {
  expect(logFactorial(16) - logFactorial(15)).toBeCloseTo(Math.log(16), 11);
  expect(logFactorial(120_000) - logFactorial(119_999)).toBeCloseTo(Math.log(120_000), 8);
});
