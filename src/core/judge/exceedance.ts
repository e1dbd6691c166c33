/** Which requests count as slow, and how much of a difference in their number is noise (judging.md 3.4). */
import { slowerThan, totalOf } from './histogram.ts';
import type { Histogram } from '../judging-types.ts';

export type Exceedance = {
  /** A request in a bucket above this one is slow. */
  readonly bucket: number;
  /** The same as a latency, for a histogram of this layout only. */
  readonly boundMs: number;
  /** By how much the log odds of being slow rise per unit of log latency. */
  readonly slope: number;
  /** Odds ratio that does not matter. */
  readonly tolerance: number;
  /** Per row, of the log odds between two equally good revisions. */
  readonly variance: number;
};

export type ExceedanceTerms = {
  /** Part of the requests that should be slow. */
  readonly part: number;
  /** Least noise and tolerance, fit for wide distributions. */
  readonly times: number;
  readonly leastOdds: number;
  /** Noise and tolerance of the latency itself. */
  readonly variance: number;
  readonly tolerance: number;
};

/** Slow requests cluster little (judging.md 4.3). */
const BURST = 1.1;
/** In a row with few requests, effective counts promise more than a handful of splits can keep. */
const FEW = [
  { requests: 3, burst: 2 },
  { requests: 100, burst: 1.5 },
] as const;
/** Past this odds ratio nothing is ever slow enough; it keeps powers of a steep slope finite. */
const MOST_ODDS = 1e6;

/** At the bound that comes nearest to the wanted part. null: no requests, or no bound above zero. */
export function exceedanceOf(history: Histogram, terms: ExceedanceTerms): Exceedance | null {
  const requests = totalOf(history);
  const candidates = history.bounds.flatMap((boundMs, bucket) =>
    boundMs > 0 ? [{ boundMs, bucket, slower: slowerThan(history, bucket) }] : [],
  );
  const distance = (slower: number): number =>
    Math.abs(Math.log(slower / requests + 1e-9) - Math.log(terms.part));
  const [first, ...others] = candidates;
  if (first === undefined || requests === 0) return null;
  const { boundMs, bucket } = others.reduce(
    (best, one) => (distance(one.slower) < distance(best.slower) ? one : best),
    first,
  );
  const slope = slopeAt(history, bucket);
  return {
    bucket,
    boundMs,
    slope,
    tolerance: Math.min(MOST_ODDS, Math.max(terms.leastOdds, terms.tolerance ** slope)),
    variance: Math.max(terms.times, slope ** 2) * terms.variance,
  };
}

/** Variance of the number of slow ones relative to independent requests, in a row of so many on both sides. */
export function slowBurst(requests: number): number {
  return FEW.find((few) => requests < few.requests)?.burst ?? BURST;
}

/** Between the bounds to either side, as far as they exist and are latencies. */
function slopeAt(history: Histogram, bucket: number): number {
  const { bounds } = history;
  const lower = (bounds[bucket - 1] ?? 0) > 0 ? bucket - 1 : bucket;
  const upper = Math.min(bucket + 1, bounds.length - 1);
  if (lower === upper) return 0;
  const width = Math.log(bounds[upper] ?? 1) - Math.log(bounds[lower] ?? 1);
  return (logOdds(history, lower) - logOdds(history, upper)) / width;
}

function logOdds(history: Histogram, bucket: number): number {
  const slower = slowerThan(history, bucket);
  return Math.log((slower + 0.5) / (totalOf(history) - slower + 0.5));
}
