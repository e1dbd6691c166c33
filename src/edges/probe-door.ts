/**
 * The address of the canary's tag, and where its host leads: it is resolved first, every address of
 * it is looked at, and the connection goes to one of those.
 */
import { isIP } from 'node:net';

import type { Millis } from '../core/types.ts';
import type { Clock } from '../engine/ports.ts';
import { isPrivateName } from './http-address.ts';
import type { AddressRules, Resolve } from './http-address.ts';

/** Where to send a request. */
export type Door = { readonly origin: string; readonly address: string };

export type DoorTools = {
  /** Cloud Run itself was asked on loopback, so tag URLs on loopback are its own. */
  readonly loopbackAllowed: boolean;
  readonly clock: Clock;
  readonly resolve: Resolve;
  readonly kindOf: AddressRules;
};

export type DoorFound =
  | { readonly ok: true; readonly door: Door }
  /** `again`: what is wrong may pass by itself. */
  | { readonly ok: false; readonly why: string; readonly again: boolean };

type Search = {
  readonly tagUrl: string;
  /** Another address of the host at each try: one family may not be routed. */
  readonly number: number;
  readonly deadlineMs: Millis;
  readonly signal: AbortSignal;
};

export const OFF = 'or set smoke_path: off to go without smoke probes';

export async function findDoor(tools: DoorTools, search: Search): Promise<DoorFound> {
  const url = originOf(search.tagUrl, tools.loopbackAllowed);
  if (typeof url === 'string') return { ok: false, why: url, again: false };
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!tools.loopbackAllowed && isPrivateName(host)) return refusal(host);
  const addresses = isIP(host) === 0 ? await resolveWithin(tools, host, search) : [host];
  const address = addresses[search.number % addresses.length];
  if (address === undefined) {
    return { ok: false, why: `The canary's host ${host} could not be resolved.`, again: true };
  }
  const kinds = new Set(addresses.map(tools.kindOf));
  const isLoopback = kinds.size === 1 && kinds.has('loopback') && tools.loopbackAllowed;
  const isPublic = kinds.size === 1 && kinds.has('public');
  const isPlain = url.protocol === 'http:' || url.port !== '';
  if (!isLoopback && (!isPublic || isPlain)) return refusal(host);
  return { ok: true, door: { origin: url.origin, address } };
}

/** Scheme, host and port of the tag, or one sentence why it is not asked. */
function originOf(tagUrl: string, loopbackAllowed: boolean): URL | string {
  if (tagUrl === '') {
    return `Cloud Run gave the canary's traffic tag no address. Switch the service's default URL on, ${OFF}.`;
  }
  const base = URL.parse(tagUrl);
  const hasScheme = base?.protocol === 'https:' || (loopbackAllowed && base?.protocol === 'http:');
  if (base === null || !hasScheme || base.username !== '' || base.password !== '') {
    return `The canary's traffic tag has an address that is not plain https, so it was not asked.`;
  }
  return base;
}

/** Nothing found, no answer and an error of the resolver are the same: no address. */
async function resolveWithin(
  tools: DoorTools,
  host: string,
  search: Search,
): Promise<readonly string[]> {
  const done = new AbortController();
  const stop = AbortSignal.any([search.signal, done.signal]);
  const late = tools.clock.sleep(search.deadlineMs, stop);
  try {
    return await Promise.race([tools.resolve(host), late.then(() => [])]);
  } catch {
    return [];
  } finally {
    done.abort();
  }
}

function refusal(host: string): DoorFound {
  const why = `The canary's host ${host} is not an address on the public internet, so it was not asked. Probes reach public services only; set smoke_path: off to go without smoke probes.`;
  return { ok: false, why, again: false };
}
