/**
 * LogEntry JSON → server errors of two revisions (log_entry.proto and http_request.proto of
 * google.logging). Request logs of Cloud Run have the start of the request as `timestamp`; they are
 * written at its end, and that is when the counters count it. So a row takes what was received in it.
 */
import type { Instant } from '../core/types.ts';
import { readInstant } from './google-time.ts';
import { asNumber, asText, at } from './json.ts';
import type { JsonValue } from './json.ts';

export type Failure = {
  /** The same for an entry that was delivered twice (log_entry.proto, insert_id). */
  readonly id: string;
  readonly at: Instant;
  readonly side: 'canary' | 'baseline';
};

export type EntrySelection = {
  readonly logName: string;
  readonly service: string;
  readonly region: string;
  readonly canary: string;
  readonly baseline: string;
};

export type Span = { readonly from: Instant; readonly to: Instant };

const SERVER_ERROR = 500;

/** Other revisions' entries are left out. null: one is not readable, so a count would be too low. */
export function readEntries(
  raw: readonly JsonValue[],
  selection: EntrySelection,
): readonly Failure[] | null {
  const failures: Failure[] = [];
  for (const entry of raw) {
    const id = asText(at(entry, 'insertId'));
    const received = readInstant(at(entry, 'receiveTimestamp'));
    const begun = asText(at(entry, 'timestamp'));
    const status = asNumber(at(entry, 'httpRequest', 'status'));
    const revision = asText(at(entry, 'resource', 'labels', 'revision_name'));
    if (id === null || received === null || begun === null) return null;
    if (status === null || revision === null) return null;
    const side = sideOf(revision, selection);
    if (side === null || status < SERVER_ERROR || !isOfService(entry, selection)) continue;
    failures.push({ id: `${begun} ${id}`, at: received, side });
  }
  return failures;
}

function sideOf(revision: string, { canary, baseline }: EntrySelection): Failure['side'] | null {
  if (revision === canary) return 'canary';
  return revision === baseline ? 'baseline' : null;
}

function isOfService(entry: JsonValue, { logName, service, region }: EntrySelection): boolean {
  return (
    asText(at(entry, 'logName')) === logName &&
    asText(at(entry, 'resource', 'labels', 'service_name')) === service &&
    asText(at(entry, 'resource', 'labels', 'location')) === region
  );
}
