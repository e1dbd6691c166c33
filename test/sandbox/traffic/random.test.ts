import { expect, test } from 'vitest';

import { exponential, logNormal, pick, seededRandom } from './random.ts';

test('the same seed gives the same numbers, another seed others', () => {
  const three = (seed: number): number[] => Array.from({ length: 3 }, seededRandom(seed));
  expect(three(5)).toEqual(three(5));
  expect(three(5)).not.toEqual(three(6));
});

test('numbers are spread evenly over [0, 1): chi-square over 20 bins', () => {
  const random = seededRandom(3);
  const bins = Array.from({ length: 20 }, () => 0);
  for (let i = 0; i < 100_000; i++) bins[Math.floor(random() * 20)]! += 1;
  const chiSquare = bins.reduce((sum, seen) => sum + (seen - 5_000) ** 2 / 5_000, 0);
  // 99.9 % of a chi-square with 19 degrees of freedom.
  expect(chiSquare).toBeLessThan(43.8);
});

test('revisions are picked by their percents: chi-square over 100,000 picks', () => {
  const rows = [1, 4, 25, 70].map((percent) => ({ percent }));
  const random = seededRandom(8);
  const seen = new Map<number, number>();
  for (let i = 0; i < 100_000; i++) {
    const { percent } = pick(rows, random)!;
    seen.set(percent, (seen.get(percent) ?? 0) + 1);
  }
  const chiSquare = rows.reduce(
    (sum, { percent }) => sum + (seen.get(percent)! - percent * 1_000) ** 2 / (percent * 1_000),
    0,
  );
  // 99.9 % of a chi-square with 3 degrees of freedom.
  expect(chiSquare).toBeLessThan(16.3);
});

test('a revision at 0 % is never picked, and nothing is picked from nothing', () => {
  const random = seededRandom(1);
  const rows = [{ percent: 0 }, { percent: 100 }, { percent: 0 }];
  for (let i = 0; i < 1_000; i++) expect(pick(rows, random)).toBe(rows[1]);
  expect(pick([], random)).toBeNull();
  expect(pick([{ percent: 0 }], random)).toBeNull();
});

test('half of the log-normal values are below the median, the exponential ones have their mean', () => {
  const random = seededRandom(2);
  const normal = Array.from({ length: 10_000 }, () =>
    logNormal(random, { median: 35, sigma: 0.3 }),
  );
  const below = normal.filter((value) => value < 35).length;
  expect(Math.abs(below - 5_000)).toBeLessThan(150);
  const gaps = Array.from({ length: 10_000 }, () => exponential(random, 10));
  expect(Math.abs(gaps.reduce((a, b) => a + b, 0) / 10_000 - 10)).toBeLessThan(0.3);
});
