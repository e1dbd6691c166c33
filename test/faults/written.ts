/** Our annotations as plain JSON: a rule that is wrong in src must not be wrong in the oracle too. */
import type { TrafficTarget } from '../sandbox/cloud-run/objects.ts';
import { Known } from './known.ts';

export const ROLLOUT = 'cloud-run-canary.dev/rollout';
export const PLAN = 'cloud-run-canary.dev/plan';

/** The fields of a record that the oracle looks at. */
export type Written = {
  readonly rolloutId: string;
  readonly startedBy: number;
  readonly owner: string;
  readonly attempt: number;
  readonly transition: number;
  readonly phase: string;
  readonly stage: number;
  readonly stable: string;
  readonly canary: string;
  readonly brought?: boolean;
  readonly reason: string;
  readonly due: string;
  readonly clone?: string;
  readonly changedAt?: readonly number[];
};

/** The parts of a body that the oracle looks at. */
type Sent = {
  readonly spec: { readonly traffic: readonly TrafficTarget[] };
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
};

const WRITTEN = new Known<Written | null>();
const SENT = new Known<Sent>();

export function sentIn(body: string): Sent {
  return SENT.of(body, (text) => JSON.parse(text) as Sent);
}

export function writtenIn(text: string | undefined): Written | null {
  return text === undefined ? null : WRITTEN.of(text, parsed);
}

function parsed(text: string): Written | null {
  try {
    return JSON.parse(text) as Written;
  } catch {
    return null;
  }
}

export function isOpen({ phase }: Written): boolean {
  return phase === 'active' || phase === 'held';
}

/** Whoever may take it over may see instead that nothing is left to take (protocol.md, rows 22 and 41). */
export function isLost({ phase, reason }: Written): boolean {
  return phase === 'released' || reason === 'canary-gone';
}

export function starterOf({ rolloutId, startedBy }: Written): string {
  return `${rolloutId}:${startedBy}`;
}
