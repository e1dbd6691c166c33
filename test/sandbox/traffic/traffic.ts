import { Agent } from 'node:http';

import type { AccessLogEntry, Now, Runtime, SplitView } from '../contract.ts';
import { closeListener, openListener } from '../listener.ts';
import type { Listener, Listening } from '../listener.ts';
import type { Admit } from './door.ts';
import { serve } from './proxy.ts';
import type { Entrance, ProxyParts } from './proxy.ts';
import { seededRandom } from './random.ts';
import { createProcesses } from './runtime.ts';

/** `url`: what Cloud Run says of it, without a slash at its end. */
export type Address = { readonly listener: Listener; readonly url: string };

export type TrafficOptions = {
  readonly now: Now;
  readonly view: SplitView;
  /** Left out: everybody comes in. */
  readonly admit?: Admit;
  /** Of the choice of a revision per request. */
  readonly seed?: number;
  /** How long a revision may take until it listens; Cloud Run allows 4 minutes. */
  readonly startDeadlineMs?: number;
  /** Cloud Run's default is 300 s. */
  readonly requestTimeoutMs?: number;
  /** Real host names, one per service and tag; a free port on loopback each when left out. */
  readonly addressOf?: ((service: string, tag: string | null) => Address) | undefined;
};

export type Traffic = {
  readonly runtime: Runtime;
  /** Base URL without a slash at its end; the same for the life of the sandbox. */
  urlFor(service: string, tag: string | null): Promise<string>;
  /** Called for every request that reached a revision and whose metrics are not lost. */
  onRequest(listener: (entry: AccessLogEntry) => void): void;
  /** Called for every request to a revision, whether it reached an instance or not. */
  onLogged(listener: (entry: AccessLogEntry) => void): void;
  /** By how much of its memory limit a revision's instance has grown at a moment. */
  readonly grownBy: (revision: string, atMs: number) => number;
  stop(): Promise<void>;
};

export function createTraffic(o: TrafficOptions): Traffic {
  const { startDeadlineMs = 30_000, now } = o;
  const processes = createProcesses({ startDeadlineMs, now });
  const listeners = new Set<(entry: AccessLogEntry) => void>();
  const logListeners = new Set<(entry: AccessLogEntry) => void>();
  const entrances = new Map<string, Promise<Listening>>();
  const parts: ProxyParts = {
    now: o.now,
    view: o.view,
    admit: o.admit ?? (() => null),
    random: seededRandom(o.seed ?? 1),
    agent: new Agent({ keepAlive: true }),
    requestTimeoutMs: o.requestTimeoutMs ?? 30_000,
    portOf: processes.portOf,
    suspect: processes.suspect,
    ended: (entry) => {
      if (!processes.hasMetrics(entry.revision)) return;
      for (const listener of listeners) listener(entry);
    },
    logged: (entry) => {
      for (const listener of logListeners) listener(entry);
    },
  };
  let isStopped = false;
  return {
    runtime: processes.runtime,
    async urlFor(service, tag) {
      if (isStopped) throw new Error('the sandbox was stopped');
      const key = JSON.stringify([service, tag]);
      const address = o.addressOf?.(service, tag);
      const opening =
        entrances.get(key) ?? openEntrance(parts, { service, tag }, address?.listener);
      entrances.set(key, opening);
      const { base } = await opening;
      return address?.url ?? base;
    },
    onRequest(listener) {
      listeners.add(listener);
    },
    onLogged(listener) {
      logListeners.add(listener);
    },
    grownBy: processes.grownBy,
    async stop() {
      isStopped = true;
      const openings = [...entrances.values()];
      entrances.clear();
      await Promise.all(openings.map(async (opening) => closeListener(await opening)));
      parts.agent.destroy();
      await processes.stop();
    },
  };
}

async function openEntrance(
  parts: ProxyParts,
  entrance: Entrance,
  listener: Listener = {},
): Promise<Listening> {
  const listening = await openListener(listener, (request, response) => {
    serve(parts, entrance, { request, response }).catch(() => response.destroy());
  });
  listening.server.keepAliveTimeout = 0;
  return listening;
}
