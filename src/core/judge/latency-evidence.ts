/** How much likelier one row's latencies are if the canary is slower (judging.md 4.2). */
import { logMidpoints, totalOf } from './histogram.ts';
import type { Histogram } from '../judging-types.ts';

/** Of the log latency within one row: a single bucket has none of its own. */
const LEAST_SPREAD = 1e-4;
/** From so many requests on, drawing them uses up the pool that they are drawn from. */
const FINITE_POOL = 10;

/** Both sides' requests together, and where the canary's lie in them. */
type Pool = {
  readonly requests: number;
  readonly canaryOf: number;
  /** Requests and log midpoints of the buckets that have any, fastest first. */
  readonly counts: readonly number[];
  readonly middles: readonly number[];
  readonly mean: number;
  readonly spread: number;
  /** Sum of the canary's log latencies beyond the mean. */
  readonly excess: number;
};

/** ln of the likelihood ratio; both histograms have one layout. 0 where a side is empty. */
export function latencyEvidence(
  canary: Histogram,
  baseline: Histogram,
  terms: { readonly ratio: number; readonly variance: number },
): number {
  const pool = poolOf(canary, baseline);
  return pool === null ? 0 : evidenceOf(pool, Math.log(terms.ratio), terms.variance);
}

/** latencyEvidence for several ratios: what they share is worked out once. */
export function latencyEvidences(
  canary: Histogram,
  baseline: Histogram,
  terms: { readonly ratios: readonly number[]; readonly variance: number },
): readonly number[] {
  const pool = poolOf(canary, baseline);
  return terms.ratios.map((ratio) =>
    pool === null ? 0 : evidenceOf(pool, Math.log(ratio), terms.variance),
  );
}

function poolOf(canary: Histogram, baseline: Histogram): Pool | null {
  const canaryOf = totalOf(canary);
  const requests = canaryOf + totalOf(baseline);
  // Nothing to be drawn from. Without a canary's request nothing is drawn, and all below is 0.
  if (canaryOf === requests) return null;
  const all = logMidpoints(canary.bounds);
  const counts: number[] = [];
  const middles: number[] = [];
  let [total, ours] = [0, 0];
  for (let i = 0; i < all.length; i += 1) {
    const [own, middle] = [canary.counts[i] ?? 0, all[i] ?? 0];
    const count = own + (baseline.counts[i] ?? 0);
    if (count === 0) continue;
    counts.push(count);
    middles.push(middle);
    total += count * middle;
    ours += own * middle;
  }
  const mean = total / requests;
  const spread = Math.max(LEAST_SPREAD, squaresOf(counts, middles, mean) / requests);
  return { requests, canaryOf, counts, middles, mean, spread, excess: ours - canaryOf * mean };
}

function squaresOf(counts: readonly number[], middles: readonly number[], mean: number): number {
  let squares = 0;
  for (let i = 0; i < counts.length; i += 1) {
    squares += (counts[i] ?? 0) * ((middles[i] ?? 0) - mean) ** 2;
  }
  return squares;
}

/** An exponential tilt: a random draw from the pool, against one tilted towards slow. */
function evidenceOf(pool: Pool, logRatio: number, variance: number): number {
  const { requests, canaryOf, counts, middles, mean, spread, excess } = pool;
  const others = 1 - canaryOf / requests;
  const tilt = (logRatio * others) / spread;
  const slowest = middles.at(-1) ?? mean;
  let tilted = 0;
  for (let i = 0; i < counts.length; i += 1) {
    tilted += (counts[i] ?? 0) * Math.exp(tilt * ((middles[i] ?? 0) - slowest));
  }
  // The largest term is taken out, so that no power is too large for a number.
  const pooled = tilt * (slowest - mean) + Math.log(tilted / requests);
  const finite = canaryOf >= FINITE_POOL ? others : 1;
  const noise = 1 + (canaryOf * others * variance) / spread;
  return (tilt * excess - canaryOf * pooled) / (finite * noise);
}
