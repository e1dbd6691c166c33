/** Whether what a rollout has ended with is also what Cloud Run serves. */
import type { Report } from './report-model.ts';

export type Standing =
  | 'as-said'
  /** Asked for, and not served: usual where a cancel leaves no time to wait for it. */
  | 'unserved'
  /** Somebody else has asked for another share of the canary since. */
  | 'changed';

export function standingOf({ outcome, percent, served, canary }: Report): Standing {
  if (outcome !== 'promoted' && outcome !== 'rolled-back') return 'as-said';
  const share = outcome === 'promoted' ? 100 : 0;
  if (percent !== share) return 'changed';
  return (served[canary] ?? 0) === share ? 'as-said' : 'unserved';
}
