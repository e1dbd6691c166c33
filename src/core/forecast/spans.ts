/** How long a rollout takes, by the rules by which its stages end. */
import { patienceEnd } from '../rollout/deadlines.ts';
import type { DriveSettings } from '../rollout/deadlines.ts';
import { suspicionLimit, verdictAfter } from '../rollout/look.ts';
import { SETTLES_WITHIN } from '../rollout/machine-bake.ts';
import { durationText } from '../report/report-numbers.ts';
import type { Forecast, Span } from './forecast-types.ts';
import type { Millis, Percent, Stage } from '../types.ts';

const MINUTE: Millis = 60_000;
/** As in examples/resume-on-schedule.yml. */
const RESUME_EVERY: Millis = 10 * MINUTE;

/** One for each stage, without the wait at its gate. */
export function stageSpans(drive: DriveSettings): readonly Span[] {
  return drive.plan.stages.map((stage, index) => stageSpan(drive, stage, index + 1));
}

function stageSpan(drive: DriveSettings, stage: Stage, index: number): Span {
  const { plan, timing } = drive;
  const earliest = verdictAfter({ ...stage, bake: stage.least }, plan.judging, timing);
  const suspicious = Math.max(
    suspicionLimit(stage, timing),
    verdictAfter(stage, plan.judging, timing),
  );
  const latest = Math.max(
    patienceEnd(drive, index, 0),
    SETTLES_WITHIN + suspicious + 2 * timing.samplePeriod,
  );
  return { earliest, latest };
}

/** Until the canary gets its first user, or is held at 0 %. Probes come when the revision is ready. */
export function startSpan({ plan }: DriveSettings, until: Percent): Span {
  const { smoke, deployTimeout } = plan;
  const warmUp = until === 0 ? 0 : (smoke?.warmUp ?? 0);
  const proof = smoke === null ? 0 : (smoke.probes / smoke.rate) * 1000 + warmUp;
  return { earliest: proof, latest: deployTimeout + proof };
}

/** How long the canary is watched at a stage, at most, if its data come: a verdict takes some rows. */
export function watched(drive: DriveSettings, stage: Stage): Millis {
  const { plan, timing } = drive;
  return verdictAfter(stage, plan.judging, timing) - timing.ingestDelay;
}

export function wholeSpan(drive: DriveSettings, until: Percent): Span {
  const { plan } = drive;
  const start = startSpan(drive, until);
  if (until === 0) return start;
  const gates = plan.stages.filter(({ gate }) => gate).length;
  const spans = stageSpans(drive);
  return {
    earliest: start.earliest + sum(spans.map(({ earliest }) => earliest)),
    latest: start.latest + sum(spans.map(({ latest }) => latest)) + gates * plan.holdFor,
  };
}

/** What GitHub gives a job on a machine of its own. */
const LONGEST_JOB: Millis = 6 * 60 * MINUTE;

/** A job that cannot come to its end is cancelled at some stage, hours after everybody has gone home. */
export function jobNotices(drive: DriveSettings, until: Percent): readonly string[] {
  const longest = Math.max(...jobsOf(drive, until).map(({ earliest }) => earliest));
  return longest < LONGEST_JOB
    ? []
    : [
        `A job of this rollout takes ${durationText(longest)} at least, and GitHub ends a job on its own runners after ${durationText(LONGEST_JOB)}, which counts as a cancel. Wait without a runner (docs/strategies.md), or shorten the stages.`,
      ];
}

export function runnerOf(drive: DriveSettings, until: Percent): Forecast['runner'] {
  const start = startSpan(drive, until);
  const jobs = jobsOf(drive, until);
  const baked = sum(stageSpans(drive).map(({ earliest }) => earliest));
  return {
    jobs: jobs.length,
    least: sum(jobs.map(({ earliest }) => billed(earliest))),
    most: sum(jobs.map(({ latest }) => billed(latest))),
    resumed: billed(start.earliest) + Math.ceil(baked / RESUME_EVERY),
  };
}

/** A job waits through its stages and ends at a gate; nobody is billed for the wait behind it. */
function jobsOf(drive: DriveSettings, until: Percent): readonly Span[] {
  const start = startSpan(drive, until);
  const spans = stageSpans(drive);
  const jobs: Span[] = [start];
  if (until > 0) {
    for (const [index, span] of spans.entries()) {
      const isBehindGate = index > 0 && drive.plan.stages[index - 1]?.gate === true;
      if (isBehindGate) jobs.push({ earliest: 0, latest: 0 });
      jobs.push(plus(jobs.pop() ?? start, span));
    }
    // Whoever opens the last gate has only the promotion left to do.
    if (drive.plan.stages.at(-1)?.gate === true) jobs.push({ earliest: 0, latest: 0 });
  }
  return jobs;
}

/** GitHub rounds the time of each job up to a whole minute. */
export function billed(duration: Millis): number {
  return Math.max(1, Math.ceil(duration / MINUTE));
}

function plus(one: Span, other: Span): Span {
  return { earliest: one.earliest + other.earliest, latest: one.latest + other.latest };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
