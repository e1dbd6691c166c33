/** How the rollout came to where it is, as the judge needs it: from the record, which outlives every process. */
import { needsLatency, questionsOf } from '../judge/questions.ts';
import { cloneShare } from './clone.ts';
import type { Judging, Look, MetricTiming, ServedStage } from '../judging-types.ts';
import type { Instant, Millis, RolloutRecord, Stage } from '../types.ts';

/**
 * Evidence begins with the canary's first live stage, but not much before the present one: the
 * longer a healthy past, the later a fault is seen. And a held rollout may wait for ever, where no
 * stage has to be watched for longer than a week.
 */
const MOST_PERIODS = { before: 60, present: 7 * 24 * 60 };

/** Sample periods until a split is surely served; most are in seconds. */
const LONGEST_SETTLING = 3;

/** Three hours on Cloud Run. */
const PAST_PERIODS = 180;

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
    // When an earlier split was first served is forgotten. What was its warm-up must not be less now.
    const from = index < record.stage ? asked + LONGEST_SETTLING * timing.samplePeriod : served;
    const beside = record.clone === null ? {} : { baselinePercent: cloneShare(percent) };
    return percent === 0 ? [] : [{ percent, ...beside, asked, from }];
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

/** Whole rows that a verdict takes after the warm-up, and the one that the stage begins in. */
const LEAST_ROWS = 3 + 1;

/** How long after its split is served a stage can have passed: however short it is, it gets so long. */
export function verdictAfter({ bake }: Stage, judging: Judging, timing: MetricTiming): Millis {
  const warmUp = needsLatency(questionsOf(judging.criteria)) ? judging.warmUp : 0;
  return Math.max(bake, (warmUp + LEAST_ROWS) * timing.samplePeriod) + timing.ingestDelay;
}

/** From when on the judge wants to know everything, at the end of the data. */
export function evidenceFrom({ stages, samplePeriod }: Look, to: Instant): Instant {
  const present: ServedStage = stages.at(-1) ?? stages[0];
  return Math.max(
    stages[0].asked,
    present.asked - MOST_PERIODS.before * samplePeriod,
    to - MOST_PERIODS.present * samplePeriod,
  );
}

/** The time before a canary had users: what the stable revision is like (judging.md 3). */
export function historyBefore(
  to: Instant,
  samplePeriod: Millis,
): { readonly from: Instant; readonly to: Instant } {
  return { from: to - PAST_PERIODS * samplePeriod, to };
}
