/**
 * A one-sided asymptotic confidence sequence of the difference, as in safe rollouts of GrowthBook
 * (packages/stats/gbstats/frequentist/tests.py, after Waudby-Smith et al., arXiv 2103.06476, eq. 134
 * and 161); LaunchDarkly's boundary is not published. All rows are pooled, as these tools do.
 */
import type { Counts } from '../../../src/core/judge/count-evidence.ts';
import { NO_ROWS, failed, pastSum, peer, slow, slowBucket, withRow } from './peers-rows.ts';
import { SLOW_PART } from './peers-z.ts';

const ALPHA = 0.05;
/** Requests at which the interval is as narrow as it can be. */
const TUNED_AT = 5000;
const LEAST = 100;

export const SEQUENTIAL_INTERVAL = peer(
  'Sequential CI 5 % (LaunchDarkly/GrowthBook-like)',
  ({ history }) => {
    const bucket = slowBucket(pastSum(history), SLOW_PART);
    let all = NO_ROWS;
    return (fresh) => {
      for (const row of fresh) all = withRow(all, row);
      const isSlower = bucket !== null && isSurelyWorse(slow(all, bucket));
      return isSlower || isSurelyWorse(failed(all)) ? 'fail' : 'pass';
    };
  },
);

export function isSurelyWorse(counts: Counts): boolean {
  const { canary, canaryOf, baseline, baselineOf } = counts;
  if (canaryOf < LEAST || baselineOf < LEAST) return false;
  const [rate, usual] = [canary / canaryOf, baseline / baselineOf];
  const variance = (rate * (1 - rate)) / canaryOf + (usual * (1 - usual)) / baselineOf;
  const requests = canaryOf + baselineOf;
  return rate - usual > Math.sqrt(variance * requests) * widthOf(requests, tuning());
}

/** Half-width for a variance of 1 a request. */
export function widthOf(requests: number, rhoSquared: number): number {
  const n = requests * rhoSquared;
  const surprise = Math.log(1 + Math.sqrt(n + 1) / (2 * ALPHA));
  return Math.sqrt((2 * (n + 1) * surprise) / (n * requests));
}

export function tuning(): number {
  const surprise = -2 * Math.log(2 * ALPHA);
  return (surprise + Math.log(surprise + 1)) / TUNED_AT;
}
