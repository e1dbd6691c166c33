/** What every field of a record must look like. Anything else is unreadable. */
import type { Phase, Reason, RolloutRecord } from '../types.ts';

const ROLLOUT_ID = /^[0-9]{1,20}-[0-9]{1,20}$/;
const NAME = /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const HASH = /^[0-9a-f]{8}$/;
const WRITE_ID = /^[0-9a-f]{16}$/;
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})?$/;
const PRINTABLE = /^[\x21-\x7e]*$/;
const REASON =
  /^(?:started|taken|pass|reached|watched|probe-failed|not-ready|not-served|canary-gone|baseline-lost|write-refused|unknown-at-deadline|inconclusive|cancelled|broke-off|drift|expired|fail:(?:error-rate|client-error-rate|latency|latency-p50|latency-p95|latency-p99|slow-requests|memory)|ordered:(?:promote|rollback):[\w.[\]-]{1,64})$/;
const HISTORY =
  /^[0-9]{1,20}-[0-9]{1,20}:[0-9]{1,9}:(?:active|held|promoted|rolled-back|released|start-failed)$/;

const COUNT = /^[1-9][0-9]{0,3}$/;

const PHASES: readonly Phase[] = [
  'active',
  'held',
  'promoted',
  'rolled-back',
  'released',
  'start-failed',
];

type Loose = { readonly [K in keyof RolloutRecord]?: unknown };

/** As it may stand in a record. */
export function isReason(value: unknown): value is Reason {
  return matches(value, REASON);
}

/** Longest history a record keeps. */
export const HISTORY_LENGTH = 3;

export function isRecord(value: unknown): value is RolloutRecord {
  if (typeof value !== 'object' || value === null) return false;
  const raw: Loose = value;
  return hasIdentity(raw) && hasPosition(raw) && hasSubject(raw) && hasTimes(raw) && hasExtras(raw);
}

function hasIdentity(raw: Loose): boolean {
  return (
    raw.version === 1 &&
    matches(raw.rolloutId, ROLLOUT_ID) &&
    isCount(raw.startedBy, 1) &&
    isCount(raw.starterAttempt, 1) &&
    matches(raw.owner, ROLLOUT_ID) &&
    isCount(raw.attempt, 1) &&
    isCount(raw.transition, 1) &&
    isCount(raw.generation, 0) &&
    matches(raw.writeId, WRITE_ID) &&
    matches(raw.runUrl, PRINTABLE) &&
    isListOf(raw.history, (entry) => matches(entry, HISTORY)) &&
    raw.history.length <= HISTORY_LENGTH
  );
}

function hasPosition(raw: Loose): boolean {
  const { percents, stage, phase } = raw;
  if (!isListOf(percents, (entry) => isCount(entry, 0)) || !isCount(stage, 0)) return false;
  const last = percents.length - 1;
  return (
    PHASES.some((known) => known === phase) &&
    matches(raw.reason, REASON) &&
    matches(raw.planHash, HASH) &&
    isRising(percents) &&
    stage <= last &&
    isReachable(phase, stage, last)
  );
}

/**
 * An open rollout never stands at 100 %: the write that gets there is the promotion. Only an order
 * goes back from there.
 */
function isReachable(phase: unknown, stage: number, last: number): boolean {
  if (phase === 'promoted') return stage === last;
  return phase === 'rolled-back' ? stage <= last : stage < last;
}

function hasSubject(raw: Loose): boolean {
  return (
    matches(raw.stable, NAME) &&
    matches(raw.canary, NAME) &&
    raw.stable !== raw.canary &&
    (raw.brought === undefined || raw.brought === true) &&
    matches(raw.tag, NAME) &&
    matches(raw.image, PRINTABLE) &&
    matches(raw.commit, COMMIT) &&
    typeof raw.followedLatest === 'boolean'
  );
}

function hasTimes(raw: Loose): boolean {
  return (
    isInstant(raw.at) &&
    isInstant(raw.due) &&
    (raw.servedAt === null || isInstant(raw.servedAt)) &&
    isListOf(raw.changedAt, isInstant) &&
    raw.changedAt.length <= 24
  );
}

/** What only an open rollout has, and only if it was asked for. */
function hasExtras({
  clone,
  minInstances,
  phase,
  stable,
  canary,
  changedAt,
  stage,
}: Loose): boolean {
  if (clone === null && minInstances === null) return true;
  const isOpen = phase === 'active' || phase === 'held';
  // Before its canary is made nothing is held, and nothing is raised.
  const isBegun = isListOf(changedAt, isInstant) && changedAt.length > 0;
  const isOrdered = isBegun || clone === null || (phase === 'active' && stage === 0);
  const isThird = matches(clone, NAME) && clone !== stable && clone !== canary;
  return isOpen && isOrdered && (clone === null || isThird) && isWarmth(minInstances);
}

function isWarmth(value: unknown): boolean {
  if (value === null) return true;
  if (typeof value !== 'object') return false;
  const raw: { readonly before?: unknown; readonly during?: unknown } = value;
  return (raw.before === null || isShort(raw.before)) && matches(raw.during, COUNT);
}

/** Foreign text: it is only put back. */
function isShort(value: unknown): boolean {
  return typeof value === 'string' && value.length <= 64;
}

function isRising(percents: readonly unknown[]): boolean {
  const inOrder = percents.every(
    (percent, index) => index === 0 || Number(percent) > Number(percents[index - 1]),
  );
  return percents.length >= 2 && percents[0] === 0 && percents.at(-1) === 100 && inOrder;
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && value.length <= 1024 && pattern.test(value);
}

function isCount(value: unknown, least: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isListOf(value: unknown, fits: (entry: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.every(fits);
}
