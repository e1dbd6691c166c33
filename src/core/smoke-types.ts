/** What stage 0 asks of the canary's own address. */
import type { Millis } from './types.ts';

/** Accepted status codes, both ends included. */
export type Statuses = readonly { readonly from: number; readonly to: number }[];

export type ProbeMethod = 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export type SmokeLine = {
  readonly method: ProbeMethod;
  /** Path and query, from "/". */
  readonly path: string;
  /** null: those of the smoke test as a whole. */
  readonly statuses: Statuses | null;
};

/** What is asked of the tag URL before a single user is sent to the canary. */
export type Smoke = {
  readonly lines: readonly [SmokeLine, ...SmokeLine[]];
  readonly statuses: Statuses;
  /** Text that every answer with a body must hold; null: bodies are not looked at. */
  readonly body: string | null;
  /** Answer header that must hold the canary's revision name; null: the app reports none. */
  readonly revisionHeader: string | null;
  /** Counted probes, shared out among the lines that may be repeated. */
  readonly probes: number;
  /** Probes, and warm-up requests, a second. */
  readonly rate: number;
  /** `auto`: an identity token once the address has answered 401 or 403 without one. */
  readonly auth: 'auto' | 'none' | 'id_token';
  /** For whom the identity token is; null: the service's own URL. */
  readonly audience: string | null;
  /** How long the canary gets requests that nobody judges before its first user. */
  readonly warmUp: Millis;
};
