/** Which runs have had their turn: the ring of finished rollouts in the record, and the order of runs. */
import type { Caller } from '../decision-types.ts';
import type { RecordDraft, RolloutRecord } from '../types.ts';

/**
 * Which rollout a record is of. The canary's name does not say it: one that was brought may be
 * brought again.
 */
export function rolloutKey({ rolloutId, startedBy, canary }: RecordDraft): string {
  return `${rolloutId}:${startedBy}:${canary}`;
}

/** The caller's run had a rollout of its own before this one of another run. */
export function isOver({ rolloutId }: Caller, record: RolloutRecord): boolean {
  return (
    record.rolloutId !== rolloutId && record.history.some((entry) => runOf(entry) === rolloutId)
  );
}

/**
 * What a run was to do with a rollout was not meant for one that began after it. The ring forgets which
 * runs have had their turn; this does not.
 */
export function isAhead({ rolloutId }: Caller, begun: Pick<RecordDraft, 'rolloutId'>): boolean {
  return isNewer(begun.rolloutId, rolloutId);
}

/**
 * Of a final record: a later start than the caller's has ended. The ring forgets, and a person may
 * have ended the caller's own; but runs are numbered in the order in which they began.
 */
export function isStale(caller: Caller, record: RolloutRecord): boolean {
  const { rolloutId, attempt } = caller;
  const hasEnded = record.history.some((entry) => {
    const [, number, phase] = entry.split(':');
    return runOf(entry) === rolloutId && (phase === 'promoted' || Number(number) >= attempt);
  });
  return hasEnded || (attempt > 1 && isNewer(record.rolloutId, rolloutId));
}

function runOf(entry: string): string | undefined {
  return entry.split(':')[0];
}

/** Both are "<repository id>-<run id>". */
function isNewer(one: string, other: string): boolean {
  const [repository, run] = one.split('-');
  const [here, mine] = other.split('-');
  return repository === here && Number(run) > Number(mine);
}
