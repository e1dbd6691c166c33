import type { Answer } from '../contract.ts';
import { metricOf, RESOURCE_LABELS, RESOURCE_TYPE } from './descriptors.ts';
import type { MetricKind } from './descriptors.ts';
import { invalidArgument, refusal } from './errors.ts';
import { comparisonsIn, parseFilter } from './filter.ts';
import type { Comparison, Filter } from './filter.ts';
import type { Window } from './model.ts';

/** A ListTimeSeriesRequest the sandbox can answer. google/monitoring/v3/metric_service.proto */
export type ListQuery = {
  readonly metric: MetricKind;
  readonly filter: Filter;
  readonly window: Window;
  readonly view: 'full' | 'headers';
  readonly pageSize: number;
  readonly pageToken: string;
  /** ALIGN_SUM over so long a period, and REDUCE_SUM over all series; null: raw points. */
  readonly sumOverMs: number | null;
};

export type ReadQuery =
  | { readonly kind: 'query'; readonly query: ListQuery }
  | { readonly kind: 'refused'; readonly answer: Answer };

type Step<T> = { readonly ok: T } | { readonly refused: Answer };

const MAX_PAGE = 100_000;

/** Parameters of every Google API, which do not change the answer's content here. */
const SYSTEM = new Set(['alt', '$alt', 'prettyPrint', '$prettyPrint', 'quotaUser', 'key']);
const OWN = new Set([
  'filter',
  'interval.startTime',
  'interval.endTime',
  'view',
  'pageSize',
  'pageToken',
  'aggregation.alignmentPeriod',
  'aggregation.perSeriesAligner',
  'aggregation.crossSeriesReducer',
  'aggregation.groupByFields',
]);
const IN_THE_API_ONLY = /^(?:orderBy|fields|secondaryAggregation\.\w+)$/;

export function readQuery(query: URLSearchParams): ReadQuery {
  const parameters = new URLSearchParams();
  for (const [name, value] of query) parameters.append(camel(name), value);
  const strange = readNames(parameters);
  if (strange !== null) return { kind: 'refused', answer: strange };
  const sums = readAggregation(parameters);
  if ('refused' in sums) return { kind: 'refused', answer: sums.refused };
  const selected = readFilter(parameters.get('filter') ?? '');
  if ('refused' in selected) return { kind: 'refused', answer: selected.refused };
  const window = readInterval(parameters);
  if ('refused' in window) return { kind: 'refused', answer: window.refused };
  const page = readPage(parameters);
  if ('refused' in page) return { kind: 'refused', answer: page.refused };
  const sumOverMs = sums.ok;
  if (sumOverMs !== null && selected.ok.metric.valueType !== 'INT64') {
    return { kind: 'refused', answer: notHere(`ALIGN_SUM of ${selected.ok.metric.valueType}`) };
  }
  return { kind: 'query', query: { ...selected.ok, window: window.ok, ...page.ok, sumOverMs } };
}

/** Google's front end takes proto names as well as JSON names. */
function camel(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function readNames(parameters: URLSearchParams): Answer | null {
  for (const name of parameters.keys()) {
    if (OWN.has(name) || SYSTEM.has(name)) continue;
    if (IN_THE_API_ONLY.test(name)) return notHere(name);
    return invalidArgument(
      `Invalid JSON payload received. Unknown name "${name}": Cannot bind query parameter. ` +
        `Field '${name}' could not be found in request message.`,
    );
  }
  return null;
}

/** google/monitoring/v3/common.proto, Aggregation: no more of it than the action asks for. */
function readAggregation(parameters: URLSearchParams): Step<number | null> {
  const aligner = parameters.get('aggregation.perSeriesAligner') ?? 'ALIGN_NONE';
  const reducer = parameters.get('aggregation.crossSeriesReducer') ?? 'REDUCE_NONE';
  const isAligned = aligner !== 'ALIGN_NONE' && aligner !== '0';
  const isReduced = reducer !== 'REDUCE_NONE' && reducer !== '0';
  if (isReduced && !isAligned) {
    const refused = invalidArgument(
      'Field aggregation.perSeriesAligner had an invalid value of "ALIGN_NONE": a cross-series ' +
        'reducer needs an aligner other than ALIGN_NONE and an alignment period.',
    );
    return { refused };
  }
  if (!isAligned) return { ok: null };
  const isSum = ['ALIGN_SUM', '14'].includes(aligner) && ['REDUCE_SUM', '4'].includes(reducer);
  if (!isSum || parameters.has('aggregation.groupByFields')) {
    return { refused: notHere(`aggregation.perSeriesAligner=${aligner}`) };
  }
  const period = parameters.get('aggregation.alignmentPeriod') ?? '';
  const seconds = Number(/^(\d{1,9})s$/.exec(period)?.[1] ?? 0);
  if (seconds >= 60) return { ok: seconds * 1000 };
  const why = `Field aggregation.alignmentPeriod had an invalid value of "${period}": at least 60s.`;
  return { refused: invalidArgument(why) };
}

function readFilter(text: string): Step<{ metric: MetricKind; filter: Filter }> {
  const bad = (why: string): Step<never> => ({
    refused: invalidArgument(`Field filter had an invalid value of "${text}": ${why}`),
  });
  const parsed = text === '' ? missingType : parseFilter(text);
  if (parsed.kind === 'bad') return bad(parsed.why);
  const { filter } = parsed;
  const types = comparisonsIn(filter).filter(({ field }) => field === 'metric.type');
  const [type] = types;
  if (type === undefined) return bad(missingType.why);
  const name = typeNamed(type);
  if (types.length > 1 || name === null || !isRequired(filter, type)) {
    return bad('must specify exactly one "metric.type"');
  }
  const metric = metricOf(name);
  if (metric === null) {
    const message =
      `Cannot find metric(s) that match type = "${name}". If a metric was created recently, ` +
      'it could take up to 10 minutes to become available. Please try again soon.';
    return { refused: refusal(404, 'NOT_FOUND', message) };
  }
  if (!comparisonsIn(filter).every((comparison) => fits(comparison, metric))) {
    const message =
      'The supplied filter does not specify a valid combination of metric and monitored ' +
      'resource descriptors. The query will not return any time series.';
    return { refused: invalidArgument(message) };
  }
  return { ok: { metric, filter } };
}

const missingType = {
  kind: 'bad',
  why:
    'must specify a restriction on "metric.type" in the filter; see ' +
    '"https://cloud.google.com/monitoring/api/resources" for a list of available metric types.',
} as const;

function typeNamed({ equal, test }: Comparison): string | null {
  const [name, ...others] = test.values;
  const isOne = equal && (test.name === 'is' || test.name === 'one_of') && others.length === 0;
  return isOne && name !== undefined ? name : null;
}

/** Not below an OR or a NOT, where a series of another type could pass. */
function isRequired(filter: Filter, comparison: Comparison): boolean {
  if (filter.kind === 'all') return filter.of.some((part) => isRequired(part, comparison));
  return filter === comparison;
}

function fits({ field, equal, test }: Comparison, metric: MetricKind): boolean {
  if (field === 'metric.type') return true;
  if (field === 'resource.type') {
    return !equal || test.name !== 'is' || test.values.includes(RESOURCE_TYPE);
  }
  const labels = field.startsWith('metric.') ? metric.labels : RESOURCE_LABELS;
  return labels.includes(field.replace(/^\w+\.labels\./, ''));
}

function readInterval(parameters: URLSearchParams): Step<Window> {
  const endText = parameters.get('interval.endTime') ?? '';
  const startText = parameters.get('interval.startTime') ?? endText;
  const untilMs = instant(endText);
  const afterMs = instant(startText);
  const bad = (field: string, text: string, why: string): Step<never> => ({
    refused: invalidArgument(`Field interval.${field} had an invalid value of "${text}": ${why}`),
  });
  if (untilMs === null) return bad('endTime', endText, 'The end time must be an RFC 3339 instant.');
  if (afterMs === null) {
    return bad('startTime', startText, 'The start time must be an RFC 3339 instant.');
  }
  if (afterMs > untilMs) {
    return bad('startTime', startText, 'The start time cannot be later than the end time.');
  }
  // (start, end], as TimeInterval in google/monitoring/v3/common.proto reads; start = end (the
  // default) asks for the point that ends there.
  return { ok: { afterMs: afterMs === untilMs ? untilMs - 1 : afterMs, untilMs } };
}

function instant(text: string): number | null {
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
  const ms = form.test(text) ? Date.parse(text.replace(/(\.\d{3})\d+/, '$1')) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}

function readPage(
  parameters: URLSearchParams,
): Step<Pick<ListQuery, 'view' | 'pageSize' | 'pageToken'>> {
  const size = parameters.get('pageSize') ?? '0';
  const view = parameters.get('view') ?? 'FULL';
  if (!/^\d+$/.test(size)) {
    return { refused: invalidArgument(`Field pageSize had an invalid value of "${size}".`) };
  }
  if (!['FULL', '0', 'HEADERS', '1'].includes(view)) {
    return { refused: invalidArgument(`Invalid value at 'view': "${view}"`) };
  }
  const asked = Number(size);
  return {
    ok: {
      view: view === 'FULL' || view === '0' ? 'full' : 'headers',
      pageSize: asked === 0 ? MAX_PAGE : Math.min(asked, MAX_PAGE),
      pageToken: parameters.get('pageToken') ?? '',
    },
  };
}

function notHere(what: string): Answer {
  return invalidArgument(`${what} is not supported by the sandbox`);
}
