/**
 * What is to be run once more. `gh run rerun` repeats every job of a run and builds another image;
 * with `--failed` the jobs that have failed and what needs them, and what they were handed stays. But
 * GitHub refuses that where no job has failed.
 */
import { isGoodEnding } from '../rollout/outcome.ts';
import type { Told } from './report-facts.ts';
import type { Caller, Goal, Outcome } from '../decision-types.ts';
import type { RolloutRecord } from '../types.ts';

export type Rerun = {
  /** Page of the run. */
  readonly runUrl: string;
  readonly jobs: 'failed' | 'all';
  readonly isThisRun: boolean;
};

type Around = {
  readonly caller: Caller;
  readonly goal: Goal;
  readonly record: RolloutRecord | null;
  /** "": of another repository. */
  readonly starterUrl: string;
};

/** After these the same job can do its own part again, whatever that is. */
const ITS_OWN: ReadonlySet<Outcome> = new Set<Outcome>(['refused', 'busy', 'hands-off']);

/** null: it is not over, or of a run that nobody here can repeat, or that would begin nothing. */
export function rerunOf({ caller, goal, record, starterUrl }: Around, told: Told): Rerun | null {
  const { ending, memory, service } = told;
  // A promotion is reported again, whatever others have made of it since.
  if (ending === null || record?.phase === 'promoted') return null;
  const { outcome } = ending;
  const here = { runUrl: caller.runUrl, isThisRun: true } as const;
  const isOurs = record === null || record.rolloutId === caller.rolloutId;
  const goesOn =
    ITS_OWN.has(outcome) ||
    (goal.kind === 'drive' && (outcome === 'held' || (goal.mayStart && isOurs)));
  // A job that was cancelled may not count as failed (docs/assumptions.md).
  const isCancelled = memory.cancelled || record?.reason === 'cancelled';
  const fails = !isGoodEnding({ outcome, service, memory }, goal);
  if (goesOn && fails && !isCancelled) return { ...here, jobs: 'failed' };
  if (isOurs || ITS_OWN.has(outcome)) return { ...here, jobs: 'all' };
  return starterUrl === '' ? null : { runUrl: starterUrl, isThisRun: false, jobs: 'all' };
}

/** Completes "re-run". */
export function jobsText({ jobs, isThisRun }: Rerun): string {
  if (jobs === 'failed') return 'the failed jobs';
  return isThisRun ? 'all jobs of this run' : 'all jobs of the run that started it';
}
