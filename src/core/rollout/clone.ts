/** `baseline: fresh`: the clone beside the canary, and the time before there is a canary. */
import type { Finding } from '../problem.ts';
import type { Percent, RecordDraft, ServiceSnapshot, Split } from '../types.ts';
import { cloneName } from './identity.ts';

type Sides = Pick<RecordDraft, 'stable' | 'canary' | 'clone'>;

/** The clone was asked for, and the canary was not. */
export function awaitsCanary({
  clone,
  changedAt,
}: Pick<RecordDraft, 'clone' | 'changedAt'>): boolean {
  return clone !== null && changedAt.length === 0;
}

/**
 * As much as the canary has, or what it leaves; but 1 % stays with the stable revision as long as there
 * is one to spare. Without traffic it would be cold, and could be cleaned away, when it is needed.
 */
export function cloneShare(percent: Percent): Percent {
  return percent === 0 || percent === 100 ? 0 : Math.max(1, Math.min(percent, 99 - percent));
}

/** Who is served while the canary has `percent`. */
export function sharedSplit({ stable, canary, clone }: Sides, percent: Percent): Split {
  const beside = clone === null ? 0 : cloneShare(percent);
  const rows: readonly (readonly [string, Percent])[] = [
    [stable, 100 - percent - beside],
    [canary, percent],
    [clone ?? stable, beside],
  ];
  // A later row of the same name would replace an earlier one, so what is empty is left out first.
  return Object.fromEntries(rows.filter(([, share]) => share > 0));
}

/**
 * Whether the template in force may be replaced by the clone's for a moment: it is the stable
 * revision's, or what the last rollout has left. Anybody else's would be lost with a process that
 * dies between the two writes.
 */
export function mayStepAside(
  { latestCreated, record }: Pick<ServiceSnapshot, 'latestCreated' | 'record'>,
  stable: string,
): boolean {
  if (latestCreated === stable) return true;
  // A canary that was brought is somebody's, too.
  if (typeof record === 'string' || record.brought === true) return false;
  return latestCreated === record.canary || latestCreated === cloneName(record.canary);
}

/** Why a fresh baseline is refused then. */
export function othersTemplate({ latestCreated }: Pick<ServiceSnapshot, 'latestCreated'>): Finding {
  return {
    subject: 'baseline',
    value: 'fresh',
    wrong: `would put aside the template of ${latestCreated}, which somebody else has made and which does not serve`,
    advice:
      'Write `baseline: stable`, or give that revision the traffic or deploy the one that serves again first.',
  };
}
