/** The edge under test in front of a scripted Cloud Monitoring. */
import type { ServiceRef } from '../../src/core/types.ts';
import { createHttp } from '../../src/edges/http.ts';
import { createMetrics } from '../../src/edges/monitoring.ts';
import { MINUTE, at } from './monitoring-answers.ts';
import { scriptedServer } from './scripted-server.ts';
import type { Asked, Scripted } from './scripted-server.ts';

const REF = { project: 'acme-shop', region: 'europe-west1', service: 'web' };

const QUERY = {
  canary: 'web-2',
  baseline: 'web-1',
  from: at(0),
  to: at(10),
  samplePeriod: MINUTE,
};

/** Tokens "t1", "t2", …: each invalidate makes the next one. */
export async function monitoring(
  answer: (asked: Asked, index: number) => Scripted | null,
  over: Partial<ServiceRef> = {},
) {
  const { base: endpoint, asked } = await scriptedServer(answer);
  const http = createHttp({ hurry: new AbortController().signal, random: () => 0 });
  let number = 1;
  const tokens = { header: async () => `Bearer t${number}`, invalidate: () => void (number += 1) };
  const connect = () => createMetrics({ http, tokens, endpoint, ref: { ...REF, ...over } });
  return {
    asked,
    observe: async (signal = new AbortController().signal) => connect().observe(QUERY, signal),
    read: async () => connect().timing(),
  };
}
