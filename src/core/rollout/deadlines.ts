/** When a stage stops waiting, and after which time anybody may end the rollout. */
import { suspicionLimit, verdictAfter } from './look.ts';
import type { MetricTiming } from '../judging-types.ts';
import type { Instant, Millis, Plan } from '../types.ts';

/**
 * Between the time a stage gives up waiting for data and the time anybody may end the rollout:
 * room for the owner to notice, to lose a few races, and for the split to settle.
 */
export const SLACK: Millis = 5 * 60_000;

/** A look at a stage is over within this. Whoever is at it for longer has died of something. */
const LOOK: Millis = 5 * 60_000;

export type DriveSettings = { readonly plan: Plan; readonly timing: MetricTiming };

export type Paced = DriveSettings & { readonly pace: 'wait' | 'look' };

/** When the stage that begins now stops waiting for data. The 0 % stage waits for readiness instead. */
export function patienceEnd(drive: DriveSettings, stage: number, at: Instant): Instant {
  const { plan, timing } = drive;
  const planned = plan.stages[stage - 1];
  return planned === undefined
    ? at + plan.deployTimeout
    : at + planned.bake + timing.ingestDelay + plan.noDataTimeout;
}

export function dueOf(drive: DriveSettings, stage: number, at: Instant): Instant {
  const { plan, timing } = drive;
  const planned = plan.stages[stage - 1];
  const least =
    planned === undefined
      ? plan.deployTimeout + (plan.smoke?.warmUp ?? 0)
      : Math.max(suspicionLimit(planned, timing), verdictAfter(planned, plan.judging, timing));
  const latest = Math.max(patienceEnd(drive, stage, at), at + least);
  return latest + SLACK + 2 * timing.samplePeriod;
}

/** Of a stage above 0 %: whoever comes for a look only must not keep later looks away for the stage. */
export function pacedDue(drive: Paced, stage: number, at: Instant): Instant {
  const due = dueOf(drive, stage, at);
  const look = at + LOOK + SLACK + 2 * drive.timing.samplePeriod;
  return drive.pace === 'look' && stage > 0 ? Math.min(due, look) : due;
}
