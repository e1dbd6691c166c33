import { once } from 'node:events';
import { Agent, createServer } from 'node:http';
import type { Server } from 'node:http';

import type { AccessLogEntry, Now, Runtime, SplitView } from '../contract.ts';
import { serve } from './proxy.ts';
import type { Entrance, ProxyParts } from './proxy.ts';
import { seededRandom } from './random.ts';
import { createProcesses } from './runtime.ts';

export type TrafficOptions = {
  readonly now: Now;
  readonly view: SplitView;
  /** Of the choice of a revision per request. */
  readonly seed?: number;
  /** How long a revision may take until it listens; Cloud Run allows 4 minutes. */
  readonly startDeadlineMs?: number;
  /** Cloud Run's default is 300 s. */
  readonly requestTimeoutMs?: number;
};

export type Traffic = {
  readonly runtime: Runtime;
  /** Base URL without a slash at its end; the same for the life of the sandbox. */
  urlFor(service: string, tag: string | null): Promise<string>;
  /** Called for every request that reached a revision and whose metrics are not lost. */
  onRequest(listener: (entry: AccessLogEntry) => void): void;
  stop(): Promise<void>;
};

export function createTraffic(o: TrafficOptions): Traffic {
  const processes = createProcesses({ startDeadlineMs: o.startDeadlineMs ?? 5_000 });
  const listeners = new Set<(entry: AccessLogEntry) => void>();
  const entrances = new Map<string, Promise<Server>>();
  const parts: ProxyParts = {
    now: o.now,
    view: o.view,
    random: seededRandom(o.seed ?? 1),
    agent: new Agent({ keepAlive: true }),
    requestTimeoutMs: o.requestTimeoutMs ?? 30_000,
    portOf: processes.portOf,
    suspect: processes.suspect,
    ended: (entry) => {
      if (!processes.hasMetrics(entry.revision)) return;
      for (const listener of listeners) listener(entry);
    },
  };
  let isStopped = false;
  return {
    runtime: processes.runtime,
    async urlFor(service, tag) {
      if (isStopped) throw new Error('the sandbox was stopped');
      const key = JSON.stringify([service, tag]);
      const opening = entrances.get(key) ?? openEntrance(parts, { service, tag });
      entrances.set(key, opening);
      return urlOf(await opening);
    },
    onRequest(listener) {
      listeners.add(listener);
    },
    async stop() {
      isStopped = true;
      const openings = [...entrances.values()];
      entrances.clear();
      await Promise.all(openings.map(async (opening) => closeEntrance(await opening)));
      parts.agent.destroy();
      await processes.stop();
    },
  };
}

async function openEntrance(parts: ProxyParts, entrance: Entrance): Promise<Server> {
  const server = createServer((request, response) => {
    serve(parts, entrance, { request, response }).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function closeEntrance(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the listener is closed');
  return `http://127.0.0.1:${address.port}`;
}
