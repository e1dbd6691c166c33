/** The records a transition may write. Each is a copy of the last one with what changed. */
import { checksum } from '../checksum.ts';
import { dueOf, pacedDue } from './deadlines.ts';
import type { DriveSettings, Paced } from './deadlines.ts';
import { cloneName } from './identity.ts';
import { HISTORY_LENGTH } from './record-shape.ts';
import { TAG_UNKNOWN, digestOf } from './traffic.ts';
import { warmthFor } from './warmth.ts';
import type { Caller } from '../decision-types.ts';
import type { BirthCertificate } from '../service-types.ts';
import type {
  FinalPhase,
  Instant,
  Plan,
  Reason,
  RecordDraft,
  RolloutRecord,
  ServiceSnapshot,
} from '../types.ts';

export function isFinal(record: RecordDraft): boolean {
  return record.phase !== 'active' && record.phase !== 'held';
}

/** null: none is open, or nobody can tell. */
export function openRecord({ record }: Pick<ServiceSnapshot, 'record'>): RolloutRecord | null {
  return typeof record === 'string' || isFinal(record) ? null : record;
}

/** The first write: everything stays with the stable revision. With a clone that is made first. */
export function startDraft(
  service: ServiceSnapshot,
  caller: Caller,
  drive: DriveSettings & { readonly stable: string; readonly digest?: string | null },
): RecordDraft {
  const { plan } = drive;
  const before = service.record;
  const at = service.readAt;
  const clone = plan.baseline === 'fresh' ? cloneName(caller.revision) : null;
  return {
    version: 1,
    rolloutId: caller.rolloutId,
    startedBy: caller.attempt,
    starterAttempt: caller.attempt,
    owner: caller.rolloutId,
    attempt: caller.attempt,
    phase: 'active',
    stage: 0,
    percents: [0, ...plan.stages.map((stage) => stage.percent), 100],
    planHash: plan.hash,
    stable: drive.stable,
    ...canaryOf(service, caller, drive),
    clone,
    tag: plan.tag,
    commit: caller.commit,
    runUrl: caller.runUrl,
    at,
    due: dueOf(drive, 0, at),
    servedAt: null,
    changedAt: clone === null ? [at] : [],
    reason: 'started',
    followedLatest: service.followsLatest,
    minInstances: warmthFor(service, plan),
    history: typeof before === 'string' ? [] : historyWith(before),
  };
}

/** The second write of a start with a clone: the canary, which has all the time that it needs. */
export function canaryDraft(record: RolloutRecord, drive: DriveSettings, at: Instant): RecordDraft {
  const due = dueOf(drive, 0, at);
  return { ...carried(record), reason: 'started', at, due, changedAt: [at] };
}

/** The template in force is that of the canary only if the start makes it. */
function canaryOf(
  service: ServiceSnapshot,
  caller: Caller,
  { plan, digest }: { readonly plan: Plan; readonly digest?: string | null },
): Pick<RecordDraft, 'canary' | 'brought' | 'image'> {
  if (plan.brings !== undefined) return { canary: plan.brings, brought: true, image: digest ?? '' };
  // What a user writes may be the digest of an index, which no image of it has.
  const image = (plan.change.image ?? service.image).replace(/@sha256:[0-9a-f]{64}$/, '');
  return { canary: caller.revision, image };
}

/** A later attempt, or another run that finds it held, takes an open rollout over. */
export function takeDraft(
  record: RolloutRecord,
  caller: Caller,
  context: { readonly drive: Paced; readonly at: Instant },
): RecordDraft {
  const { drive, at } = context;
  const isStarter = caller.rolloutId === record.rolloutId;
  return {
    ...carried(record),
    starterAttempt: isStarter
      ? Math.max(record.starterAttempt, caller.attempt)
      : record.starterAttempt,
    owner: caller.rolloutId,
    attempt: caller.attempt,
    runUrl: caller.runUrl,
    phase: 'active',
    reason: 'taken',
    at,
    // Whoever takes over is at work on it: the bake begins again, and so does its deadline.
    due: pacedDue(drive, record.stage, at),
  };
}

/** One stage further; past the last one the canary has everything. */
export function nextDraft(
  record: RolloutRecord,
  drive: Paced,
  facts: { readonly at: Instant; readonly digest: string | null },
): RecordDraft {
  const { at, digest } = facts;
  const stage = record.stage + 1;
  const promoted = stage === record.percents.length - 1;
  return {
    ...carried(record),
    ...(promoted ? NOTHING_EXTRA : {}),
    image: imageWith(record, digest),
    phase: promoted ? 'promoted' : 'active',
    stage,
    reason: 'pass',
    at,
    due: promoted ? at : pacedDue(drive, stage, at),
    servedAt: null,
    changedAt: [...record.changedAt, at],
  };
}

export function heldDraft(
  record: RolloutRecord,
  reason: Reason,
  facts: {
    readonly at: Instant;
    readonly due: Instant;
    readonly servedAt: Instant | null;
    readonly digest: string | null;
  },
): RecordDraft {
  const { digest, ...times } = facts;
  const image = imageWith(record, digest);
  return { ...carried(record), image, phase: 'held', reason, ...times };
}

/** The first digest that Cloud Run reports stays: it is what was judged. */
function imageWith(record: RolloutRecord, digest: string | null): string {
  return digest === null || digestOf(record.image) !== null ? record.image : digest;
}

export function finalDraft(
  record: RolloutRecord,
  phase: FinalPhase,
  ending: { readonly reason: Reason; readonly at: Instant },
): RecordDraft {
  const { reason, at } = ending;
  const promoted = phase === 'promoted';
  return {
    ...carried(record),
    ...NOTHING_EXTRA,
    phase,
    stage: promoted ? record.percents.length - 1 : record.stage,
    reason,
    at,
    due: at,
    changedAt: promoted ? [...record.changedAt, at] : record.changedAt,
  };
}

/** What a finished rollout has no use for, and versions that know neither can read it then. */
const NOTHING_EXTRA = { clone: null, minInstances: null } as const;

/** The record is gone, but the canary remembers what it was made to replace. */
export function birthDraft(
  birth: BirthCertificate,
  ending: { readonly reason: Reason; readonly at: Instant },
): RecordDraft {
  const { rolloutId, attempt, canary, stable, image, commit, brought } = birth;
  return {
    version: 1,
    rolloutId,
    startedBy: attempt,
    starterAttempt: attempt,
    owner: rolloutId,
    attempt,
    phase: 'rolled-back',
    stage: 0,
    percents: [0, 100],
    planHash: checksum(''),
    stable,
    canary,
    clone: null,
    ...(brought === true ? { brought } : {}),
    tag: TAG_UNKNOWN,
    image,
    commit,
    runUrl: '',
    at: ending.at,
    due: ending.at,
    servedAt: null,
    changedAt: [],
    reason: ending.reason,
    followedLatest: false,
    minInstances: null,
    history: [],
  };
}

/** A rollout's place in the ring that stops stale attempts and old re-runs. */
function historyWith(record: RecordDraft): readonly string[] {
  const entry = `${record.rolloutId}:${record.starterAttempt}:${record.phase}`;
  return [entry, ...record.history].slice(0, HISTORY_LENGTH);
}

function carried(record: RolloutRecord): RecordDraft {
  const { transition: _t, generation: _g, writeId: _w, ...draft } = record;
  return draft;
}
