/**
 * How many requests a service has had, by the hour. It only tells what to expect, so it is read in
 * sums: a week of raw points would take as many pages as a day of looks.
 */
import type { TrafficHour, TrafficPast } from '../core/forecast/requests.ts';
import { readInstant } from './google-time.ts';
import { asList, asObject, asText, at } from './json.ts';
import type { JsonValue } from './json.ts';
import { ask, badAnswer, readAnswer, REQUEST_COUNT, seriesUrl } from './monitoring-call.ts';
import type { MonitoringOptions } from './monitoring-call.ts';

type Window = Omit<TrafficPast, 'hours'>;

/** @throws Problem `denied`, `unreachable`, `bad-answer`. */
export async function readTraffic(
  options: MonitoringOptions,
  window: Window,
  signal: AbortSignal,
): Promise<TrafficPast> {
  const url = seriesUrl(options, REQUEST_COUNT, window);
  // One sum for each hour, its point at the end of it (google.monitoring.v3 common.proto).
  url.searchParams.set('aggregation.alignmentPeriod', `${window.hour / 1000}s`);
  url.searchParams.set('aggregation.perSeriesAligner', 'ALIGN_SUM');
  url.searchParams.set('aggregation.crossSeriesReducer', 'REDUCE_SUM');
  const answer = await ask(options, url, { signal, need: 'guard' });
  const page = asObject(readAnswer(answer, 'monitoring.timeSeries.list', options.ref.project));
  const series = asList(page?.['timeSeries'] ?? []);
  const isWhole = (asText(page?.['nextPageToken'] ?? '') ?? '') === '';
  const isPartial = (asList(page?.['executionErrors'] ?? []) ?? []).length > 0;
  if (page === null || series === null || series.length > 1 || !isWhole || isPartial) {
    throw odd();
  }
  const points = series.flatMap((one) => asList(at(one, 'points') ?? []) ?? []);
  return { ...window, hours: points.map((point) => hourOf(point, window)) };
}

function hourOf(point: JsonValue, { hour, from, to }: Window): TrafficHour {
  const end = readInstant(at(point, 'interval', 'endTime'));
  const text = asText(at(point, 'value', 'int64Value')) ?? '';
  const isCount = /^[0-9]{1,13}$/.test(text);
  if (end === null || !isCount || end <= from || end > to) throw odd();
  // At a second's accuracy: the end of a period is the end of an hour.
  return { start: Math.round(end / hour) * hour - hour, requests: Number(text) };
}

function odd() {
  return badAnswer('Cloud Monitoring answered something that is no list of hourly sums.');
}
