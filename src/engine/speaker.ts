/** Whose words are in the check run of a rollout. */
import type { Caller, Goal } from '../core/decision-types.ts';
import { isOwnResult, isUndone } from '../core/rollout/machine-closed.ts';
import type { Told } from '../core/report/report-facts.ts';

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
  // What an earlier attempt has said is still how its rollout ended.
  const isOld = isRecorded && isOwnResult(record, caller) && isUndone(service, record);
  return goal.kind === 'drive' && goal.mayStart && !isOld;
}
