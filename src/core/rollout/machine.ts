/**
 * decide: the whole policy. One read, who asks, and what this process remembers → one thing to do.
 * The rows are those of the table in docs/protocol.md; the first that matches wins.
 */
import { finalDraft, heldDraft, isFinal, startDraft, takeDraft } from './drafts.ts';
import { ownerDecision } from './machine-owner.ts';
import { percentOf, sameSplit, soleRevision, splitOf, splitText } from './traffic.ts';
import type { Decision, Goal, Outcome, Situation } from '../decision-types.ts';
import type { Millis, Reason, RolloutRecord, ServiceSnapshot } from '../types.ts';

const SHOWN_WITHIN: Millis = 60_000;

export function decide(situation: Situation): Decision {
  const { record } = situation.service;
  if (situation.memory.cancelled && mayStillChangeNothing(situation)) {
    return stop('nothing-open', 'Cancelled before anything was changed.');
  }
  if (record === 'unreadable') {
    return stop(
      'hands-off',
      'The rollout record on the service cannot be read, so nothing is touched. Restore or remove the annotation cloud-run-canary.dev/rollout by hand.',
    );
  }
  return record === 'none' || isFinal(record)
    ? withNothingOpen(situation, record)
    : withOpenRollout(situation, record);
}

/** A cancelled process finishes what it drives; it begins nothing, and carries out no order. */
function mayStillChangeNothing({ goal, memory, service }: Situation): boolean {
  const open = typeof service.record !== 'string' && !isFinal(service.record);
  return !memory.drove && (goal.kind === 'order' || (goal.kind === 'drive' && !open));
}

function withNothingOpen(situation: Situation, record: RolloutRecord | 'none'): Decision {
  const { goal, caller } = situation;
  const ended = record === 'none' ? null : ownEnding(situation, record);
  if (ended !== null) return ended;
  if (goal.kind !== 'drive' || !goal.mayStart) {
    return stop('nothing-open', 'No rollout is open on this service. Nothing was changed.');
  }
  const { memory } = situation;
  if (memory.drove || memory.doom !== null) {
    return stop('refused', 'The rollout was ended by someone else. Nothing more was changed.');
  }
  if (record !== 'none' && isStale(caller, record)) {
    return stop(
      'refused',
      'A newer rollout has finished on this service since this run began. Start a new run instead of re-running this one.',
    );
  }
  return beforeStart(situation, goal);
}

/** This run's own result is reported again; nothing is changed. */
function ownEnding(situation: Situation, record: RolloutRecord): Decision | null {
  const { goal, caller, memory } = situation;
  const ours =
    record.rolloutId === caller.rolloutId &&
    (record.phase === 'promoted' || record.attempt >= caller.attempt);
  const ordered =
    goal.kind === 'order' &&
    memory.drove &&
    // An order that meets an outsider's split only lets go of it.
    (record.reason === orderReason(goal) || record.phase === 'released');
  const reconciled = goal.kind === 'reconcile' && memory.drove;
  if (!ours && !ordered && !reconciled) return null;
  return untilShown(situation, record) ?? stop(asOutcome(record), endingText(record));
}

/** Asked is not served: whoever has just ended a rollout sees it through, but not for ever. */
function untilShown({ service, memory }: Situation, record: RolloutRecord): Decision | null {
  const shown = service.observed && sameSplit(service.served, service.asked);
  const patient = memory.drove && !memory.cancelled && service.readAt < record.at + SHOWN_WITHIN;
  return shown || !patient
    ? null
    : { do: 'wait', atMost: 1_000, why: 'the last split is not served yet' };
}

function isStale(caller: Situation['caller'], record: RolloutRecord): boolean {
  return record.history.some((entry) => {
    const [rolloutId, attempt, phase] = entry.split(':');
    return (
      rolloutId === caller.rolloutId && (phase === 'promoted' || Number(attempt) >= caller.attempt)
    );
  });
}

function beforeStart(situation: Situation, goal: Extract<Goal, { kind: 'drive' }>): Decision {
  const { caller, service, memory } = situation;
  if (memory.ownRevision === 'exists') {
    return stop(
      'refused',
      `The revision ${caller.revision} exists already but its rollout record is gone. Check the traffic by hand, then start a new run.`,
    );
  }
  const stable = soleRevision(service.asked);
  if (stable === null || !sameSplit(service.asked, service.served)) {
    return stop(
      'refused',
      `The traffic is split (${splitText(service.asked)} asked, ${splitText(service.served)} served) and no rollout explains it. Send 100 % to one revision first.`,
    );
  }
  if (memory.fence === 'unproved') return { do: 'prove-fence' };
  if (memory.fence === 'absent' && !goal.plan.allowUnfenced) {
    return stop(
      'refused',
      'The service does not refuse writes made from an old read, so a change by somebody else could be overwritten. Set allow_unfenced: true to accept that.',
    );
  }
  if (memory.ownRevision === 'unknown') return { do: 'look-for', revision: caller.revision };
  return { do: 'start', record: startDraft(service, caller, { ...goal, stable }) };
}

function withOpenRollout(situation: Situation, record: RolloutRecord): Decision {
  const { goal, caller, service } = situation;
  const at = service.readAt;
  const mine = record.rolloutId === caller.rolloutId;
  if (mine && record.attempt > caller.attempt && goal.kind !== 'order' && at <= record.due) {
    return stop('fenced', `Attempt ${record.attempt} of this run owns the rollout now.`);
  }
  if (mayEnd(situation, record) && hasDrifted(service, record)) {
    return write(finalDraft(record, 'released', { reason: 'drift', at }));
  }
  if (goal.kind === 'order') return ordered(situation, record, goal);
  if (at > record.due || isProvedDead(goal, record)) {
    return write(finalDraft(record, 'rolled-back', { reason: 'expired', at }));
  }
  return mine ? ofMyRun(situation, record) : ofAnotherRun(goal, record);
}

/** Those who may write to this rollout at all, and so notice an outsider's split. */
function mayEnd(situation: Situation, record: RolloutRecord): boolean {
  const { goal, caller, service } = situation;
  return (
    record.rolloutId === caller.rolloutId ||
    goal.kind === 'order' ||
    service.readAt > record.due ||
    isProvedDead(goal, record)
  );
}

/** Our every write makes split and record agree, so a difference proves an outsider. */
function hasDrifted(service: ServiceSnapshot, record: RolloutRecord): boolean {
  const expected = splitOf(record);
  return expected === 'as-found' || !sameSplit(service.asked, expected);
}

function isProvedDead(goal: Goal, record: RolloutRecord): boolean {
  return (
    goal.kind === 'reconcile' &&
    goal.dead !== null &&
    record.phase === 'active' &&
    goal.dead.rolloutId === record.rolloutId &&
    goal.dead.attempt === record.attempt
  );
}

function ordered(
  situation: Situation,
  record: RolloutRecord,
  goal: Extract<Goal, { kind: 'order' }>,
): Decision {
  const { service, memory } = situation;
  const at = service.readAt;
  const reason = orderReason(goal);
  if (goal.order === 'rollback') return write(finalDraft(record, 'rolled-back', { reason, at }));
  if (memory.canary === null) return { do: 'inspect', revision: record.canary };
  if (memory.canary.health !== 'ready') {
    return stop(
      'refused',
      `The canary ${record.canary} is not ready, so it cannot be promoted. Nothing was changed.`,
    );
  }
  if (!sameSplit(service.served, service.asked)) {
    return { do: 'wait', atMost: 2_000, why: 'the split that was asked for is not served yet' };
  }
  return write(finalDraft(record, 'promoted', { reason, at }));
}

function ofAnotherRun(goal: Goal, record: RolloutRecord): Decision {
  if (goal.kind !== 'drive') {
    return stop('nothing-open', 'The open rollout belongs to another run and is not due yet.');
  }
  const where = record.runUrl === '' ? `run ${record.rolloutId}` : record.runUrl;
  return stop(
    'busy',
    `Another rollout is open on this service (${where}). Wait for it, or promote or roll it back first.`,
  );
}

function ofMyRun(situation: Situation, record: RolloutRecord): Decision {
  const { goal, caller, memory, service } = situation;
  const owner = record.attempt === caller.attempt;
  if (goal.kind === 'clean-up') {
    return owner && record.phase === 'active'
      ? cancelledDecision(record, goal.onCancel, service)
      : stop('nothing-open', 'There is nothing to clean up.');
  }
  if (goal.kind !== 'drive') {
    return stop('nothing-open', 'The open rollout is not due yet.');
  }
  if (!owner || record.phase === 'held') {
    if (memory.drove) {
      return owner
        ? stop('held', heldText(record))
        : stop('fenced', 'Another attempt of this run owns the rollout now.');
    }
    return takeOver(situation, record, goal);
  }
  return memory.cancelled && memory.doom === null
    ? cancelledDecision(record, goal.plan.onCancel, service)
    : ownerDecision(situation, record, goal);
}

function takeOver(
  situation: Situation,
  record: RolloutRecord,
  goal: Extract<Goal, { kind: 'drive' }>,
): Decision {
  const { caller, service } = situation;
  if (goal.plan.hash !== record.planHash) {
    return stop(
      'refused',
      'The plan of this attempt differs from the plan the rollout was started with. Roll it back, or re-run with the inputs it had.',
    );
  }
  return write(takeDraft(record, caller, { drive: goal, at: service.readAt }));
}

function cancelledDecision(
  record: RolloutRecord,
  onCancel: 'rollback' | 'hold',
  service: ServiceSnapshot,
): Decision {
  const at = service.readAt;
  return onCancel === 'hold'
    ? write(heldDraft(record, 'cancelled', { at, holdFor: Math.max(0, record.due - at) }))
    : write(finalDraft(record, 'rolled-back', { reason: 'cancelled', at }));
}

function orderReason(goal: Extract<Goal, { kind: 'order' }>): Reason {
  return `ordered:${goal.order}:${goal.by}`;
}

function asOutcome(record: RolloutRecord): Outcome {
  return record.phase === 'active' ? 'held' : record.phase;
}

function endingText(record: RolloutRecord): string {
  switch (record.phase) {
    case 'promoted':
      return `${record.canary} has all traffic.`;
    case 'rolled-back':
      return `${record.stable} has all traffic again.`;
    case 'start-failed':
      return `${record.canary} never became ready; ${record.stable} kept all traffic.`;
    case 'released':
      return 'Somebody else changed the traffic during the rollout; it was left as they set it.';
    case 'active':
    case 'held':
      return heldText(record);
  }
}

function heldText(record: RolloutRecord): string {
  return `${record.canary} is held at ${percentOf(record)} % until a person promotes it, rolls it back or re-runs the job.`;
}

function write(record: Extract<Decision, { do: 'write' }>['record']): Decision {
  return { do: 'write', record };
}

function stop(outcome: Outcome, why: string): Decision {
  return { do: 'stop', outcome, why };
}
