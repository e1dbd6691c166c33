/** What one row says to somebody who knows the fault (benchmark.md, 6). */
import { expectedShare } from '../../../src/core/judge/count-evidence.ts';
import { logMidpoints, slowerThan, totalOf } from '../../../src/core/judge/histogram.ts';
import { latencyEvidence } from '../../../src/core/judge/latency-evidence.ts';
import { logRising } from '../../../src/core/judge/log-gamma.ts';
import type { Cell as Counted } from '../../../src/core/judging-types.ts';
import type { Environment } from './environments.ts';
import type { Harm } from './faults.ts';
import { LOG_BOUNDS, MEDIAN, bucketChances, curveOf, slowPart } from './latency-curve.ts';
import type { TruthRow } from './types.ts';

/** Above this rate errors come one by one. */
const BROKEN = 0.3;
const MOST = 0.99;
/** Variance of one request's log latency, and of its bucket's width. */
const SPREAD = 0.8 ** 2 + 0.01;
/** The first bound above one and a half times the healthy p95. */
const SLOW_BUCKET = LOG_BOUNDS.findIndex((bound) => bound > MEDIAN + 1.645 * 0.8 + Math.log(1.5));

/** Oracle A: knows the level that both sides share. ln of the likelihood ratio. */
export function knowingAll(truth: TruthRow, harm: Harm, environment: Environment): number {
  return (
    errorsKnown(truth, harm, environment) +
    shiftKnown(truth, harm, environment) +
    tailKnown(truth, harm, environment)
  );
}

function rates(truth: TruthRow, harm: Harm, environment: Environment): readonly [number, number] {
  const healthy = truth.sharedErrorRate;
  const most = environment.ownErrors.deviation > 0 ? MOST : 1;
  return [healthy, Math.min(most, healthy * harm.errorsTimes + harm.errorsPlus)];
}

function errorsKnown(truth: TruthRow, harm: Harm, environment: Environment): number {
  const [healthy, bad] = rates(truth, harm, environment);
  const { requests, errors } = truth.canary;
  if (healthy === bad || requests === 0) return 0;
  const { deviation } = environment.ownErrors;
  if (deviation === 0 || bad > BROKEN) {
    const right = requests - errors;
    const spared = right === 0 ? 0 : right * Math.log((1 - bad) / (1 - healthy));
    return errors * Math.log(bad / healthy) + spared;
  }
  const burst = 2 * environment.burst - 1;
  const a = 1 / (deviation * deviation);
  const logLikelihood = (mean: number): number => {
    const m = mean / burst;
    return (errors / burst) * Math.log(m / (m + a)) + a * Math.log(a / (m + a));
  };
  return logLikelihood(requests * bad) - logLikelihood(requests * healthy);
}

function shiftKnown(truth: TruthRow, harm: Harm, environment: Environment): number {
  const { latency } = truth.canary;
  if (harm.slower === 0) return 0;
  let [requests, sum] = [0, 0];
  for (const [i, count] of latency.entries()) {
    requests += count;
    sum += count * MIDDLES[i]!;
  }
  if (requests === 0) return 0;
  const { slower } = harm;
  const variance = SPREAD / requests + environment.ownLatency.deviation ** 2;
  const distance = sum / requests - truth.sharedLogLatency;
  return (slower * distance - (slower * slower) / 2) / variance;
}

const MIDDLES = logMidpoints(LOG_BOUNDS.map((bound) => Math.exp(bound)));

function tailKnown(truth: TruthRow, harm: Harm, environment: Environment): number {
  if (harm.tail === 0) return 0;
  const healthy = bucketChances(shapeOf(truth.sharedLogLatency, 0, environment));
  const bad = bucketChances(shapeOf(truth.sharedLogLatency, harm.tail, environment));
  let [requests, sum] = [0, 0];
  for (const [i, count] of truth.canary.latency.entries()) {
    if (count === 0) continue;
    requests += count;
    sum += count * Math.log(Math.max(1e-12, bad[i]!) / Math.max(1e-12, healthy[i]!));
  }
  return sum / (1 + 4 * requests * harm.tail * environment.ownLatency.deviation ** 2);
}

function shapeOf(mean: number, tail: number, { spread }: Environment) {
  return curveOf({ mean, spread, tail, cold: 0, missing: 0, missSlower: 0 });
}

/** Oracle B: has to learn that level from the baseline in the same minute. */
export function knowingFault(sides: Sides, harm: Harm, environment: Environment): number {
  return (
    errorsCompared(sides, harm, environment) +
    shiftCompared(sides, harm, environment) +
    tailCompared(sides, harm, environment)
  );
}

type Sides = { readonly canary: Counted; readonly baseline: Counted; readonly truth: TruthRow };

function errorsCompared({ canary, baseline, truth }: Sides, harm: Harm, environment: Environment) {
  const [healthy, bad] = rates(truth, harm, environment);
  if (healthy === bad) return 0;
  const counts = {
    canary: canary.errors,
    canaryOf: canary.requests,
    baseline: baseline.errors,
    baselineOf: baseline.requests,
  };
  return splitEvidence(counts, oddsOf(Math.min(MOST, bad)) / oddsOf(healthy), {
    variance: 1.25 * environment.ownErrors.deviation ** 2,
    burst: bad > BROKEN ? 1 : 2 * environment.burst - 1,
  });
}

function shiftCompared({ canary, baseline }: Sides, harm: Harm, { ownLatency }: Environment) {
  if (harm.slower === 0 || canary.latency === null || baseline.latency === null) return 0;
  const terms = { ratio: Math.exp(harm.slower), variance: 1.25 * ownLatency.deviation ** 2 };
  return latencyEvidence(canary.latency, baseline.latency, terms);
}

function tailCompared({ canary, baseline, truth }: Sides, harm: Harm, environment: Environment) {
  if (harm.tail === 0 || canary.latency === null || baseline.latency === null) return 0;
  const counts = {
    canary: slowerThan(canary.latency, SLOW_BUCKET),
    canaryOf: totalOf(canary.latency),
    baseline: slowerThan(baseline.latency, SLOW_BUCKET),
    baselineOf: totalOf(baseline.latency),
  };
  const slow = (tail: number): number =>
    slowPart(shapeOf(truth.sharedLogLatency, tail, environment), LOG_BOUNDS[SLOW_BUCKET]);
  const odds = oddsOf(slow(harm.tail)) / oddsOf(slow(0));
  const variance = 7.5 * environment.ownLatency.deviation ** 2;
  return splitEvidence(counts, odds, { variance, burst: 1 });
}

function oddsOf(chance: number): number {
  return chance / (1 - chance);
}

/** judging.md 4.1 without the factor of effective counts. */
function splitEvidence(
  counts: {
    readonly canary: number;
    readonly canaryOf: number;
    readonly baseline: number;
    readonly baselineOf: number;
  },
  odds: number,
  { variance, burst }: { readonly variance: number; readonly burst: number },
): number {
  const { canary, canaryOf, baseline, baselineOf } = counts;
  const events = canary + baseline;
  const requests = canaryOf + baselineOf;
  if (events === 0 || canaryOf === 0 || baselineOf === 0 || events === requests) return 0;
  const k = canary / burst;
  const m = baseline / burst;
  const free = variance * (1 - events / requests) ** 2;
  const fit = (part: number): number => {
    if (free === 0) return k * Math.log(part) + m * Math.log(1 - part);
    const a = 1 / (free * (1 - part));
    const b = 1 / (free * part);
    return logRising(a, k) + logRising(b, m) - logRising(a + b, k + m);
  };
  const worse = expectedShare({ canaryOf, baselineOf, events }, odds) / events;
  if (!(worse > 0 && worse < 1)) return 0;
  return fit(worse) - fit(canaryOf / requests);
}
