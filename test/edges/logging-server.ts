/**
 * Answers of Cloud Logging as logging.proto and log_entry.proto describe them, over real HTTP, and
 * the edge under test in front of them.
 */
import type { Minute, PastMinute } from '../../src/core/judging-types.ts';
import type { ServiceRef } from '../../src/core/types.ts';
import { createHttp } from '../../src/edges/http.ts';
import { createErrorLogs } from '../../src/edges/logging.ts';
import type { ErrorLogQuery } from '../../src/engine/ports.ts';
import { scriptedServer } from './scripted-server.ts';
import type { Asked as AskedText, Scripted } from './scripted-server.ts';
import { MINUTE, at } from './monitoring-answers.ts';

const REF = { project: 'acme-shop', region: 'europe-west1', service: 'web' };

export type Asked = Omit<AskedText, 'body'> & {
  readonly body: {
    readonly resourceNames: readonly string[];
    readonly filter: string;
    readonly orderBy: string;
    readonly pageSize: number;
    readonly pageToken?: string;
  };
};

export type Answerer = (asked: Asked, index: number) => Scripted | null;

/** Tokens "t1", "t2", …: each invalidate makes the next one. */
export async function logging(answer: Answerer, over: Partial<ServiceRef> = {}) {
  const { base: endpoint, asked } = await openServer(answer);
  const hurry = new AbortController();
  let number = 1;
  const clock = { now: 0, monotonic: () => clock.now };
  const notices: string[] = [];
  const logs = createErrorLogs({
    http: createHttp({ hurry: hurry.signal, random: () => 0 }),
    tokens: { header: async () => `Bearer t${number}`, invalidate: () => void (number += 1) },
    endpoint,
    ref: { ...REF, ...over },
    clock,
    onNotice: (notice) => void notices.push(notice),
  });
  const cancel = new AbortController();
  return {
    asked,
    notices,
    clock,
    cancel,
    /** A look `now` minutes after the canary got its first users. */
    look: (now: number, query: Partial<ErrorLogQuery> = {}) =>
      logs.read({ ...QUERY, now: at(now), minutes: visibleAt(now), ...query }, cancel.signal),
  };
}

export const QUERY: Omit<ErrorLogQuery, 'now' | 'minutes'> = {
  canary: 'web-2',
  baseline: 'web-1',
  stable: 'web-1',
  from: at(0),
  samplePeriod: MINUTE,
  past: [],
};

export const cell = (errors: number) => ({
  requests: 1_000,
  errors,
  clientErrors: 0,
  latency: null,
  memory: null,
});

/** Rows older than an ingest delay of three minutes, with so many counted errors in each. */
export function visibleAt(now: number, canary = 0, baseline = 0): readonly Minute[] {
  return Array.from({ length: Math.max(0, Math.floor(now) - 3) }, (_, row) => ({
    start: at(row),
    canary: cell(canary),
    baseline: cell(baseline),
  }));
}

/** The last so many rows before the canary had users. */
export function pastWith(errors: readonly number[]): readonly PastMinute[] {
  return errors.map((count, i) => ({
    start: at(i - errors.length),
    cell: cell(count),
    share: 1,
  }));
}

type EntrySpec = {
  readonly revision?: string;
  readonly status?: unknown;
  readonly insertId?: unknown;
  /** Seconds that the request took; its entry bears the time of its start. */
  readonly took?: number;
  readonly labels?: Readonly<Record<string, unknown>>;
  readonly over?: Readonly<Record<string, unknown>>;
};

let serial = 0;

/** One server error, received so many minutes after the canary got its first users. */
export function entry(minute: number, spec: EntrySpec = {}) {
  const { revision = 'web-2', status = 500, took = 0.1, labels = {} } = spec;
  serial += 1;
  return {
    insertId: spec.insertId ?? `id${serial}`,
    logName: 'projects/acme-shop/logs/run.googleapis.com%2Frequests',
    timestamp: new Date(at(minute) - took * 1000).toISOString(),
    receiveTimestamp: new Date(at(minute)).toISOString(),
    resource: {
      labels: {
        project_id: 'acme-shop',
        service_name: 'web',
        revision_name: revision,
        location: 'europe-west1',
        ...labels,
      },
    },
    httpRequest: { status },
    ...spec.over,
  };
}

export type Entry = ReturnType<typeof entry>;

/** As many errors as said, spread over one row. */
export function row(minute: number, times: number, spec: EntrySpec = {}): readonly Entry[] {
  return Array.from({ length: times }, (_, i) => entry(minute + (i + 0.5) / times, spec));
}

/** Bounds of the question on the time of receipt. */
export function windowOf({ body }: Asked): { readonly from: number; readonly to: number } {
  const bound = (sign: string): number =>
    Date.parse(new RegExp(`receiveTimestamp${sign}"([^"]+)"`).exec(body.filter)?.[1] ?? '');
  return { from: bound('>='), to: bound('<') };
}

/** The log as it is: what was received in the window asked for, in pages of `size`. */
export function holding(entries: readonly Entry[], size = 1_000): Answerer {
  return (asked) => {
    const { from, to } = windowOf(asked);
    const found = entries
      .filter((one) => Date.parse(one.receiveTimestamp) >= from)
      .filter((one) => Date.parse(one.receiveTimestamp) < to)
      .toSorted((a, b) => (a.timestamp < b.timestamp ? -1 : 1));
    const offset = Number(asked.body.pageToken ?? 0);
    const end = offset + Math.min(size, asked.body.pageSize);
    const body = { entries: found.slice(offset, end) };
    return { body: end < found.length ? { ...body, nextPageToken: String(end) } : body };
  };
}

async function openServer(answer: Answerer) {
  const asked: Asked[] = [];
  const { base } = await scriptedServer((one, index) => {
    asked.push({ ...one, body: JSON.parse(one.body) as Asked['body'] });
    return answer(asked[index]!, index);
  });
  return { base, asked };
}
