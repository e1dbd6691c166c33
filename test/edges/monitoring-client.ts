/** The edge under test in front of a scripted Cloud Monitoring. */
import type { ServiceRef } from '../../src/core/types.ts';
import { createHttp } from '../../src/edges/http.ts';
import { createMetrics } from '../../src/edges/monitoring.ts';
import type { ErrorLogQuery, ErrorLogs, ObservationQuery } from '../../src/engine/ports.ts';
import { MINUTE, at } from './monitoring-answers.ts';
import { scriptedServer } from './scripted-server.ts';
import type { Asked, Scripted } from './scripted-server.ts';

const REF = { project: 'acme-shop', region: 'europe-west1', service: 'web' };

const QUERY: ObservationQuery = {
  canary: 'web-2',
  baseline: 'web-1',
  stable: 'web-1',
  from: at(0),
  to: at(10),
  now: at(13),
  samplePeriod: MINUTE,
  history: null,
  readsMemory: true,
};

/** Tokens "t1", "t2", …: each invalidate makes the next one. */
export async function monitoring(
  answer: (asked: Asked, index: number) => Scripted | null,
  over: Partial<ServiceRef> = {},
  logs: ErrorLogs['read'] = async () => null,
) {
  const { base: endpoint, asked } = await scriptedServer(answer);
  const http = createHttp({ hurry: new AbortController().signal, random: () => 0 });
  let number = 1;
  const tokens = { header: async () => `Bearer t${number}`, invalidate: () => void (number += 1) };
  const notices: string[] = [];
  const loggedFor: ErrorLogQuery[] = [];
  const errorLogs: ErrorLogs = {
    read: (query, signal) => {
      loggedFor.push(query);
      return logs(query, signal);
    },
  };
  const onNotice = (text: string) => void notices.push(text);
  const connect = () =>
    createMetrics({ http, tokens, endpoint, ref: { ...REF, ...over }, errorLogs, onNotice });
  let metrics: ReturnType<typeof connect> | null = null;
  return {
    asked,
    notices,
    /** What the request log was asked for. */
    loggedFor,
    /** All looks of a test share one edge, as those of a rollout do. */
    observe: async (signal = new AbortController().signal, query: Partial<ObservationQuery> = {}) =>
      (metrics ??= connect()).observe({ ...QUERY, ...query }, signal),
    read: async () => connect().timing(),
  };
}
