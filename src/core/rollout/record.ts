/**
 * The record of a rollout ⇄ the text of one annotation on the service.
 *
 * The text is canonical: reading builds the record field by field and accepts it only if writing
 * it again gives the very same text, checksum included. So an edit by hand, an unknown version, a
 * field too many and a damaged text are all the same thing: unreadable, hands off.
 */
import { checksum } from '../checksum.ts';
import { isRecord } from './record-shape.ts';
import type { BirthCertificate, Warmth } from '../service-types.ts';
import type { Instant, RolloutRecord } from '../types.ts';

export const RECORD_ANNOTATION = 'cloud-run-canary.dev/rollout';
export const BIRTH_ANNOTATION = 'cloud-run-canary.dev/birth';
export const PLAN_ANNOTATION = 'cloud-run-canary.dev/plan';

/** Far below the 256 KiB that Kubernetes allows for all annotations together. */
export const MAX_RECORD_BYTES = 2048;

export function writeRecord(record: RolloutRecord): string {
  const body = JSON.stringify({
    version: record.version,
    rolloutId: record.rolloutId,
    startedBy: record.startedBy,
    starterAttempt: record.starterAttempt,
    owner: record.owner,
    attempt: record.attempt,
    transition: record.transition,
    generation: record.generation,
    writeId: record.writeId,
    phase: record.phase,
    stage: record.stage,
    percents: record.percents,
    planHash: record.planHash,
    stable: record.stable,
    canary: record.canary,
    // Older versions know no such field: it is there only where it says something.
    ...(record.brought === true ? { brought: true } : {}),
    tag: record.tag,
    image: record.image,
    commit: record.commit,
    runUrl: record.runUrl,
    at: timeText(record.at),
    due: timeText(record.due),
    servedAt: record.servedAt === null ? null : Math.floor(record.servedAt / 1000),
    changedAt: record.changedAt.map((instant) => Math.floor(instant / 1000)),
    reason: record.reason,
    followedLatest: record.followedLatest,
    history: record.history,
    // Only where there is one: every other record is as versions wrote it that knew of none.
    ...(record.clone === null ? {} : { clone: record.clone }),
    ...(record.minInstances === null ? {} : { minInstances: warmthOf(record.minInstances) }),
  });
  return `${body.slice(0, -1)},"checksum":"${checksum(body)}"}`;
}

export function readRecord(text: string | undefined): RolloutRecord | 'none' | 'unreadable' {
  if (text === undefined) return 'none';
  if (text.length > MAX_RECORD_BYTES) return 'unreadable';
  const record = decode(text);
  return record !== null && writeRecord(record) === text ? record : 'unreadable';
}

function warmthOf({ before, during }: Warmth): Warmth {
  return { before, during };
}

function decode(text: string): RolloutRecord | null {
  const raw = parseObject(text);
  if (raw === null) return null;
  const { checksum: _, at, due, servedAt, changedAt, ...rest } = raw;
  const decoded: unknown = {
    clone: null,
    minInstances: null,
    ...rest,
    at: instantOf(at),
    due: instantOf(due),
    servedAt: servedAt === null ? null : fromSeconds(servedAt),
    changedAt: Array.isArray(changedAt) ? changedAt.map(fromSeconds) : null,
  };
  return isRecord(decoded) ? decoded : null;
}

export function writeBirth(birth: BirthCertificate): string {
  const { rolloutId, attempt, canary, stable, image, commit, clone } = birth;
  const known = { rolloutId, attempt, canary, stable, image, commit };
  return JSON.stringify(clone === null ? known : { ...known, clone });
}

/** null: none, or not one of ours. */
export function readBirth(text: string | undefined): BirthCertificate | null {
  const raw = text === undefined ? null : parseObject(text);
  if (raw === null) return null;
  const { rolloutId, attempt, canary, stable, image, commit, clone = null } = raw;
  if (clone !== null && typeof clone !== 'string') return null;
  if (typeof attempt !== 'number' || !Number.isSafeInteger(attempt)) return null;
  const texts = [rolloutId, canary, stable, image, commit];
  if (!texts.every((value) => typeof value === 'string')) return null;
  const [id, canaryName, stableName, imageName, sha] = texts;
  const birth = {
    rolloutId: id ?? '',
    attempt,
    canary: canaryName ?? '',
    stable: stableName ?? '',
    image: imageName ?? '',
    commit: sha ?? '',
    clone,
  };
  return writeBirth(birth) === text ? birth : null;
}

/** Whole seconds: the precision of the Date header that instants come from. */
function timeText(instant: Instant): string {
  return new Date(Math.floor(instant / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}

function fromSeconds(value: unknown): Instant {
  return typeof value === 'number' ? value * 1000 : NaN;
}

function instantOf(value: unknown): Instant {
  return typeof value === 'string' ? Date.parse(value) : NaN;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value))
      : null;
  } catch {
    return null;
  }
}
