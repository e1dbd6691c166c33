/** Whether what a rollout has ended with is also what Cloud Run serves. */
import type { Report } from './report-model.ts';

export type Standing =
  | 'as-said'
  /** Asked for, and not served: usual where a cancel leaves no time to wait for it. */
  | 'unserved'
  /** It came about, and somebody else has changed the canary's share since. */
  | 'changed';

export function standingOf({ outcome, percent, served, canary }: Report): Standing {
  if (outcome !== 'promoted' && outcome !== 'rolled-back') return 'as-said';
  const share = served[canary] ?? 0;
  if (share === (outcome === 'promoted' ? 100 : 0)) return 'as-said';
  return share === percent ? 'changed' : 'unserved';
}
