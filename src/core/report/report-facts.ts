/** From what a process knows at some moment to the Report of it. Pure; rendering is elsewhere. */
import { isFinal } from '../rollout/drafts.ts';
import { endedAsAbandoned } from '../rollout/machine-closed.ts';
import type { Report, StageReport } from './report-model.ts';
import { outlookOf } from './report-progress.ts';
import { gapText, isUnfenced, UNTRIED } from '../rollout/gap.ts';
import { digestOf, splitText } from '../rollout/traffic.ts';
import type { Caller, Goal, Memory, Outcome } from '../decision-types.ts';
import type { Forecast } from '../forecast/forecast-types.ts';
import type { Judgement } from '../judging-types.ts';
import type { Problem } from '../problem.ts';
import type { Plan, RolloutRecord, ServiceRef, ServiceSnapshot } from '../types.ts';

export type Told = {
  readonly service: ServiceSnapshot;
  readonly memory: Memory;
  /** null: still running. */
  readonly ending: { readonly outcome: Outcome; readonly why: string } | null;
  /** Last judgement of each stage this process has watched. */
  readonly judgements: ReadonlyMap<number, Judgement>;
  /** Who had written last when this process let go of the split; null: nobody, or nobody named. */
  readonly outsider: string | null;
  /** Why nothing was begun. */
  readonly refusal?: Problem;
  /** What the first read showed; null: there was none before this. */
  readonly found?: ServiceSnapshot['record'] | null;
};

export type ReportContext = {
  readonly ref: ServiceRef;
  readonly caller: Caller;
  readonly goal: Goal;
  readonly notices: readonly string[];
  readonly forecast: Forecast | null;
};

export function reportOf(context: ReportContext, told: Told): Report {
  const { service, memory, ending } = told;
  const record = reportedRecord(context, told);
  const plan = planIn(context, told);
  const tag = record?.tag ?? plan?.tag ?? '';
  const canary = record?.canary ?? firstRevision(told);
  const starterUrl = record === null ? '' : starterOf(context.caller, record);
  return {
    service: context.ref,
    runUrl: context.caller.runUrl,
    starterUrl,
    rolloutId: record?.rolloutId ?? context.caller.rolloutId,
    attempt: context.caller.attempt,
    outcome: ending?.outcome ?? null,
    phase: record?.phase ?? null,
    reason: reasonOf(told, record),
    why: whyText(told, record),
    stable: record?.stable ?? '',
    canary,
    clone: record?.clone ?? '',
    brought: record?.brought === true,
    image: imageText(record, plan),
    commit: record?.commit ?? context.caller.commit,
    tag,
    url: service.url,
    canaryUrl: service.tags.find((row) => row.tag === tag && row.revision === canary)?.url ?? '',
    percent: canary === '' ? 0 : (service.asked[canary] ?? 0),
    served: service.served,
    stages: record === null ? [] : stageReports(context, told, record),
    timing: context.goal.kind === 'drive' ? context.goal.timing : null,
    startedAt: record?.changedAt[0] ?? null,
    now: service.readAt,
    fence: memory.fence,
    isAsFound: isSame(told.found ?? null, service.record),
    forecast: context.forecast,
    notices: [
      ...context.notices,
      ...baselineNotices(plan),
      ...guaranteeNotices(told),
      ...judgedNotices(told),
    ],
    refusal: refusalOf(told),
    said: memory.doom?.said ?? '',
    outlook: outlookOf(context, told, { record, plan, starterUrl }),
  };
}

/** Every number of the stable revision in the report is its clone's then. */
function baselineNotices(plan: Plan | null): readonly string[] {
  return plan?.baseline === 'fresh'
    ? [
        'baseline: fresh. What is said here of the stable revision in the minutes of a stage was measured on a clone of it, which is as new as the canary and has as much traffic, as far as there is enough for both.',
      ]
    : [];
}

/** The one that was deployed without a rollout; "" when there is none. */
function firstRevision({ service, ending }: Told): string {
  const isFirst = ending?.outcome === 'deployed' || ending?.outcome === 'deploy-failed';
  return isFirst ? service.latestCreated : '';
}

/** Every write has a time of its own. */
function isSame(found: ServiceSnapshot['record'] | null, now: ServiceSnapshot['record']): boolean {
  if (found === null || typeof found === 'string' || typeof now === 'string') return false;
  return found.rolloutId === now.rolloutId && found.phase === now.phase && found.at === now.at;
}

/** An error would bring its stack along. */
function refusalOf({ refusal }: Told): Report['refusal'] {
  if (refusal === undefined) return null;
  const { findings, advice, commands } = refusal;
  return { findings, advice, commands };
}

/** What the record says, but for a promotion that somebody has undone since. */
function reasonOf({ ending, memory }: Told, record: RolloutRecord | null): Report['reason'] {
  if (ending?.outcome === 'released' && record?.phase === 'promoted') return 'drift';
  return record?.reason ?? memory.doom?.reason ?? null;
}

/** As asked for, until Cloud Run has reported a digest. */
function imageText(record: RolloutRecord | null, plan: Plan | null): string {
  const recorded = record?.image ?? '';
  return digestOf(recorded) === null ? (plan?.change.image ?? recorded) : recorded;
}

/** Of the latest judgement: how well the noise is known does not depend on the stage. */
function judgedNotices({ judgements }: Told): readonly string[] {
  const latest = Math.max(...judgements.keys());
  return judgements.get(latest)?.notices ?? [];
}

/** What the one who has found the fence absent says by itself is in `fence`. */
function guaranteeNotices({ memory, service }: Told): readonly string[] {
  const untried = memory.fence === 'unproved' && isUnfenced(memory, service);
  return [...(untried ? [UNTRIED] : []), ...memory.gaps.map(gapText)];
}

/** The rollout this report is about; null when the service holds none that concerns this process. */
function reportedRecord(context: ReportContext, told: Told): RolloutRecord | null {
  const { record } = told.service;
  if (typeof record === 'string') return null;
  const { caller, goal } = context;
  const own = record.rolloutId === caller.rolloutId || record.owner === caller.rolloutId;
  const ended = told.memory.drove && endedAsAbandoned(goal, record);
  // Whoever starts nothing has come for whatever is open.
  const isMeant = goal.kind !== 'drive' || (!goal.mayStart && !isFinal(record));
  return own || ended || isMeant ? record : null;
}

function whyText(told: Told, record: RolloutRecord | null): string {
  const { memory, ending } = told;
  const cause = memory.doom === null ? '' : ` ${memory.doom.why}`;
  if (ending !== null) return `${ending.why}${foundText(told)}${cause}`;
  if (record === null) return '';
  return cause.trimStart();
}

/** Whose the traffic is now: what was found, which is what was left. */
function foundText({ service, ending, outsider }: Told): string {
  if (ending?.outcome !== 'released') return '';
  const who = outsider === null ? '' : `, last changed by ${outsider}`;
  return ` The split asked for is ${splitText(service.asked)}${who}.`;
}

/** Both ids are "<repository id>-<run id>"; only the number of the run differs in the address. */
function starterOf({ rolloutId, runUrl }: Caller, record: RolloutRecord): string {
  const [here] = rolloutId.split('-');
  const [repository, run = ''] = record.rolloutId.split('-');
  return here === repository ? runUrl.replace(/\d+$/, run) : '';
}

function stageReports(
  context: ReportContext,
  told: Told,
  record: RolloutRecord,
): readonly StageReport[] {
  const plan = planIn(context, told);
  return record.percents.slice(0, -1).map((percent, index) => {
    const judgement = told.judgements.get(index) ?? null;
    const state = stageState(record, index, judgement);
    return {
      percent,
      bake: index === 0 ? null : bakeOf(plan, index),
      state,
      judgement,
      note: stageNote(context, told, { record, index, state }),
      startedAt: record.changedAt[index] ?? null,
      endedAt:
        record.changedAt[index + 1] ??
        (index === record.stage && isFinal(record) ? record.at : null),
    };
  });
}

/** The plan this process brought, or the one that is frozen on the service. */
function planIn({ goal }: ReportContext, { service }: Told): Plan | null {
  return (goal.kind === 'drive' ? goal.plan : null) ?? service.plan;
}

function bakeOf(plan: Plan | null, index: number): number | null {
  return plan?.stages[index - 1]?.bake ?? null;
}

function stageState(
  record: RolloutRecord,
  index: number,
  judgement: Judgement | null,
): StageReport['state'] {
  if (index < record.stage) {
    // A person's order passes over the stages that were never reached.
    const wasPromoted = record.stage === record.percents.length - 1;
    return index < record.changedAt.length - (wasPromoted ? 1 : 0) ? 'passed' : 'skipped';
  }
  if (index > record.stage) return isFinal(record) ? 'skipped' : 'waiting';
  if (record.phase === 'active') return 'running';
  if (record.phase === 'held') return record.reason === 'reached' ? 'passed' : 'undecided';
  const failed = judgement?.verdict === 'fail' || isVerdict(record);
  return failed ? 'failed' : 'undecided';
}

function isVerdict(record: RolloutRecord): boolean {
  return (
    record.reason.startsWith('fail:') ||
    record.reason === 'probe-failed' ||
    record.reason === 'not-ready' ||
    record.reason === 'inconclusive'
  );
}

function stageNote(
  context: ReportContext,
  told: Told,
  stage: {
    readonly record: RolloutRecord;
    readonly index: number;
    readonly state: StageReport['state'];
  },
): string {
  const { record, index, state } = stage;
  if (index === record.stage && told.memory.doom !== null) return told.memory.doom.why;
  if (state === 'passed' && index === 0) {
    const asked = planIn(context, told)?.smoke !== null;
    return asked ? 'Answered its probes.' : 'Not probed: smoke_path is off.';
  }
  if (state === 'passed' && !told.judgements.has(index)) return 'Passed in an earlier attempt.';
  return '';
}
