/** Names that make a deploy recognisable: the same attempt always gives the same ones. */
import { checksum } from '../checksum.ts';

export const MAX_REVISION_NAME = 63;
/**
 * `TAG---SERVICE-…` has to fit a DNS label, so the two share 46 characters (reported, not documented;
 * refusing too early is the harmless side).
 */
export const MAX_TAG_AND_SERVICE = 46;

/**
 * <service>-c<run id in base 36>-<attempt>. A name that would be too long is cut and hashed; it
 * must begin with the service's whole name, so only the part behind it can give way.
 */
export function revisionName(service: string, runId: number, attempt: number): string {
  const whole = `${service}-c${runId.toString(36)}-${attempt}`;
  if (whole.length <= MAX_REVISION_NAME) return whole;
  return `${service}-${`c${checksum(whole)}`.slice(0, MAX_REVISION_NAME - service.length - 1)}`;
}

/**
 * A name is used once: the first attempt has it as it was asked for, a later one has its number,
 * for which the end of a long suffix gives way.
 */
export function suffixedName(service: string, suffix: string, attempt: number): string {
  const name = `${service}-${suffix}`;
  if (attempt === 1) return name;
  const number = `-${attempt}`;
  return name.slice(0, MAX_REVISION_NAME - number.length).replace(/-+$/, '') + number;
}

/**
 * The clone of a rollout's stable revision: the canary's name and an ending of its own. Too long, it
 * is cut behind what may be the service's name (49 characters at most) and hashed.
 */
export function cloneName(canary: string): string {
  const whole = `${canary}-b`;
  if (whole.length <= MAX_REVISION_NAME) return whole;
  const ending = `-b${checksum(canary)}`;
  return `${canary.slice(0, MAX_REVISION_NAME - ending.length)}${ending}`;
}

/** Traffic tag that a promotion keeps on the revision it replaced. */
export const WAY_BACK = 'c-previous';

/** c-<run id in base 36>, as much of it as fits. */
export function defaultTag(service: string, runId: number): string {
  const room = Math.max(1, MAX_TAG_AND_SERVICE - service.length);
  return `c-${runId.toString(36)}`.slice(0, room).replace(/-+$/, '');
}
