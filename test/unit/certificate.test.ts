import { describe, expect, test } from 'vitest';
import {
  ceilingEvidence,
  countEvidence,
  countEvidences,
} from '../../src/core/judge/count-evidence.ts';
import type { CountNoise } from '../../src/core/judge/count-evidence.ts';
import { slowBurst } from '../../src/core/judge/exceedance.ts';
import { logGamma } from '../../src/core/judge/log-gamma.ts';
import { logHypergeometric } from '../vectors/hypergeometric.ts';
import { casesOf, expectClose } from '../vectors/read.ts';

type Setting = { readonly odds: readonly number[]; readonly noise: CountNoise };

const LADDER = [1, 2, 6, 40];
const ladder = (tolerance: number): readonly number[] =>
  LADDER.map((step) => tolerance ** 2 * step);

/** Corners of what noise.ts can answer for 5xx and 4xx. */
const COUNTED: readonly Setting[] = [1.2, 1.5].flatMap((tolerance) =>
  [0.1, 0.3, 0.8, 1.5].flatMap((variance) =>
    [2, 4, 20].map((burst) => ({ odds: ladder(tolerance), noise: { variance, burst } })),
  ),
);

/** What exceedance.ts answers for wide and narrow latencies. */
function slowSettings(requests: number): readonly Setting[] {
  return [0.006, 0.06].flatMap((variance) =>
    [0, 5, 12].flatMap((slope) =>
      [
        [4, 1.25],
        [6, 1.5],
      ].map(([times = 0, least = 0]) => ({
        odds: ladder(Math.max(least, 1.12 ** slope)),
        noise: { variance: Math.max(times, slope ** 2) * variance, burst: slowBurst(requests) },
      })),
    ),
  );
}

/** Mean likelihood ratio over all splits of so many events, each as likely as it is by chance. */
function meanRatios(canaryOf: number, baselineOf: number, events: number) {
  return ({ odds, noise }: Setting): readonly number[] => {
    const sums = odds.map(() => 0);
    for (let k = Math.max(0, events - baselineOf); k <= Math.min(events, canaryOf); k += 1) {
      const counts = { canary: k, canaryOf, baseline: events - k, baselineOf };
      const chance = logHypergeometric(counts);
      for (const [i, ratio] of countEvidences(counts, odds, noise).entries()) {
        sums[i]! += Math.exp(chance + ratio);
      }
    }
    return sums;
  };
}

function worstOf(canaryOf: number, baselineOf: number, settings: readonly Setting[]): number {
  const requests = canaryOf + baselineOf;
  const events = new Set(
    [1, 2, 5, 0.05, 0.2, 0.4, 0.5, 0.7, 0.9].map((part) => {
      return part < 1 ? Math.max(1, Math.round(part * requests)) : part;
    }),
  );
  events.add(requests - 1);
  const sums = [...events]
    .filter((many) => many < requests)
    .flatMap((many) => settings.flatMap(meanRatios(canaryOf, baselineOf, many)));
  return Math.max(...sums);
}

const TABLES = [
  [1, 1], [1, 3], [1, 19], [1, 99], [2, 8], [3, 3], [5, 95], [10, 10], [25, 75], [50, 50],
  [50, 450], [60, 40], [90, 10], [95, 5], [100, 1], [19, 1], [3, 1], [13, 8], [30, 20],
] as const; // prettier-ignore

describe('evidence is 1 : 1 at most on average if the canary is no worse', () => {
  test.each(TABLES)('5xx and 4xx, %i requests against %i', (canaryOf, baselineOf) => {
    expect(worstOf(canaryOf, baselineOf, COUNTED)).toBeLessThanOrEqual(1 + 1e-9);
  });

  test.each(TABLES)('slow requests, %i requests against %i', (canaryOf, baselineOf) => {
    const settings = slowSettings(canaryOf + baselineOf);
    expect(worstOf(canaryOf, baselineOf, settings)).toBeLessThanOrEqual(1 + 1e-9);
  });

  test('small rows need the larger burst factor of slow requests', () => {
    const atLarge = (setting: Setting): Setting => ({
      ...setting,
      noise: { ...setting.noise, burst: slowBurst(100) },
    });
    expect(worstOf(30, 20, slowSettings(50).map(atLarge))).toBeGreaterThan(1.1);
    expect([2, 3, 99, 100].map(slowBurst)).toEqual([2, 1.5, 1.5, 1.1]);
  });

  test('an error rate at its ceiling, or below it', () => {
    for (const [requests, allowed, burst] of [
      [100, 0.01, 2],
      [30, 0.2, 2],
      [500, 0.01, 1.1],
    ] as const) {
      for (const ratio of ladder(1.2)) {
        let sum = 0;
        for (let k = 0; k <= requests; k += 1) {
          const chance =
            logGamma(requests + 1) -
            logGamma(k + 1) -
            logGamma(requests - k + 1) +
            k * Math.log(allowed) +
            (requests - k) * Math.log1p(-allowed);
          sum += Math.exp(chance + ceilingEvidence(k, requests, { allowed, ratio, burst }));
        }
        expect(sum).toBeLessThanOrEqual(1 + 1e-9);
      }
    }
  });
});

test.each(
  casesOf<
    { n_c: number; n_b: number; K: number; psi: number; v: number; phi: number } & {
      expected_E0: number;
    }
  >('certificate'),
)('the evidence is 1 : 1 at most on average over all splits, $id', (row) => {
  const { n_c, n_b, K, psi } = row;
  const noise = { variance: row.v, burst: row.phi };
  let sum = 0;
  for (let k = Math.max(0, K - n_b); k <= Math.min(K, n_c); k += 1) {
    const counts = { canary: k, canaryOf: n_c, baseline: K - k, baselineOf: n_b };
    sum += Math.exp(logHypergeometric(counts) + countEvidence(counts, psi, noise));
  }
  expectClose('certificate', sum, row.expected_E0);
});
