/** Which questions are asked of the rows, and how much of the evidence each may stake (judging.md 5). */
import { ceilingEvidence, countEvidences, isHardDown } from './count-evidence.ts';
import type { Counts } from './count-evidence.ts';
import { slowBurst } from './exceedance.ts';
import type { Exceedance } from './exceedance.ts';
import { sameLayout, slowerThan, totalOf } from './histogram.ts';
import { latencyEvidences } from './latency-evidence.ts';
import { questionsOf } from './questions.ts';
import type { Ceiling, Questions, Seen } from './questions.ts';
import type { Noise } from './noise.ts';
import type { Row } from './rows.ts';
import type { Histogram, Judging } from '../judging-types.ts';

type TestName = 'errors' | 'latency' | 'slow-p99' | 'slow-p50' | 'client-errors' | 'ceiling';

export type Test = {
  readonly name: TestName;
  /** Of one. */
  readonly share: number;
  readonly priors: readonly number[];
  /** Rows at the beginning of a stage that it leaves out; null: none, not even rows of no stage. */
  readonly warmUp: number | null;
  /** What is counted of a row; null: nothing is, or not on both sides. */
  readonly events: (row: Row) => Counts | null;
  /** ln of the likelihood ratio of every alternative; null: the row says nothing. */
  readonly logRatios: (row: Row) => readonly number[] | null;
  /** One row may weigh more than the cap. */
  readonly lifts: (row: Row) => boolean;
  /** Variance of what it counts relative to independent requests. */
  readonly burst: number;
  /** null: it compares. */
  readonly ceiling: Ceiling | null;
};

export type Tests = {
  readonly list: readonly Test[];
  readonly noise: Noise;
  readonly questions: Questions;
  /** ln of the ratio at which a canary is undone, and the most that one row may add. */
  readonly limit: number;
};

const LADDER = [1, 2, 6, 40] as const;
const LADDER_PRIORS = [0.35, 0.3, 0.2, 0.15] as const;
/** Latency multipliers 1.2, 1.5, 2.2 and 5, unless the user tolerates more than a fifth. */
const SLOWER = [1, 1.25, 11 / 6, 25 / 6] as const;
const SLOWER_PRIORS = [0.4, 0.3, 0.2, 0.1] as const;
const TOLERANCE = { errors: 1.2, clientErrors: 1.5 };
const SHARES = { errors: 0.5, latency: 0.25, slowP99: 0.15, slowP50: 0.1, joined: 0.1 };
const SLOW_BURST = slowBurst(Infinity);
/** A median is robust against a few cold requests. */
const MEDIAN_WARM_UP = 1;
const CONFIDENCE = { normal: 100, high: 1000 };

export function testsOf(noise: Noise, judging: Judging): Tests {
  const questions = questionsOf(judging.criteria);
  const { warmUp } = judging;
  const { errorIncrease, slowerThan: slower, clientErrorIncrease, ceilings } = questions;
  const compared = [
    ...(errorIncrease === null ? [] : [errors(noise)]),
    ...(slower === null ? [] : latencies(noise, slower, warmUp)),
  ];
  const joined = [
    ...(clientErrorIncrease === null ? [] : [clientErrors(noise)]),
    ...ceilings.map((ceiling) => ceilingTest(ceiling, noise, warmUp)),
  ];
  const limit = Math.log(CONFIDENCE[judging.confidence]);
  return { list: shared(compared, joined), noise, questions, limit };
}

/** Is the row one of those that the test looks at? */
export function looksAt({ warmUp }: Pick<Test, 'warmUp'>, row: Row): boolean {
  return warmUp === null || (row.visible && row.stage !== null && row.since >= warmUp);
}

/** Whoever joins stakes a tenth; what is not asked leaves its part to the others. */
function shared(compared: readonly Test[], joined: readonly Test[]): readonly Test[] {
  const left = compared.length === 0 ? 0 : (1 - SHARES.joined) ** joined.length;
  const asked = compared.reduce((sum, { share }) => sum + share, 0);
  return [
    ...compared.map((test) => ({ ...test, share: (left * test.share) / asked })),
    ...joined.map((test) => ({ ...test, share: (1 - left) / joined.length })),
  ];
}

function errors(noise: Noise): Test {
  const odds = ladder(TOLERANCE.errors);
  const terms = { variance: noise.errorVariance, burst: noise.burst };
  return {
    name: 'errors',
    share: SHARES.errors,
    priors: LADDER_PRIORS,
    warmUp: null,
    events: (row) => row.errors,
    logRatios: ({ errors: counts }) =>
      counts === null ? null : countEvidences(counts, odds, terms),
    lifts: ({ errors: counts }) => counts !== null && isHardDown(counts),
    burst: noise.burst,
    ceiling: null,
  };
}

function clientErrors(noise: Noise): Test {
  const odds = ladder(TOLERANCE.clientErrors);
  const terms = { variance: noise.clientErrorVariance, burst: noise.clientErrorBurst };
  return {
    name: 'client-errors',
    share: SHARES.joined,
    priors: LADDER_PRIORS,
    warmUp: null,
    events: clientErrorsOf,
    logRatios: (row) => {
      const counts = clientErrorsOf(row);
      return counts === null ? null : countEvidences(counts, odds, terms);
    },
    lifts: never,
    burst: noise.clientErrorBurst,
    ceiling: null,
  };
}

function latencies(noise: Noise, slower: number, warmUp: number): readonly Test[] {
  const base = Math.max(1.2, slower);
  const ratios = SLOWER.map((step) => base * step);
  const terms = { ratios, variance: noise.latencyVariance };
  const whole: Test = {
    name: 'latency',
    share: SHARES.latency,
    priors: SLOWER_PRIORS,
    warmUp,
    events: nothing,
    logRatios: (row) => {
      const pair = latencyOf(row);
      return pair === null ? null : latencyEvidences(pair.canary, pair.baseline, terms);
    },
    lifts: never,
    burst: 1,
    ceiling: null,
  };
  const p50 = exceedance(noise.p50, Math.min(MEDIAN_WARM_UP, warmUp));
  const p99 = exceedance(noise.p99, warmUp);
  return [
    whole,
    { ...p99, name: 'slow-p99', share: SHARES.slowP99 },
    { ...p50, name: 'slow-p50', share: SHARES.slowP50 },
  ];
}

function exceedance(bound: Exceedance | null, warmUp: number): Omit<Test, 'name' | 'share'> {
  const odds = ladder(bound?.tolerance ?? 1);
  const variance = bound?.variance ?? 0;
  const events = (row: Row): Counts | null => (bound === null ? null : slowOf(row, bound));
  return {
    priors: LADDER_PRIORS,
    warmUp,
    events,
    logRatios: (row) => {
      const counts = events(row);
      if (counts === null) return null;
      const burst = slowBurst(counts.canaryOf + counts.baselineOf);
      return countEvidences(counts, odds, { variance, burst });
    },
    lifts: never,
    burst: SLOW_BURST,
    ceiling: null,
  };
}

/** Only while the stable revision keeps the ceiling itself: otherwise both are failing. */
function ceilingTest(ceiling: Ceiling, noise: Noise, warmUp: number): Test {
  const { allowed, kind } = ceiling;
  const burst = { '5xx': noise.burst, '4xx': noise.clientErrorBurst, slow: SLOW_BURST }[kind];
  return {
    name: 'ceiling',
    share: SHARES.joined,
    priors: LADDER_PRIORS,
    warmUp: kind === 'slow' ? warmUp : null,
    events: nothing,
    logRatios: (row) => {
      const canary = ceiling.seen(row, 'canary');
      const baseline = ceiling.seen(row, 'baseline');
      if (canary === null || !keeps(baseline, allowed)) return null;
      return ladder(TOLERANCE.errors).map((ratio) =>
        ceilingEvidence(canary.events, canary.requests, { allowed, ratio, burst }),
      );
    },
    lifts: never,
    burst,
    ceiling,
  };
}

export function keeps(seen: Seen | null, allowed: number): boolean {
  return seen === null || seen.events <= allowed * seen.requests;
}

function clientErrorsOf({ canary, baseline }: Row): Counts | null {
  if (canary === null || baseline === null) return null;
  if (canary.requests === 0 || baseline.requests === 0) return null;
  return {
    canary: canary.clientErrors,
    canaryOf: canary.requests,
    baseline: baseline.clientErrors,
    baselineOf: baseline.requests,
  };
}

/** null: one side has none, or they cannot be compared. */
export function latencyOf({ canary, baseline, teaches }: Row): {
  readonly canary: Histogram;
  readonly baseline: Histogram;
} | null {
  const ours = canary?.latency ?? null;
  const theirs = baseline?.latency ?? null;
  if (teaches || ours === null || theirs === null || !sameLayout(ours, theirs)) return null;
  return totalOf(ours) > 0 && totalOf(theirs) > 0 ? { canary: ours, baseline: theirs } : null;
}

/** The bound is one of the history's layout; another layout has another bound there. */
function slowOf(row: Row, { bucket, boundMs }: Exceedance): Counts | null {
  const pair = latencyOf(row);
  if (pair === null || pair.canary.bounds[bucket] !== boundMs) return null;
  return {
    canary: slowerThan(pair.canary, bucket),
    canaryOf: totalOf(pair.canary),
    baseline: slowerThan(pair.baseline, bucket),
    baselineOf: totalOf(pair.baseline),
  };
}

/** The smallest alternative is the square of what is tolerated: evidence drifts down below that. */
function ladder(tolerance: number): readonly number[] {
  return LADDER.map((step) => tolerance ** 2 * step);
}

function never(): boolean {
  return false;
}

function nothing(): null {
  return null;
}
