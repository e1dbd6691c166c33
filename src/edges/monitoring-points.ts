/**
 * TimeSeries JSON → points per revision. Where an answer is not what the protos say (metric.proto,
 * common.proto and metric_service.proto of google.monitoring.v3), the series is left out and the
 * list is unsound: no number is ever made up.
 */
import type { Instant } from '../core/types.ts';
import { readInstant } from './google-time.ts';
import { asList, asObject, at } from './json.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { ValueReader } from './monitoring-values.ts';

export type Point<V> = { readonly start: Instant; readonly end: Instant; readonly value: V };

/** One time series of one revision; points oldest first, without overlap. */
export type Series<V> = {
  readonly revision: string;
  /** First digit of the response code: 5 is a server error. null: no metric of requests. */
  readonly statusClass: number | null;
  readonly points: readonly Point<V>[];
};

export type SeriesList<V> = {
  readonly series: readonly Series<V>[];
  /** false: something was not readable and is missing here. */
  readonly sound: boolean;
};

export type Selection = {
  readonly service: string;
  readonly region: string;
  /**
   * Compared for equality. A filter function or a prefix would let web-1 take what is web-12's.
   * null: all of the service.
   */
  readonly revisions: readonly string[] | null;
  /** Only points that lie wholly inside are kept. */
  readonly from: Instant;
  readonly to: Instant;
};

/** `raw`: the entries of `timeSeries` of all pages. */
export function readSeries<V>(
  raw: readonly JsonValue[],
  selection: Selection,
  reader: ValueReader<V>,
): SeriesList<V> {
  const found = new Map<string, Found<V>>();
  let sound = true;
  for (const entry of raw) {
    const labels = readLabels(entry);
    if (labels !== null && !isSelected(labels.resource, selection)) continue;
    const points = labels === null ? null : readPoints(entry, selection, reader);
    const statusClass = labels === null ? null : readStatusClass(labels.metric);
    const isOfNoClass = reader.byStatus && statusClass === null;
    if (labels === null || points === null || isOfNoClass) {
      sound = false;
      continue;
    }
    // A series that continues on the next page comes with the same labels again.
    const key = JSON.stringify([sorted(labels.resource), sorted(labels.metric)]);
    const known = found.get(key)?.points ?? [];
    const revision = labels.resource['revision_name'] ?? '';
    found.set(key, { revision, statusClass, points: [...known, ...points] });
  }
  const whole = [...found.values()].map((one) => ({ one, points: withoutRepeats(one.points) }));
  const series = whole.flatMap(({ one, points }) => (points === null ? [] : [{ ...one, points }]));
  return { series, sound: sound && series.length === whole.length };
}

type Found<V> = { revision: string; statusClass: number | null; points: readonly Point<V>[] };
type Labels = Readonly<Record<string, string>>;

function readLabels(entry: JsonValue): { metric: Labels; resource: Labels } | null {
  const metric = textFields(at(entry, 'metric', 'labels') ?? {});
  const resource = textFields(at(entry, 'resource', 'labels') ?? null);
  return metric === null || resource === null ? null : { metric, resource };
}

function textFields(value: JsonValue): Labels | null {
  const object = asObject(value);
  return object !== null && isLabels(object) ? object : null;
}

function isLabels(object: JsonObject): object is JsonObject & Labels {
  return Object.values(object).every((one) => typeof one === 'string');
}

function sorted(labels: Labels): readonly (readonly [string, string])[] {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
}

function isSelected(resource: Labels, selection: Selection): boolean {
  const { service, region, revisions } = selection;
  return (
    resource['service_name'] === service &&
    resource['location'] === region &&
    (revisions === null || revisions.includes(resource['revision_name'] ?? ''))
  );
}

/** An answer whose class is not told might be an error: it must not be counted as none. */
function readStatusClass(metric: Labels): number | null {
  const named = /^([0-9])xx$/.exec(metric['response_code_class'] ?? '');
  if (named !== null) return Number(named[1]);
  const code = /^(?:([0-9])[0-9]{2}|0)$/.exec(metric['response_code'] ?? '');
  return code === null ? null : Number(code[1] ?? 0);
}

/** null: not the metric that was asked for, or one of its points inside the window is unreadable. */
function readPoints<V>(
  entry: JsonValue,
  window: Selection,
  reader: ValueReader<V>,
): Point<V>[] | null {
  const isOfKind =
    at(entry, 'metricKind') === 'DELTA' &&
    at(entry, 'valueType') === reader.valueType &&
    (at(entry, 'unit') ?? reader.unit) === reader.unit;
  const raw = asList(at(entry, 'points') ?? []);
  if (!isOfKind || raw === null) return null;
  const points: Point<V>[] = [];
  for (const point of raw) {
    const start = readInstant(at(point, 'interval', 'startTime'));
    const end = readInstant(at(point, 'interval', 'endTime'));
    if (start === null || end === null || start >= end) return null;
    if (start < window.from || end > window.to) continue;
    const value = reader.read(asObject(at(point, 'value')) ?? {});
    if (value === null) return null;
    points.push({ start, end, value });
  }
  return points;
}

/** Oldest first, each interval once. null: two points speak differently of the same time. */
function withoutRepeats<V>(points: readonly Point<V>[]): Point<V>[] | null {
  const kept: Point<V>[] = [];
  for (const point of points.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const last = kept.at(-1);
    if (last !== undefined && point.start < last.end) {
      if (JSON.stringify(last) === JSON.stringify(point)) continue;
      return null;
    }
    kept.push(point);
  }
  return kept;
}
