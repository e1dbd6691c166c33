/**
 * How much canary and baseline differ from row to row for no reason: few instances, noisy
 * neighbours, collected garbage. History of one revision cannot show it (judging.md 12.3). A
 * lasting regression is in both rows of a pair and cancels. Only rows before the one to be judged
 * may be asked, or the evidence would be no evidence.
 */
import { beyondChance, logLatencyOf } from './wobble.ts';
import type { Difference } from './wobble.ts';
import type { Noise } from './noise.ts';
import type { Exceedance } from './exceedance.ts';
import type { Cell, Histogram } from '../judging-types.ts';

/** Both sides of one row. */
export type ArmRow = { readonly canary: Cell; readonly baseline: Cell };

/** From one row to the next, of the contrast between canary and baseline. null: too few to tell. */
export type ArmDifference = {
  readonly latency: Difference | null;
  readonly errors: Difference | null;
};

/** Per row, of the difference between two equally good revisions. null: not known yet. */
export type ArmNoise = {
  readonly latencyVariance: number | null;
  readonly errorVariance: number | null;
};

/** With fewer requests or errors a row shows chance and little else. */
const ENOUGH = { differences: 6, requests: 200, errors: 5 };
/** Of the noise of neighbouring rows. judging.md 3.3 assumes the same. */
const AUTOCORRELATION = 0.6;
const MOST = { latency: 0.06, errors: 1.5 };

/** Two neighbouring rows of one stage, after its warm-up. */
export function armDifference(before: ArmRow, after: ArmRow, burst: number): ArmDifference {
  return {
    latency: difference(latencyContrast(before), latencyContrast(after)),
    errors: difference(errorContrast(before, burst), errorContrast(after, burst)),
  };
}

export function armNoise(differences: readonly ArmDifference[]): ArmNoise {
  return {
    latencyVariance: varianceOf(differences.flatMap(({ latency }) => latency ?? [])),
    errorVariance: varianceOf(differences.flatMap(({ errors }) => errors ?? [])),
  };
}

/** What the rollout itself has shown only ever adds to what history allows for. */
export function withArmNoise(noise: Noise, arm: ArmNoise): Noise {
  const latencyVariance = raised(noise.latencyVariance, arm.latencyVariance, MOST.latency);
  const times = latencyVariance / noise.latencyVariance;
  const scaled = (bound: Exceedance | null): Exceedance | null =>
    bound && { ...bound, variance: bound.variance * times };
  return {
    ...noise,
    latencyVariance,
    errorVariance: raised(noise.errorVariance, arm.errorVariance, MOST.errors),
    p50: scaled(noise.p50),
    p99: scaled(noise.p99),
  };
}

function raised(allowed: number, seen: number | null, most: number): number {
  return Math.max(allowed, Math.min(seen ?? 0, most));
}

function varianceOf(differences: readonly Difference[]): number | null {
  if (differences.length < ENOUGH.differences) return null;
  return beyondChance(differences) / (2 * (1 - AUTOCORRELATION));
}

/** By how much the canary differs from the baseline within one row, and the variance of that by chance. */
type Contrast = { readonly value: number; readonly chance: number };

function difference(before: Contrast | null, after: Contrast | null): Difference | null {
  if (before === null || after === null) return null;
  const square = (after.value - before.value) ** 2;
  return { square, chance: before.chance + after.chance };
}

function latencyContrast({ canary, baseline }: ArmRow): Contrast | null {
  const [ours, theirs] = [meanLog(canary.latency), meanLog(baseline.latency)];
  if (ours === null || theirs === null) return null;
  return { value: ours.value - theirs.value, chance: ours.chance + theirs.chance };
}

function meanLog(latency: Histogram | null): Contrast | null {
  const { requests, mean, variance } = logLatencyOf([latency]);
  return requests < ENOUGH.requests ? null : { value: mean, chance: variance / requests };
}

function errorContrast({ canary, baseline }: ArmRow, burst: number): Contrast | null {
  const [ours, theirs] = [logOdds(canary, burst), logOdds(baseline, burst)];
  if (ours === null || theirs === null) return null;
  return { value: ours.value - theirs.value, chance: ours.chance + theirs.chance };
}

function logOdds({ errors, requests }: Cell, burst: number): Contrast | null {
  if (errors < ENOUGH.errors || requests - errors < ENOUGH.errors) return null;
  const [failed, rest] = [errors + 0.5, requests - errors + 0.5];
  return { value: Math.log(failed / rest), chance: burst * (1 / failed + 1 / rest) };
}
