/** How the rollout came to where it is, as the judge needs it: from the record, which outlives every process. */
import type { Look, MetricTiming, ServedStage } from '../judging-types.ts';
import type { Instant, Millis, RolloutRecord, Stage } from '../types.ts';

/** Evidence begins with the canary's first live stage, but not longer before the present one. */
const MOST_PERIODS_BEFORE = 720;

/** null: the canary has no traffic yet. */
export function lookOf(
  record: RolloutRecord,
  planned: Stage,
  seen: {
    readonly at: Instant;
    /** When the present split was first seen being served; null: not yet. */
    readonly served: Instant | null;
    readonly closed: boolean;
    readonly early: boolean;
    readonly timing: MetricTiming;
  },
): Look | null {
  const { at, served, closed, early, timing } = seen;
  const stages = record.changedAt.slice(0, record.stage + 1).flatMap((asked, index) => {
    const percent = record.percents[index] ?? 0;
    // When an earlier split was first served is forgotten; it matters for the present one only.
    return percent === 0 ? [] : [{ percent, asked, from: index < record.stage ? asked : served }];
  });
  const [first, ...others] = stages;
  if (first === undefined) return null;
  const present = others.at(-1) ?? first;
  const begun = served ?? present.asked;
  return {
    samplePeriod: timing.samplePeriod,
    stages: [first, ...others],
    nextPercent: record.percents[record.stage + 1] ?? 100,
    closed,
    early,
    lapsed: at >= begun + suspicionLimit(planned, timing),
  };
}

/** How long a stage may last while it is suspicious. */
export function suspicionLimit({ bake }: Stage, { ingestDelay }: MetricTiming): Millis {
  return 2 * (bake + ingestDelay);
}

/** From when on the judge wants to know everything. */
export function evidenceFrom({ stages, samplePeriod }: Look): Instant {
  const present: ServedStage = stages.at(-1) ?? stages[0];
  return Math.max(stages[0].asked, present.asked - MOST_PERIODS_BEFORE * samplePeriod);
}
