/** The promises of docs/protocol.md as predicates: on the decision to write, and on every write that is taken. */
import { isFinal } from '../../src/core/rollout/drafts.ts';
import { sameSplit, soleRevision } from '../../src/core/rollout/traffic.ts';
import type { Caller } from '../../src/core/decision-types.ts';
import type { RolloutRecord, Split } from '../../src/core/types.ts';
import { PERCENTS } from './cast.ts';
import { isUndone, moves } from './deed.ts';
import type { Deed } from './deed.ts';
import { isNotForThem } from './promises-owner.ts';
import { digestOf, healthOf, recordOf } from './service.ts';
import { lifeOf } from './truth.ts';
import type { Truth } from './truth.ts';

export const PROMISES = [
  'S1',
  'S2',
  'S3',
  'S4',
  'S5',
  'S6',
  'S7',
  'S8',
  'S9',
  'S10',
  'S12',
  'S14',
] as const;
export type Safety = (typeof PROMISES)[number];

/** What the decision itself breaks, whether or not the write ever arrives. */
export function brokenByDeciding({
  role,
  request,
  truth,
}: Omit<Deed, 'before'>): readonly Safety[] {
  const { record, starts, cancelled } = request;
  const forward =
    starts !== null ||
    (!isFinal(record) && record.reason === 'pass') ||
    record.phase === 'promoted';
  if (!forward && record.phase !== 'held') return [];
  const failed = role.goal.kind !== 'order' && hasFailed(role.caller, record.canary, truth);
  const late = forward && cancelled;
  return [...(failed ? (['S10'] as const) : []), ...(late ? (['S14'] as const) : [])];
}

/** Only a later attempt may judge a canary once more. */
function hasFailed({ rolloutId, attempt }: Caller, canary: string, truth: Truth): boolean {
  return truth.failures.some(
    (failure) =>
      failure.rolloutId === rolloutId &&
      (failure.attempt === attempt || (failure.attempt > attempt && failure.canary === canary)),
  );
}

/** What it breaks that this write is taken. */
export function brokenByWriting(deed: Deed): readonly Safety[] {
  return PROMISES.filter((promise) => CHECKS[promise]?.(deed) === true);
}

/** true: broken. S10 is a matter of deciding. */
const CHECKS: { readonly [P in Safety]?: (deed: Deed) => boolean } = {
  S1: namesTheUnready,
  S2: overwritesAnOutsider,
  S3: restoresSomethingElse,
  S4: raisesWithoutProof,
  S5: ({ request, before }) => request.starts !== null && !sameSplit(before.asked, request.split),
  S6: isNotForThem,
  S7: movesWhatIsOver,
  S8: ({ request, truth }) =>
    revisions(request.split).filter((name) => !truth.proven.includes(name)).length > 1,
  S9: ({ request, before }) =>
    request.creates !== null && Object.hasOwn(before.made, request.creates),
  S12: servesWhatWasNotJudged,
  S14: abortsWhatIsNotOpen,
};

function revisions(split: Split): readonly string[] {
  return Object.keys(split);
}

function namesTheUnready({ request, before }: Deed): boolean {
  const { clone, canary } = request.record;
  // A canary is only made beside a clone that is there for it.
  if (clone !== null && request.creates === canary && healthOf(before, clone) !== 'ready') {
    return true;
  }
  const percents = Object.values(request.split);
  return (
    percents.reduce((sum, percent) => sum + percent, 0) !== 100 ||
    !percents.every((percent) => Number.isInteger(percent) && percent > 0) ||
    // As found is not ours to choose.
    (!sameSplit(before.asked, request.split) &&
      revisions(request.split).some((name) => healthOf(before, name) !== 'ready'))
  );
}

/** Nor is a record touched that somebody has damaged: it may say anything. */
function overwritesAnOutsider(deed: Deed): boolean {
  const { truth, before } = deed;
  if (recordOf(before) === 'unreadable') return true;
  return (moves(deed) && !sameSplit(before.asked, truth.ours)) || pinsLatest(deed);
}

/** A start is told to; during a rollout it is an outsider who has set it. */
function pinsLatest({ before, request }: Deed): boolean {
  return before.latest && request.starts === null && request.record.phase !== 'released';
}

function restoresSomethingElse({ request, truth }: Deed): boolean {
  const { record, starts, split } = request;
  if (starts !== null) return false;
  const { stable } = lifeOf(truth, record.canary);
  if (stable !== null && record.stable !== stable) return true;
  const undone = record.phase === 'rolled-back' || record.phase === 'start-failed';
  return undone && soleRevision(split) !== (stable ?? record.stable);
}

/** One step of the plan for each pass; only a person may leave some out. */
function raisesWithoutProof({ request, before, truth }: Deed): boolean {
  if (request.record.reason.startsWith('ordered:promote:')) return false;
  return revisions(request.split).some((name) => {
    const from = before.asked[name] ?? 0;
    const to = request.split[name] ?? 0;
    if (to <= from || truth.proven.includes(name)) return false;
    const next = PERCENTS[PERCENTS.indexOf(from) + 1];
    return to !== next || !lifeOf(truth, name).proofs.includes(from);
  });
}

function movesWhatIsOver(deed: Deed): boolean {
  const { request, before, truth } = deed;
  if (request.starts !== null || !moves(deed) || goesBack(deed)) return false;
  const record = recordOf(before);
  return (
    (typeof record !== 'string' && isFinal(record)) || lifeOf(truth, request.record.canary).ended
  );
}

/**
 * At 0 % a revision can be deleted and its name used again between the last look at it and the write;
 * no API can exclude that. It is found at the next look, before anything more is given to it. What
 * the look before a hold has found is what every later one has to find.
 */
function servesWhatWasNotJudged({ request, before, truth }: Deed): boolean {
  const { record, split, digest } = request;
  const from = before.asked[record.canary] ?? 0;
  if ((split[record.canary] ?? 0) <= from) return false;
  if (from > 0) return digestOf(before, record.canary) !== record.image;
  const { held } = lifeOf(truth, record.canary);
  return digest === null || (held !== null && digest !== held);
}

/** An abort leaves the canary with nothing, and where nothing is open it changes nothing. */
function abortsWhatIsNotOpen({ role, request, before }: Deed): boolean {
  const { goal } = role;
  const abort = goal.kind === 'clean-up' || (goal.kind === 'order' && goal.order === 'rollback');
  const { record, split } = request;
  const undoes = record.phase === 'rolled-back' && (abort || record.reason === 'cancelled');
  if (undoes && (split[record.canary] ?? 0) > 0) return true;
  return abort && !isOpen(recordOf(before)) && !goesBack({ role, request, before });
}

/** A person goes back from a promotion, by name. */
function goesBack({ role, request, before }: Omit<Deed, 'truth'>): boolean {
  const { goal } = role;
  const record = recordOf(before);
  return (
    goal.kind === 'order' &&
    goal.toPrevious &&
    typeof record !== 'string' &&
    record.phase === 'promoted' &&
    request.record.canary === record.canary &&
    isUndone(request)
  );
}

function isOpen(record: RolloutRecord | 'none' | 'unreadable'): boolean {
  return typeof record !== 'string' && !isFinal(record);
}
