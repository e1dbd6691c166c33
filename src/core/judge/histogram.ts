/** Histograms: sums, quantiles and the log midpoints of buckets (judging.md 1.3). */
import type { Histogram } from '../judging-types.ts';

/** Layouts come with every point; those of one look are few. */
const known = new WeakMap<readonly number[], readonly number[]>();

/** null: empty. The last bucket has no upper end and answers its lower one ("at least"). */
export function quantileOf(histogram: Histogram, p: number): number | null {
  const { bounds, counts } = histogram;
  // A product like 0.07 × 100 lies above the whole number it means.
  const wanted = totalOf(histogram) * p * (1 - 1e-12);
  let before = 0;
  for (const [bucket, count] of counts.entries()) {
    if (count > 0 && before + count >= wanted) {
      const upper = bounds[bucket];
      const lower = bounds[bucket - 1] ?? 0;
      return upper === undefined ? lower : lower + ((wanted - before) / count) * (upper - lower);
    }
    before += count;
  }
  return null;
}

export function totalOf({ counts }: Histogram): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}

/** Requests in a bucket above this one: those that took at least bounds[bucket]. */
export function slowerThan({ counts }: Histogram, bucket: number): number {
  let slower = 0;
  for (let i = bucket + 1; i < counts.length; i += 1) slower += counts[i] ?? 0;
  return slower;
}

/** null: there are none. mixed: layouts differ, and those are never added. */
export function mergeHistograms(histograms: readonly Histogram[]): Histogram | 'mixed' | null {
  const [first, ...others] = histograms;
  if (first === undefined) return null;
  const counts = [...first.counts];
  for (const other of others) {
    if (!sameLayout(first, other)) return 'mixed';
    for (const [bucket, count] of other.counts.entries()) {
      counts[bucket] = (counts[bucket] ?? 0) + count;
    }
  }
  return { bounds: first.bounds, counts };
}

export function sameLayout(a: Histogram, b: Histogram): boolean {
  return (
    a.bounds === b.bounds ||
    (a.bounds.length === b.bounds.length && a.bounds.every((bound, i) => bound === b.bounds[i]))
  );
}

/** The logarithm that stands for each bucket's latencies; bounds.length + 1 of them, all finite. */
export function logMidpoints(bounds: readonly number[]): readonly number[] {
  const found = known.get(bounds);
  if (found !== undefined) return found;
  const middles = middlesOf(bounds);
  known.set(bounds, middles);
  return middles;
}

function middlesOf(bounds: readonly number[]): readonly number[] {
  const inner = bounds.slice(1).map((upper, i) => {
    const lower = bounds[i] ?? 0;
    return lower > 0 ? (Math.log(lower) + Math.log(upper)) / 2 : Math.log((lower + upper) / 2);
  });
  const [lowest = 0, highest = 0] = [bounds[0], bounds.at(-1)];
  // As far beyond the bound as the neighbour's midpoint lies before it.
  const below = 2 * Math.log(lowest) - (inner[0] ?? Math.log(lowest));
  const above = 2 * Math.log(highest) - (inner.at(-1) ?? Math.log(highest));
  const middles = [below, ...inner, above];
  // A bucket that ends at or below zero holds no latency; it borrows the value of the next one.
  for (let i = middles.length - 1; i >= 0; i -= 1) {
    if (!Number.isFinite(middles[i])) middles[i] = middles[i + 1] ?? 0;
  }
  return middles;
}
