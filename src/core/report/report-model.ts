/** What a report is made from. Values are raw; rendering escapes them. */
import type { Rerun } from './report-again.ts';
import type { Dispatch, Outcome } from '../decision-types.ts';
import type { Forecast } from '../forecast/forecast-types.ts';
import type { Judgement, MetricTiming } from '../judging-types.ts';
import type { Problem } from '../problem.ts';
import type { Instant, Millis, Percent, Phase, Plan, Reason, ServiceRef, Split } from '../types.ts';

export type StageReport = {
  readonly percent: Percent;
  /** null: the 0 % stage, which is proved by probes. */
  readonly bake: Millis | null;
  readonly state: 'waiting' | 'running' | 'passed' | 'failed' | 'undecided' | 'skipped';
  readonly judgement: Judgement | null;
  /** One sentence; "" while there is nothing to say. */
  readonly note: string;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
};

/** How far a rollout is that somebody drives. */
export type Progress = {
  /** null: the canary is proved at 0 %. */
  readonly stage: {
    /** null: its split is not served yet. */
    readonly bakeEnds: Instant | null;
    readonly verdictFrom: Instant;
    readonly nextLook: Instant;
  } | null;
  /** Where this run leaves it; 100: promoted. */
  readonly until: Percent;
  readonly earliest: Instant;
  /** With all patience used up. */
  readonly latest: Instant;
};

/** What only a person has a use for: the report for machines leaves it out. */
export type Outlook = {
  /** null: nobody drives it. */
  readonly progress: Progress | null;
  /** null: nobody knows of a way to start this workflow by hand. */
  readonly dispatch: Dispatch | null;
  /** null: the plan is not known. */
  readonly onCancel: Plan['onCancel'] | null;
  /** From when on anybody may end it; null: nothing is open. */
  readonly due: Instant | null;
  /** There is no service yet that could be described. */
  readonly isMissing: boolean;
  /** null: it is not over, or nobody knows what to run once more. */
  readonly rerun: Rerun | null;
};

export type Report = {
  readonly service: ServiceRef;
  /** Run page, "" when there is none. */
  readonly runUrl: string;
  /** Page of the run that started the rollout; "" when it is not one of this repository. */
  readonly starterUrl: string;
  readonly rolloutId: string;
  readonly attempt: number;
  /** null: still running. */
  readonly outcome: Outcome | null;
  readonly phase: Phase | null;
  readonly reason: Reason | null;
  /** One plain sentence: what happened and why. */
  readonly why: string;
  readonly stable: string;
  readonly canary: string;
  /** Clone that the canary is held against; "" while there is none. */
  readonly clone: string;
  /** Somebody else has made it. */
  readonly brought: boolean;
  readonly image: string;
  readonly commit: string;
  readonly tag: string;
  readonly url: string;
  readonly canaryUrl: string;
  /** Share of the canary as the service was last asked. */
  readonly percent: Percent;
  readonly served: Split;
  readonly stages: readonly StageReport[];
  readonly timing: MetricTiming | null;
  readonly startedAt: Instant | null;
  readonly now: Instant;
  /** Which guarantee is in force: whether the service refuses stale writes. */
  readonly fence: 'unproved' | 'proved' | 'absent';
  /** The record is still the one that this process has found: it has moved nothing yet. */
  readonly isAsFound: boolean;
  /** What was said of it before its first write; null: nothing. */
  readonly forecast: Forecast | null;
  readonly notices: readonly string[];
  /** Everything that kept a rollout from beginning; null: it began, or there is none. */
  readonly refusal: Pick<Problem, 'findings' | 'advice' | 'commands'> | null;
  /** Cloud Run's own words about a canary that it could not run; "" where there are none. */
  readonly said: string;
  readonly outlook: Outlook;
};
