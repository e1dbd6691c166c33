/** Whose words are in the check run of a rollout. */
import type { Caller, Goal } from '../core/decision-types.ts';
import { isFinal } from '../core/rollout/drafts.ts';
import { isOwnResult, isUndone } from '../core/rollout/machine-closed.ts';
import type { Told } from '../core/report/report-facts.ts';
import type { RolloutRecord } from '../core/types.ts';

/**
 * The check run belongs to the attempt that owns the rollout, or to whoever has just ended it. A
 * start that was refused has one of its own; nobody else leaves a word in a finished one.
 */
export function speaksFor(
  { goal, caller }: { readonly goal: Goal; readonly caller: Caller },
  { ending, memory, service }: Told,
): boolean {
  if (ending?.outcome === 'fenced') return false;
  const { record } = service;
  const isRecorded = typeof record !== 'string';
  const isOwner = isRecorded && record.owner === caller.rolloutId;
  if (isRecorded && memory.left !== null && !isOwner) return false;
  if (memory.drove) return true;
  // It runs only where main may have had no time to tell how its own attempt ended.
  if (goal.kind === 'clean-up') return isOwner && record.attempt === caller.attempt;
  if (goal.kind !== 'drive' || !goal.mayStart) return false;
  // A plan has a check run of its own.
  if (ending?.outcome === 'planned') return true;
  return !isRecorded || !isToldAlready(record, caller, { ending, service });
}

/** What an earlier attempt has said of its rollout stays, unless this one finds it as the record has it. */
function isToldAlready(
  record: RolloutRecord,
  caller: Caller,
  { ending, service }: Pick<Told, 'ending' | 'service'>,
): boolean {
  if (isOwnResult(record, caller) && isUndone(service, record)) return true;
  const isInForce = !isFinal(record) || record.phase === 'promoted';
  return record.rolloutId === caller.rolloutId && isInForce && ending?.outcome !== record.phase;
}
