/** All pages of one metric over one window. */
import { asList, asObject, asText } from './json.ts';
import type { JsonValue } from './json.ts';
import { ask, badAnswer, isUnreachable, readAnswer, seriesUrl } from './monitoring-call.ts';
import type { MonitoringOptions, Need } from './monitoring-call.ts';
import { readSeries } from './monitoring-points.ts';
import type { Selection, SeriesList } from './monitoring-points.ts';
import type { ValueReader } from './monitoring-values.ts';

/** A week of two revisions, with answers of five classes every minute, fills 51. */
const MOST_PAGES = 60;

export type ListCall = {
  readonly options: MonitoringOptions;
  readonly signal: AbortSignal;
  readonly need: Need;
  readonly selection: Selection;
  readonly metric: string;
};

/** @throws Problem `denied`, `bad-credentials`, `unreachable`, `bad-answer`. */
export async function list<V>(call: ListCall, reader: ValueReader<V>): Promise<SeriesList<V>> {
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
  const { options, selection, metric } = call;
  const url = seriesUrl(options, metric, selection);
  if (token !== null) url.searchParams.set('pageToken', token);
  const answer = await ask(options, url, call);
  if (token !== null && isUnreachable(answer)) return null;
  const page = asObject(readAnswer(answer, 'monitoring.timeSeries.list', options.ref.project));
  // A field that is empty may be absent, and without traffic all of them are.
  const series = asList(page?.['timeSeries'] ?? []);
  const nextToken = asText(page?.['nextPageToken'] ?? '');
  const errors = asList(page?.['executionErrors'] ?? []);
  if (page === null || series === null || nextToken === null || errors === null) {
    throw badAnswer('Cloud Monitoring answered something that is no list of time series.');
  }
  return { series, nextToken: nextToken === '' ? null : nextToken, isPartial: errors.length > 0 };
}
