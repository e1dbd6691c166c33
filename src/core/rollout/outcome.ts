/** Whether what was asked for has come about: the exit code of the step. */
import type { Goal, Outcome } from '../decision-types.ts';

export function isGoodEnding(outcome: Outcome, goal: Goal): boolean {
  switch (goal.kind) {
    case 'drive':
      return outcome === 'promoted' || outcome === 'unchanged' || isReached(outcome, goal);
    case 'order':
      return outcome === (goal.order === 'promote' ? 'promoted' : 'rolled-back');
    case 'clean-up':
    case 'reconcile':
      return outcome !== 'hands-off';
  }
}

/** Held is what was asked for only when the rollout was to stop on its way. */
function isReached(outcome: Outcome, goal: Extract<Goal, { kind: 'drive' }>): boolean {
  return outcome === 'held' && goal.until < 100;
}
