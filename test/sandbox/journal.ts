import { createHash } from 'node:crypto';
import type { Call, Handler, Now } from './contract.ts';

/** One request, in the order of arrival. */
type Entry = {
  readonly seq: number;
  readonly at: number;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  /** Tells tokens apart without keeping one; null: no Authorization header came. */
  readonly token: string | null;
  readonly userAgent: string | null;
  /** Empty where it would hold a credential. */
  readonly body: string;
  /** Kind of the fault that met this request. */
  readonly fault: string | null;
  /** What the client was told; null: no answer was sent (yet). */
  readonly status: number | null;
  /** What the service answered, heard or not: none, one, or two for a call delivered twice. */
  readonly effects: readonly number[];
};

export type Journal = {
  readonly entries: () => readonly Entry[];
  /** Its number. */
  readonly open: (call: Call, fault: string | null) => number;
  readonly note: (
    seq: number,
    what: { readonly effect: number } | { readonly status: number },
  ) => void;
  /** The first entry, old or new, for which the predicate holds; rejects after the deadline. */
  readonly waitFor: (
    predicate: (entry: Entry) => boolean,
    deadlineMs: number,
    fromSeq?: number,
  ) => Promise<Entry>;
  /** `GET /_sandbox/journal?from=<seq>` */
  readonly handler: Handler;
};

export function createJournal(now: Now): Journal {
  const entries: Entry[] = [];
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of listeners) listener();
  };
  return {
    entries: () => entries,
    open: (call, fault) => {
      const entry = entryOf(call, { seq: entries.length, at: now(), fault });
      entries.push(entry);
      changed();
      return entry.seq;
    },
    note: (seq, what) => {
      const entry = entries[seq];
      if (entry === undefined) return;
      entries[seq] =
        'effect' in what
          ? { ...entry, effects: [...entry.effects, what.effect] }
          : { ...entry, ...what };
      changed();
    },
    waitFor: waiter(entries, listeners),
    handler: (call) =>
      call.path === '/_sandbox/journal' && call.method === 'GET'
        ? { status: 200, body: { entries: entries.slice(Number(call.query.get('from') ?? 0)) } }
        : null,
  };
}

function waiter(entries: readonly Entry[], listeners: Set<() => void>): Journal['waitFor'] {
  return (predicate, deadlineMs, fromSeq = 0) => {
    const { promise, resolve, reject } = Promise.withResolvers<Entry>();
    const look = () => {
      const found = entries.slice(fromSeq).find(predicate);
      if (found !== undefined) resolve(found);
    };
    const late = () => reject(new Error(`No such request within ${deadlineMs} ms.`));
    const timer = setTimeout(late, deadlineMs);
    listeners.add(look);
    look();
    return promise.finally(() => {
      clearTimeout(timer);
      listeners.delete(look);
    });
  };
}

function entryOf(call: Call, place: { seq: number; at: number; fault: string | null }): Entry {
  const authorization = call.headers['authorization'];
  const isForm = call.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  return {
    ...place,
    method: call.method,
    host: call.host,
    path: call.path,
    query: call.query.toString(),
    token:
      authorization === undefined
        ? null
        : createHash('sha256').update(authorization).digest('hex').slice(0, 8),
    userAgent: call.headers['user-agent'] ?? null,
    // The only form is the token exchange (RFC 8693), whose body holds the subject token.
    body: isForm === true ? '' : call.body,
    status: null,
    effects: [],
  };
}
