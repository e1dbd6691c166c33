/** Whether what was asked for has come about: the exit code of the step. */
import type { Goal, Memory, Outcome } from '../decision-types.ts';
import { sameSplit } from './traffic.ts';
import type { ServiceSnapshot } from '../types.ts';

type Ended = {
  readonly outcome: Outcome;
  readonly service: ServiceSnapshot | null;
  readonly memory: Pick<Memory, 'left'>;
};

export function isGoodEnding(ending: Ended, goal: Goal): boolean {
  const { outcome, service } = ending;
  const isEnd = outcome === 'promoted' || outcome === 'rolled-back';
  if (isEnd && service !== null && !sameSplit(service.served, service.asked)) return false;
  switch (goal.kind) {
    case 'drive':
      return outcome === 'held' ? isMeantToHold(ending) : isGoodDrive(outcome, goal);
    case 'order':
      return outcome === (goal.order === 'promote' ? 'promoted' : 'rolled-back');
    case 'clean-up':
    case 'reconcile':
      return outcome !== 'hands-off';
  }
}

/** Held at a gate, at the stop of a ramp, between two looks; not held for want of data. */
function isMeantToHold({ service, memory }: Ended): boolean {
  const record = service?.record ?? 'none';
  // Somebody may have gone on with it by now.
  const reason = memory.left?.reason ?? (typeof record === 'string' ? '' : record.reason);
  return ['reached', 'watched'].includes(reason);
}

/** Who comes by on a schedule has nothing to do most of the time. */
function isGoodDrive(outcome: Outcome, goal: Extract<Goal, { kind: 'drive' }>): boolean {
  const resumes = !goal.mayStart && !goal.opensGates;
  const idle = outcome === 'nothing-open' || outcome === 'busy';
  const isDone = outcome === 'promoted' || outcome === 'unchanged';
  const isStart = outcome === 'deployed' || outcome === 'planned';
  return isDone || (goal.mayStart && isStart) || (resumes && idle);
}

/** A record, so that none can be forgotten. */
const OUTCOMES: Readonly<Record<Outcome, true>> = {
  promoted: true,
  'rolled-back': true,
  released: true,
  'start-failed': true,
  deployed: true,
  'deploy-failed': true,
  held: true,
  unchanged: true,
  planned: true,
  gone: true,
  refused: true,
  busy: true,
  fenced: true,
  'hands-off': true,
  'nothing-open': true,
};

export function isOutcome(value: unknown): value is Outcome {
  return typeof value === 'string' && Object.hasOwn(OUTCOMES, value);
}
