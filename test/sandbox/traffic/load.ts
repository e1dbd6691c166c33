import * as http from 'node:http';
import type { IncomingMessage } from 'node:http';
import * as https from 'node:https';

import { exponential, seededRandom } from './random.ts';

export type LoadOptions = {
  readonly url: string;
  readonly requestsPerSecond: number;
  /** true: independent arrivals, as from many users; false: evenly spaced. */
  readonly poisson: boolean;
  readonly seed: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where the users are: their own address; any when left out. */
  readonly localAddress?: string | undefined;
};

type Served = {
  readonly requests: number;
  /** Answers by status, e.g. {"200": 95, "500": 5}. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly meanLatencyMs: number;
};

/** sent = answered + failed + inFlight. What the clients saw; nothing here comes from metrics. */
export type LoadStats = {
  readonly sent: number;
  readonly answered: number;
  /** No answer: connection broken, or given up when the load was stopped. */
  readonly failed: number;
  readonly inFlight: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** By the app's own x-revision header; answers without one are in `statuses` only. */
  readonly revisions: Readonly<Record<string, Served>>;
};

export type Load = {
  stats(): LoadStats;
  /** Sends no more, waits for the answers under way for up to five seconds, then hangs up. */
  stop(): Promise<LoadStats>;
};

type Tally = { requests: number; latencyMs: number; statuses: Record<string, number> };

const DRAIN_MS = 5_000;
/**
 * Who finds so many waiting turns away. Without an end to it, a machine that falls behind never comes
 * back: every request that it owes makes the others later.
 */
const MOST_IN_FLIGHT = 500;

export function startLoad(o: LoadOptions): Load {
  const random = seededRandom(o.seed);
  const meanGapMs = 1_000 / o.requestsPerSecond;
  const gap = (): number => (o.poisson ? exponential(random, meanGapMs) : meanGapMs);
  const client = createClient(o);
  let due = performance.now() + gap();
  // Due times are absolute: a late timer is made up for, so the rate is what was asked for.
  const tick = (): void => {
    const now = performance.now();
    for (; due <= now; due += gap()) {
      if (client.inFlight() < MOST_IN_FLIGHT) client.send();
    }
    timer = setTimeout(tick, Math.max(1, due - performance.now()));
  };
  let timer = setTimeout(tick, 1);
  return {
    stats: client.stats,
    async stop() {
      clearTimeout(timer);
      await client.drain();
      return client.stats();
    },
  };
}

function createClient({ url, headers = {}, localAddress }: LoadOptions) {
  const { Agent } = url.startsWith('https:') ? https : http;
  const agent = new Agent({ keepAlive: true, localAddress });
  const book = createBook();
  let whenIdle: (() => void) | null = null;
  const settle = (): void => {
    if (book.inFlight() === 0) whenIdle?.();
  };
  return {
    stats: book.stats,
    inFlight: book.inFlight,
    send(): void {
      const startedAt = performance.now();
      book.sent();
      void exchange(url, { agent, headers }).then((answer) => {
        book.settled(answer, performance.now() - startedAt);
        settle();
      });
    },
    async drain(): Promise<void> {
      const timer = setTimeout(() => agent.destroy(), DRAIN_MS);
      await new Promise<void>((resolve) => {
        whenIdle = resolve;
        settle();
      });
      clearTimeout(timer);
      agent.destroy();
    },
  };
}

function createBook() {
  const total: Tally = { requests: 0, latencyMs: 0, statuses: {} };
  const revisions = new Map<string, Tally>();
  let sent = 0;
  let failed = 0;
  const inFlight = (): number => sent - failed - total.requests;
  return {
    inFlight,
    sent: (): void => {
      sent += 1;
    },
    settled: (answer: Answered | null, latencyMs: number): void => {
      if (answer === null) {
        failed += 1;
        return;
      }
      const seen = { ...answer, latencyMs };
      count(total, seen);
      if (answer.revision !== null) count(tallyOf(revisions, answer.revision), seen);
    },
    stats: (): LoadStats => ({
      sent,
      answered: total.requests,
      failed,
      inFlight: inFlight(),
      statuses: { ...total.statuses },
      revisions: Object.fromEntries([...revisions].map(([name, tally]) => [name, served(tally)])),
    }),
  };
}

type Answered = { readonly status: number; readonly revision: string | null };

/** null: no whole answer. */
function exchange(
  url: string,
  way: { readonly agent: http.Agent; readonly headers: Readonly<Record<string, string>> },
): Promise<Answered | null> {
  const { get } = url.startsWith('https:') ? https : http;
  return new Promise((resolve) => {
    const request = get(url, way, (answer) => {
      answer.on('end', () => resolve(read(answer)));
      answer.on('error', () => resolve(null));
      answer.resume();
    });
    request.on('error', () => resolve(null));
  });
}

function read(answer: IncomingMessage): Answered {
  const revision = answer.headers['x-revision'];
  return {
    status: answer.statusCode ?? 0,
    revision: typeof revision === 'string' ? revision : null,
  };
}

function tallyOf(tallies: Map<string, Tally>, name: string): Tally {
  const tally = tallies.get(name) ?? { requests: 0, latencyMs: 0, statuses: {} };
  tallies.set(name, tally);
  return tally;
}

function count(tally: Tally, seen: { readonly status: number; readonly latencyMs: number }): void {
  tally.requests += 1;
  tally.latencyMs += seen.latencyMs;
  tally.statuses[seen.status] = (tally.statuses[seen.status] ?? 0) + 1;
}

function served(tally: Tally): Served {
  return {
    requests: tally.requests,
    statuses: { ...tally.statuses },
    meanLatencyMs: tally.latencyMs / tally.requests,
  };
}
