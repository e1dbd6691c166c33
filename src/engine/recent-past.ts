/** What the service has done of late: what `stages: auto` and a forecast both go by. */
import type { PastMinute } from '../core/judging-types.ts';
import { historyBefore } from '../core/rollout/look.ts';
import { soleRevision } from '../core/rollout/traffic.ts';
import type { Instant, Millis, ServiceSnapshot } from '../core/types.ts';
import type { Foresight } from './ports.ts';

/** How far the data of Monitoring reach. */
export type Data = { readonly until: Instant; readonly samplePeriod: Millis };

/** Empty: not known. Nobody's rollout waits for a number that only tells what to expect. */
export async function recentPast(
  service: ServiceSnapshot,
  { until, samplePeriod }: Data,
  world: { readonly foresight: Pick<Foresight, 'history'>; readonly cancel: AbortSignal },
): Promise<readonly PastMinute[]> {
  const stable = soleRevision(service.asked) ?? service.latestReady;
  const window = historyBefore(until, samplePeriod);
  const query = { stable, ...window, samplePeriod };
  return (await world.foresight.history(query, world.cancel)) ?? [];
}
