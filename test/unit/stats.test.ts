import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  binomialUpper,
  fisherUpper,
  mergeHistograms,
  quantile,
  slowerThan,
  smallestShareSeen,
} from '../../src/core/judge/stats.ts';

/** Sums of binomial coefficients, exact to the last digit. */
function choose(n: number, k: number): bigint {
  let result = 1n;
  for (let i = 1; i <= k; i += 1) result = (result * BigInt(n - k + i)) / BigInt(i);
  return k < 0 || k > n ? 0n : result;
}

function ratio(part: bigint, whole: bigint): number {
  return Number((part * 10n ** 40n) / whole) / 1e40;
}

function exactFisher(kc: number, nc: number, kb: number, nb: number): number {
  const events = kc + kb;
  let sum = 0n;
  for (let x = kc; x <= Math.min(events, nc); x += 1) sum += choose(nc, x) * choose(nb, events - x);
  return ratio(sum, choose(nc + nb, events));
}

/** Chance of an event: `percent` of 100. */
function exactBinomial(k: number, n: number, percent: number): number {
  let sum = 0n;
  for (let x = k; x <= n; x += 1) {
    sum += choose(n, x) * BigInt(percent) ** BigInt(x) * BigInt(100 - percent) ** BigInt(n - x);
  }
  return ratio(sum, 100n ** BigInt(n));
}

const fisher = (kc: number, nc: number, kb: number, nb: number): number =>
  fisherUpper({ events: kc, requests: nc }, { events: kb, requests: nb });

describe('exact test that the canary has more than its share of the events', () => {
  test.each([
    { row: [3, 4, 1, 4], p: 0.24285714285714285 },
    { row: [41, 1950, 88, 29300], p: 9.591866344418236e-19 },
    { row: [5, 5, 3, 1000], p: 6.620133790426601e-12 },
    { row: [1, 100, 0, 1900], p: 0.05 },
    { row: [60, 1000, 50, 1000], p: 0.18872764226604408 },
    { row: [2, 400, 40, 4000], p: 0.9061199594891785 },
    { row: [900, 1000, 500, 1000], p: 2.5625142562637744e-90 },
  ])('$row gives $p', ({ row: [kc = 0, nc = 0, kb = 0, nb = 0], p }) => {
    expect(fisher(kc, nc, kb, nb) / p).toBeCloseTo(1, 10);
  });

  test('no events, or nothing but events, prove nothing', () => {
    expect(fisher(0, 10, 0, 10)).toBe(1);
    expect(fisher(10, 10, 30, 30)).toBe(1);
  });

  test('a canary without events proves nothing', () => {
    expect(fisher(0, 10, 3, 100)).toBe(1);
  });

  test('agrees with whole-number arithmetic for every small table', () => {
    const side = fc
      .integer({ min: 1, max: 60 })
      .chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)));
    fc.assert(
      fc.property(side, side, ([kc, nc], [kb, nb]) => {
        const exact = exactFisher(kc, nc, kb, nb);
        expect(fisher(kc, nc, kb, nb)).toBeCloseTo(exact, 11);
        // The reference has forty digits after the point, so its own tail ends there.
        const apart = exact < 1e-20 ? 0 : Math.abs(fisher(kc, nc, kb, nb) / exact - 1);
        expect(apart).toBeLessThan(1e-8);
      }),
      { numRuns: 2000 },
    );
  });

  test('one more event on the canary instead of the baseline never weakens the evidence', () => {
    for (let kc = 0; kc < 40; kc += 1) {
      expect(fisher(kc + 1, 50, 40 - kc - 1, 900)).toBeLessThanOrEqual(
        fisher(kc, 50, 40 - kc, 900),
      );
    }
  });

  test('a thousand million requests agree with the normal distribution', () => {
    // Three standard deviations above the mean: 1.35e-3, the skew of the tail included.
    const [nc, nb, events] = [1e9, 9e9, 1e8];
    const deviation = Math.sqrt(events * 0.1 * 0.9 * (1 - events / (nc + nb)));
    const above = Math.round(0.1 * events + 3 * deviation);
    expect(fisher(above, nc, events - above, nb)).toBeCloseTo(0.00135, 5);
    expect(fisher(1e7, nc, 9e7, nb)).toBeCloseTo(0.5, 3);
  });

  test('huge counts neither overflow nor take long', () => {
    const before = performance.now();
    expect(fisher(1e12, 1e15, 1e12, 1e15)).toBeCloseTo(0.5, 3);
    expect(fisher(2e12, 1e15, 1e12, 1e15)).toBe(0);
    expect(fisher(5e14, 1e15, 5e14, 1e15)).toBeCloseTo(0.5, 3);
    expect(fisher(1, 1, 4e15, 8e15)).toBeCloseTo(0.5, 6);
    expect(performance.now() - before).toBeLessThan(500);
  });

  test('the coarse sum of wide tails meets the fine one where both are possible', () => {
    // Variance 160,000 is where the sum begins to skip; the neighbours on both sides must agree.
    const tail = (n: number): number => fisher(n / 4 + 600, n / 2, n / 4 - 600, n / 2);
    const around = [639_000, 640_000, 2_570_000].map((n) => n - (n % 4));
    const normal = around.map((n) => (n * n) / (16 * (n - 1)));
    const tails = around.map(tail);
    tails.forEach((p, i) => {
      const z = (600 - 0.5) / Math.sqrt(normal[i]!);
      expect(p / upperNormal(z)).toBeCloseTo(1, 2);
    });
  });
});

/** Upper tail of the normal distribution by the midpoint rule; slow and plain on purpose. */
function upperNormal(z: number): number {
  let sum = 0;
  for (let x = z + 0.0005; x < z + 12; x += 0.001) sum += Math.exp((-x * x) / 2) * 0.001;
  return sum / Math.sqrt(2 * Math.PI);
}

describe('exact test against a ceiling', () => {
  test.each([
    { k: 3, n: 10, chance: 0.1, p: 0.0701908264 },
    { k: 1, n: 1, chance: 0.01, p: 0.01 },
    { k: 20, n: 1000, chance: 0.01, p: 0.0032883597877274664 },
    { k: 50, n: 1000, chance: 0.05, p: 0.5202589429126794 },
    { k: 1000, n: 1000, chance: 0.99, p: 4.317124741065825e-5 },
    { k: 5, n: 100, chance: 0.05, p: 0.564018699314288 },
  ])('$k of $n where $chance is allowed gives $p', ({ k, n, chance, p }) => {
    expect(binomialUpper({ events: k, requests: n }, chance) / p).toBeCloseTo(1, 10);
  });

  test('agrees with whole-number arithmetic for every small table', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 99 }),
        (n, k, percent) => {
          const ours = binomialUpper({ events: k, requests: n }, percent / 100);
          expect(ours).toBeCloseTo(exactBinomial(k, n, percent), 11);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test.each([
    { k: 0, chance: 0, p: 1 },
    { k: 1, chance: 0, p: 0 },
    { k: 10, chance: 1, p: 1 },
    { k: 11, chance: 0.5, p: 0 },
  ])('$k of 10 where $chance is allowed is $p, without rounding', ({ k, chance, p }) => {
    expect(binomialUpper({ events: k, requests: 10 }, chance)).toBe(p);
  });
});

describe('the smallest share that would have been noticed', () => {
  test('is the one whose critical count is reached 8 times in 10', () => {
    const share = smallestShareSeen(1000, (events) => events >= 20)!;
    expect(binomialUpper({ events: 20, requests: 1000 }, share)).toBeCloseTo(0.8, 6);
    expect(binomialUpper({ events: 19, requests: 1000 }, share)).toBeGreaterThan(0.8);
  });

  test('is zero for a test that fails at any count', () => {
    expect(smallestShareSeen(10, () => true)).toBeCloseTo(0, 9);
  });

  test('there is none for a test that never fails, or without requests', () => {
    expect(smallestShareSeen(10, () => false)).toBeNull();
    expect(smallestShareSeen(0, () => true)).toBeNull();
  });
});

describe('histograms', () => {
  const bounds = [10, 20, 40];

  test('of one layout are added bucket by bucket', () => {
    const sum = mergeHistograms([
      { bounds, counts: [1, 2, 3, 4] },
      { bounds: [10, 20, 40], counts: [10, 20, 30, 40] },
    ]);
    expect(sum).toEqual({ bounds, counts: [11, 22, 33, 44] });
  });

  test('of different layouts are never added', () => {
    const one = { bounds, counts: [1, 2, 3, 4] };
    expect(mergeHistograms([one, { bounds: [10, 20, 41], counts: [1, 2, 3, 4] }])).toBe('mixed');
    expect(mergeHistograms([one, { bounds: [10, 20], counts: [1, 2, 3] }])).toBe('mixed');
  });

  test('none at all is no histogram', () => {
    expect(mergeHistograms([])).toBeNull();
  });

  test.each([
    { counts: [10, 0, 0, 0], part: 0.5, expected: { value: 5, lower: 0, upper: 10 } },
    { counts: [5, 5, 0, 0], part: 0.5, expected: { value: 10, lower: 0, upper: 10 } },
    { counts: [5, 5, 0, 0], part: 0.75, expected: { value: 15, lower: 10, upper: 20 } },
    { counts: [0, 0, 100, 0], part: 0.95, expected: { value: 39, lower: 20, upper: 40 } },
    { counts: [57, 3, 0, 0], part: 0.95, expected: { value: 10, lower: 0, upper: 10 } },
    { counts: [1, 0, 0, 9], part: 0.95, expected: { value: 40, lower: 40, upper: Infinity } },
  ])('the $part quantile of $counts lies in its bucket', ({ counts, part, expected }) => {
    const found = quantile({ bounds, counts }, part)!;
    expect(found.value).toBeCloseTo(expected.value, 6);
    expect([found.lower, found.upper]).toEqual([expected.lower, expected.upper]);
  });

  test('an empty histogram has no quantile', () => {
    expect(quantile({ bounds, counts: [0, 0, 0, 0] }, 0.5)).toBeNull();
  });

  test('a layout that starts at zero has a bucket of its own below it', () => {
    const found = quantile({ bounds: [0, 100], counts: [0, 10, 0] }, 0.5);
    expect(found).toMatchObject({ lower: 0, upper: 100 });
  });

  test('slower than a bound counts the buckets above it', () => {
    expect(slowerThan({ bounds, counts: [1, 2, 3, 4] }, 20)).toEqual({ events: 7, requests: 10 });
    expect(slowerThan({ bounds, counts: [1, 2, 3, 4] }, 40)).toEqual({ events: 4, requests: 10 });
  });
});
