/** What main leaves to its post step. It comes back through a file, so it is read like an input. */
import { isProblemCode } from '../core/problem.ts';
import type { ProblemCode } from '../core/problem.ts';
import type { ServiceRef } from '../core/types.ts';

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
};

/** No slash, no percent sign: none of these can change the shape of a URL. */
const NAME = /^[a-z0-9][a-z0-9.:-]{0,99}$/;
const CHECK_NAME = /^[^\p{Cc}]{1,100}$/u;
const ROLLOUT_ID = /^[\w-]{1,64}$/;

export function writeState(state: PostState): string {
  return JSON.stringify(state);
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
  return {
    service: { project, region, service: name },
    rolloutId,
    attempt,
    checkName,
    done,
    brokeOff,
  };
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
