/** What really happens in one rollout, minute by minute, at whatever percent a rule serves (benchmark.md, 2). */
import { NO_HARM, isHarmless } from './faults.ts';
import { bucketChances, slowPart } from './latency-curve.ts';
import { keyOf, randomOf } from './random.ts';
import type { Random } from './random.ts';
import { binomial, gamma, multinomial, poisson } from './samplers.ts';
import { createRates } from './true-rates.ts';
import type { Moment, Rates } from './true-rates.ts';
import type { Cell, Side, TruthRow } from './types.ts';

export type World = {
  readonly cell: Cell;
  /** The stable revision alone, oldest first; the last is minute -1. */
  readonly history: readonly Side[];
  /** `age`: minutes since the percent changed. */
  minute(minute: number, percent: number, age: number): TruthRow;
  /** Requests that are expected to fail, or to be slow, because of the fault. */
  harm(minute: number, percent: number, age: number): number;
};

/** Above this share errors come one by one. */
const BROKEN = 0.3;
/** Independent draws of one minute. */
const COUNTS = 1;
const LATENCY = 2;
const CLIENT_ERRORS = 3;

export function createWorld(cell: Cell, seed: number, index: number): World {
  const key = [keyOf(`${seed} ${nameOf(cell)}`), index];
  const { historyMinutes } = cell.environment;
  const rates = createRates(cell, key);
  const history = Array.from({ length: historyMinutes }, (_, i) =>
    pastMinute(rates, key, i - historyMinutes),
  );
  return {
    cell,
    history,
    minute: (minute, percent, age) => rolloutMinute(rates, key, { minute, percent, age }),
    harm: (minute, percent, age) => harmOf(rates, { minute, percent, age }),
  };
}

export function nameOf({ environment, fault, load }: Cell): string {
  return [environment.name, fault?.name ?? 'healthy', load.perSecond, load.errorRate].join(' | ');
}

function pastMinute(rates: Rates, key: readonly number[], minute: number): Side {
  const random = randomOf(...key, minute, 0, COUNTS);
  const requests = poisson(random, rates.requests(minute));
  const errors = errorsOf(
    random,
    requests,
    rates.baselineErrors(minute),
    rates.cell.environment.burst,
  );
  const curve = rates.baselineCurve(minute);
  const latency = multinomial(
    randomOf(...key, minute, 0, LATENCY),
    requests - errors,
    bucketChances(curve),
  );
  const clientErrors = errorsOf(
    randomOf(...key, minute, 0, CLIENT_ERRORS),
    requests - errors,
    rates.clientErrors(minute).baseline,
    rates.cell.environment.burst,
  );
  return { requests, errors, clientErrors, latency, memory: rates.baselineMemory(minute) };
}

function rolloutMinute(rates: Rates, key: readonly number[], moment: Moment): TruthRow {
  const { minute, percent } = moment;
  const { environment, fault } = rates.cell;
  const harm = fault?.at(minute, percent) ?? NO_HARM;
  const counts = randomOf(...key, minute, percent, COUNTS);
  const slow = randomOf(...key, minute, percent, LATENCY);
  const total = poisson(counts, rates.requests(minute));
  const requests = binomial(counts, total, percent / 100);
  const rest = total - requests;
  const drawn = errorsOf(counts, requests, rates.canaryErrors(minute, harm), environment.burst);
  const errors = Math.min(requests, drawn + rates.extraErrors(minute, requests));
  const others = errorsOf(counts, rest, rates.baselineErrors(minute), environment.burst);
  const refusals = randomOf(...key, minute, percent, CLIENT_ERRORS);
  const refused = rates.clientErrors(minute);
  const canaryChances = bucketChances(rates.canaryCurve(moment, harm));
  const baselineChances = bucketChances(rates.baselineCurve(minute));
  return {
    minute,
    share: percent / 100,
    sharedErrorRate: rates.sharedErrors(minute),
    sharedLogLatency: rates.sharedLatency(minute),
    canary: {
      requests,
      errors,
      clientErrors: errorsOf(refusals, requests - errors, refused.canary, environment.burst),
      latency: multinomial(slow, requests - errors, canaryChances),
      memory: rates.canaryMemory(minute, harm),
    },
    baseline: {
      requests: rest,
      errors: others,
      clientErrors: errorsOf(refusals, rest - others, refused.baseline, environment.burst),
      latency: multinomial(slow, rest - others, baselineChances),
      memory: rates.baselineMemory(minute),
    },
  };
}

/** Errors in bursts of this mean size: variance ÷ mean is 2 × burst − 1. */
export function errorsOf(random: Random, requests: number, rate: number, burst: number): number {
  if (burst === 1 || rate > BROKEN) return binomial(random, requests, rate);
  const bursts = poisson(random, (requests * rate) / burst);
  if (bursts === 0) return 0;
  // The sum of geometric sizes is Poisson with a gamma mean.
  const more = poisson(random, gamma(random, bursts, burst - 1));
  return Math.min(requests, bursts + more);
}

function harmOf(rates: Rates, moment: Moment): number {
  const { minute, percent } = moment;
  const harm = rates.cell.fault?.at(minute, percent) ?? NO_HARM;
  if (isHarmless(harm)) return 0;
  const failed = rates.canaryErrors(minute, harm) - rates.canaryErrors(minute, NO_HARM);
  const slowed =
    slowPart(rates.canaryCurve(moment, harm)) - slowPart(rates.canaryCurve(moment, NO_HARM));
  return rates.requests(minute) * (percent / 100) * (failed + Math.max(0, slowed));
}
