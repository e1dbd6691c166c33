/** Pages of Google's console with the service, the revisions and the time already filled in. */
import type { Instant, Millis, ServiceRef } from '../types.ts';

export type Span = { readonly from: Instant; readonly to: Instant };

const CONSOLE = 'https://console.cloud.google.com';
/** Points are counted by the minute: a page that shows less shows nothing. */
const SHORTEST: Millis = 10 * 60_000;

/** All revisions of the service, newest first, with their traffic. */
export function revisionsPage({ project, region, service }: ServiceRef): string {
  const place = `${word(region)}/${word(service)}`;
  return `${CONSOLE}/run/detail/${place}/revisions?project=${word(project)}`;
}

/** Everything that these revisions have logged, their start included; span null: what is newest. */
export function logsPage(
  ref: ServiceRef,
  revisions: readonly string[],
  span: Span | null = null,
): string {
  const names = revisions.map((name) => `"${name}"`);
  const [only] = names;
  const query = [
    'resource.type="cloud_run_revision"',
    `resource.labels.service_name="${ref.service}"`,
    `resource.labels.location="${ref.region}"`,
    `resource.labels.revision_name=${names.length === 1 ? only : `(${names.join(' OR ')})`}`,
  ].join('\n');
  const range = span === null ? '' : `;timeRange=${word(rangeOf(span).join('/'))}`;
  return `${CONSOLE}/logs/query;query=${word(query)}${range}?project=${word(ref.project)}`;
}

const METRICS = {
  requests: {
    type: 'run.googleapis.com/request_count',
    aligner: 'ALIGN_RATE',
    reducer: 'REDUCE_SUM',
    by: ['resource.label."revision_name"', 'metric.label."response_code_class"'],
  },
  latency: {
    type: 'run.googleapis.com/request_latencies',
    aligner: 'ALIGN_DELTA',
    reducer: 'REDUCE_PERCENTILE_95',
    by: ['resource.label."revision_name"'],
  },
} as const;

/** One chart, a line for each revision, and for each class of answers where requests are counted. */
export function metricsPage(
  ref: ServiceRef,
  shown: {
    readonly metric: keyof typeof METRICS;
    readonly revisions: readonly string[];
    readonly span: Span;
  },
): string {
  const { type, aligner, reducer, by } = METRICS[shown.metric];
  const names = shown.revisions.map((name) => `"${name}"`).join(',');
  const filter = [
    `metric.type="${type}"`,
    'resource.type="cloud_run_revision"',
    `resource.label."service_name"="${ref.service}"`,
    `resource.label."location"="${ref.region}"`,
    `resource.label."revision_name"=one_of(${names})`,
  ].join(' ');
  const aggregation = {
    alignmentPeriod: '60s',
    perSeriesAligner: aligner,
    crossSeriesReducer: reducer,
    groupByFields: by,
  };
  const [start, end] = rangeOf(shown.span);
  const state = {
    xyChart: {
      dataSets: [
        {
          timeSeriesFilter: {
            filter,
            minAlignmentPeriod: '60s',
            aggregations: [aggregation],
          },
          targetAxis: 'Y1',
          plotType: 'LINE',
        },
      ],
      options: { mode: 'COLOR' },
    },
    timeSelection: { timeRange: 'custom', start, end },
  };
  const page = word(JSON.stringify(state));
  return `${CONSOLE}/monitoring/metrics-explorer?project=${word(ref.project)}&pageState=${page}`;
}

function rangeOf({ from, to }: Span): readonly [string, string] {
  const room = Math.max(0, SHORTEST - (to - from)) / 2;
  return [timeOf(from - room), timeOf(to + room)];
}

/** A time that is none becomes the first there is: a link must not keep a report from being made. */
function timeOf(at: Instant): string {
  const date = new Date(at);
  return (Number.isNaN(date.getTime()) ? new Date(0) : date).toISOString();
}

/** Nothing of it ends the address, the link, or the part of the address that it stands in. */
function word(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
