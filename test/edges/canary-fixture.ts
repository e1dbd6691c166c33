/** A canary that answers as told, and a prober for it. */
import type { Smoke } from '../../src/core/types.ts';
import { createClock } from '../../src/edges/clock.ts';
import { createHttp } from '../../src/edges/http.ts';
import { createProber } from '../../src/edges/probe.ts';
import type { ProbeOptions } from '../../src/edges/probe.ts';
import { aSmoke } from '../unit/build.ts';
import { scriptedServer } from './scripted-server.ts';
import type { Asked, Scripted } from './scripted-server.ts';

export const SERVICE_URL = 'https://web-abc123-ew.a.run.app';
const REF = { project: 'demo', region: 'europe-west1', service: 'web' };
export const SMOKE = aSmoke({
  lines: [{ method: 'GET', path: '/healthz?deep=1', statuses: null }],
  statuses: [
    { from: 200, to: 299 },
    { from: 304, to: 304 },
  ],
  probes: 10,
  rate: 20,
});

/** A hundred times quicker than the real one. */
function quickClock() {
  const real = createClock();
  return {
    sleep: (ms: number, signal: AbortSignal) => real.sleep(ms / 100, signal),
    monotonic: () => real.monotonic() * 100,
  };
}

const never = new AbortController().signal;
const NOBODY = {
  account: null,
  token: () => Promise.reject(new Error('there is no account to ask for')),
};

type Over = Partial<ProbeOptions> & { readonly url?: string; readonly signal?: AbortSignal };

export async function canary(answer: (asked: Asked, index: number) => Scripted | null | 'hang') {
  const { base, port, asked } = await scriptedServer(answer);
  const http = createHttp({ hurry: never, random: () => 0 });
  const proberWith = (over: Partial<ProbeOptions> = {}) =>
    createProber({
      http,
      clock: quickClock(),
      loopbackAllowed: true,
      ref: REF,
      identities: NOBODY,
      ...over,
    });
  const targetWith = (smoke: Partial<Smoke>, url = base) => ({
    url,
    revision: 'web-2',
    serviceUrl: SERVICE_URL,
    smoke: { ...SMOKE, ...smoke },
  });
  return {
    base,
    port,
    asked,
    http,
    probe: (smoke: Partial<Smoke> = {}, { url, signal = never, ...over }: Over = {}) =>
      proberWith(over).probe(targetWith(smoke, url), signal),
    warmUp: (smoke: Partial<Smoke>, atMost: number, { url, signal = never, ...over }: Over = {}) =>
      proberWith(over).warmUp(targetWith(smoke, url), atMost, signal),
  };
}
