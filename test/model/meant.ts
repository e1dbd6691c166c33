/** Who comes for one rollout, and which that is. */
import { rolloutKey } from '../../src/core/rollout/history.ts';
import type { Goal } from '../../src/core/decision-types.ts';
import type { ServiceSnapshot } from '../../src/core/types.ts';

export function isMeant(goal: Goal): boolean {
  return goal.kind === 'order' || (goal.kind === 'drive' && !goal.mayStart);
}

/** Of the first read that shows one. */
export function meantBy(goal: Goal, { record }: ServiceSnapshot): string | null {
  return isMeant(goal) && typeof record !== 'string' ? rolloutKey(record) : null;
}
