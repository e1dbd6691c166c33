/** What is measured and what the judge says of it. */
import type { Instant, Millis } from './types.ts';

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
