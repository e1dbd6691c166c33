/**
 * Answers of Cloud Monitoring as metric_service.proto, metric.proto and distribution.proto describe
 * them: int64 as text, points newest first, nothing at all where there is no traffic.
 */

const T0 = Date.parse('2026-11-20T15:04:00Z');
export const MINUTE = 60_000;
export const at = (minutes: number): number => T0 + minutes * MINUTE;

export type SeriesSpec = {
  readonly revision?: string;
  readonly service?: string;
  readonly region?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Newest first, as the service sends them. */
  readonly points?: readonly unknown[];
  readonly over?: Readonly<Record<string, unknown>>;
};

/** Points of ALIGN_NONE: [minute, value]. */
export function point(minute: number, value: unknown, length = 1): unknown {
  return {
    interval: {
      startTime: new Date(at(minute)).toISOString(),
      endTime: new Date(at(minute + length)).toISOString(),
    },
    value,
  };
}

export const int = (value: number | string): unknown => ({ int64Value: String(value) });

export function counts(spec: SeriesSpec): unknown {
  return series('request_count', { metricKind: 'DELTA', valueType: 'INT64', unit: '1' }, spec);
}

export function latencies(spec: SeriesSpec): unknown {
  const kind = { metricKind: 'DELTA', valueType: 'DISTRIBUTION', unit: 'ms' };
  return series('request_latencies', kind, spec);
}

export function memoryUse(spec: SeriesSpec): unknown {
  const kind = { metricKind: 'DELTA', valueType: 'DISTRIBUTION', unit: '10^2.%' };
  const labels = { container_name: 'app' };
  return series('container/memory/utilizations', kind, { labels, ...spec });
}

/** So many samples of one container, 1 being its limit. */
export const used = (mean: unknown, count = '1'): unknown => ({
  distributionValue: { count, mean, bucketOptions: {}, bucketCounts: [] },
});

/** Exponential, growth 2, scale 1, bounds 1 2 4 8. */
export function distribution(bucketCounts: readonly number[], over: object = {}): unknown {
  return {
    distributionValue: {
      count: String(bucketCounts.reduce((sum, count) => sum + count, 0)),
      mean: 12.5,
      bucketOptions: { exponentialBuckets: { numFiniteBuckets: 3, growthFactor: 2, scale: 1 } },
      bucketCounts: bucketCounts.map(String),
      ...over,
    },
  };
}

function series(metric: string, kind: object, spec: SeriesSpec): unknown {
  const { revision = 'web-2', service = 'web', region = 'europe-west1' } = spec;
  return {
    metric: {
      type: `run.googleapis.com/${metric}`,
      labels: spec.labels ?? { response_code: '200', response_code_class: '2xx' },
    },
    resource: {
      type: 'cloud_run_revision',
      labels: {
        project_id: 'acme-shop',
        service_name: service,
        revision_name: revision,
        location: region,
        configuration_name: service,
      },
    },
    ...kind,
    points: spec.points ?? [],
    ...spec.over,
  };
}
