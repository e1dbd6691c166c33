/** TypedValue JSON → counts and histograms (google.monitoring.v3 common.proto, google.api distribution.proto). */
import type { Histogram } from '../core/judging-types.ts';
import { asList, asNumber, asObject, asText, stringifyJson } from './json.ts';
import type { JsonObject, JsonValue } from './json.ts';

/** How the value of one metric is read. */
export type ValueReader<V> = {
  readonly valueType: string;
  /** Unit that the value must have, where the answer names one. */
  readonly unit: string;
  /** Whether each of its series belongs to one class of answers. */
  readonly byStatus: boolean;
  /** null: not readable. */
  read(value: JsonObject): V | null;
};

/** More than any service answers in a sample period; it keeps every sum a whole number. */
const MOST_REQUESTS = 1e12;
const MOST_BUCKETS = 1000;
/** A container is killed at its limit; what is far above it is no share of it. */
const MOST_USE = 2;

export const COUNT: ValueReader<number> = {
  valueType: 'INT64',
  unit: '1',
  byStatus: true,
  read: (value) => readCount(value['int64Value']),
};

/** null inside `histogram`: nothing was measured, and no layout is named. */
export const LATENCY: ValueReader<{ readonly histogram: Histogram | null }> = {
  valueType: 'DISTRIBUTION',
  unit: 'ms',
  byStatus: true,
  read(value) {
    const distribution = asObject(value['distributionValue']);
    return distribution === null ? null : readDistribution(distribution);
  },
};

/** Mean of so many samples of one container; 1 is its limit. */
export type MemoryUse = { readonly samples: number; readonly mean: number };

/** Only the mean is used: the buckets are too wide to tell a leak from noise. */
export const MEMORY: ValueReader<MemoryUse> = {
  valueType: 'DISTRIBUTION',
  unit: '10^2.%',
  byStatus: false,
  read(value) {
    const distribution = asObject(value['distributionValue']);
    const samples = readCount(distribution?.['count'] ?? '0');
    const mean = asNumber(distribution?.['mean'] ?? 0);
    if (distribution === null || samples === null || mean === null) return null;
    return mean >= 0 && mean <= MOST_USE ? { samples, mean } : null;
  },
};

/** int64 travels as text; a JSON number may be a mean or a rate. */
function readCount(value: JsonValue | undefined): number | null {
  const text = asText(value) ?? '';
  return /^[0-9]{1,13}$/.test(text) && Number(text) <= MOST_REQUESTS ? Number(text) : null;
}

function readDistribution(raw: JsonObject): { histogram: Histogram | null } | null {
  const total = readCount(raw['count'] ?? '0');
  const given = asList(raw['bucketCounts'] ?? [])?.map(readCount) ?? [null];
  if (!given.every((count) => count !== null)) return null;
  // Not used, but a distribution whose mean is no latency is not one of latencies.
  if ((asNumber(raw['mean'] ?? 0) ?? -1) < 0) return null;
  if (given.reduce((sum, count) => sum + count, 0) !== total) return null;
  if (total === 0 && raw['bucketOptions'] === undefined) return { histogram: null };
  const bounds = readBounds(raw['bucketOptions']);
  if (bounds === null || given.length > bounds.length + 1) return null;
  // Trailing zero counts may be left out (distribution.proto, bucket_counts).
  const counts = Array.from({ length: bounds.length + 1 }, (_, bucket) => given[bucket] ?? 0);
  return { histogram: { bounds, counts } };
}

type Layout = { readonly text: string; readonly bounds: readonly number[] | null };

/** Every point carries its layout, and nearly all carry the same one: its bounds are shared. */
let latest: Layout = { text: '', bounds: null };

function readBounds(raw: JsonValue | undefined): readonly number[] | null {
  if (raw === undefined) return null;
  const text = stringifyJson(raw);
  if (text !== latest.text) latest = { text, bounds: boundsOf(raw) };
  return latest.bounds;
}

/** null: not exactly one known layout, or its bounds do not rise. */
function boundsOf(raw: JsonValue): readonly number[] | null {
  const [only, second] = Object.entries(asObject(raw) ?? {});
  if (only === undefined || second !== undefined) return null;
  const bounds = layOut(only[0], asObject(only[1]) ?? {});
  const rising = bounds.every((bound, i) => {
    return Number.isFinite(bound) && (bounds[i - 1] ?? Number.NEGATIVE_INFINITY) < bound;
  });
  return rising && bounds.length > 0 ? bounds : null;
}

/** Bounds as BucketOptions in distribution.proto defines them; NaN where one is unreadable. */
function layOut(layout: string, options: JsonObject): readonly number[] {
  // A field that is zero is left out of proto3 JSON.
  const field = (name: string): number => asNumber(options[name] ?? 0) ?? Number.NaN;
  const finite = field('numFiniteBuckets');
  const length = Number.isInteger(finite) && finite > 0 && finite <= MOST_BUCKETS ? finite + 1 : 0;
  switch (layout) {
    case 'exponentialBuckets':
      return Array.from({ length }, (_, i) => field('scale') * field('growthFactor') ** i);
    case 'linearBuckets':
      return Array.from({ length }, (_, i) => field('offset') + field('width') * i);
    case 'explicitBuckets':
      return (asList(options['bounds']) ?? []).map((bound) => asNumber(bound) ?? Number.NaN);
    default:
      return [];
  }
}
