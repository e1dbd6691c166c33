/** What every stage of the owner's can come to: the next one, a hold, an end, or a wait. */
import { isUndecided } from '../judge/verdict.ts';
import type { Decision, Goal, Memory, RevisionState, Situation } from '../decision-types.ts';
import type { Instant, Millis, Percent, Plan, Reason, RolloutRecord } from '../types.ts';
import { write } from './answers.ts';
import { SLACK, patienceEnd } from './deadlines.ts';
import { finalDraft, heldDraft, nextDraft } from './drafts.ts';
import { suspicionLimit, verdictAfter } from './look.ts';
import { awaitsCanary } from './clone.ts';
import { percentOf } from './traffic.ts';

const SECOND_THOUGHT: Millis = 60_000;
/** A write is answered before the revision can be seen by everyone. */
const VISIBLE_WITHIN: Millis = 120_000;

export type Drive = Extract<Goal, { kind: 'drive' }> & { readonly plan: Plan };

export type Owner = {
  readonly record: RolloutRecord;
  readonly drive: Drive;
  readonly situation: Situation;
  readonly at: Instant;
};

/** The stage has its verdict. */
export function passed(owner: Owner): Decision {
  const { record, drive, at, situation } = owner;
  const digest = situation.memory.canary?.digest ?? null;
  const gate = drive.plan.stages[record.stage - 1]?.gate === true && !drive.opensGates;
  return gate || percentOf(record) >= stopPercent(drive, situation.memory, record)
    ? hold(owner, 'reached')
    : write(nextDraft(record, drive, { at, digest }));
}

/** Share after whose verdict a drive holds. Without a hold to count from that is the present one. */
export function stopPercent(
  { until }: Pick<Drive, 'until'>,
  { found }: Pick<Memory, 'found'>,
  record: RolloutRecord,
): Percent {
  return until === 'next' ? (found?.next ?? percentOf(record)) : until;
}

/** The patience is over and nothing is decided. */
export function withoutData(owner: Owner): Decision {
  const { judgement } = owner.situation.memory.stage ?? { judgement: null };
  // There were data; what to do when they prove nothing is another choice of the user's.
  const hasData = judgement !== null && isUndecided(judgement.reason);
  return owner.drive.plan.onNoData === 'rollback' && !hasData
    ? ends(owner, 'unknown-at-deadline')
    : hold(owner, 'unknown-at-deadline');
}

/** Whoever only came for a look leaves the rollout held, and what it has seen in the record. */
export function later(
  owner: Owner,
  wait: { readonly atMost: Millis; readonly why: string },
): Decision {
  return owner.drive.pace === 'look' && owner.at < patience(owner)
    ? hold(owner, 'watched')
    : { do: 'wait', ...wait };
}

function hold(owner: Owner, reason: Reason): Decision {
  const { record, drive, at, situation } = owner;
  const servedAt = situation.memory.stage?.servedSince ?? null;
  const digest = situation.memory.canary?.digest ?? null;
  const due = reason === 'unknown-at-deadline' ? dueWithoutData(owner) : at + drive.plan.holdFor;
  return write(heldDraft(record, reason, { at, due, servedAt, digest }));
}

/** Looking again and again at what proves nothing holds it no longer than it was held, and no shorter. */
function dueWithoutData(owner: Owner): Instant {
  const { drive, at, situation } = owner;
  const { holdFor } = drive.plan;
  const before = situation.memory.found?.due ?? at + Math.min(SLACK, holdFor);
  return Math.max(patience(owner) + holdFor, before);
}

/**
 * A retry begins its patience anew; a series of looks has one patience for all of them. However
 * short it is, a split that was slow to be served still gets its closing look, and a stage as many
 * minutes as a verdict takes.
 */
export function patience({ drive, record, situation }: Owner): Instant {
  const asked = record.changedAt[record.stage] ?? record.at;
  const end = patienceEnd(drive, record.stage, drive.pace === 'look' ? asked : record.at);
  const planned = drive.plan.stages[record.stage - 1];
  const served = situation.memory.stage?.servedSince ?? null;
  if (planned === undefined || served === null) return end;
  const isSuspicious = situation.memory.stage?.judgement?.reason === 'suspicious';
  const suspicion = isSuspicious ? suspicionLimit(planned, drive.timing) : 0;
  const least = Math.max(suspicion, verdictAfter(planned, drive.plan.judging, drive.timing));
  return Math.max(end, served + least + 2 * drive.timing.samplePeriod);
}

/** At 0 %, of the canary or its clone. null: it is ready. */
export function untilReady(
  owner: Owner,
  { revision, state }: { readonly revision: string; readonly state: RevisionState | null },
  lost: { readonly gone: Reason; readonly failed: Reason },
): Decision | null {
  const { record, at, drive } = owner;
  if (state === null) return { do: 'inspect', revision };
  const { health } = state;
  if (health === 'ready') return null;
  if (health === 'gone' && at >= visibleBy(record)) return ends(owner, lost.gone);
  if (typeof health === 'object' || at >= readyBy(owner)) return ends(owner, lost.failed);
  return later(owner, { atMost: pollEvery(drive), why: `${revision} is starting` });
}

/**
 * Before that it may only be invisible, and not gone. When a clone was asked for is forgotten with the
 * canary's write; then it is older than that.
 */
export function visibleBy({ changedAt, at }: RolloutRecord): Instant {
  return (changedAt[0] ?? at) + VISIBLE_WITHIN;
}

/**
 * At 0 %. Who comes late must not take one answer that failed to come for a revision that is not
 * ready; nor must whoever has seen it ready, and has warmed it up since.
 */
function readyBy(owner: Owner): Instant {
  const { drive, record } = owner;
  const end = patience(owner) + warmed(owner);
  const afterLook = drive.pace === 'look' ? record.at + SECOND_THOUGHT : end;
  const afterWarmUp = warmed(owner) > 0 ? record.due - SECOND_THOUGHT : end;
  return Math.max(end, afterLook, afterWarmUp);
}

/** It is a wait of ours, for which `due` has left room; what happens after it gets its own patience. */
export function warmed({ situation }: Owner): Millis {
  return situation.memory.stage?.warmed ?? 0;
}

export function ends({ record, at }: Owner, reason: Reason): Decision {
  return undo(record, reason, at);
}

/** All that it needs is the record. */
export function undo(record: RolloutRecord, reason: Reason, at: Instant): Decision {
  const neverReady = (record.stage === 0 && reason === 'not-ready') || hasNoCanary(record, reason);
  return write(finalDraft(record, neverReady ? 'start-failed' : 'rolled-back', { reason, at }));
}

/** There was never one to go back from. */
function hasNoCanary(record: RolloutRecord, reason: Reason): boolean {
  return reason === 'baseline-lost' && awaitsCanary(record);
}

/** While something must settle: no need to wait for a whole sample period of a minute. */
export function pollEvery(drive: Drive): Millis {
  return Math.min(drive.timing.samplePeriod, 5_000);
}
