import { request as httpRequest } from 'node:http';
import type {
  Agent,
  ClientRequest,
  IncomingHttpHeaders,
  IncomingMessage,
  ServerResponse,
} from 'node:http';

import type { AccessLogEntry, Now, SplitView } from '../contract.ts';
import type { Admit } from './door.ts';
import { pick } from './random.ts';
import type { Random } from './random.ts';

/** Which URL the request came through. */
export type Entrance = { readonly service: string; readonly tag: string | null };

export type ProxyParts = {
  readonly now: Now;
  readonly view: SplitView;
  readonly admit: Admit;
  readonly random: Random;
  readonly agent: Agent;
  readonly requestTimeoutMs: number;
  readonly portOf: (revision: string) => Promise<number | null>;
  /** Called when the connection to a revision's instance broke. */
  readonly suspect: (revision: string) => void;
  /** Called when a request that reached its container has ended. */
  readonly ended: (entry: AccessLogEntry) => void;
  /** Called when any request to a revision has ended. */
  readonly logged: (entry: AccessLogEntry) => void;
};

type Flight = {
  readonly parts: ProxyParts;
  readonly entrance: Entrance;
  readonly revision: string;
  readonly port: number;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
};

/** Meant for one hop; node writes its own. RFC 9110, section 7.6.1. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'upgrade', 'te', 'trailer']);

/**
 * One request through the served split. Only a request that reached a container is reported: those
 * refused before are not in request_count (descriptor of run.googleapis.com/request_count).
 */
export async function serve(
  parts: ProxyParts,
  entrance: Entrance,
  http: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const refusal = parts.admit(entrance.service, http.request);
  if (refusal !== null) return refuse(http.response, refusal.status, refusal.text);
  const revision = chooseRevision(parts, entrance);
  if (revision === null) return refuse(http.response, 404, '404 Page not found');
  const visit = { parts, entrance, revision, request: http.request };
  const startedAt = performance.now();
  // Latency starts after this wait: request_latencies leaves container start out.
  const port = await parts.portOf(revision);
  if (port === null) {
    parts.logged(entryOf(visit, { status: 503, startedAt }));
    return refuse(http.response, 503, 'Service Unavailable');
  }
  if (http.response.destroyed) return undefined;
  return forward({ parts, entrance, revision, port, ...http });
}

function chooseRevision({ view, random }: ProxyParts, entrance: Entrance): string | null {
  if (entrance.tag !== null) return view.tagged(entrance.service, entrance.tag);
  return pick(view.served(entrance.service), random)?.revision ?? null;
}

function forward(flight: Flight): void {
  const { parts, request, response } = flight;
  const meter = startMeter(flight);
  const upstream = reach(flight);
  let isGivenUp = false;
  const giveUp = (status: number, text: string): void => {
    // Destroying either side makes the other one complain.
    if (isGivenUp) return;
    isGivenUp = true;
    meter.end(status);
    if (response.headersSent) response.destroy();
    else refuse(response, status, text);
    upstream.destroy();
  };
  const broke = (): void => {
    if (!isGivenUp) parts.suspect(flight.revision);
    giveUp(503, 'Service Unavailable');
  };
  // https://cloud.google.com/run/docs/configuring/request-timeout
  const timer = setTimeout(() => giveUp(504, 'upstream request timeout'), parts.requestTimeoutMs);
  upstream.on('socket', (socket) => {
    if (socket.connecting) socket.once('connect', meter.reached);
    else meter.reached();
  });
  upstream.on('error', broke);
  upstream.on('response', (answer) => {
    const status = answer.statusCode ?? 502;
    response.writeHead(status, withoutHops(answer.headers));
    answer.on('error', broke);
    answer.on('end', () => meter.end(status));
    answer.pipe(response);
  });
  response.on('close', () => {
    clearTimeout(timer);
    // The client hung up: a cancelled request counts when it ends.
    if (!response.writableFinished) giveUp(499, '');
  });
  request.pipe(upstream);
}

function reach({ parts, port, request }: Flight): ClientRequest {
  return httpRequest({
    host: '127.0.0.1',
    port,
    method: request.method,
    path: request.url,
    headers: {
      ...withoutHops(request.headers),
      'x-forwarded-for': request.socket.remoteAddress ?? '',
      'x-forwarded-proto': 'http',
    },
    agent: parts.agent,
  });
}

/** Reports the request once, to the metrics only if it reached its container. */
function startMeter(flight: Flight) {
  const { parts } = flight;
  const startedAt = performance.now();
  let state: 'under way' | 'reached' | 'ended' = 'under way';
  return {
    reached: (): void => {
      if (state === 'under way') state = 'reached';
    },
    end: (status: number): void => {
      const before = state;
      state = 'ended';
      if (before === 'ended') return;
      const entry = entryOf(flight, { status, startedAt });
      parts.logged(entry);
      if (before === 'reached') parts.ended(entry);
    },
  };
}

function entryOf(
  {
    parts,
    entrance,
    revision,
    request,
  }: Pick<Flight, 'parts' | 'entrance' | 'revision' | 'request'>,
  { status, startedAt }: { readonly status: number; readonly startedAt: number },
): AccessLogEntry {
  return {
    ...entrance,
    revision,
    method: request.method ?? '',
    path: (request.url ?? '').split('?', 1).join(''),
    status,
    endedAt: parts.now(),
    latencyMs: performance.now() - startedAt,
  };
}

function withoutHops(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}

function refuse(response: ServerResponse, status: number, text: string): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'text/plain' });
  response.end(text);
}
