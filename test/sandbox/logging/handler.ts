import { createHash } from 'node:crypto';

import type { AccessLogEntry, Answer, Call, Handler, Now } from '../contract.ts';
import {
  invalidArgument,
  permissionDenied,
  refusal,
  unauthenticated,
} from '../monitoring/errors.ts';
import { entryOf, fieldOf } from './entries.ts';
import type { LogEntry, Place } from './entries.ts';
import { partOf } from './fields.ts';
import { matches } from './filter.ts';
import { readRequest } from './request.ts';
import type { ListRequest } from './request.ts';

export type LoggingOptions = Place & {
  readonly now: Now;
  readonly authenticate: (call: Call) => boolean;
  /** Whether the caller holds a permission; left out: all of them. */
  readonly holds?: (permission: string) => boolean;
};

type LoggingControls = {
  /** From now on, entries of this revision are received so much after their request; 0 ends it. */
  delay(revision: string, ms: number): void;
  /** From now on, this share of the entries is never kept, as with an exclusion filter. */
  exclude(share: number): void;
  /** The next so many reads are over the quota. */
  limit(times: number): void;
};

export type Logging = {
  readonly handler: Handler;
  record(entry: AccessLogEntry): void;
  readonly controls: LoggingControls;
};

type Kept = { readonly receivedAt: number; readonly entry: LogEntry };
type State = { serial: number; excluded: number; limited: number };

/** Cloud Logging with the request log of Cloud Run in it. https://cloud.google.com/logging/docs/reference/v2/rest */
export function loggingHandler(o: LoggingOptions): Logging {
  const kept: Kept[] = [];
  const delays = new Map<string, number>();
  const state: State = { serial: 0, excluded: 0, limited: 0 };
  return {
    controls: {
      delay: (revision, ms) => delays.set(revision, ms),
      exclude: (share) => (state.excluded = share),
      limit: (times) => (state.limited = times),
    },
    record(request) {
      state.serial += 1;
      const { serial, excluded } = state;
      if (Math.floor(serial * excluded) > Math.floor((serial - 1) * excluded)) return;
      const receivedAt = request.endedAt + (delays.get(request.revision) ?? 0);
      kept.push({ receivedAt, entry: entryOf(request, { place: o, serial, receivedAt }) });
    },
    handler(call) {
      if (call.method !== 'POST' || call.path !== '/v2/entries:list') return null;
      if (!o.authenticate(call)) return unauthenticated();
      if (state.limited > 0) {
        state.limited -= 1;
        return OVER_QUOTA;
      }
      return list(o, kept, call);
    },
  };
}

const OVER_QUOTA = refusal(
  429,
  'RESOURCE_EXHAUSTED',
  "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute'.",
);

/** entries.list */
function list(o: LoggingOptions, kept: readonly Kept[], call: Call): Answer {
  const read = readRequest(call);
  if (read.kind === 'refused') return read.answer;
  const { request } = read;
  const isOurs = request.resourceNames.every((name) => name === `projects/${o.project}`);
  const needed = 'logging.logEntries.list';
  if (!isOurs || o.holds?.(needed) === false) return permissionDenied(needed);
  const cursor = cursorIn(request, o.now());
  if (cursor === null) return invalidArgument('page_token is invalid');
  const found = kept
    .filter(({ receivedAt }) => receivedAt <= cursor.asOfMs)
    .map(({ entry }) => entry)
    .filter((entry) => matches(request.comparisons, (field) => fieldOf(entry, field)))
    .sort((a, b) => order(a, b) * (request.newestFirst ? -1 : 1));
  const end = cursor.offset + request.pageSize;
  const page = found.slice(cursor.offset, end);
  const body = {
    ...(page.length > 0 && { entries: page }),
    ...(end < found.length && { nextPageToken: tokenOf(request, { ...cursor, offset: end }) }),
  };
  return { status: 200, body: partOf(body, request.fields) };
}

/** By time, and by insertId where times are equal. */
function order(a: LogEntry, b: LogEntry): number {
  const [first, second] = [a.timestamp + a.insertId, b.timestamp + b.insertId];
  return first < second ? -1 : first === second ? 0 : 1;
}

/** A position in an answer that was fixed when its first page was read. */
type Cursor = { readonly asOfMs: number; readonly offset: number };

function tokenOf(request: ListRequest, { asOfMs, offset }: Cursor): string {
  return Buffer.from(`${asOfMs}.${offset}.${printOf(request)}`).toString('base64url');
}

/** null: not a token of this question. */
function cursorIn(request: ListRequest, nowMs: number): Cursor | null {
  if (request.pageToken === '') return { asOfMs: nowMs, offset: 0 };
  const content = Buffer.from(request.pageToken, 'base64url').toString();
  const [, asOfMs, offset, print] = /^(\d+)\.(\d+)\.([0-9a-f]+)$/.exec(content) ?? [];
  if (asOfMs === undefined || print !== printOf(request)) return null;
  return { asOfMs: Number(asOfMs), offset: Number(offset) };
}

function printOf({ resourceNames, comparisons, newestFirst }: ListRequest): string {
  const question = JSON.stringify({ resourceNames, comparisons, newestFirst });
  return createHash('sha256').update(question).digest('hex').slice(0, 16);
}
