/** S6 as a predicate: whose write it is, and on whose rollout. */
import { awaitsCanary } from '../../src/core/rollout/clone.ts';
import { isFinal } from '../../src/core/rollout/drafts.ts';
import { rolloutKey } from '../../src/core/rollout/history.ts';
import type { Caller, Goal } from '../../src/core/decision-types.ts';
import type { RolloutRecord } from '../../src/core/types.ts';
import { isUndone, moves } from './deed.ts';
import type { Deed } from './deed.ts';
import { planOf, recordOf } from './service.ts';

type Drive = Extract<Goal, { kind: 'drive' }>;

/** true: S6 is broken. */
export function isNotForThem(deed: Deed): boolean {
  const { role, request, before, truth } = deed;
  const { caller, goal } = role;
  const record = recordOf(before);
  if (typeof record !== 'string' && isForAnother(deed, record)) return true;
  const open = typeof record === 'string' || isFinal(record) ? null : record;
  const outrun = (truth.owners[caller.rolloutId] ?? 0) > caller.attempt;
  if (request.starts !== null) return outrun || (open !== null && !isSecondStart(deed, open));
  if (open === null) return false;
  if (open.rolloutId !== request.record.rolloutId) return true;
  if (goal.kind === 'order') return !isFinal(request.record);
  if (request.overdue && isUndone(request)) return false;
  const owns = open.owner === caller.rolloutId && open.attempt === caller.attempt;
  const isMine = open.owner === caller.rolloutId && open.attempt <= caller.attempt;
  if (goal.kind !== 'drive') return goal.kind === 'reconcile' || !isMine;
  if (outrun || passesAGate(deed, open)) return true;
  if (owns && open.phase === 'active') return false;
  return !mayTake(goal, caller, open) || !(isTaken(deed) || isUndone(request));
}

/** The canary, by the attempt that has made its clone. */
function isSecondStart({ role, request }: Deed, open: RolloutRecord): boolean {
  const { rolloutId, attempt } = role.caller;
  const isTheirs = open.owner === rolloutId && open.attempt === attempt;
  const { creates, record } = request;
  return (
    isTheirs && awaitsCanary(open) && open.rolloutId === rolloutId && creates === record.canary
  );
}

/**
 * What a run or a person was to do is for the rollout that it first read of, for none of another run
 * once its own is over, and for none that began after that run. What is overdue anybody may end.
 */
function isForAnother({ role, request, truth, before }: Deed, record: RolloutRecord): boolean {
  const { goal, caller } = role;
  const isOrder = goal.kind === 'order';
  if (!isOrder && (goal.kind !== 'drive' || goal.mayStart)) return false;
  if (!isOrder && request.overdue && isUndone(request)) return false;
  const { rolloutId } = record;
  const isBack = isOrder && goal.order === 'rollback' && !goal.toPrevious;
  const isLater = !isBack && numberOf(rolloutId) > numberOf(caller.rolloutId);
  const isOver = truth.over.includes(caller.rolloutId) && rolloutId !== caller.rolloutId;
  const isUnmeant = request.meant !== rolloutKey(record);
  const isStale = isOrder && goal.seen !== null && goal.seen !== (before.asked[record.canary] ?? 0);
  return isLater || isOver || isUnmeant || isStale;
}

/** Runs are numbered in the order in which they began. */
function numberOf(rolloutId: string): number {
  return Number(rolloutId.split('-')[1]);
}

/** A later attempt of the owner's run; and what is held is there for whoever is to go on with it. */
function mayTake(goal: Drive, { rolloutId, attempt }: Caller, open: RolloutRecord): boolean {
  if (open.owner === rolloutId) return open.attempt <= attempt;
  return open.phase === 'held' && (!goal.mayStart || open.rolloutId === rolloutId);
}

function isTaken(deed: Deed): boolean {
  const { reason, owner, attempt } = deed.request.record;
  const { caller } = deed.role;
  const named = owner === caller.rolloutId && attempt === caller.attempt;
  return reason === 'taken' && named && !moves(deed);
}

/** Only a person leads on from a gate. */
function passesAGate({ role, request, before }: Deed, { stage }: RolloutRecord): boolean {
  const gate = planOf(before)?.stages[stage - 1]?.gate === true;
  const opens = role.goal.kind === 'drive' && role.goal.opensGates;
  return gate && !opens && request.record.stage > stage;
}
