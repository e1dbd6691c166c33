/** Our annotations as plain JSON: a rule that is wrong in src must not be wrong in the oracle too. */

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
  readonly stable: string;
  readonly canary: string;
  readonly reason: string;
  readonly due: string;
};

export function writtenIn(text: string | undefined): Written | null {
  try {
    return text === undefined ? null : (JSON.parse(text) as Written);
  } catch {
    return null;
  }
}

export function isOpen({ phase }: Written): boolean {
  return phase === 'active' || phase === 'held';
}

export function starterOf({ rolloutId, startedBy }: Written): string {
  return `${rolloutId}:${startedBy}`;
}
