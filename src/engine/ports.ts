/** What the engine needs of the world, in our words. Each is implemented by one edge. */
import type { Problem } from '../core/problem.ts';
import type { Report } from '../core/report/report-model.ts';
import type { RevisionState } from '../core/decision-types.ts';
import type { Acceptance, Commits, ConfigDiff } from '../core/forecast/forecast-types.ts';
import type { TrafficPast } from '../core/forecast/requests.ts';
import type {
  ErrorLog,
  MetricTiming,
  Minute,
  Observation,
  PastMinute,
} from '../core/judging-types.ts';
import type { FirstDeployment } from '../core/service-types.ts';
import type { Smoke } from '../core/smoke-types.ts';
import type { TemplateChange, TemplateCopy } from '../core/template-types.ts';
import type {
  Entrance,
  Instant,
  Millis,
  Plan,
  RecordDraft,
  ServiceSnapshot,
} from '../core/types.ts';

export type WriteAnswer =
  | { readonly kind: 'applied' }
  /** Conflict, lost or unreadable answer: nothing is known but that the service must be read again. */
  | {
      readonly kind: 'read-again';
      readonly why: string;
      /** It may still arrive: nobody has answered who would know. */
      readonly isUnderWay?: true;
      /** Too many requests: it is nobody else who writes. */
      readonly isOverQuota?: true;
    }
  /** The service will not take it, now or later. */
  | { readonly kind: 'refused'; readonly problem: Problem };

/** `copy`: what a start with a clone makes its two revisions from. Not given: the template in force. */
export type StartPlan = Plan & { readonly copy?: TemplateCopy };

/** The service and its one write. All a rollback needs (S13). */
export interface CloudRun {
  /** @throws Problem `service-missing`, `denied`, `bad-answer`, `unreachable`. */
  read(): Promise<ServiceSnapshot>;
  /**
   * One fenced PUT from the read it was decided from. It is never sent twice.
   * `plan` only at the start: it makes the revision that the record calls canary, or its clone if
   * that comes first, and is frozen.
   */
  write(from: ServiceSnapshot, next: RecordDraft, plan: StartPlan | null): Promise<WriteAnswer>;
  /**
   * What a start with a clone of `stable` sends: of the revision itself, where the template in force
   * is another one's. @throws Problem `bad-input`: no clone can be made of it; `denied`, `unreachable`.
   */
  copy(from: ServiceSnapshot, stable: string): Promise<TemplateCopy>;
  /**
   * Whether anything but image and origin labels of the template in force would be another one.
   * @throws Problem `bad-input`: the change cannot be made to it.
   */
  differs(from: ServiceSnapshot, change: TemplateChange): Promise<boolean>;
  /** Whether the service refuses a write with a wrong version. @throws Problem if it cannot tell. */
  proveFence(from: ServiceSnapshot): Promise<boolean>;
}

/** As of any write, and when it was refused. `at`: server time; null: nothing was sent. */
export type FirstAnswer =
  | Exclude<WriteAnswer, { readonly kind: 'refused' }>
  | { readonly kind: 'refused'; readonly problem: Problem; readonly at: Instant | null };

/** The one write without a record: where nothing has ever been ready, nothing can be undone. */
export interface FirstDeploys {
  /** Who would reach the service then. @throws Problem: the change cannot be made to it. */
  entrance(from: ServiceSnapshot | null, change: TemplateChange): Entrance;
  /**
   * `from` null: makes the service. Else one fenced PUT of the template. It is never sent twice.
   * @throws Problem never; what cannot be sent is refused.
   */
  deploy(
    from: ServiceSnapshot | null,
    first: FirstDeployment,
    change: TemplateChange,
  ): Promise<FirstAnswer>;
  /** The same as a dry run. @throws Problem with Cloud Run's words when it refuses what would be sent. */
  rehearseFirst(
    from: ServiceSnapshot | null,
    first: FirstDeployment,
    change: TemplateChange,
  ): Promise<Acceptance>;
}

/** What the official client is used for. No rollback depends on it. */
export interface Revisions {
  /** health `gone`: there is no such revision. @throws Problem `denied`, `unreachable`. */
  state(revision: string): Promise<RevisionState>;
  /** Those of `permissions` on the service that the caller does not have. */
  missingPermissions(permissions: readonly string[]): Promise<readonly string[]>;
}

export type Removal =
  | 'deleted'
  /** There is no such revision. */
  | 'gone'
  /** It was not made by a rollout. */
  | 'not-ours';

/** Deletes what a rollout has made and undone. No decision knows of it. */
export interface Remover {
  /** Cloud Run deletes none that has traffic or a tag, nor the latest. @throws Problem. */
  remove(revision: string): Promise<Removal>;
}

/** What only the checks before a start ask, so that a refusal says more. None of it is relied on. */
export interface Doctor {
  /** Names of the services in the region; none where they may not be listed. */
  neighbours(): Promise<readonly string[]>;
  /** Whether this job may let a revision run as the account; null: it cannot be found out. */
  mayActAs(account: string): Promise<boolean | null>;
  /** A notice at once if anything would keep the request log from being read. It never throws. */
  checkLog(now: Instant, signal: AbortSignal): Promise<void>;
}

export type ObservationQuery = {
  readonly canary: string;
  readonly baseline: string;
  /** Whose history it is: the stable revision, also where a clone of it is the baseline. */
  readonly stable: string;
  readonly from: Instant;
  readonly to: Instant;
  /** Server time: the request log is seconds old where `to` is as old as the ingest delay. */
  readonly now: Instant;
  readonly samplePeriod: Millis;
  /**
   * Before the canary had users. null: nothing is read but what was measured; without a past there
   * is no request log to trust either.
   */
  readonly history: { readonly from: Instant; readonly to: Instant } | null;
  /** false: nobody asks about memory. */
  readonly readsMemory: boolean;
};

export interface Metrics {
  /** From the metric descriptors; `problem` says why a fallback is used. @throws Problem `denied`. */
  timing(): Promise<MetricTiming & { readonly notice: string | null }>;
  /** Points wholly inside the window. @throws Problem `denied`, `unreachable`, `bad-answer`. */
  observe(query: ObservationQuery, signal: AbortSignal): Promise<Observation>;
}

export type ErrorLogQuery = Omit<ObservationQuery, 'to' | 'history' | 'readsMemory'> & {
  /** What was measured: the rows of the log are laid on the same grid, and compared with it. */
  readonly minutes: readonly Minute[];
  readonly past: readonly PastMinute[];
};

/** Asked by Metrics, so that an observation is one thing. */
export interface ErrorLogs {
  /** It never throws, for it only makes a verdict faster. null: errors are what Metrics counted. */
  read(query: ErrorLogQuery, signal: AbortSignal): Promise<ErrorLog | null>;
}

export type PastQuery = {
  readonly stable: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly samplePeriod: Millis;
};

/** What a start wants to know beforehand. Nothing that a rollout goes on to do needs any of it. */
export interface Foresight {
  /**
   * The first write as a dry run that could not be taken either way.
   * @throws Problem with Cloud Run's words when it refuses what would be sent.
   */
  rehearse(from: ServiceSnapshot, next: RecordDraft, plan: Plan): Promise<Acceptance>;
  /** In what the canary will differ from this revision. @throws Problem when that one is not read. */
  changes(
    from: ServiceSnapshot,
    stable: string,
    plan: Pick<Plan, 'change' | 'brings'>,
  ): Promise<ConfigDiff>;
  /** Requests to the whole service by the hour. @throws Problem when they cannot be read. */
  traffic(window: Omit<TrafficPast, 'hours'>, signal: AbortSignal): Promise<TrafficPast>;
  /** The minutes of one revision. null: not to be read now. */
  history(query: PastQuery, signal: AbortSignal): Promise<readonly PastMinute[] | null>;
  /** It never throws: without leave to read them there is one notice, and the link. */
  commits(base: string, head: string): Promise<Commits>;
}

export type ProbeResult =
  | { readonly ok: true; readonly status: number; readonly why: string }
  /** `why`: one plain sentence with what to do. */
  | { readonly ok: false; readonly status: number | null; readonly why: string };

export type ProbeTarget = {
  readonly url: string;
  readonly revision: string;
  /** The service's own URL, which identity tokens are for. */
  readonly serviceUrl: string;
  readonly smoke: Smoke;
};

export interface Prober {
  probe(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult>;
  /** Requests at the smoke rate that nobody judges. `why`: how many, as a sentence. */
  warmUp(
    target: ProbeTarget,
    atMost: Millis,
    signal: AbortSignal,
  ): Promise<{ readonly why: string }>;
}

/** Shows the rollout. It never throws and never decides (S15). */
export interface Reporter {
  update(report: Report): Promise<void>;
}

export interface Clock {
  /** Ends early, without an error, when the signal fires. */
  sleep(ms: Millis, signal: AbortSignal): Promise<void>;
  /** Monotonic; only differences mean anything. */
  monotonic(): Millis;
}

/** Text is raw; the edge makes it harmless. */
export interface Log {
  group(title: string): void;
  line(text: string): void;
  notice(text: string): void;
  warning(text: string): void;
}
