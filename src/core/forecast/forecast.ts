/** Everything that can be said of a rollout beforehand, put together. Pure. */
import { detectableIn, noiseFor } from './detectable.ts';
import type { Commits, ConfigChange, Forecast, StageForecast } from './forecast-types.ts';
import type { Acceptance, Span } from './forecast-types.ts';
import { outlookOf } from './requests.ts';
import type { TrafficNow, TrafficOutlook, TrafficPast } from './requests.ts';
import { runnerOf, stageSpans, startSpan, watched, wholeSpan } from './spans.ts';
import type { DriveSettings } from '../rollout/deadlines.ts';
import type { PastMinute } from '../judging-types.ts';
import type { Instant, Percent, Stage } from '../types.ts';

export type Known = {
  readonly drive: DriveSettings;
  /** Where this run stops: 0 for deploy. */
  readonly until: Percent;
  readonly at: Instant;
  /** null: it could not be read. */
  readonly past: TrafficPast | null;
  readonly now: TrafficNow;
  /** What the judge will learn the noise from, as far as it has happened yet. */
  readonly history: readonly PastMinute[];
  readonly acceptance: Acceptance;
  readonly changes: readonly ConfigChange[] | null;
  readonly commits: Commits | null;
};

export function forecastOf(known: Known): Forecast {
  const { drive, until, at, acceptance, changes, commits } = known;
  const outlook = outlookOf(known.past, known.now);
  return {
    at,
    stages: stagesOf(known, outlook),
    deployTimeout: drive.plan.deployTimeout,
    whole: wholeSpan(drive, until),
    stops: until === 0 ? 'at 0 %' : 'promoted',
    gates: drive.plan.stages.filter(({ gate }) => gate).length,
    runner: runnerOf(drive, until),
    traffic: outlook.basis,
    errorRate: errorRateOf(known),
    acceptance,
    changes,
    commits,
  };
}

/** Each is taken to begin as early as it can. */
function stagesOf({ drive, until, at, history }: Known, outlook: TrafficOutlook): StageForecast[] {
  const { plan, timing } = drive;
  const spans = stageSpans(drive);
  let begins = at + startSpan(drive, until).earliest;
  return plan.stages.map((stage, index) => {
    const { earliest, latest }: Span = spans[index] ?? { earliest: 0, latest: 0 };
    const span = watched(drive, stage);
    const all = outlook.between(begins, begins + span);
    begins += earliest;
    const requests = all === null ? null : (all * stage.percent) / 100;
    const nextPercent = plan.stages[index + 1]?.percent ?? 100;
    const basis = { history, judging: plan.judging, samplePeriod: timing.samplePeriod };
    const seen = { percent: stage.percent, nextPercent, span, requests: requests ?? 0 };
    return {
      ...shapeOf(stage),
      earliest,
      latest,
      requests,
      isThin: requests !== null && requests < Math.max(1, plan.judging.minRequests),
      ...detectableIn(seen, basis),
    };
  });
}

function shapeOf({ percent, bake, least, gate }: Stage): Stage {
  return { percent, bake, least, gate };
}

/** null: nothing is known of the service yet. */
function errorRateOf({ history, drive }: Known): number | null {
  if (history.length === 0) return null;
  const { plan, timing } = drive;
  const basis = { history, judging: plan.judging, samplePeriod: timing.samplePeriod };
  const noise = noiseFor({ requests: 0, percent: 1, span: 0 }, basis);
  return noise.minutes === 0 ? null : noise.errorRate;
}
