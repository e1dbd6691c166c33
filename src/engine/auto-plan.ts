/** `stages: auto`: the stages that the service's own traffic can fill, chosen once and then frozen. */
import { trafficNow } from '../core/forecast/requests.ts';
import { autoStages } from '../core/rollout/auto-stages.ts';
import { planHash } from '../core/rollout/plan.ts';
import type { MetricTiming, PastMinute } from '../core/judging-types.ts';
import type { Plan, ServiceSnapshot } from '../core/types.ts';
import { recentPast } from './recent-past.ts';
import type { Data } from './recent-past.ts';

export async function fittedPlan(
  plan: Plan,
  found: { readonly service: ServiceSnapshot; readonly timing: MetricTiming },
  world: Parameters<typeof recentPast>[2],
): Promise<Plan> {
  const { service, timing } = found;
  const kept = keptPlan(plan, service);
  if (kept !== null) return kept;
  const { samplePeriod, ingestDelay } = timing;
  const data = { until: service.readAt - ingestDelay, samplePeriod };
  const pace = requestsPerPeriod(await recentPast(service, data, world), data);
  const stages = autoStages(timing, pace, plan.judging.minRequests);
  return rehashed({ ...plan, stages });
}

/** A re-run meets its own rollout with other traffic than at the start: its stages stay. */
function keptPlan(plan: Plan, { plan: frozen, record }: ServiceSnapshot): Plan | null {
  if (frozen === null || typeof record === 'string') return null;
  const same = rehashed({ ...plan, stages: frozen.stages });
  return same.hash === record.planHash ? same : null;
}

function rehashed(plan: Plan): Plan {
  return { ...plan, hash: planHash(plan) };
}

function requestsPerPeriod(history: readonly PastMinute[], data: Data): number | null {
  const now = trafficNow(history, data);
  return now === null ? null : (now.requests * data.samplePeriod) / (now.to - now.from);
}
