/** What main leaves to its post step. It comes back through a file, so it is read like an input. */
import type { Outcome } from '../core/decision-types.ts';
import { isProblemCode } from '../core/problem.ts';
import type { ProblemCode } from '../core/problem.ts';
import { isOutcome } from '../core/rollout/outcome.ts';
import { isReason } from '../core/rollout/record-shape.ts';
import type { Reason, ServiceRef } from '../core/types.ts';

/** Where a rollout is told of that may give no answer. */
const CHANNELS = ['check', 'comment', 'deployment', 'notification'] as const;
export type Channel = (typeof CHANNELS)[number];
export const EVERYWHERE: readonly Channel[] = CHANNELS;

/** How main saw its rollout end, and where that has not been heard. */
export type Untold = {
  readonly outcome: Outcome;
  readonly why: string;
  readonly channels: readonly Channel[];
  /** Of the check run; "" while there is none. */
  readonly page: string;
};

export type PostState = {
  readonly service: ServiceRef;
  readonly rolloutId: string;
  readonly attempt: number;
  /** The check run to complete. */
  readonly checkName: string;
  /** Main has seen its rollout through and told how it ended: nothing is left to do. */
  readonly done: boolean;
  /** The error that main ended on; null: it may still be at work, or was cancelled or killed. */
  readonly brokeOff: ProblemCode | null;
  /** Nothing is left to do but this; null: it is not known to have ended. */
  readonly untold: Untold | null;
  /** Why main was undoing, and the key of that rollout; null: it had found no reason to. */
  readonly doom: {
    readonly reason: Reason;
    readonly why: string;
    readonly rollout: string;
  } | null;
  /** Version of the service from which a write was sent that may still arrive; null: there is none. */
  readonly underWay: string | null;
};

/** No slash, no percent sign: none of these can change the shape of a URL. */
const NAME = /^[a-z0-9][a-z0-9.:-]{0,99}$/;
const CHECK_NAME = /^[^\p{Cc}]{1,100}$/u;
const PAGE = /^(?:https?:\/\/[^\s<>]{1,500})?$/;
const ROLLOUT_ID = /^[\w-]{1,64}$/;
/** Of `rolloutKey`; "" fits none. */
const ROLLOUT = /^[\w:-]{0,200}$/;
/** Opaque, as Cloud Run gives it. */
const VERSION = /^[\w+/=-]{1,100}$/;
/** All of a state becomes one variable, which Linux limits to 128 KiB (execve(2)). */
const LONGEST_WHY = 4_000;

export function writeState(state: PostState): string {
  const { untold, doom, underWay } = state;
  return JSON.stringify({
    ...state,
    untold: untold === null ? null : shortened(untold),
    doom: doom === null ? null : shortened(doom),
    // Of another form it would cost the whole state; so it costs the waiting for that write.
    underWay: isText(underWay, VERSION) ? underWay : null,
  });
}

function shortened<T extends { readonly why: string }>(told: T): T {
  return { ...told, why: told.why.slice(0, LONGEST_WHY).toWellFormed() };
}

/** null: not a state that `writeState` has written. */
export function parseState(text: string): PostState | null {
  const value = parseObject(text);
  const service = value['service'];
  const { project, region, service: name } = objectOf(service);
  const { rolloutId, attempt, checkName, done, brokeOff } = value;
  if (!isText(project, NAME) || !isText(region, NAME) || !isText(name, NAME)) return null;
  if (!isText(rolloutId, ROLLOUT_ID)) return null;
  if (typeof attempt !== 'number' || !Number.isSafeInteger(attempt) || attempt < 1) return null;
  if (!isText(checkName, CHECK_NAME) || typeof done !== 'boolean') return null;
  if (brokeOff !== null && !isProblemCode(brokeOff)) return null;
  const untold = value['untold'] === null ? null : parseUntold(value['untold']);
  const doom = value['doom'] === null ? null : parseDoom(value['doom']);
  if (untold === undefined || doom === undefined) return null;
  const { underWay } = value;
  if (underWay !== null && !isText(underWay, VERSION)) return null;
  return {
    service: { project, region, service: name },
    rolloutId,
    attempt,
    checkName,
    done,
    brokeOff,
    untold,
    doom,
    underWay,
  };
}

/** undefined: not written by us. */
function parseDoom(value: unknown): NonNullable<PostState['doom']> | undefined {
  const { reason, why, rollout } = objectOf(value);
  if (!isReason(reason) || typeof why !== 'string' || why.length > LONGEST_WHY) return undefined;
  return isText(rollout, ROLLOUT) ? { reason, why, rollout } : undefined;
}

/** undefined: not written by us. Its sentence is foreign text wherever it is shown. */
function parseUntold(value: unknown): Untold | undefined {
  const { outcome, why, channels, page } = objectOf(value);
  if (!isOutcome(outcome) || typeof why !== 'string' || why.length > LONGEST_WHY) return undefined;
  if (!Array.isArray(channels) || !isText(page, PAGE)) return undefined;
  const known = CHANNELS.filter((channel) => channels.includes(channel));
  return { outcome, why, channels: known, page };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return {};
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isText(value: unknown, form: RegExp): value is string {
  return typeof value === 'string' && form.test(value);
}
