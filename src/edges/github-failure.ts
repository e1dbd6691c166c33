/** What a call to GitHub can come to when it does not succeed, without the client's own error. */
import type { Millis } from '../core/types.ts';

export type Failure =
  | { readonly kind: 'limited'; readonly wait: Millis }
  /** No later request will fare better. `status` null: it was not even sent. */
  | { readonly kind: 'denied'; readonly status: number | null; readonly why: string }
  /** This content is not accepted. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Perhaps it was carried out all the same. */
  | { readonly kind: 'unanswered'; readonly why: string };

/** Stands for a client's error, which holds the request and its headers. */
export class Failed extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.kind);
    this.failure = failure;
  }
}

/** "Wait for at least one minute" (GitHub's documentation of rate limits). */
const FALLBACK_SECONDS = 60;
/** A reset that lies in the past of our clock would make us ask without a pause. */
const SHORTEST_SECONDS = 5;
const LONGEST_MESSAGE = 300;

type Reading = {
  /** Seconds; null: the client has met no limit. */
  readonly limitedFor: number | null;
  readonly redact: (text: string) => string;
};

/** Only the status and GitHub's own sentence are taken from the error. */
export function failureOf(error: unknown, { limitedFor, redact }: Reading): Failure {
  const response = field(error, 'response');
  const status = field(response, 'status');
  if (typeof status !== 'number') return { kind: 'unanswered', why: 'GitHub did not answer' };
  const limit = limitedFor ?? retryAfter(status, field(field(response, 'headers'), 'retry-after'));
  if (limit !== null) return { kind: 'limited', wait: Math.max(limit, SHORTEST_SECONDS) * 1000 };
  const said = field(field(response, 'data'), 'message');
  const why = `GitHub answered ${status}${typeof said === 'string' ? ` "${cut(redact(said))}"` : ''}`;
  if (status === 401 || status === 403 || status === 404) return { kind: 'denied', status, why };
  return { kind: status < 500 ? 'refused' : 'unanswered', why };
}

export function unreadable(): Failed {
  return new Failed({ kind: 'unanswered', why: 'the answer of GitHub makes no sense' });
}

/**
 * Whether to look again before anything else: what is new may have been made unheard, and what was
 * known may be gone.
 */
export function isWorthAnotherLook(error: unknown, isKnown: boolean): boolean {
  if (!(error instanceof Failed)) return false;
  const { failure } = error;
  return isKnown
    ? failure.kind === 'denied' && failure.status === 404
    : failure.kind === 'unanswered';
}

/** Of an answer of GitHub, or of an error. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

export function idOf(data: unknown): number {
  const id = field(data, 'id');
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) throw unreadable();
  return id;
}

export function listOf(data: unknown): readonly unknown[] {
  if (!Array.isArray(data)) throw unreadable();
  return data;
}

/** Limits that do not call themselves so. */
function retryAfter(status: number, header: unknown): number | null {
  const isGiven = typeof header === 'string' && /^\d{1,6}$/.test(header);
  if (status !== 429 && !(status === 403 && isGiven)) return null;
  return isGiven ? Number(header) : FALLBACK_SECONDS;
}

function cut(text: string): string {
  return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text;
}
