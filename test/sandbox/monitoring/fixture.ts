import type { Answer, Call } from '../contract.ts';
import { monitoringHandler } from './handler.ts';
import type { Monitoring, MonitoringOptions } from './handler.ts';

export const COUNT = 'metric.type="run.googleapis.com/request_count"';
export const LATENCY = 'metric.type="run.googleapis.com/request_latencies"';

/** Midnight of a grid day; tests count milliseconds from here. */
export const T0 = Date.parse('2026-11-20T12:00:00Z');

export type Station = Monitoring & {
  /** Milliseconds after T0. */
  at: number;
  serve(request: Requested): void;
  ask(query?: Readonly<Record<string, string>>): Promise<Listed>;
  get(path: string, query?: Readonly<Record<string, string>>): Promise<Answer>;
};

type Requested = { revision?: string; status?: number; latencyMs?: number; times?: number };

export type Listed = {
  readonly timeSeries?: readonly ListedSeries[];
  readonly nextPageToken?: string;
  readonly executionErrors?: readonly unknown[];
  readonly unit: string;
};

type ListedSeries = {
  readonly metric: { readonly type: string; readonly labels: Readonly<Record<string, string>> };
  readonly resource: { readonly type: string; readonly labels: Readonly<Record<string, string>> };
  readonly metricKind: string | number;
  readonly valueType: string | number;
  readonly points?: readonly {
    readonly interval: { readonly startTime: string; readonly endTime: string };
    readonly value: {
      readonly int64Value?: string;
      readonly distributionValue?: {
        readonly count: string;
        readonly mean: number | 'NaN';
        readonly bucketCounts: readonly string[];
      };
    };
  }[];
};

/** Samples every second, everything visible after two. */
export function createStation(o: Partial<MonitoringOptions> = {}): Station {
  const station: Station = {
    ...monitoringHandler({
      project: 'demo',
      region: 'us-central1',
      now: () => T0 + station.at,
      samplePeriodMs: 1_000,
      ingestDelayMs: 2_000,
      authenticate: (call) => call.headers['authorization'] === 'Bearer good',
      ...o,
    }),
    at: 0,
    serve({ revision = 'web-1', status = 200, latencyMs = 30, times = 1 }) {
      const endedAt = T0 + station.at;
      for (let i = 0; i < times; i++) {
        station.record({ service: 'web', revision, tag: null, ...WAY, status, endedAt, latencyMs });
      }
    },
    async ask(query = {}) {
      const answer = await station.get('/v3/projects/demo/timeSeries', { ...ALL_DAY, ...query });
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
      // As a client reads it: through JSON.
      const listed: Listed = JSON.parse(JSON.stringify(answer.body));
      return listed;
    },
    async get(path, query = {}) {
      const answer = await station.handler(callOf(path, query));
      if (answer === null) throw new Error('not a path of the handler');
      return answer;
    },
  };
  return station;
}

const WAY = { method: 'GET', path: '/' };

const ALL_DAY = {
  filter: COUNT,
  'interval.startTime': '2026-11-20T00:00:00Z',
  'interval.endTime': '2026-11-21T00:00:00Z',
};

export function callOf(path: string, query: Readonly<Record<string, string>> = {}): Call {
  return {
    method: 'GET',
    host: 'monitoring.test',
    path,
    query: new URLSearchParams(query),
    headers: { authorization: 'Bearer good' },
    body: '',
    base: 'http://monitoring.test',
  };
}

/** Count by revision and code, added over all points. */
export function totals(listed: Listed): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { resource, metric, points } of listed.timeSeries ?? []) {
    const key = `${resource.labels['revision_name']} ${metric.labels['response_code']}`;
    for (const { value } of points ?? []) sums[key] = (sums[key] ?? 0) + Number(value.int64Value);
  }
  return sums;
}
