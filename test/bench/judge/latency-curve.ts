/** Latency of one side in one minute: a mixture of log-normal curves over the buckets. */
import type { Environment } from './environments.ts';
import { TAIL_SLOWER } from './faults.ts';
import { normalBelow } from './normal-curve.ts';

const HALF_OCTAVE = Math.LN2 / 2;
const FINITE = 34;
const BUCKETS = FINITE + 2;

/** Exponential, growth √2, 1 ms … 131 s. */
export const LAYOUT = { numFiniteBuckets: FINITE, growthFactor: Math.SQRT2, scale: 1 };
export const LOG_BOUNDS = Array.from({ length: FINITE + 1 }, (_, i) => i * HALF_OCTAVE);

export const MEDIAN = Math.log(50);
/** What one request in twenty of a healthy service exceeds. */
const SLOW = MEDIAN + 1.645 * 0.8;
const COLD = { mean: Math.log(2200), deviation: 0.35 };

export type Curve = readonly {
  readonly part: number;
  readonly mean: number;
  readonly deviation: number;
}[];

export type Shape = {
  /** Log mean of an ordinary request. */
  readonly mean: number;
  readonly spread: number;
  /** Part that is five times slower. */
  readonly tail: number;
  readonly cold: number;
  /** Part that misses a cache. */
  readonly missing: number;
  readonly missSlower: number;
};

export function curveOf(shape: Shape): Curve {
  const { mean, spread, tail, cold, missing, missSlower } = shape;
  const warm = 1 - cold;
  return [
    { part: warm * (1 - tail) * (1 - missing), mean, deviation: spread },
    { part: warm * (1 - tail) * missing, mean: mean + missSlower, deviation: spread },
    { part: warm * tail, mean: mean + TAIL_SLOWER, deviation: spread },
    { part: cold, ...COLD },
  ].filter(({ part }) => part > 0);
}

/** Part of the canary's requests that miss, so long after a change of percent; 0 for the baseline's: `age` null. */
export function missingPart(environment: Environment, age: number | null): number {
  const { misses } = environment;
  if (misses === null) return 0;
  const odds = misses.part / (1 - misses.part);
  const times = age === null ? 1 : misses.odds ** Math.exp(-age / misses.fade);
  return (odds * times) / (1 + odds * times);
}

export function bucketChances(curve: Curve): Float64Array {
  const chances = new Float64Array(BUCKETS);
  let below = 0;
  for (let i = 0; i <= FINITE; i += 1) {
    let upTo = 0;
    for (const one of curve) {
      upTo += one.part * normalBelow((i * HALF_OCTAVE - one.mean) / one.deviation);
    }
    chances[i] = upTo - below;
    below = upTo;
  }
  chances[BUCKETS - 1] = 1 - below;
  return chances;
}

/** Part of the requests that is slower than this log latency. */
export function slowPart(curve: Curve, slow = SLOW): number {
  let part = 0;
  for (const one of curve) part += one.part * normalBelow((one.mean - slow) / one.deviation);
  return part;
}
