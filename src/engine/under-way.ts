/**
 * The end of a process whose last write was not answered. A cancel cuts it off after two seconds, and
 * it may arrive when nobody is left to see it. With the next version of the service it is refused.
 */
import type { Decision } from '../core/decision-types.ts';
import type { Millis, ServiceSnapshot } from '../core/types.ts';
import type { Ending, Errand, Kept, Turn } from './loop.ts';

const MOMENT: Millis = 1_000;
const MAY_ARRIVE =
  'A write that was sent has not been answered, so it may still arrive. The command status shows what has come of it.';

/** Once, and whether or not it was cancelled: most of what is late is late by less than that. */
export async function mayHaveArrived(
  { ports }: Pick<Errand, 'ports'>,
  { version }: ServiceSnapshot,
  kept: Kept,
): Promise<boolean> {
  if (kept.underWay !== version || kept.hasLookedAgain) return false;
  kept.hasLookedAgain = true;
  await ports.clock.sleep(MOMENT, new AbortController().signal);
  return true;
}

export function stopped(
  { outcome, why, unsure = why }: Extract<Decision, { do: 'stop' }>,
  { service, memory, kept }: Pick<Turn, 'service' | 'memory' | 'kept'>,
): Ending {
  const ending = { outcome, why, service, memory };
  if (kept.underWay !== service.version) return ending;
  return { ...ending, why: `${unsure} ${MAY_ARRIVE}`, underWay: service.version };
}
