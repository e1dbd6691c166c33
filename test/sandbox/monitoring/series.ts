import { enumOf, RESOURCE_TYPE } from './descriptors.ts';
import type { MetricKind } from './descriptors.ts';
import { distributionJson, LATENCY_LAYOUT } from './distribution.ts';
import type { Point, Series } from './model.ts';

export type Place = { readonly project: string; readonly region: string };

export type Wire = {
  readonly metric: MetricKind;
  readonly place: Place;
  readonly enumsAsNumbers: boolean;
  readonly view: 'full' | 'headers';
  readonly isMeanNaN: boolean;
  /** Labels that nothing was grouped by are gone, but for the project. */
  readonly isSummed: boolean;
};

function resourceLabels(series: Series, place: Place): Readonly<Record<string, string>> {
  return {
    project_id: place.project,
    service_name: series.service,
    revision_name: series.revision,
    location: place.region,
    configuration_name: series.service,
  };
}

/** What a filter compares with, by field. */
export function fieldValue(series: Series, o: { metric: MetricKind; place: Place; field: string }) {
  if (o.field === 'metric.type') return o.metric.type;
  if (o.field === 'resource.type') return RESOURCE_TYPE;
  const isMetric = o.field.startsWith('metric.');
  const labels = isMetric ? series.labels : resourceLabels(series, o.place);
  return labels[o.field.replace(/^\w+\.labels\./, '')] ?? '';
}

/** TimeSeries in google/monitoring/v3/metric.proto. */
export function seriesJson(series: Series, wire: Wire): Record<string, unknown> {
  const { metric } = wire;
  return {
    metric: { labels: series.labels, type: metric.type },
    resource: {
      type: RESOURCE_TYPE,
      labels: wire.isSummed
        ? { project_id: wire.place.project }
        : resourceLabels(series, wire.place),
    },
    metricKind: enumOf('DELTA', wire.enumsAsNumbers),
    valueType: enumOf(metric.valueType, wire.enumsAsNumbers),
    ...(wire.view === 'full' ? { points: series.points.map((p) => pointJson(p, wire)) } : {}),
    unit: metric.unit,
  };
}

function pointJson(point: Point, wire: Wire): Record<string, unknown> {
  return {
    interval: { startTime: timestamp(point.startMs), endTime: timestamp(point.endMs) },
    value: valueJson(point, wire),
  };
}

function valueJson(point: Point, { metric, isMeanNaN }: Wire): Record<string, unknown> {
  if (metric.valueType === 'INT64') return { int64Value: String(point.latencies.count) };
  const value = metric.unit === 'ms' ? latencyJson(point) : memoryJson(point.memory);
  // proto3 JSON spells a double that is not a number as this string.
  return { distributionValue: isMeanNaN ? { ...value, mean: 'NaN' } : value };
}

function latencyJson({ latencies }: Point): Record<string, unknown> {
  return distributionJson(LATENCY_LAYOUT, latencies);
}

/** One sample, over buckets of a hundredth of the limit. */
function memoryJson(use: number): Record<string, unknown> {
  const width = 0.01;
  const bucket = Math.min(Math.floor(use / width), 1 / width) + 1;
  return {
    count: '1',
    mean: use,
    sumOfSquaredDeviation: 0,
    bucketOptions: { linearBuckets: { numFiniteBuckets: 1 / width, width, offset: 0 } },
    bucketCounts: [...Array<string>(bucket).fill('0'), '1'],
  };
}

function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
