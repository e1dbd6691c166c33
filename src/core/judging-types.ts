/** What is measured and what the judge says of it. */
import type { Instant, Millis, Percent } from './types.ts';

/** What a limit can be set on, and what a verdict can be about. */
export type Metric =
  | 'error-rate'
  /** The whole distribution against the stable revision's. */
  | 'latency'
  /** Requests slower than the bounds that half, and that one in a hundred, used to be slower than. */
  | 'slow-requests'
  | 'latency-p50'
  | 'latency-p95'
  | 'latency-p99'
  | 'client-error-rate'
  | 'memory';

/** One question the judge asks. With both limits null nothing is asked. */
export type Criterion = {
  readonly metric: Metric;
  /** Absolute ceiling for the canary: a fraction of requests (0…1) or milliseconds. null: none. */
  readonly max: number | null;
  /**
   * How much worse than the stable revision still does not matter: fraction of requests for a rate
   * (0.0005 = a twentieth of a percentage point), ratio for a latency (0.1 = a tenth slower; whatever
   * latency it is set on, the whole distribution is compared). null: not compared with the stable
   * revision.
   */
  readonly maxIncrease: number | null;
};

export type Judging = {
  readonly criteria: readonly Criterion[];
  /** Requests the canary must have answered in a stage before the stage may pass. */
  readonly minRequests: number;
  /** How much likelier a regression must be than none before it is undone: 100 : 1, or 1,000 : 1. */
  readonly confidence: 'normal' | 'high';
  /** Enough data, and neither harm nor its absence is shown when the bake is over. */
  readonly onInconclusive: 'promote' | 'hold' | 'rollback';
  /** Sample periods after each change of percent in which neither latency nor memory is judged. */
  readonly warmUp: number;
  /** Part of its memory limit that the canary must not be heading for: 0…1. null: not judged. */
  readonly maxMemory: number | null;
};

export type ServedStage = {
  readonly percent: Percent;
  /** Of the revision that the baseline is measured on. Not given: it has all the rest. */
  readonly baselinePercent?: Percent;
  /** Asked for; rows from here to `from` belong to no stage. */
  readonly asked: Instant;
  /** Seen being served. null: not yet. */
  readonly from: Instant | null;
};

export type Look = {
  readonly samplePeriod: Millis;
  /** Every live stage of this canary so far, the present one last. */
  readonly stages: readonly [ServedStage, ...ServedStage[]];
  /** What follows when this stage passes, 1…100. */
  readonly nextPercent: Percent;
  /** The bake is over and its data have arrived. */
  readonly closed: boolean;
  /** An adaptive stage may end now, if harm is ruled out. */
  readonly early: boolean;
  /** Twice the bake and the ingest delay are over since the stage began: suspicion delays no more. */
  readonly lapsed: boolean;
};

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
  /** Mean memory use of the revision's instances, percent of their limit. null: no data. */
  readonly memory: number | null;
};

/** One sample period. null: no point at all. Zero is a measurement. */
export type Minute = {
  readonly start: Instant;
  readonly canary: Cell | null;
  readonly baseline: Cell | null;
};

/** One sample period of the stable revision before the canary had users: its noise is learnt here. */
export type PastMinute = {
  readonly start: Instant;
  readonly cell: Cell;
  /** Its part of all requests to the service, 0…1. */
  readonly share: number;
};

/** Server errors of one sample period in the request log, which is seconds old. */
export type LoggedMinute = {
  readonly start: Instant;
  readonly canary: number;
  readonly baseline: number;
  /** true: there were more than are read, so these counts are lower bounds. */
  readonly capped: boolean;
};

/** One source for both sides of every row; metrics only give the denominators. */
export type ErrorLog = {
  /** Oldest first, without a gap: a sample period without an error is a row of zeros. */
  readonly minutes: readonly LoggedMinute[];
};

export type Observation = {
  readonly from: Instant;
  readonly to: Instant;
  /** Oldest first, one entry per sample period in which either side has a point. */
  readonly minutes: readonly Minute[];
  /** Oldest first; empty when there is none. */
  readonly history: readonly PastMinute[];
  /** null: the log may not be read, or does not hold what the counters count. */
  readonly log: ErrorLog | null;
  /** false: partial data; nothing may be decided from it. */
  readonly complete: boolean;
};

/** How the service's own monitoring measures; read from the metric descriptors. */
export type MetricTiming = {
  readonly samplePeriod: Millis;
  /** Points older than this have arrived. */
  readonly ingestDelay: Millis;
};

/** One question, answered. */
export type Check = {
  readonly metric: Metric;
  readonly verdict: Verdict;
  /** Fraction, percent of the memory limit, or milliseconds; null: not measurable. */
  readonly canary: number | null;
  readonly baseline: number | null;
  /** The limit in the unit of `canary` that decided or would have decided; null: none applies. */
  readonly limit: number | null;
  /** ln of how many times likelier this test's data are if the canary is worse; null: not compared. */
  readonly logEvidence: number | null;
  /** One plain sentence with the numbers in it. */
  readonly why: string;
};

/** The line of the decision table that matched: judge/verdict.ts. */
export type JudgedReason =
  | 'cannot-read'
  | 'nothing-asked'
  | 'evidence'
  | 'ceiling'
  | 'memory'
  | 'split'
  | 'too-few-requests'
  | 'baseline-failing'
  | 'suspicious'
  | 'data-missing'
  | 'too-early'
  | 'harm-ruled-out'
  | 'inconclusive'
  | 'still-baking';

export type Judgement = {
  readonly verdict: Verdict;
  readonly reason: JudgedReason;
  readonly checks: readonly Check[];
  /** ln of how many times likelier the data of all tests are if the canary is worse; null: nothing compared. */
  readonly logEvidence: number | null;
  /** Of this stage. */
  readonly canaryRequests: number;
  readonly baselineRequests: number;
  /** Harm is ruled out 20 : 1 and nothing speaks against the canary: the stage may end early. */
  readonly settled: boolean;
  /** One plain sentence. */
  readonly why: string;
  /** What else the reader must know: how well the noise is known, what was not judged. */
  readonly notices: readonly string[];
  /** Of this stage; what was judged goes back to the first one. */
  readonly observation: Observation;
};
