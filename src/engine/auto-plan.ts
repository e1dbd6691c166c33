/** `stages: auto`: the stages that the service's own traffic can fill, chosen once and then frozen. */
import { autoStages } from '../core/rollout/auto-stages.ts';
import { planHash } from '../core/rollout/plan.ts';
import { soleRevision } from '../core/rollout/traffic.ts';
import { Problem } from '../core/problem.ts';
import type { MetricTiming, PastMinute } from '../core/judging-types.ts';
import type { Plan, ServiceSnapshot } from '../core/types.ts';
import type { Ports } from './loop.ts';

/** As long as the judge's own history. */
const PAST_PERIODS = 180;

export async function fittedPlan(
  plan: Plan,
  found: { readonly service: ServiceSnapshot; readonly timing: MetricTiming },
  { metrics, cancel }: Pick<Ports, 'metrics'> & { readonly cancel: AbortSignal },
): Promise<Plan> {
  const { service, timing } = found;
  const kept = keptPlan(plan, service);
  if (kept !== null) return kept;
  const history = await pastOf(service, timing, { metrics, cancel });
  const stages = autoStages(timing, requestsPerPeriod(history), plan.judging.minRequests);
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
async function pastOf(
  service: ServiceSnapshot,
  { samplePeriod, ingestDelay }: MetricTiming,
  { metrics, cancel }: Pick<Ports, 'metrics'> & { readonly cancel: AbortSignal },
): Promise<readonly PastMinute[]> {
  const stable = soleRevision(service.asked) ?? service.latestReady;
  const now = service.readAt;
  const to = now - ingestDelay;
  const history = { from: to - PAST_PERIODS * samplePeriod, to };
  const query = { canary: stable, baseline: stable, from: to - samplePeriod, to, now };
  try {
    return (await metrics.observe({ ...query, samplePeriod, history }, cancel)).history;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [];
  }
}

/** Of the whole service. A period without a point of the stable revision had no request. */
function requestsPerPeriod(history: readonly PastMinute[]): number | null {
  const first = history[0];
  if (first === undefined) return null;
  const requests = history.reduce(
    (sum, { cell, share }) => sum + (share > 0 ? cell.requests / share : 0),
    0,
  );
  return requests / PAST_PERIODS;
}
