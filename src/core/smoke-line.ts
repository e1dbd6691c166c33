/** One line of the smoke test: a request, and what may be done with it. */

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

/** RFC 9110, 9.2.1: asking again changes nothing. The others are sent once. */
export const REPEATABLE: readonly ProbeMethod[] = ['GET', 'HEAD', 'OPTIONS'];
/** RFC 9110, 15.3.5, 15.3.6 and 15.4.5: no content, whatever was asked. */
const WITHOUT_BODY = [204, 205, 304];

export function isRepeatable({ method }: SmokeLine): boolean {
  return REPEATABLE.includes(method);
}

/** Whether any answer that is accepted can hold a text. */
export function mayHaveBody({ method, statuses }: SmokeLine): boolean {
  if (method === 'HEAD') return false;
  return statuses === null || statuses.some(({ from, to }) => from !== to || isFull(from));
}

function isFull(status: number): boolean {
  return !WITHOUT_BODY.includes(status);
}
