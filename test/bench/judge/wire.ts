/**
 * Truth → the `timeSeries` of Cloud Monitoring v3 (facts: raw points of 60 s, newest first, int64 as
 * text, trailing zero buckets left out, no point where nothing was counted).
 */
import type { JsonObject } from '../../../src/edges/json.ts';
import { LAYOUT, LOG_BOUNDS } from './latency-curve.ts';
import type { Side } from './types.ts';

export const MINUTE = 60_000;
export const SERVICE = 'web';
export const REGION = 'europe-west1';
export const CANARY = 'web-00002-new';
export const BASELINE = 'web-00001-old';

const EPOCH = Date.UTC(2026, 0, 1);
/** Failing is quick: only a reader that leaves errors out does not take this for speed. */
const FAILED_IN = 5;

export function instantOf(minute: number): number {
  return EPOCH + minute * MINUTE;
}

export function minuteOf(instant: number): number {
  return Math.round((instant - EPOCH) / MINUTE);
}

/** One row of the table: what each revision's points of this minute are made of. null: no traffic yet. */
export type WireRow = {
  readonly minute: number;
  readonly canary: Side | null;
  readonly baseline: Side | null;
};

/** `timeSeries` of the three lists. */
export type WireAnswer = {
  readonly counts: readonly JsonObject[];
  readonly latencies: readonly JsonObject[];
  readonly memory: readonly JsonObject[];
};

export function encode(rows: readonly WireRow[]): WireAnswer {
  const newestFirst = rows.length > 1 ? rows.toReversed() : rows;
  const pointsOf = (name: 'canary' | 'baseline'): readonly Sample[] =>
    newestFirst.flatMap((row) => {
      const side = row[name];
      return side === null ? [] : [{ interval: intervalOf(row.minute), side }];
    });
  const sides = [
    { revision: CANARY, samples: pointsOf('canary') },
    { revision: BASELINE, samples: pointsOf('baseline') },
  ];
  return {
    counts: sides.flatMap((side) => byClass(COUNT, side, ({ count }, one) => count(one))),
    latencies: sides.flatMap((side) => byClass(LATENCY, side, ({ latency }, one) => latency(one))),
    memory: sides.flatMap(({ revision, samples }) => {
      if (samples.length === 0) return [];
      const points = samples.map(({ interval, side }) => ({ interval, value: memoryOf(side) }));
      return [seriesOf(MEMORY, { revision, labels: { container_name: 'app' } }, points)];
    }),
  };
}

type Sample = { readonly interval: JsonObject; readonly side: Side };

/** A series for every class of answers that was seen at all. */
function byClass(
  kind: Kind,
  { revision, samples }: { readonly revision: string; readonly samples: readonly Sample[] },
  valueOf: (one: (typeof CLASSES)[number], side: Side) => JsonObject,
): readonly JsonObject[] {
  return CLASSES.flatMap((one) => {
    const seen = samples.filter(({ side }) => one.of(side) > 0);
    if (seen.length === 0) return [];
    const labels = { response_code: one.code, response_code_class: one.name };
    const points = seen.map(({ interval, side }) => ({ interval, value: valueOf(one, side) }));
    return [seriesOf(kind, { revision, labels }, points)];
  });
}

const CLASSES = [
  {
    name: '2xx',
    code: '200',
    of: (side: Side) => side.requests - side.errors - side.clientErrors,
    count: (side: Side) => countValue(side.requests - side.errors - side.clientErrors),
    latency: (side: Side) => latencyValue(parted(side).served),
  },
  {
    name: '4xx',
    code: '404',
    of: (side: Side) => side.clientErrors,
    count: (side: Side) => countValue(side.clientErrors),
    latency: (side: Side) => latencyValue(parted(side).refused),
  },
  {
    name: '5xx',
    code: '503',
    of: (side: Side) => side.errors,
    count: (side: Side) => countValue(side.errors),
    latency: (side: Side) =>
      latencyValue([...Array.from({ length: FAILED_IN }, () => 0), side.errors]),
  },
];

/** Refusing is quick: 4xx are the fastest of the answers that are no 5xx. */
function parted({ latency, clientErrors }: Side): {
  readonly served: readonly number[];
  readonly refused: readonly number[];
} {
  let left = clientErrors;
  const refused = latency.map((count) => {
    const taken = Math.min(count, left);
    left -= taken;
    return taken;
  });
  return { refused, served: latency.map((count, i) => count - refused[i]!) };
}

type Kind = { readonly type: string; readonly valueType: string; readonly unit: string };

const COUNT: Kind = { type: 'run.googleapis.com/request_count', valueType: 'INT64', unit: '1' };
const LATENCY: Kind = {
  type: 'run.googleapis.com/request_latencies',
  valueType: 'DISTRIBUTION',
  unit: 'ms',
};
const MEMORY: Kind = {
  type: 'run.googleapis.com/container/memory/utilizations',
  valueType: 'DISTRIBUTION',
  unit: '10^2.%',
};

function seriesOf(
  { type, valueType, unit }: Kind,
  { revision, labels }: { readonly revision: string; readonly labels: JsonObject },
  points: readonly JsonObject[],
): JsonObject {
  return {
    metric: { type, labels },
    resource: {
      type: 'cloud_run_revision',
      labels: {
        project_id: 'shop',
        service_name: SERVICE,
        revision_name: revision,
        location: REGION,
        configuration_name: SERVICE,
      },
    },
    metricKind: 'DELTA',
    valueType,
    points,
    unit,
  };
}

function intervalOf(minute: number): JsonObject {
  const start = instantOf(minute);
  return {
    startTime: new Date(start).toISOString(),
    endTime: new Date(start + MINUTE).toISOString(),
  };
}

function countValue(count: number): JsonObject {
  return { int64Value: String(count) };
}

const BUCKET_OPTIONS = { exponentialBuckets: LAYOUT };
const MIDDLES = LOG_BOUNDS.map((bound) => Math.exp(bound) * 0.85);

function latencyValue(buckets: readonly number[]): JsonObject {
  let [count, sum, filled] = [0, 0, 0];
  for (let i = 0; i < buckets.length; i += 1) {
    const number = buckets[i]!;
    if (number === 0) continue;
    count += number;
    sum += number * MIDDLES[Math.min(i, MIDDLES.length - 1)]!;
    filled = i + 1;
  }
  const bucketCounts = Array.from({ length: filled }, (_, i) => String(buckets[i]));
  const bucketOptions = BUCKET_OPTIONS;
  return {
    distributionValue: { count: String(count), mean: sum / count, bucketOptions, bucketCounts },
  };
}

/** Of one instance: its part of the limit, 0…1, in tenths. */
function memoryOf({ memory }: Side): JsonObject {
  const part = Math.min(1, Math.max(0, memory / 100));
  const below = Math.floor(part * 10) + 1;
  const bucketOptions = { linearBuckets: { numFiniteBuckets: 10, width: 0.1, offset: 0 } };
  const bucketCounts = Array.from({ length: below + 1 }, (_, i) => (i === below ? '1' : '0'));
  return { distributionValue: { count: '1', mean: part, bucketOptions, bucketCounts } };
}
