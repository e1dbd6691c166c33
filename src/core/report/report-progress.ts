/** How far a rollout is, and when it can end: by the rules by which its stages do. Pure. */
import { stageSpans, startSpan } from '../forecast/spans.ts';
import { rerunOf } from './report-again.ts';
import type { Outlook, Progress } from './report-model.ts';
import type { ReportContext, Told } from './report-facts.ts';
import { isFinal } from '../rollout/drafts.ts';
import type { DriveSettings } from '../rollout/deadlines.ts';
import { verdictAfter } from '../rollout/look.ts';
import { stopPercent } from '../rollout/machine-stage.ts';
import type { Goal } from '../decision-types.ts';
import type { Instant, Percent, Plan, RolloutRecord } from '../types.ts';

type Drive = Extract<Goal, { kind: 'drive' }>;

/** Of a rollout somebody drives: its record and what is known of the present stage. */
type Driven = {
  readonly drive: DriveSettings;
  readonly goal: Drive;
  readonly record: RolloutRecord;
  readonly told: Told;
};

export function outlookOf(
  { goal, caller }: ReportContext,
  told: Told,
  known: {
    readonly record: RolloutRecord | null;
    readonly plan: Plan | null;
    readonly starterUrl: string;
  },
): Outlook {
  const { record, plan, starterUrl } = known;
  const isDriven = told.ending === null && record?.phase === 'active' && goal.kind === 'drive';
  return {
    progress:
      isDriven && goal.pace === 'wait' && plan !== null
        ? progressOf({ drive: { plan, timing: goal.timing }, goal, record, told })
        : null,
    dispatch: caller.dispatch ?? null,
    onCancel: plan?.onCancel ?? null,
    due: record === null || isFinal(record) ? null : record.due,
    // Whatever can be read has a version.
    isMissing: told.service.version === '',
    rerun: rerunOf({ caller, goal, record, starterUrl }, told),
  };
}

function progressOf(driven: Driven): Progress {
  const { drive, record, told } = driven;
  const now = told.service.readAt;
  const spans = stageSpans(drive);
  const stop = stopOf(driven);
  const begun = record.stage === 0 ? startSpan(drive, stop.percent) : spans[record.stage - 1];
  const ahead = spans.slice(record.stage, stop.stage);
  const since = servedSince(driven) ?? record.at;
  const rest = (side: 'earliest' | 'latest'): number =>
    ahead.reduce((total, span) => total + span[side], 0);
  return {
    stage: record.stage === 0 ? null : stageProgress(driven, now),
    until: stop.percent,
    earliest: Math.max(now, since + (begun?.earliest ?? 0)) + rest('earliest'),
    latest: Math.max(now, record.at + (begun?.latest ?? 0)) + rest('latest'),
  };
}

function stageProgress(driven: Driven, now: Instant): Progress['stage'] {
  const { drive, record, told } = driven;
  const { plan, timing } = drive;
  const planned = plan.stages[record.stage - 1];
  if (planned === undefined) return null;
  const served = servedSince(driven);
  const since = served ?? now;
  const least = { ...planned, bake: planned.least };
  const lookedAt = told.memory.stage?.lookedAt ?? null;
  const firstLook = since + timing.samplePeriod + timing.ingestDelay;
  const nextLook = lookedAt === null ? firstLook : lookedAt + timing.samplePeriod;
  return {
    bakeEnds: served === null ? null : served + planned.bake,
    verdictFrom: Math.max(now, since + verdictAfter(least, plan.judging, timing)),
    nextLook: Math.max(now, nextLook),
  };
}

function servedSince({ told, record }: Driven): Instant | null {
  const { stage } = told.memory;
  return stage?.index === record.stage ? stage.servedSince : null;
}

/** The stage at which this run holds, or the last one; what the canary has then. */
function stopOf({ drive, goal, record, told }: Driven): {
  readonly stage: number;
  readonly percent: Percent;
} {
  const asked = stopPercent(goal, told.memory, record);
  const stages = [{ percent: 0, gate: false }, ...drive.plan.stages];
  const stage = stages.findIndex(
    ({ percent, gate }, index) =>
      index >= record.stage && ((gate && !goal.opensGates) || percent >= asked),
  );
  return {
    stage: stage === -1 ? stages.length - 1 : stage,
    percent: stages[stage]?.percent ?? 100,
  };
}
