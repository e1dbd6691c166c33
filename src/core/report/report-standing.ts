/** Whether what a rollout has ended with is also what Cloud Run serves. */
import type { Report } from './report-model.ts';

export type Standing =
  | 'as-said'
  /** Asked for, and not served: usual where a cancel leaves no time to wait for it. */
  | 'unserved'
  /** It came about, and somebody else has given the canary traffic since. */
  | 'changed';

export function standingOf({ outcome, percent, served, canary }: Report): Standing {
  const share = served[canary] ?? 0;
  if (outcome === 'promoted') return share === 100 ? 'as-said' : 'unserved';
  if (outcome !== 'rolled-back' || share === 0) return 'as-said';
  return share === percent ? 'changed' : 'unserved';
}
