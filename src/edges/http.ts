/**
 * The one HTTP client. Text goes in and text comes out: who asks parses strictly. It has a deadline
 * for everything, follows no redirect, reads at most 8 MiB and never lets the client's error object
 * out, because that object holds the token.
 */
import axios, { isAxiosError } from 'axios';
import type { AxiosRequestConfig } from 'axios';
import pRetry from 'p-retry';

import type { Instant, Millis } from '../core/types.ts';
import { answered, notAnswered, retryWait } from './http-answer.ts';
import type { NoAnswerCause, Tried } from './http-answer.ts';
import { HURRIED } from './http-time.ts';

export type HttpAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** Names in lower case. */
      readonly headers: Readonly<Record<string, string>>;
      readonly text: string;
      /** From the Date header; null when it is missing or garbage. */
      readonly serverTime: Instant | null;
    }
  /** `why` is harmless: no token, no query, nothing of a body. */
  | { readonly kind: 'no-answer'; readonly why: string; readonly cause?: NoAnswerCause };

type HttpRequest = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For one try, from the first byte sent to the last byte read. */
  readonly deadlineMs: Millis;
  readonly signal?: AbortSignal;
};

/** Where to connect for a host name. No proxy is used then: it would resolve the name itself. */
type Lookup = (hostname: string) => Promise<{ address: string; family: 4 | 6 }>;
type PinnedRequest = HttpRequest & { readonly lookup: Lookup };

/** For addresses that are looked at first: the smoke probes. */
export interface PinnedHttp {
  /** Sent exactly once, without a body, to the address that `lookup` gives. */
  ask(request: PinnedRequest & { readonly method: string }): Promise<HttpAnswer>;
}

/** The same for notifications. */
export interface PinnedPost {
  /** Sent exactly once, to the address that `lookup` gives. */
  tell(request: PinnedRequest & { readonly body: string }): Promise<HttpAnswer>;
}

export interface Http {
  /** With `retry` up to 8 tries within 60 s, full jitter, Retry-After honoured up to 60 s. */
  get(request: HttpRequest & { readonly retry: boolean }): Promise<HttpAnswer>;
  /** Sent exactly once. */
  put(request: HttpRequest & { readonly body: string }): Promise<HttpAnswer>;
  /** Sent exactly once. */
  post(request: HttpRequest & { readonly body: string }): Promise<HttpAnswer>;
}

/** Waits for `work`, but not for ever; what comes too late is dropped. For clients with their own transport. */
export type Deadline = <T>(
  work: Promise<T>,
  atMost: Millis,
) => Promise<{ readonly done: true; readonly value: T } | { readonly done: false }>;

const MAX_BYTES = 8 * 1024 * 1024;
/** How axios begins what it says then; it has no code of its own for it. */
const TOO_LARGE = 'maxContentLength size of';
/** Between two tries of a cancelled run. */
const HURRIED_PAUSE: Millis = 100;
const TOGETHER: Millis = 60_000;
const TRIES = 8;

/** `random` gives 0 ≤ x < 1. */
export function createHttp(o: {
  readonly hurry: AbortSignal;
  readonly random: () => number;
}): Http & PinnedHttp & PinnedPost {
  const call = async <T>(request: HttpRequest, work: (limit: Limit) => Promise<T>): Promise<T> => {
    const limit = startLimit({ hurry: o.hurry, signal: request.signal });
    try {
      return await work(limit);
    } finally {
      limit.end();
    }
  };
  const carry = (method: string) => (request: HttpRequest & { readonly body: string }) =>
    call(request, async (limit) => {
      const { answer } = await send(request, { method, data: request.body }, limit);
      return answer;
    });
  const carryTo = (request: PinnedRequest, config: AxiosRequestConfig) =>
    call(request, async (limit) => {
      const { answer } = await send(request, { ...config, ...pinned(request.lookup) }, limit);
      return answer;
    });
  return {
    put: carry('PUT'),
    post: carry('POST'),
    ask: (request) => carryTo(request, { method: request.method }),
    tell: (request) => carryTo(request, { method: 'POST', data: request.body }),
    get: (request) =>
      call(request, async (limit) => {
        const once = () => send(request, { method: 'GET' }, limit);
        return request.retry ? repeat(once, { ...o, limit }) : (await once()).answer;
      }),
  };
}

export function createDeadline(hurry: AbortSignal): Deadline {
  return async (work, atMost) => {
    const limit = startLimit({ hurry, atMost });
    const late = new Promise<{ done: false }>((resolve) => {
      limit.signal.addEventListener('abort', () => resolve({ done: false }), { once: true });
    });
    try {
      return await Promise.race([work.then((value) => ({ done: true as const, value })), late]);
    } finally {
      limit.end();
    }
  };
}

/** When a call, or one try of it, is over whatever the other side does. */
type Limit = { readonly signal: AbortSignal; end(): void };

function startLimit(o: {
  readonly hurry?: AbortSignal;
  readonly signal?: AbortSignal | undefined;
  readonly atMost?: Millis;
}): Limit {
  const over = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  const after = (ms: Millis) => timers.push(setTimeout(() => over.abort(), ms));
  const onHurry = () => after(HURRIED);
  const onSignal = () => over.abort();
  if (o.atMost !== undefined) after(o.atMost);
  if (o.hurry?.aborted === true) onHurry();
  if (o.signal?.aborted === true) onSignal();
  o.hurry?.addEventListener('abort', onHurry, { once: true });
  o.signal?.addEventListener('abort', onSignal, { once: true });
  return {
    signal: over.signal,
    end() {
      for (const timer of timers) clearTimeout(timer);
      o.hurry?.removeEventListener('abort', onHurry);
      o.signal?.removeEventListener('abort', onSignal);
    },
  };
}

async function send(
  request: HttpRequest,
  config: AxiosRequestConfig,
  limit: Limit,
): Promise<Tried> {
  const attempt = startLimit({ signal: limit.signal, atMost: request.deadlineMs });
  try {
    const response = await axios.request<unknown>({
      ...config,
      url: request.url,
      headers: { ...request.headers },
      signal: attempt.signal,
      responseType: 'text',
      transformRequest: [(data: unknown) => data],
      transformResponse: [(data: unknown) => data],
      validateStatus: () => true,
      maxRedirects: 0,
      maxContentLength: MAX_BYTES,
      maxBodyLength: MAX_BYTES,
    });
    return answered(response);
  } catch (error) {
    if (attempt.signal.aborted) return notAnswered('ABORTED');
    if (!isAxiosError(error)) throw error;
    return notAnswered(error.message.startsWith(TOO_LARGE) ? 'TOO_LARGE' : (error.code ?? ''));
  } finally {
    attempt.end();
  }
}

function pinned(lookup: Lookup): AxiosRequestConfig {
  return {
    proxy: false,
    lookup: async (hostname: string) => {
      const { address, family } = await lookup(hostname);
      return [address, family];
    },
  };
}

/** Carries the answer of a failed try through p-retry, which knows only errors. */
class Passing extends Error {
  readonly answer: HttpAnswer;

  constructor(answer: HttpAnswer) {
    super('worth another try');
    this.answer = answer;
  }
}

async function repeat(
  once: () => Promise<Tried>,
  o: { readonly hurry: AbortSignal; readonly random: () => number; readonly limit: Limit },
): Promise<HttpAnswer> {
  const end = performance.now() + TOGETHER;
  const attempt = async () => {
    const { answer, passing } = await once();
    if (passing) throw new Passing(answer);
    return answer;
  };
  const shouldRetry = async (failed: { readonly error: Error; readonly attemptNumber: number }) => {
    const left = end - performance.now();
    const { error, attemptNumber } = failed;
    if (!(error instanceof Passing) || left <= 0) return false;
    await pause(Math.min(left, retryWait(error.answer, attemptNumber, o.random())), o);
    return !o.limit.signal.aborted;
  };
  try {
    return await pRetry(attempt, { retries: TRIES - 1, minTimeout: 0, shouldRetry });
  } catch (error) {
    if (error instanceof Passing) return error.answer;
    throw error;
  }
}

/** A cancel does not wait for a polite pause to end: there are seconds left to put things right. */
function pause(
  ms: Millis,
  o: { readonly hurry: AbortSignal; readonly limit: Limit },
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => {
    clearTimeout(timer);
    o.limit.signal.removeEventListener('abort', wake);
    o.hurry.removeEventListener('abort', wake);
    resolve();
  };
  const timer = setTimeout(wake, o.hurry.aborted ? Math.min(ms, HURRIED_PAUSE) : ms);
  o.limit.signal.addEventListener('abort', wake);
  o.hurry.addEventListener('abort', wake);
  if (o.limit.signal.aborted) wake();
  return promise;
}
