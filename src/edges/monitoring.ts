/**
 * Cloud Monitoring v3 (metric_service.proto): raw points of request_count and request_latencies.
 * No aligner is used: ALIGN_DELTA interpolates, and counts must be exact.
 */
import type { Observation } from '../core/judging-types.ts';
import type { Metrics, ObservationQuery } from '../engine/ports.ts';
import { asList, asObject, asText } from './json.ts';
import type { JsonValue } from './json.ts';
import {
  REQUEST_COUNT,
  REQUEST_LATENCIES,
  ask,
  badAnswer,
  checkNames,
  isUnreachable,
  readAnswer,
  seriesUrl,
} from './monitoring-call.ts';
import type { MonitoringOptions } from './monitoring-call.ts';
import { readSeries } from './monitoring-points.ts';
import type { Selection, SeriesList } from './monitoring-points.ts';
import { tabulate } from './monitoring-table.ts';
import { readTiming } from './monitoring-timing.ts';
import { COUNT, LATENCY } from './monitoring-values.ts';
import type { ValueReader } from './monitoring-values.ts';

/** A page holds 100,000 points unless the service makes it smaller: days of rollout need one. */
const MOST_PAGES = 20;

/** @throws Problem `bad-input` for a name that could change the meaning of a filter. */
export function createMetrics(options: MonitoringOptions): Metrics {
  checkNames(options.ref);
  return {
    timing: () => readTiming(options),
    observe: (query, signal) => observe(options, query, signal),
  };
}

async function observe(
  options: MonitoringOptions,
  query: ObservationQuery,
  signal: AbortSignal,
): Promise<Observation> {
  const { from, to, canary, baseline, samplePeriod } = query;
  const { service, region } = options.ref;
  const selection = { service, region, revisions: [canary, baseline], from, to };
  const call = { options, signal, selection };
  const counts = await list({ ...call, metric: REQUEST_COUNT }, COUNT);
  const latencies = await list({ ...call, metric: REQUEST_LATENCIES }, LATENCY);
  const { minutes, sound } = tabulate({ counts, latencies }, { canary, baseline }, samplePeriod);
  return { from, to, minutes, history: [], log: null, complete: sound };
}

type ListCall = {
  readonly options: MonitoringOptions;
  readonly signal: AbortSignal;
  readonly selection: Selection;
  readonly metric: string;
};

async function list<V>(call: ListCall, reader: ValueReader<V>): Promise<SeriesList<V>> {
  const raw: JsonValue[] = [];
  let token: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const read: Page | null = await readPage(call, token);
    if (read === null) break;
    for (const one of read.series) raw.push(one);
    token = read.nextToken;
    if (read.isPartial) break;
    if (token === null) return readSeries(raw, call.selection, reader);
  }
  return { ...readSeries(raw, call.selection, reader), sound: false };
}

type Page = {
  readonly series: readonly JsonValue[];
  /** null: this is the last page. */
  readonly nextToken: string | null;
  readonly isPartial: boolean;
};

/** null: a page after the first did not come, and what came before is only a part. */
async function readPage(call: ListCall, token: string | null): Promise<Page | null> {
  const { options, signal, selection, metric } = call;
  const url = seriesUrl(options, metric, selection);
  if (token !== null) url.searchParams.set('pageToken', token);
  const answer = await ask(options, url, signal);
  if (token !== null && isUnreachable(answer)) return null;
  const page = asObject(readAnswer(answer, 'monitoring.timeSeries.list'));
  // A field that is empty may be absent, and without traffic all of them are.
  const series = asList(page?.['timeSeries'] ?? []);
  const nextToken = asText(page?.['nextPageToken'] ?? '');
  const errors = asList(page?.['executionErrors'] ?? []);
  if (page === null || series === null || nextToken === null || errors === null) {
    throw badAnswer('Cloud Monitoring answered something that is no list of time series.');
  }
  return { series, nextToken: nextToken === '' ? null : nextToken, isPartial: errors.length > 0 };
}
