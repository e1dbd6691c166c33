/**
 * Tests that may be looked at whenever one likes, as published: requests are independent given the
 * minute. Lindon & Malek (NeurIPS 2022) for counts, Howard & Ramdas (Bernoulli 2022) for whole
 * distributions; without the aggregation by user that Netflix's software has.
 */
import { logSumExp } from '../../../src/core/judge/accumulate.ts';
import { expectedShare } from '../../../src/core/judge/count-evidence.ts';
import type { Counts } from '../../../src/core/judge/count-evidence.ts';
import { totalOf } from '../../../src/core/judge/histogram.ts';
import type { Histogram } from '../../../src/core/judging-types.ts';
import { NO_ROWS, failed, pastSum, peer, slow, slowBucket, withRow } from './peers-rows.ts';

const ODDS: readonly number[] = [1.2, 1.5, 2, 3, 5, 10, 30, 100];
/** 0.5 % for errors, and a quarter of a percent for the distribution of each side. */
const ERRORS_LIMIT = Math.log(200);
const BAND_ALPHA = 0.0025;
const LIMIT = Math.log(100);
const SLOW_PARTS: readonly number[] = [0.5, 0.05, 0.01];

export const LINDON_MALEK = peer('Anytime-valid Lindon–Malek + DKW bands, 1 %', () => {
  const errors = countTest();
  let all = NO_ROWS;
  return (fresh) => {
    for (const row of fresh) {
      all = withRow(all, row);
      const { canary, baseline } = row;
      if (canary !== null && baseline !== null) errors.add(failed({ canary, baseline }));
    }
    const isSlower = isSurelySlower(all.canary.latency, all.baseline.latency);
    return isSlower || errors.logEvidence() > ERRORS_LIMIT ? 'fail' : 'pass';
  };
});

export const CONDITIONAL = peer(
  'Anytime-valid conditional, no overdispersion, 1 %',
  ({ history }) => {
    const past = pastSum(history);
    const errors = countTest();
    const slower = SLOW_PARTS.map((part) => ({
      bucket: slowBucket(past, part),
      test: countTest(),
    }));
    return (fresh) => {
      for (const { canary, baseline } of fresh) {
        if (canary === null || baseline === null) continue;
        errors.add(failed({ canary, baseline }));
        for (const { bucket, test } of slower) {
          if (bucket !== null) test.add(slow({ canary, baseline }, bucket));
        }
      }
      const together = logSumExp([
        errors.logEvidence() - Math.log(2),
        ...slower.map(({ test }) => test.logEvidence() - Math.log(2 * SLOW_PARTS.length)),
      ]);
      return together > LIMIT ? 'fail' : 'pass';
    };
  },
);

/** The mean over all odds of how much likelier the splits so far are with them than without. */
export function countTest(): { add(row: Counts): void; logEvidence(): number } {
  const sums = ODDS.map(() => 0);
  return {
    add(row) {
      for (const [i, odds] of ODDS.entries()) sums[i]! += splitEvidence(row, odds);
    },
    logEvidence: () => logSumExp(sums) - Math.log(ODDS.length),
  };
}

/** ln of a ratio of binomial likelihoods: which of the events hit the canary. */
function splitEvidence({ canary, canaryOf, baseline, baselineOf }: Counts, odds: number): number {
  const events = canary + baseline;
  const requests = canaryOf + baselineOf;
  if (events === 0 || canaryOf === 0 || baselineOf === 0) return 0;
  const share = canaryOf / requests;
  const worse = expectedShare({ canaryOf, baselineOf, events }, odds) / events;
  return canary * Math.log(worse / share) + baseline * Math.log((1 - worse) / (1 - share));
}

/** At some bound the canary's distribution lies below the baseline's by more than both bands. */
export function isSurelySlower(canary: Histogram | null, baseline: Histogram | null): boolean {
  if (canary === null || baseline === null) return false;
  const [canaryOf, baselineOf] = [totalOf(canary), totalOf(baseline)];
  const bands = bandOf(canaryOf) + bandOf(baselineOf);
  let [below, usual] = [0, 0];
  return canary.counts.some((count, bucket) => {
    below += count / canaryOf;
    usual += (baseline.counts[bucket] ?? 0) / baselineOf;
    return usual - below > bands;
  });
}

/** Half-width of a band that holds the distribution at all times together. */
export function bandOf(requests: number): number {
  const surprise = Math.log(Math.log(Math.E * requests)) + 0.8 * Math.log(1612 / BAND_ALPHA);
  return 0.85 * Math.sqrt(surprise / requests);
}
