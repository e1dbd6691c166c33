/**
 * Exact tests for counts, and quantiles of histograms. Everything works in logarithms with
 * saddle-point densities (C. Loader, Fast and Accurate Computation of Binomial Probabilities, 2000):
 * differences of plain log-gamma values lose their last digits where counts are large.
 */
import type { Histogram } from '../judging-types.ts';

/** So many of so many requests: failed ones, or slow ones. */
export type Share = { readonly events: number; readonly requests: number };

/** Terms below this part of the sum cannot change it. */
const NEGLIGIBLE = 1e-17;
/** Chance with which a regression must be noticed to be called noticeable. */
const POWER = 0.8;

/**
 * Given how many events both sides have together: the probability that at least as many of them
 * fall on the canary if its requests are no likelier to be events (Fisher, one-sided).
 */
export function fisherUpper(canary: Share, baseline: Share): number {
  const events = canary.events + baseline.events;
  const requests = canary.requests + baseline.requests;
  if (events === 0 || events === requests) return 1;
  const mean = (events * canary.requests) / requests;
  if (canary.events > mean) return hypergeometricTail(canary, baseline);
  const mirrored = { events: baseline.events + 1, requests: baseline.requests };
  const rest = { events: canary.events - 1, requests: canary.requests };
  return canary.events === 0 ? 1 : 1 - hypergeometricTail(mirrored, rest);
}

/** Probability of at least `events` when each request is one with probability `chance`. */
export function binomialUpper({ events, requests }: Share, chance: number): number {
  if (events <= 0) return 1;
  if (events > requests || chance <= 0) return 0;
  if (chance >= 1) return 1;
  const tail = (from: number, p: number, q: number): number =>
    upperTail({ from, to: requests, deviation: Math.sqrt(requests * p * q) }, (x) =>
      lnBinomial(x, requests, { p, q }),
    );
  const other = 1 - chance;
  return events > requests * chance
    ? tail(events, chance, other)
    : 1 - tail(requests - events + 1, other, chance);
}

/**
 * The smallest true share of events that `fails` would have caught 8 times in 10, among so many
 * requests. `fails` must stay true once it is true. null: nothing could have been caught.
 */
export function smallestShareSeen(
  requests: number,
  fails: (events: number) => boolean,
): number | null {
  if (requests === 0 || !fails(requests)) return null;
  let [never, critical] = [-1, requests];
  while (critical - never > 1) {
    const middle = Math.floor((never + critical) / 2);
    if (fails(middle)) critical = middle;
    else never = middle;
  }
  let [low, high] = [0, 1];
  for (let round = 0; round < 40; round += 1) {
    const middle = (low + high) / 2;
    if (binomialUpper({ events: critical, requests }, middle) >= POWER) high = middle;
    else low = middle;
  }
  return high;
}

function hypergeometricTail(side: Share, other: Share): number {
  const events = side.events + other.events;
  const requests = side.requests + other.requests;
  const p = events / requests;
  const q = (requests - events) / requests;
  const variance = events * q * (side.requests / requests) * (other.requests / requests);
  const whole = lnBinomial(events, requests, { p, q });
  return upperTail(
    {
      from: side.events,
      to: Math.min(events, side.requests),
      deviation: Math.sqrt(variance),
    },
    (x) =>
      lnBinomial(x, side.requests, { p, q }) +
      lnBinomial(events - x, other.requests, { p, q }) -
      whole,
  );
}

/**
 * Sum of a falling density from `from` on. Where it is wide, every n-th term stands for its
 * neighbours (trapezium rule; relative error below 1e-4), so that no count takes long.
 */
function upperTail(
  range: { readonly from: number; readonly to: number; readonly deviation: number },
  lnDensity: (x: number) => number,
): number {
  const { from, to, deviation } = range;
  if (from > to) return 0;
  const step = Math.max(1, Math.floor(deviation / 200));
  const first = Math.exp(lnDensity(from));
  let sum = 0;
  for (let x = from; x <= to; x += step) {
    const term = x === from ? first : Math.exp(lnDensity(x));
    sum += term;
    if (term <= sum * NEGLIGIBLE) break;
  }
  return Math.min(1, step * sum - ((step - 1) / 2) * first);
}

function lnBinomial(x: number, n: number, { p, q }: { p: number; q: number }): number {
  if (n === 0) return 0;
  if (x === 0) return n * (p < q ? Math.log1p(-p) : Math.log(q));
  if (x === n) return n * (q < p ? Math.log1p(-q) : Math.log(p));
  const rest = n - x;
  return (
    stirlingError(n) -
    stirlingError(x) -
    stirlingError(rest) -
    deviance(x, n * p) -
    deviance(rest, n * q) +
    0.5 * Math.log(n / (2 * Math.PI * x * rest))
  );
}

/** x ln(x / mean) + mean − x, without cancellation. */
function deviance(x: number, mean: number): number {
  const relative = (x - mean) / mean;
  return mean * ((1 + relative) * Math.log1p(relative) - relative);
}

/** ln n! − (n + ½) ln n + n − ½ ln 2π, n ≥ 1: what Stirling's formula leaves out. */
function stirlingError(n: number): number {
  if (n <= 15) {
    let factorial = 1;
    for (let i = 2; i <= n; i += 1) factorial *= i;
    return Math.log(factorial) - (n + 0.5) * Math.log(n) + n - 0.5 * Math.log(2 * Math.PI);
  }
  const s = 1 / (n * n);
  return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188)))) / n;
}

/** null: there are none. mixed: layouts differ, and those are never added. */
export function mergeHistograms(histograms: readonly Histogram[]): Histogram | 'mixed' | null {
  const [first, ...others] = histograms;
  if (first === undefined) return null;
  const counts = [...first.counts];
  for (const other of others) {
    if (!sameLayout(first, other)) return 'mixed';
    other.counts.forEach((count, index) => (counts[index] = (counts[index] ?? 0) + count));
  }
  return { bounds: first.bounds, counts };
}

export function sameLayout(a: Histogram, b: Histogram): boolean {
  return (
    a.bounds.length === b.bounds.length &&
    a.bounds.every((bound, index) => bound === b.bounds[index])
  );
}

export type Quantile = {
  /** Linear inside its bucket; the lower end in the last bucket, which has no upper one. */
  readonly value: number;
  /** The true value is in [lower, upper). */
  readonly lower: number;
  readonly upper: number;
};

/** null: the histogram is empty. */
export function quantile(histogram: Histogram, part: number): Quantile | null {
  const { bounds, counts } = histogram;
  const wanted = totalOf(histogram) * part * (1 - 1e-12);
  let before = 0;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && before + count >= wanted) {
      const upper = bounds[index] ?? Infinity;
      const lower = index === 0 ? Math.min(0, upper) : (bounds[index - 1] ?? 0);
      const inside = (wanted - before) / count;
      const value = upper === Infinity ? lower : lower + inside * (upper - lower);
      return { value, lower, upper };
    }
    before += count;
  }
  return null;
}

/** Requests that took at least `bound`, which must be one of the histogram's. */
export function slowerThan(histogram: Histogram, bound: number): Share {
  const index = histogram.bounds.indexOf(bound);
  const slow = histogram.counts.slice(index + 1).reduce((sum, count) => sum + count, 0);
  return { events: slow, requests: totalOf(histogram) };
}

export function totalOf(histogram: Histogram): number {
  return histogram.counts.reduce((sum, count) => sum + count, 0);
}
