/**
 * decide: the whole policy. One read, who asks, and what this process remembers → one thing to do.
 * The rows are those of the table in docs/protocol.md; the first that matches wins.
 */
import type { Caller, Decision, Goal, Legacy, Situation } from '../decision-types.ts';
import type { Plan, RolloutRecord, ServiceSnapshot } from '../types.ts';
import { heldText, stop, untouched, withAnotherPlan, write } from './answers.ts';
import { USUAL_TIMING } from '../usual-timing.ts';
import { awaitsCanary } from './clone.ts';
import { dueOf } from './deadlines.ts';
import { finalDraft, heldDraft, isFinal, takeDraft } from './drafts.ts';
import { servedUntilNow } from './gap.ts';
import { rolloutKey } from './history.ts';
import { withNothingOpen } from './machine-closed.ts';
import { ordered, strayed } from './machine-order.ts';
import { ownerDecision } from './machine-owner.ts';
import { undo, visibleBy } from './machine-stage.ts';
import { planFor } from './plan.ts';
import { RECORD_ANNOTATION } from './record.ts';
import { sameSplit, splitOf } from './traffic.ts';

type DriveGoal = Extract<Goal, { kind: 'drive' }>;

export function decide(situation: Situation): Decision {
  const { record } = situation.service;
  if (situation.memory.cancelled && mayStillChangeNothing(situation)) {
    return untouched('nothing-open', 'Cancelled.', 'Cancelled before anything was changed.');
  }
  if (record === 'unreadable') {
    return stop(
      'hands-off',
      `The rollout record on the service cannot be read, so nothing is touched. Restore or remove the annotation ${RECORD_ANNOTATION} by hand.`,
    );
  }
  return record === 'none' || isFinal(record)
    ? withNothingOpen(situation, record)
    : withOpenRollout(situation, record);
}

/**
 * A cancelled process finishes what it drives, and what an earlier attempt left active; it begins
 * nothing, leaves held what is held, and carries out no order.
 */
function mayStillChangeNothing({ goal, memory, service }: Situation): boolean {
  const active = typeof service.record !== 'string' && service.record.phase === 'active';
  return !memory.drove && (goal.kind === 'order' || (goal.kind === 'drive' && !active));
}

function withOpenRollout(situation: Situation, record: RolloutRecord): Decision {
  const { goal, caller, service } = situation;
  const at = service.readAt;
  const mine = record.owner === caller.rolloutId;
  const later = laterAttempt(record, caller);
  if (later !== null && goal.kind !== 'order' && at <= record.due) {
    return stop('fenced', `Attempt ${later} of this run has taken the rollout over.`);
  }
  const astray = strayed(situation, record);
  if (astray !== null) return astray;
  if (mayEnd(situation, record) && hasDrifted(service, record)) {
    return write(finalDraft(record, 'released', { reason: 'drift', at }));
  }
  if (goal.kind === 'order') return ordered(situation, record, goal);
  if (at > record.due || isProvedDead(goal, record)) {
    return write(finalDraft(record, 'rolled-back', { reason: 'expired', at }));
  }
  return mine ? ofMyRun(situation, record) : ofAnotherRun(situation, record);
}

/**
 * The attempt of the caller's run that has owned the rollout after it; null: none has. The record
 * knows it of its owner, and of its starter whoever has owned it since (S6).
 */
function laterAttempt(record: RolloutRecord, { rolloutId, attempt }: Caller): number | null {
  const owned = record.owner === rolloutId ? record.attempt : 0;
  const latest = Math.max(owned, record.rolloutId === rolloutId ? record.starterAttempt : 0);
  return latest > attempt ? latest : null;
}

/** Those who may write to this rollout at all, and so notice an outsider's split. */
function mayEnd(situation: Situation, record: RolloutRecord): boolean {
  const { goal, caller, service } = situation;
  return (
    record.owner === caller.rolloutId ||
    goal.kind === 'order' ||
    (goal.kind === 'drive' && mayTake(goal, record, caller)) ||
    service.readAt > record.due ||
    isProvedDead(goal, record)
  );
}

/**
 * Our every write makes split and record agree, so a difference proves an outsider. So does LATEST,
 * which no row of ours follows, whatever it means at the moment.
 */
function hasDrifted({ asked, followsLatest }: ServiceSnapshot, record: RolloutRecord): boolean {
  const expected = splitOf(record);
  return followsLatest || expected === 'as-found' || !sameSplit(asked, expected);
}

function isProvedDead(goal: Goal, record: RolloutRecord): boolean {
  return (
    goal.kind === 'reconcile' &&
    goal.dead !== null &&
    record.phase === 'active' &&
    goal.dead.rolloutId === record.owner &&
    // GitHub begins an attempt when the one before it has ended.
    goal.dead.attempt >= record.attempt
  );
}

/** What is held waits for whoever comes to go on with it; what is active has somebody. */
function mayTake(goal: DriveGoal, record: RolloutRecord, caller: Caller): boolean {
  return record.phase === 'held' && (!goal.mayStart || record.rolloutId === caller.rolloutId);
}

function ofAnotherRun(situation: Situation, record: RolloutRecord): Decision {
  const { goal, caller, memory } = situation;
  if (goal.kind !== 'drive') {
    return stop('nothing-open', 'The open rollout belongs to another run and is not due yet.');
  }
  if (!memory.drove && mayTake(goal, record, caller)) {
    return takeOver(situation, record, goal);
  }
  if (memory.left?.rollout === rolloutKey(record)) {
    return stop('held', `${record.canary} was held, and another run goes on with it by now.`);
  }
  return whileBusy(record);
}

function whileBusy(record: RolloutRecord): Decision {
  const where = record.runUrl === '' ? `run ${record.owner}` : record.runUrl;
  return stop(
    'busy',
    `Another rollout is open on this service (${where}). Wait for it, or promote or roll it back first.`,
  );
}

/** A step of its run may hold what another run has started. */
function withOtherPlan(record: RolloutRecord, { rolloutId }: Caller): Decision {
  return record.rolloutId === rolloutId ? withAnotherPlan(record) : whileBusy(record);
}

function ofMyRun(situation: Situation, record: RolloutRecord): Decision {
  const { goal, caller, memory, service } = situation;
  const owner = record.attempt === caller.attempt;
  if (goal.kind === 'clean-up') return cleanedUp(situation, record, goal.doom);
  if (goal.kind !== 'drive') {
    return stop('nothing-open', 'The open rollout is not due yet.');
  }
  if (!owner || record.phase === 'held') {
    if (memory.drove && owner) {
      // A hold of its own that has arrived after all.
      const { doom } = memory;
      return doom === null
        ? stop('held', heldText(record))
        : undo(record, doom.reason, service.readAt);
    }
    if (memory.drove) return stop('fenced', 'Another attempt of this run owns the rollout now.');
    return takeOver(situation, record, goal);
  }
  const plan = planFor(goal, service);
  if (goal.plan !== null && goal.plan.hash !== record.planHash) {
    return withOtherPlan(record, caller);
  }
  if (memory.cancelled && memory.doom === null) {
    return abortedDecision(situation, record, plan);
  }
  if (plan !== null) return ownerDecision(situation, record, { ...goal, plan });
  return memory.doom === null ? withoutPlan() : undo(record, memory.doom.reason, service.readAt);
}

/**
 * Attempts follow one another: what an earlier one has left active has nobody but this one, which may
 * have died before it took it over. Found bad by main is found bad (S10), and nothing else (S6).
 */
function cleanedUp(situation: Situation, record: RolloutRecord, doom: Legacy | null): Decision {
  const { caller, service } = situation;
  if (doom?.rollout === rolloutKey(record)) return undo(record, doom.reason, service.readAt);
  if (record.phase === 'active') return abortedDecision(situation, record, service.plan);
  return record.attempt === caller.attempt
    ? stop('held', heldText(record))
    : stop('nothing-open', 'There is nothing to clean up.');
}

function takeOver(situation: Situation, record: RolloutRecord, goal: DriveGoal): Decision {
  const { caller, service, memory } = situation;
  const plan = planFor(goal, service);
  const at = service.readAt;
  // Only the process that made the clone can make the canary; nobody has noticed anything of it.
  if (awaitsCanary(record)) {
    return write(finalDraft(record, 'rolled-back', { reason: 'broke-off', at }));
  }
  if (plan === null) return withoutPlan();
  if (plan.hash !== record.planHash) return withOtherPlan(record, caller);
  if (isAtGate(record, plan) && !goal.opensGates) return stop('held', heldText(record));
  if (memory.canary === null) return { do: 'inspect', revision: record.canary };
  // A split that names it, and its tag, would be refused for ever.
  if (memory.canary.health === 'gone' && (record.stage > 0 || at >= visibleBy(record))) {
    return write(finalDraft(record, 'rolled-back', { reason: 'canary-gone', at }));
  }
  if (record.clone !== null && record.stage > 0) {
    if (memory.clone === null) return { do: 'inspect', revision: record.clone };
    if (memory.clone.health === 'gone') {
      return write(finalDraft(record, 'rolled-back', { reason: 'baseline-lost', at }));
    }
  }
  const found = { ...record, servedAt: servedUntilNow(record, service) };
  return write(takeDraft(found, caller, { drive: { ...goal, plan }, at }));
}

function isAtGate(record: RolloutRecord, plan: Plan): boolean {
  const stage = plan.stages[record.stage - 1];
  return record.phase === 'held' && record.reason === 'reached' && stage?.gate === true;
}

function withoutPlan(): Decision {
  const words =
    'The plan of the open rollout cannot be read from the service any more. Promote it or roll it back by hand';
  return untouched('hands-off', `${words}.`, `${words}; nothing was changed.`);
}

/** By a cancel, or by an error that left main's part to the post step. */
function abortedDecision(
  { goal, service, memory }: Situation,
  record: RolloutRecord,
  plan: Plan | null,
): Decision {
  const at = service.readAt;
  // A look has less time than the stage, and its post step knows no more than the record and the plan.
  const timing = goal.kind === 'drive' ? goal.timing : USUAL_TIMING;
  const stageDue = plan === null ? 0 : dueOf({ plan, timing }, record.stage, record.at);
  const due = Math.max(record.due, stageDue);
  const servedAt = servedUntilNow(record, service);
  const digest = memory.canary?.digest ?? null;
  const reason = goal.kind === 'clean-up' ? goal.reason : 'cancelled';
  // There is nothing to hold while there is no canary.
  return plan?.onCancel === 'hold' && !awaitsCanary(record)
    ? write(heldDraft(record, reason, { at, due, servedAt, digest }))
    : write(finalDraft(record, 'rolled-back', { reason, at }));
}
