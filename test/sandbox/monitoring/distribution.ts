/** Counts over fixed buckets, as google/api/distribution.proto defines them. */
export type Distribution = {
  count: number;
  mean: number;
  sumOfSquaredDeviation: number;
  /** Index 0 is underflow, the last one overflow. */
  readonly buckets: number[];
};

export type Exponential = {
  readonly numFiniteBuckets: number;
  readonly growthFactor: number;
  readonly scale: number;
};

/** Cloud Run's layout for request_latencies, as far as anybody has reported it. */
export const LATENCY_LAYOUT: Exponential = { numFiniteBuckets: 66, growthFactor: 1.4, scale: 1 };

export function upperBound({ growthFactor, scale }: Exponential, bucket: number): number {
  return scale * growthFactor ** bucket;
}

/** Lower bound inclusive, upper bound exclusive; one bucket below and one above the finite ones. */
export function bucketOf(layout: Exponential, value: number): number {
  if (!Number.isFinite(value)) throw new Error(`cannot be counted: ${value}`);
  let low = 0;
  let high = layout.numFiniteBuckets + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (value < upperBound(layout, middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function emptyDistribution(layout: Exponential): Distribution {
  const buckets = Array.from({ length: layout.numFiniteBuckets + 2 }, () => 0);
  return { count: 0, mean: 0, sumOfSquaredDeviation: 0, buckets };
}

export function addValue(layout: Exponential, to: Distribution, value: number): void {
  const bucket = bucketOf(layout, value);
  to.buckets[bucket] = (to.buckets[bucket] ?? 0) + 1;
  to.count += 1;
  // The proto names this recurrence (Welford's) for the sum of squared deviations.
  const before = value - to.mean;
  to.mean += before / to.count;
  to.sumOfSquaredDeviation += before * (value - to.mean);
}

/** int64 is a string in proto3 JSON; trailing zero counts may be left out, and are. */
export function distributionJson(layout: Exponential, d: Distribution): Record<string, unknown> {
  const last = d.buckets.findLastIndex((count) => count > 0);
  return {
    count: String(d.count),
    mean: d.mean,
    sumOfSquaredDeviation: d.sumOfSquaredDeviation,
    bucketOptions: { exponentialBuckets: layout },
    bucketCounts: d.buckets.slice(0, last + 1).map(String),
  };
}
