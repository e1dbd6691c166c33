/** What can go wrong with a call to GitHub, for good. */
import type { Fault } from '../sandbox/faults.ts';

export const FAULTS: readonly { readonly name: string; readonly fault: Fault }[] = [
  ...[401, 403, 404, 422, 500, 502, 503].map((status) => ({
    name: `${status}`,
    fault: { kind: 'status', status, body: { message: `said ${status}` } } as const,
  })),
  { name: 'no answer', fault: { kind: 'drop' } },
  { name: 'an answer of another kind', fault: { kind: 'status', status: 200, body: '<html>' } },
  {
    name: 'a redirect',
    fault: { kind: 'status', status: 307, headers: { location: 'http://127.0.0.1:9/' } },
  },
  {
    name: 'Retry-After: 3600',
    fault: { kind: 'status', status: 429, headers: { 'retry-after': '3600' }, body: {} },
  },
  {
    name: 'a secondary rate limit for an hour',
    fault: {
      kind: 'status',
      status: 403,
      headers: { 'retry-after': '3600' },
      body: { message: 'You have exceeded a secondary rate limit.' },
    },
  },
  {
    name: 'no requests left',
    fault: {
      kind: 'status',
      status: 403,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '2000000000' },
      body: { message: 'API rate limit exceeded' },
    },
  },
];
