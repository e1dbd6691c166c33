/** `stages: auto`: the stages that the service's own traffic can fill, chosen once and then frozen. */
import { trafficNow } from '../core/forecast/requests.ts';
import { autoStages } from '../core/rollout/auto-stages.ts';
import { historyBefore } from '../core/rollout/look.ts';
import { planHash } from '../core/rollout/plan.ts';
import { soleRevision } from '../core/rollout/traffic.ts';
import { Problem } from '../core/problem.ts';
import type { MetricTiming, PastMinute } from '../core/judging-types.ts';
import type { Instant, Millis, Plan, ServiceSnapshot } from '../core/types.ts';
import type { Ports } from './loop.ts';

/** How far the data of Monitoring reach. */
type Data = { readonly until: Instant; readonly samplePeriod: Millis };

export async function fittedPlan(
  plan: Plan,
  found: { readonly service: ServiceSnapshot; readonly timing: MetricTiming },
  { metrics, cancel }: Pick<Ports, 'metrics'> & { readonly cancel: AbortSignal },
): Promise<Plan> {
  const { service, timing } = found;
  const kept = keptPlan(plan, service);
  if (kept !== null) return kept;
  const { samplePeriod, ingestDelay } = timing;
  const data = { until: service.readAt - ingestDelay, samplePeriod };
  const pace = requestsPerPeriod(await pastOf(service, data, { metrics, cancel }), data);
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

/** Empty: not known. Nobody's rollout waits for a number that only makes it shorter. */
export async function pastOf(
  service: ServiceSnapshot,
  { until: to, samplePeriod }: Data,
  { metrics, cancel }: Pick<Ports, 'metrics'> & { readonly cancel: AbortSignal },
): Promise<readonly PastMinute[]> {
  const stable = soleRevision(service.asked) ?? service.latestReady;
  const now = service.readAt;
  const history = historyBefore(to, samplePeriod);
  const window = { from: to - samplePeriod, to, now, samplePeriod, history };
  const sides = { canary: stable, baseline: stable, stable };
  const query = { ...sides, ...window, readsLog: false, readsMemory: false };
  try {
    return (await metrics.observe(query, cancel)).history;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [];
  }
}

function requestsPerPeriod(history: readonly PastMinute[], data: Data): number | null {
  const now = trafficNow(history, data);
  return now === null ? null : (now.requests * data.samplePeriod) / (now.to - now.from);
}
