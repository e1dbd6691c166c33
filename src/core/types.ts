/** Every noun of the domain. The words are those of src/README.md. */

/** Whole percent, 0 to 100. */
export type Percent = number;
export type Millis = number;
/** Epoch milliseconds of the SERVER's clock. Only edges make one, from a Date header or a time stamp. */
export type Instant = number;

export type ServiceRef = {
  readonly project: string;
  readonly region: string;
  readonly service: string;
};

export type Stage = { readonly percent: Percent; readonly bake: Millis };

export type Metric = 'error-rate' | 'latency-p50' | 'latency-p95' | 'latency-p99';

/** One question the judge asks. With both limits null nothing is asked. */
export type Criterion = {
  readonly metric: Metric;
  /** Absolute ceiling for the canary: a fraction of requests (0…1) or milliseconds. null: none. */
  readonly max: number | null;
  /**
   * How much worse than the stable revision still does not matter: fraction of requests for the
   * error rate (0.005 = half a percentage point), ratio for latencies (0.25 = a quarter slower).
   * null: not compared with the stable revision.
   */
  readonly maxIncrease: number | null;
};

export type Judging = {
  readonly criteria: readonly Criterion[];
  /** Requests the canary must have answered in a stage before the stage may pass. */
  readonly minRequests: number;
};

/** What is asked of the tag URL before a single user is sent to the canary. */
export type Smoke = {
  /** Path and query, from "/". */
  readonly path: string;
  /** Accepted status codes, both ends included. */
  readonly statuses: readonly { readonly from: number; readonly to: number }[];
  /** Answer header that must hold the canary's revision name; null: the app reports none. */
  readonly revisionHeader: string | null;
};

/** What differs in the canary's template from the template in force. */
export type TemplateChange = { readonly image: string };

export type Plan = {
  readonly change: TemplateChange;
  /** Traffic tag of the canary. */
  readonly tag: string;
  /** Rising, 1…99. 0 % before and 100 % after are implied. */
  readonly stages: readonly [Stage, ...Stage[]];
  readonly judging: Judging;
  /** null: no smoke probes. */
  readonly smoke: Smoke | null;
  /** How long a new revision may take to become ready. */
  readonly deployTimeout: Millis;
  /** How long a stage waits for data beyond its bake and the ingest delay; then onNoData. */
  readonly noDataTimeout: Millis;
  /** How long a held rollout waits for a person; nothing waits for ever. */
  readonly holdFor: Millis;
  readonly onNoData: 'hold' | 'rollback';
  readonly onCancel: 'rollback' | 'hold';
  /** Go on when the service does not enforce its write precondition. */
  readonly allowUnfenced: boolean;
  /** Eight hex digits over everything above that changes what a stage means. */
  readonly hash: string;
};

/** Non-zero entries by revision name, summing to 100. It has no way to say LATEST. */
export type Split = Readonly<Record<string, Percent>>;

export type Tag = {
  readonly tag: string;
  /** null: follows the latest ready revision. */
  readonly revision: string | null;
  /** "" while Cloud Run has not assigned one. */
  readonly url: string;
};

/** Written once into the canary's template. Valid only on the revision it names: a later deploy by gcloud copies it. */
export type BirthCertificate = {
  readonly rolloutId: string;
  readonly attempt: number;
  readonly canary: string;
  readonly stable: string;
  readonly image: string;
  readonly commit: string;
};

export type ServiceSnapshot = {
  /** Date header of the answer: the only "now" the core knows. */
  readonly readAt: Instant;
  /** The fence. Opaque: compared for equality only. */
  readonly version: string;
  readonly generation: number;
  /** Whether status already speaks of this generation. */
  readonly observed: boolean;
  readonly ready: 'yes' | 'pending' | { readonly failed: string };
  readonly latestCreated: string;
  readonly latestReady: string;
  readonly followsLatest: boolean;
  /** spec.traffic, with LATEST resolved to the latest ready revision. */
  readonly asked: Split;
  /** status.traffic. Asked is not served. */
  readonly served: Split;
  readonly tags: readonly Tag[];
  /** The service's own URL; "" while it has none. */
  readonly url: string;
  /** Image of the serving container in the template in force, as written there. */
  readonly image: string;
  /** From the template in force, whatever revision it names. */
  readonly birth: BirthCertificate | null;
  /** unreadable is not none. */
  readonly record: RolloutRecord | 'none' | 'unreadable';
};

export type OpenPhase = 'active' | 'held';
export type FinalPhase = 'promoted' | 'rolled-back' | 'released' | 'start-failed';
export type Phase = OpenPhase | FinalPhase;

export type Reason =
  | 'started'
  | 'taken'
  | 'pass'
  | 'reached'
  | `fail:${Metric}`
  | 'probe-failed'
  | 'not-ready'
  | 'not-served'
  | 'canary-gone'
  | 'write-refused'
  | 'unknown-at-deadline'
  | 'cancelled'
  | 'drift'
  | 'expired'
  | `ordered:${'promote' | 'rollback'}:${string}`;

export type RolloutRecord = {
  readonly version: 1;
  /** <repository id>-<run id>: the same on every re-run. */
  readonly rolloutId: string;
  /** Run attempt of the owner, the fencing epoch. It only grows for one rolloutId. */
  readonly attempt: number;
  /** Stamped by the write: how many transitions this rollout has made. */
  readonly transition: number;
  /** Stamped by the write: the generation read + 1. A gap shows that somebody else wrote. */
  readonly generation: number;
  /** Stamped by the write: 64 random bits in hex. Recognises our own write after a lost answer. */
  readonly writeId: string;
  readonly phase: Phase;
  /** Index into percents. */
  readonly stage: number;
  /** 0, the stages, 100. Frozen at the start. */
  readonly percents: readonly Percent[];
  readonly planHash: string;
  readonly stable: string;
  readonly canary: string;
  /** The canary's traffic tag. */
  readonly tag: string;
  readonly image: string;
  readonly commit: string;
  /** Page of the run that owns the rollout; "" when there is none. */
  readonly runUrl: string;
  /** Server time of the last transition. */
  readonly at: Instant;
  /** Server time by which the next transition must happen; after it anyone may end the rollout. */
  readonly due: Instant;
  /** Server time at which each stage reached so far was asked for, to the second; [0] is the start. */
  readonly changedAt: readonly Instant[];
  readonly reason: Reason;
  /** Whether the service was on LATEST before; only a promote may hand it back. */
  readonly followedLatest: boolean;
  /** The last three finished rollouts, "id:attempt:phase", newest first. */
  readonly history: readonly string[];
};

/** A record before the write has stamped it. */
export type RecordDraft = Omit<RolloutRecord, 'transition' | 'generation' | 'writeId'>;

export type Verdict = 'pass' | 'fail' | 'unknown';

/** Bucket i counts values in [bounds[i-1], bounds[i]); the first is open below, the last above. Milliseconds. */
export type Histogram = {
  readonly bounds: readonly number[];
  /** bounds.length + 1 counts. */
  readonly counts: readonly number[];
};

export type Cell = {
  readonly requests: number;
  /** Answers with a 5xx status. */
  readonly errors: number;
  /** Answers with a 4xx status. */
  readonly clientErrors: number;
  /** Latency of the answers other than 5xx: a canary that fails fast must not look quick. null: no data. */
  readonly latency: Histogram | null;
};

/** One sample period. null: no point at all. Zero is a measurement. */
export type Minute = {
  readonly start: Instant;
  readonly canary: Cell | null;
  readonly baseline: Cell | null;
};

export type Observation = {
  readonly from: Instant;
  readonly to: Instant;
  /** Oldest first, one entry per sample period in which either side has a point. */
  readonly minutes: readonly Minute[];
  /** false: partial data; nothing may be decided from it. */
  readonly complete: boolean;
};

/** How the service's own monitoring measures; read from the metric descriptors. */
export type MetricTiming = {
  readonly samplePeriod: Millis;
  /** Points older than this have arrived. */
  readonly ingestDelay: Millis;
};

/** One criterion, answered. */
export type Check = {
  readonly metric: Metric;
  readonly verdict: Verdict;
  /** Fraction or milliseconds; null: not measurable. */
  readonly canary: number | null;
  readonly baseline: number | null;
  /** The limit in the unit of `canary` that decided or would have decided; null: none applies. */
  readonly limit: number | null;
  /** Probability of a difference at least this big if the canary were no worse; null: not compared. */
  readonly pValue: number | null;
  /** One plain sentence with the numbers in it. */
  readonly why: string;
};

export type Judgement = {
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  readonly canaryRequests: number;
  readonly baselineRequests: number;
  /** One plain sentence. */
  readonly why: string;
  readonly observation: Observation;
};

/** What this process is for. */
export type Goal =
  | {
      readonly kind: 'drive';
      readonly plan: Plan;
      readonly timing: MetricTiming;
      readonly mayStart: boolean;
      /** Stop, held, once this percent has passed its verdict. 100: go all the way. */
      readonly until: Percent;
    }
  | { readonly kind: 'order'; readonly order: 'promote' | 'rollback'; readonly by: string }
  /** The post step. */
  | { readonly kind: 'clean-up'; readonly onCancel: 'rollback' | 'hold' }
  | {
      readonly kind: 'reconcile';
      /** Proved by workflow_run: completed. */
      readonly dead: { readonly rolloutId: string; readonly attempt: number } | null;
    };

export type Caller = {
  readonly rolloutId: string;
  readonly attempt: number;
  /** Name this attempt gives to the revision it would create. */
  readonly revision: string;
  readonly commit: string;
  readonly runUrl: string;
};

/** The first reason to undo. Kept for good: data that improve later do not clear it (S10). */
export type Doom = {
  readonly reason: Reason;
  readonly why: string;
};

export type CanaryHealth = 'pending' | 'ready' | 'gone' | { readonly failed: string };

export type RevisionState = {
  readonly health: CanaryHealth;
  /** Image by digest as Cloud Run resolved it; null while it is not known. */
  readonly digest: string | null;
};

/** What this process knows and the service does not. Losing it costs time, never safety. */
export type Memory = {
  /** This process has started, taken or advanced a rollout. */
  readonly drove: boolean;
  readonly cancelled: boolean;
  readonly fence: 'unproved' | 'proved' | 'absent';
  /** The second witness that this attempt has not created its revision before. */
  readonly ownRevision: 'unknown' | 'absent' | 'exists';
  /** null: not asked since the last write. */
  readonly canary: RevisionState | null;
  readonly doom: Doom | null;
  /** Dropped as a whole when the stage changes, so that one stage's verdict cannot promote another. */
  readonly stage: StageMemory | null;
};

export type StageMemory = {
  readonly index: number;
  /** Server time of the first read that showed the split of this stage being served. */
  readonly servedSince: Instant | null;
  /** The probes passed. The tag must still name the canary in the read after them. */
  readonly probed: boolean;
  /** Server time of the read before the last look, whether or not it answered. */
  readonly lookedAt: Instant | null;
  readonly judgement: Judgement | null;
  /** Whether `judgement` covers the whole bake. */
  readonly closed: boolean;
};

export type Situation = {
  readonly goal: Goal;
  readonly caller: Caller;
  readonly service: ServiceSnapshot;
  readonly memory: Memory;
};

export type Outcome =
  | FinalPhase
  | 'held'
  | 'unchanged'
  | 'gone'
  | 'refused'
  | 'busy'
  | 'fenced'
  | 'hands-off'
  | 'nothing-open';

/** Exactly one thing to do. */
export type Decision =
  /** A PUT that must be refused. */
  | { readonly do: 'prove-fence' }
  /** Does this attempt's revision exist already? */
  | { readonly do: 'look-for'; readonly revision: string }
  /** How is the canary? */
  | { readonly do: 'inspect'; readonly revision: string }
  /** One PUT, which also sends the template. */
  | { readonly do: 'start'; readonly record: RecordDraft }
  | { readonly do: 'write'; readonly record: RecordDraft }
  | { readonly do: 'probe'; readonly url: string; readonly revision: string }
  | {
      readonly do: 'observe';
      readonly canary: string;
      readonly baseline: string;
      readonly from: Instant;
      readonly to: Instant;
      /** The window covers the whole bake and its data have arrived. */
      readonly closed: boolean;
      readonly stage: Stage;
    }
  | { readonly do: 'wait'; readonly atMost: Millis; readonly why: string }
  | { readonly do: 'stop'; readonly outcome: Outcome; readonly why: string };
