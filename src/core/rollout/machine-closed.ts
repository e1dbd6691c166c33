/** decide where no rollout is open: report what has ended, or begin. */
import type { Caller, Decision, Goal, Situation } from '../decision-types.ts';
import type { BirthCertificate } from '../service-types.ts';
import type { RecordDraft, RolloutRecord, ServiceSnapshot, Split } from '../types.ts';
import { asOutcome, endingText, stop, untouched, withAnotherPlan, write } from './answers.ts';
import { birthDraft, finalDraft } from './drafts.ts';
import { isStale } from './history.ts';
import { WAY_BACK, cloneName } from './identity.ts';
import { orderReason, strayed } from './machine-order.ts';
import { UNTIL_SHOWN, beforeStart, hasJustEnded } from './machine-start.ts';
import { explains, sameSplit, splitOf, splitText } from './traffic.ts';

const NOTHING_OPEN = 'No rollout is open on this service.';

export function withNothingOpen(situation: Situation, record: RolloutRecord | 'none'): Decision {
  const { goal, caller, memory } = situation;
  const ended =
    record === 'none' ? null : (ownEnding(situation, record) ?? strayed(situation, record));
  if (ended !== null) return ended;
  if (goal.kind === 'order' && goal.order === 'rollback') return goBack(situation, record, goal);
  if (goal.kind === 'order' && isPromoted(situation.service, record)) {
    return untouched('promoted', 'The rollout was promoted already.');
  }
  if (goal.kind !== 'drive' || !goal.mayStart || goal.plan === null) {
    return untouched('nothing-open', NOTHING_OPEN);
  }
  if (memory.drove || memory.doom !== null) {
    const ended = 'The rollout was ended by someone else.';
    return untouched('refused', ended, `${ended} Nothing more was changed.`);
  }
  if (record !== 'none' && isStale(caller, record)) {
    return stop(
      'refused',
      'A newer rollout has finished on this service since this run began. Start a new run instead of re-running this one.',
    );
  }
  return beforeStart(situation, { ...goal, plan: goal.plan });
}

/** This run's own result is reported again; nothing is changed. */
function ownEnding(situation: Situation, record: RolloutRecord): Decision | null {
  const { goal, caller, memory } = situation;
  const ordered =
    goal.kind === 'order' &&
    memory.drove &&
    // An order that meets an outsider's split only lets go of it.
    (record.reason === orderReason(goal) || record.phase === 'released');
  const reconciled = memory.drove && (goal.kind === 'reconcile' || endedAsAbandoned(goal, record));
  const own = goal.kind !== 'order' && isOfCaller(situation, record);
  const isStarted = own && record.rolloutId === caller.rolloutId;
  const given = goal.kind === 'drive' ? goal.plan : null;
  if (isStarted && given !== null && given.hash !== record.planHash) return withAnotherPlan(record);
  if (!own && !ordered && !reconciled) return null;
  const { service } = situation;
  if (isUndone(service, record)) return undoneSince(service, record);
  return untilShown(situation) ?? stop(asOutcome(record), shownText(service, record));
}

/**
 * A step of its run may have seen another's rollout through: that does not keep it from starting one,
 * unless it was this process, or a later attempt, which has overtaken it.
 */
function isOfCaller({ goal, caller, memory }: Situation, record: RolloutRecord): boolean {
  const speaksForRun = goal.kind !== 'drive' || !goal.mayStart || memory.drove;
  const isOvertaken = record.owner === caller.rolloutId && record.attempt > caller.attempt;
  return speaksForRun || isOvertaken ? isOwnResult(record, caller) : isOwnStart(record, caller);
}

/** Of a rollout that is over: somebody has set another split since. */
export function isUndone({ asked }: Pick<ServiceSnapshot, 'asked'>, record: RecordDraft): boolean {
  const split = splitOf(record);
  return split !== 'as-found' && !sameSplit(asked, split);
}

/** Where a promotion was undone, nobody must be told that it is in force. */
function undoneSince({ asked }: ServiceSnapshot, record: RolloutRecord): Decision {
  const isPromotion = record.phase === 'promoted';
  const was = isPromotion ? `${record.canary} was promoted` : `${record.stable} was restored`;
  return stop(
    isPromotion ? 'released' : asOutcome(record),
    `${was}, but somebody has changed the traffic since (${splitText(asked)}).`,
  );
}

/** An order that is carried out already: a re-run of its job has nothing left to do. */
function isPromoted({ asked }: ServiceSnapshot, record: RolloutRecord | 'none'): boolean {
  return (
    record !== 'none' && record.phase === 'promoted' && sameSplit(asked, { [record.canary]: 100 })
  );
}

/** A ramp or a resume may have come too late for a rollout, and ended it like a reconcile. */
export function endedAsAbandoned(goal: Goal, record: RolloutRecord): boolean {
  const abandoned = ['expired', 'drift', 'canary-gone', 'baseline-lost', 'broke-off'].includes(
    record.reason,
  );
  return goal.kind === 'drive' && !goal.mayStart && abandoned;
}

/** Of a final record: this attempt or a later one started or drove it, or it is a promotion by this run. */
export function isOwnResult(record: RolloutRecord, caller: Caller): boolean {
  const isPromoted = record.phase === 'promoted';
  const drove =
    record.owner === caller.rolloutId && (isPromoted || record.attempt >= caller.attempt);
  return drove || isOwnStart(record, caller);
}

/** The same, of what the caller's run has started itself. */
export function isOwnStart(record: RolloutRecord, { rolloutId, attempt }: Caller): boolean {
  const isPromoted = record.phase === 'promoted';
  return record.rolloutId === rolloutId && (isPromoted || record.starterAttempt >= attempt);
}

/** What was asked for in vain must not read like what came about. */
function shownText(service: ServiceSnapshot, record: RolloutRecord): string {
  if (sameSplit(service.served, service.asked)) {
    return endingText(record) + templateText(service, record.canary);
  }
  const why = typeof service.ready === 'object' ? ` Cloud Run says: ${service.ready.failed}` : '';
  return `${splitText(service.asked)} was asked for, but ${splitText(service.served)} is served.${why}`;
}

/** Said at every end: the next change by console or gcloud begins with that template. */
function templateText({ latestCreated, image, plan }: ServiceSnapshot, canary: string): string {
  const ours = plan?.change.image ?? null;
  // With no image of its own the rollout cannot tell its template from the one before.
  const isOurs = [canary, cloneName(canary)].includes(latestCreated);
  const isOthers = ours !== null && !isOurs && image !== ours;
  return isOthers
    ? ` Somebody else has changed the template of the service since: ${latestCreated} has the image ${image}.`
    : '';
}

/** Asked is not served: whoever has just ended a rollout sees it through, but not for ever. */
function untilShown({ service, memory }: Situation): Decision | null {
  const shown = service.observed && sameSplit(service.served, service.asked);
  const patient = memory.drove && !memory.cancelled && hasJustEnded(service);
  return shown || !patient ? null : UNTIL_SHOWN;
}

type Rollback = Extract<Goal, { kind: 'order' }>;

/**
 * Nothing of ours moves traffic after the end of a rollout, but for a person who asks for one of two
 * things by name: back to the revision before the promotion, or out of a split whose record is gone.
 */
function goBack(situation: Situation, record: RolloutRecord | 'none', goal: Rollback): Decision {
  const { service } = situation;
  const { birth } = service;
  if (record === 'none' && birth !== null && mayLeave(service.asked, birth, goal)) {
    const draft = birthDraft(birth, { at: service.readAt, reason: orderReason(goal) });
    return whenReady(situation, birth.stable, write(draft));
  }
  if (!goal.toPrevious || record === 'none' || record.phase !== 'promoted') {
    return nothingToUndo(goal, record, service);
  }
  if (isUndone(service, record) || service.followsLatest) {
    const found = service.followsLatest ? 'it follows LATEST' : splitText(service.asked);
    return untouched('refused', `The traffic is no longer as the promotion left it (${found}).`);
  }
  const at = service.readAt;
  const draft = finalDraft(record, 'rolled-back', { reason: orderReason(goal), at });
  return whenReady(situation, record.stable, write(draft));
}

/** With everything the canary was promoted, for all that can be seen: that is undone by name only. */
function mayLeave(asked: Split, birth: BirthCertificate, goal: Rollback): boolean {
  return explains(birth, asked) && (asked[birth.canary] !== 100 || goal.toPrevious);
}

/** Traffic is only sent to a revision that is there and ready. */
function whenReady(situation: Situation, revision: string, then: Decision): Decision {
  const { canary } = situation.memory;
  if (canary === null) return { do: 'inspect', revision };
  return canary.health === 'ready'
    ? then
    : stop('refused', `${revision} is not there or not ready, so nothing can go back to it.`);
}

function nothingToUndo(
  goal: Rollback,
  record: RolloutRecord | 'none',
  service: ServiceSnapshot,
): Decision {
  const isPromotion = record !== 'none' && record.phase === 'promoted';
  const how =
    isPromotion && !goal.toPrevious
      ? `To go back to ${record.stable}, which served before, use to: previous.`
      : wayBackText(service);
  return how === null
    ? untouched('nothing-open', NOTHING_OPEN)
    : untouched(
        'nothing-open',
        `${NOTHING_OPEN} ${how}`,
        `${NOTHING_OPEN} Nothing was changed. ${how}`,
      );
}

/** A promotion before the last rollout: its record is gone, but its tag is there. */
function wayBackText({ tags, asked }: ServiceSnapshot): string | null {
  const before = tags.find(({ tag }) => tag === WAY_BACK)?.revision ?? null;
  return before === null || asked[before] !== undefined
    ? null
    : `${before} served before the last promotion (tag ${WAY_BACK}). To go back to it, send it all traffic by hand.`;
}
