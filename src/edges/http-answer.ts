/** What came back over HTTP, in our words. Pure. */
import type { AxiosResponse } from 'axios';

import type { Instant, Millis } from '../core/types.ts';
import type { HttpAnswer } from './http.ts';

const LONGEST_WAIT: Millis = 60_000;
const PASSING = new Set([429, 500, 502, 503, 504]);

/**
 * How long to wait after `failures` failed tries: up to 1 s, growing by 1.3 each time up to 10 s,
 * full jitter, on top of what the server asks for in Retry-After, never more than a minute.
 */
export function retryWait(answer: HttpAnswer, failures: number, random: number): Millis {
  const backOff = random * Math.min(10_000, 1_000 * 1.3 ** (failures - 1));
  return Math.min(LONGEST_WAIT, (retryAfter(answer) ?? 0) + backOff);
}

/** RFC 9110, 10.2.3: seconds, or a date, which only means something on the server's own clock. */
function retryAfter(answer: HttpAnswer): Millis | null {
  if (answer.kind === 'no-answer') return null;
  const text = answer.headers['retry-after']?.trim() ?? '';
  if (/^[0-9]{1,10}$/.test(text)) return Number(text) * 1_000;
  const until = readDate(text);
  if (until === null || answer.serverTime === null) return null;
  return Math.max(0, until - answer.serverTime);
}

/** IMF-fixdate alone; Date.parse would also make a date of "-5". */
function readDate(text: string): Instant | null {
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return null;
  const instant = Date.parse(text);
  return Number.isFinite(instant) ? instant : null;
}

/** `passing`: the same question may well be answered in a moment. */
export type Tried = { readonly answer: HttpAnswer; readonly passing: boolean };

export function answered(response: AxiosResponse<unknown>): Tried {
  const { status, data } = response;
  const entries: [string, unknown][] = Object.entries(response.headers);
  const headers = Object.fromEntries(
    entries.map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  const text = typeof data === 'string' ? data : '';
  const serverTime = readDate(headers['date'] ?? '');
  return {
    answer: { kind: 'answer', status, headers, text, serverTime },
    passing: PASSING.has(status),
  };
}

/** Only the code of an error is used: its message may quote what was sent. */
export function notAnswered(code: string): Tried {
  const unknown = { why: `the connection failed (${safeCode(code)})`, passing: true };
  const { passing, ...fault } = WORDS.get(code) ?? unknown;
  return { answer: { kind: 'no-answer', ...fault }, passing };
}

/** Why there is no answer, where one might still come. */
export const TOO_LATE = 'there was no complete answer in time';

/** What somebody else decides by. */
export type NoAnswerCause = 'unknown-host' | 'certificate';

type Fault = { readonly why: string; readonly passing: boolean; readonly cause?: NoAnswerCause };

const mayPass = (why: string): Fault => ({ why, passing: true });
const certificate = (why: string): Fault => ({ why, passing: false, cause: 'certificate' });
const UNTRUSTED = certificate(
  'the certificate of the server is not trusted; is there a proxy in between?',
);
const WORDS: ReadonlyMap<string, Fault> = new Map([
  ['ABORTED', mayPass(TOO_LATE)],
  ['ECONNREFUSED', mayPass('the connection was refused')],
  ['ECONNRESET', mayPass('the connection was cut')],
  ['ETIMEDOUT', mayPass('the connection timed out')],
  ['ENOTFOUND', { ...mayPass('the host name is not known'), cause: 'unknown-host' }],
  ['EAI_AGAIN', mayPass('the host name could not be looked up')],
  ['ERR_BAD_RESPONSE', mayPass('the answer broke off')],
  ['TOO_LARGE', { why: 'the answer is larger than 8 MiB', passing: false }],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', UNTRUSTED],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNTRUSTED],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNTRUSTED],
  ['CERT_HAS_EXPIRED', certificate('the certificate of the server has expired')],
  ['ERR_TLS_CERT_ALTNAME_INVALID', certificate('the certificate is for another host')],
]);

/** null: the connection failed for another reason than the certificate. */
export function certificateFault(code: string): string | null {
  const fault = WORDS.get(code);
  return fault?.cause === 'certificate' ? fault.why : null;
}

function safeCode(code: string): string {
  return /^[A-Z][A-Z0-9_]{0,60}$/.test(code) ? code : 'unknown reason';
}
