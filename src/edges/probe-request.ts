/**
 * One request to the canary and what its answer is worth. No redirect is followed, nothing of a body
 * is shown, and the token goes to the canary's own host alone.
 */
import { isIP } from 'node:net';

import { mayHaveBody } from '../core/smoke-line.ts';
import type { ProbeMethod, SmokeLine } from '../core/smoke-line.ts';
import type { Millis, Smoke } from '../core/types.ts';
import type { Clock } from '../engine/ports.ts';
import type { HttpAnswer, PinnedHttp } from './http.ts';
import type { Door } from './probe-door.ts';

export type RequestTools = { readonly http: PinnedHttp; readonly clock: Clock };

export type Errand = {
  readonly door: Door;
  /** null: the address is asked as anybody would. */
  readonly token: string | null;
  readonly method: ProbeMethod;
  readonly path: string;
  readonly deadlineMs: Millis;
  readonly signal: AbortSignal;
};

export type Answered = { readonly answer: HttpAnswer; readonly latencyMs: Millis };

/** What is wrong with an answer; the kinds have advice of their own. */
export type Fault = {
  readonly kind: 'silence' | 'status' | 'too-long' | 'revision' | 'body' | 'proxy';
  readonly status: number | null;
  /** As the end of a sentence: "was answered 500". */
  readonly what: string;
};

const MOST_BYTES = 1024 * 1024;
/** Identity-Aware Proxy puts it on what it answers by itself, redirects to a login page included. */
const PROXY_HEADER = 'x-goog-iap-generated-response';

export async function ask(tools: RequestTools, errand: Errand): Promise<Answered> {
  const { door, token, method, path, deadlineMs, signal } = errand;
  const { address, origin } = door;
  const begun = tools.clock.monotonic();
  const answer = await tools.http.ask({
    method,
    url: new URL(origin + path).href,
    headers: {
      accept: '*/*',
      'cache-control': 'no-cache',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    deadlineMs,
    signal,
    lookup: async () => ({ address, family: isIP(address) === 6 ? 6 : 4 }),
  });
  return { answer, latencyMs: tools.clock.monotonic() - begun };
}

/** null: it passes. */
export function faultOf(
  answer: HttpAnswer,
  expected: { readonly smoke: Smoke; readonly line: SmokeLine; readonly revision: string },
): Fault | null {
  const { smoke, line, revision } = expected;
  if (answer.kind === 'no-answer') {
    return { kind: 'silence', status: null, what: `got no answer: ${answer.why}` };
  }
  const { status, headers, text } = answer;
  const fault = (kind: Fault['kind'], what: string): Fault => ({ kind, status, what });
  const said = `was answered ${status}`;
  if (headers[PROXY_HEADER] === 'true') {
    return fault('proxy', `${said} by Identity-Aware Proxy, not by the canary`);
  }
  const statuses = line.statuses ?? smoke.statuses;
  if (!statuses.some(({ from, to }) => from <= status && status <= to)) {
    return fault('status', said);
  }
  if (Buffer.byteLength(text) > MOST_BYTES) {
    return fault('too-long', `${said} with more than 1 MiB`);
  }
  const { revisionHeader: header, body } = smoke;
  if (header !== null && headers[header.toLowerCase()] !== revision) {
    return fault('revision', `${said}, but the header ${header} does not say ${revision}`);
  }
  if (body !== null && mayHaveBody(line) && !text.includes(body)) {
    return fault('body', `${said}, but without the text of smoke_body`);
  }
  return null;
}
