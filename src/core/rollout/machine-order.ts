/** decide for a person who promotes or rolls back an open rollout. */
import type { Decision, Goal, Situation } from '../decision-types.ts';
import type { Millis, Reason, RolloutRecord } from '../types.ts';
import { stop, untouched, write } from './answers.ts';
import { finalDraft, isFinal } from './drafts.ts';
import { isAhead, isOver, rolloutKey } from './history.ts';
import { isSwapped, percentOf, sameSplit, splitText } from './traffic.ts';

const SETTLES_WITHIN: Millis = 5 * 60_000;

type Order = Extract<Goal, { kind: 'order' }>;

export function orderReason(goal: Order): Reason {
  return `ordered:${goal.order}:${goal.by}`;
}

/**
 * A person's word, an approval of a job among them, is for the rollout that was there when it was
 * given. null: that is this one, for all that can be told; or nobody's word is needed.
 */
export function strayed(situation: Situation, record: RolloutRecord): Decision | null {
  const { goal, caller, memory, service } = situation;
  const isOpen = !isFinal(record);
  const sendsOn = goal.kind === 'drive' && !goal.mayStart && isOpen && service.readAt <= record.due;
  if (goal.kind !== 'order' && !sendsOn) return null;
  if (isOver(caller, record)) {
    return untouched(
      'refused',
      `The rollout of this run is over; ${isOpen ? 'what is open now' : 'the last one'} is another run's.`,
    );
  }
  if (isAhead(caller, record) && !isPlainRollback(goal)) return tooLate(goal, record);
  // Whoever found no record can only have meant what is gone by now.
  if (memory.met !== null && memory.met !== rolloutKey(record) && (isOpen || memory.met !== '')) {
    const over =
      goal.kind === 'order'
        ? 'The rollout that this was ordered for is over.'
        : 'The rollout that this came for is over.';
    return stop(
      'nothing-open',
      `${over} That of ${record.canary} is another one, and was left alone.`,
    );
  }
  if (goal.kind !== 'order') return null;
  return isOpen && goal.order === 'rollback' && goal.toPrevious ? withOneOpen(record) : null;
}

/** Back to the stable revision is safe at any time, whoever asks for it. */
function isPlainRollback(goal: Goal): boolean {
  return goal.kind === 'order' && goal.order === 'rollback' && !goal.toPrevious;
}

/** A look on a schedule may have waited for its runner: no failure, the next one sees to it. */
function tooLate(goal: Goal, { canary }: Pick<RolloutRecord, 'canary'>): Decision {
  const isLook = goal.kind === 'drive' && !goal.opensGates;
  return untouched(
    isLook ? 'nothing-open' : 'refused',
    `The rollout of ${canary} began after this run, which cannot have been meant for it. Start a new run instead.`,
  );
}

function withOneOpen({ canary }: RolloutRecord): Decision {
  return untouched(
    'refused',
    `The rollout of ${canary} is open, and to: previous goes back from a promotion. Roll it back without to: previous first.`,
  );
}

export function ordered(situation: Situation, record: RolloutRecord, goal: Order): Decision {
  const { service, memory } = situation;
  const at = service.readAt;
  const reason = orderReason(goal);
  if (goal.order === 'rollback') return write(finalDraft(record, 'rolled-back', { reason, at }));
  if (goal.seen !== null && goal.seen !== percentOf(record)) {
    return untouched(
      'refused',
      `The approval was given for ${goal.seen} %, but the rollout stands at ${percentOf(record)} %. Look again, then approve what is there.`,
    );
  }
  // A write that was not taken brings it here once more.
  if (memory.cancelled) {
    return untouched('nothing-open', 'Cancelled.', 'Cancelled before the canary was promoted.');
  }
  if (memory.canary === null) return { do: 'inspect', revision: record.canary };
  if (memory.canary.health !== 'ready') {
    return untouched(
      'refused',
      `The canary ${record.canary} is not ready, so it cannot be promoted.`,
    );
  }
  if (isSwapped(record.image, memory.canary.digest)) {
    return untouched(
      'refused',
      `The canary ${record.canary} has another image than the one that was judged, so it cannot be promoted.`,
    );
  }
  if (!sameSplit(service.served, service.asked)) {
    return at < record.at + SETTLES_WITHIN
      ? { do: 'wait', atMost: 2_000, why: 'the split that was asked for is not served yet' }
      : untouched(
          'refused',
          `${splitText(service.asked)} was asked for, but ${splitText(service.served)} is served, so more is not asked for.`,
        );
  }
  return write(finalDraft(record, 'promoted', { reason, at }));
}
