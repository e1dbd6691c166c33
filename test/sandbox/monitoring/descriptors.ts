/**
 * Metric descriptors as google/api/metric.proto shapes them, of the metrics the sandbox keeps.
 * https://cloud.google.com/monitoring/api/metrics_gcp (run)
 */
export type MetricKind = {
  readonly type: string;
  readonly valueType: 'INT64' | 'DISTRIBUTION';
  readonly unit: string;
  readonly labels: readonly string[];
  readonly displayName: string;
  readonly description: string;
};

export const RESOURCE_TYPE = 'cloud_run_revision';
export const RESOURCE_LABELS: readonly string[] = [
  'project_id',
  'service_name',
  'revision_name',
  'location',
  'configuration_name',
];

const CLASSES = ['response_code', 'response_code_class'];

const METRICS: readonly MetricKind[] = [
  {
    type: 'run.googleapis.com/request_count',
    valueType: 'INT64',
    unit: '1',
    labels: CLASSES,
    displayName: 'Request Count',
    description: 'Number of requests that reached the revision, counted when they end.',
  },
  {
    type: 'run.googleapis.com/request_latencies',
    valueType: 'DISTRIBUTION',
    unit: 'ms',
    labels: CLASSES,
    displayName: 'Request Latency',
    description: 'Time from reaching the container to leaving it, in milliseconds.',
  },
  {
    type: 'run.googleapis.com/container/memory/utilizations',
    valueType: 'DISTRIBUTION',
    unit: '10^2.%',
    labels: ['container_name'],
    displayName: 'Container Memory Utilization',
    description: 'Share of the memory limit that each instance of the container uses.',
  },
];

export function metricOf(type: string): MetricKind | null {
  return METRICS.find((metric) => metric.type === type) ?? null;
}

/** Enums by their number, when the client asked for `$alt=json;enum-encoding=int`. */
const ENUMS = { STRING: 0, DELTA: 2, INT64: 2, DISTRIBUTION: 5, GA: 4 };

export function enumOf(name: keyof typeof ENUMS, asNumbers: boolean): string | number {
  return asNumbers ? ENUMS[name] : name;
}

export function descriptorJson(
  metric: MetricKind,
  o: {
    readonly project: string;
    readonly samplePeriodMs: number;
    readonly ingestDelayMs: number;
    readonly enumsAsNumbers: boolean;
  },
): Record<string, unknown> {
  return {
    name: `projects/${o.project}/metricDescriptors/${metric.type}`,
    // valueType STRING is the default of a LabelDescriptor and so is not in its JSON.
    labels: metric.labels.map((key) => ({ key })),
    metricKind: enumOf('DELTA', o.enumsAsNumbers),
    valueType: enumOf(metric.valueType, o.enumsAsNumbers),
    unit: metric.unit,
    description: metric.description,
    displayName: metric.displayName,
    type: metric.type,
    metadata: {
      launchStage: enumOf('GA', o.enumsAsNumbers),
      samplePeriod: duration(o.samplePeriodMs),
      ingestDelay: duration(o.ingestDelayMs),
    },
    launchStage: enumOf('GA', o.enumsAsNumbers),
    monitoredResourceTypes: [RESOURCE_TYPE],
  };
}

/** proto3 JSON: seconds with 0, 3, 6 or 9 decimals and an "s". */
function duration(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${(ms / 1_000).toFixed(3)}s`;
}
