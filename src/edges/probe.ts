/**
 * Smoke probes of the canary's tag URL: no token, no redirects, nothing of the body is shown. The
 * host is resolved first and the connection goes to an address that was looked at.
 */
import { isIP } from 'node:net';

import type { Millis, Smoke } from '../core/types.ts';
import type { Clock, ProbeResult, Prober } from '../engine/ports.ts';
import type { Http, HttpAnswer } from './http.ts';
import { createAddressRules, isPrivateName, resolveHost } from './probe-address.ts';
import type { AddressRules, Resolve } from './probe-address.ts';

export type ProbeOptions = {
  readonly http: Http;
  /** Cloud Run itself was asked on loopback, so tag URLs on loopback are its own. */
  readonly loopbackAllowed: boolean;
  readonly clock: Clock;
  readonly resolve?: Resolve;
};

type Tools = Required<ProbeOptions> & { readonly kindOf: AddressRules };
type Target = { readonly url: string; readonly revision: string; readonly smoke: Smoke };
/** `again`: what is wrong may pass by itself. */
type Attempt = { readonly result: ProbeResult; readonly again: boolean };

/** A new tag URL answers 404 or 503 for a moment, or still leads to where the tag was before. */
const PAUSES: readonly Millis[] = [2_000, 4_000];
const ATTEMPT_DEADLINE: Millis = 10_000;
const PROBE_DEADLINE: Millis = 60_000;
const MOST_BYTES = 1024 * 1024;

const OFF = 'or set smoke_path: off to go without smoke probes';

export function createProber(options: ProbeOptions): Prober {
  const tools = { resolve: resolveHost, ...options, kindOf: createAddressRules() };
  return { probe: (target, signal) => probe(tools, target, signal) };
}

async function probe(tools: Tools, target: Target, signal: AbortSignal): Promise<ProbeResult> {
  const url = smokeUrl(target, tools.loopbackAllowed);
  if (typeof url === 'string') return failed(url);
  const begun = tools.clock.monotonic();
  const left = (): Millis => PROBE_DEADLINE - (tools.clock.monotonic() - begun);
  for (let number = 0; ; number += 1) {
    const deadlineMs = Math.min(ATTEMPT_DEADLINE, left());
    const { result, again } = await attempt(tools, { target, url, number, deadlineMs, signal });
    if (signal.aborted && !result.ok)
      return failed('The smoke probe was cut short: the run was cancelled.');
    const pause = PAUSES[number];
    if (!again || pause === undefined || left() <= pause) return result;
    await tools.clock.sleep(pause, signal);
  }
}

/** The address to ask, or one sentence why none is asked. */
function smokeUrl({ url: tagUrl, smoke }: Target, loopbackAllowed: boolean): URL | string {
  if (tagUrl === '') {
    return `Cloud Run gave the canary's traffic tag no address. Switch the service's default URL on, ${OFF}.`;
  }
  const base = URL.parse(tagUrl);
  const hasScheme = base?.protocol === 'https:' || (loopbackAllowed && base?.protocol === 'http:');
  if (base === null || !hasScheme || base.username !== '' || base.password !== '') {
    return `The canary's traffic tag has an address that is not plain https, so it was not asked.`;
  }
  if (!smoke.path.startsWith('/')) {
    return 'smoke_path is not a path on the canary. Write a path that begins with "/".';
  }
  return new URL(base.origin + smoke.path);
}

type Try = {
  readonly target: Target;
  readonly url: URL;
  readonly number: number;
  readonly deadlineMs: Millis;
  readonly signal: AbortSignal;
};

async function attempt(tools: Tools, one: Try): Promise<Attempt> {
  const { url, number, deadlineMs, signal } = one;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!tools.loopbackAllowed && isPrivateName(host)) return final(refusal(host));
  const addresses = isIP(host) === 0 ? await resolveWithin(tools, host, one) : [host];
  // Another of them at each attempt: one family may not be routed.
  const address = addresses[number % addresses.length];
  if (address === undefined) {
    return passing(`The canary's host ${host} could not be resolved.`);
  }
  const kinds = new Set(addresses.map(tools.kindOf));
  const isLoopback = kinds.size === 1 && kinds.has('loopback') && tools.loopbackAllowed;
  const isPublic = kinds.size === 1 && kinds.has('public');
  const isPlain = url.protocol === 'http:' || url.port !== '';
  if (!isLoopback && (!isPublic || isPlain)) return final(refusal(host));
  const asked = tools.clock.monotonic();
  const answer = await tools.http.get({
    url: url.href,
    headers: { accept: '*/*', 'cache-control': 'no-cache' },
    deadlineMs,
    retry: false,
    signal,
    lookup: async () => ({ address, family: isIP(address) === 6 ? 6 : 4 }),
  });
  return judgeAnswer(one, answer, tools.clock.monotonic() - asked);
}

/** Nothing found, no answer and an error of the resolver are the same: no address. */
async function resolveWithin(tools: Tools, host: string, one: Try): Promise<readonly string[]> {
  const done = new AbortController();
  const late = tools.clock.sleep(one.deadlineMs, AbortSignal.any([one.signal, done.signal]));
  try {
    return await Promise.race([tools.resolve(host), late.then(() => [])]);
  } catch {
    return [];
  } finally {
    done.abort();
  }
}

function judgeAnswer({ target, url }: Try, answer: HttpAnswer, latencyMs: Millis): Attempt {
  const asked = `The smoke probe of ${url.pathname} on the canary`;
  if (answer.kind === 'no-answer') {
    return passing(`${asked} got no answer: ${answer.why}.`);
  }
  const { status } = answer;
  const { statuses, revisionHeader } = target.smoke;
  if (!statuses.some(({ from, to }) => from <= status && status <= to)) {
    const again = status === 404 || status === 503;
    return { again, result: failed(`${asked} was answered ${status}. ${advice(status)}`, status) };
  }
  if (Buffer.byteLength(answer.text) > MOST_BYTES) {
    const why = `${asked} was answered ${status} with more than 1 MiB. Choose a path with a short answer.`;
    return { again: false, result: failed(why, status) };
  }
  if (revisionHeader !== null && answer.headers[revisionHeader.toLowerCase()] !== target.revision) {
    const why = `${asked} was answered ${status}, but the header ${revisionHeader} does not say ${target.revision}: another revision answered, or the app does not send the header.`;
    return { again: true, result: failed(why, status) };
  }
  const why = `${asked} was answered ${status} in ${Math.round(latencyMs)} ms.`;
  return { again: false, result: { ok: true, status, latencyMs, why } };
}

function advice(status: number): string {
  if (status === 401 || status === 403) {
    return `Either the app refuses the path, or the service lets in only callers with run.invoker: probes carry no identity token. Choose a path that is open, accept the status in smoke_status, ${OFF}.`;
  }
  if (status === 404) {
    return `Either the app does not know the path, or the service's ingress is internal and the runner is outside. Choose a path that exists, ${OFF}.`;
  }
  if (status >= 300 && status < 400) {
    return 'Redirects are not followed. Choose a path that answers by itself.';
  }
  return 'Look at the logs of the canary.';
}

function refusal(host: string): string {
  return `The canary's host ${host} is not an address on the public internet, so it was not asked. Probes reach public services only; set smoke_path: off to go without smoke probes.`;
}

function final(why: string): Attempt {
  return { again: false, result: failed(why) };
}

function passing(why: string): Attempt {
  return { again: true, result: failed(why) };
}

function failed(why: string, status: number | null = null): ProbeResult {
  return { ok: false, status, why };
}
