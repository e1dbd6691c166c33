/**
 * The smallest regression that a stage of so many requests shows: asked of the judge itself, with
 * the service's own noise and rows as its history has them. It is a rise of the part of 5xx answers.
 */
import { smallestExcluded, harmLimit } from '../judge/guards.ts';
import { decided } from '../judge/judge.ts';
import { noiseOf, noiseWithoutHistory } from '../judge/noise.ts';
import type { Noise } from '../judge/noise.ts';
import { questionsOf, toleranceOf } from '../judge/questions.ts';
import type { Cell, Judging, Look, Minute, PastMinute } from '../judging-types.ts';
import type { Millis, Percent } from '../types.ts';

export type Watched = {
  readonly percent: Percent;
  readonly nextPercent: Percent;
  /** How long. */
  readonly span: Millis;
  /** To the canary in all of it. */
  readonly requests: number;
};

export type Detectable = {
  readonly proves: number | null;
  readonly excludes: number | null;
  readonly asked: number;
};

type Basis = {
  readonly history: readonly PastMinute[];
  readonly judging: Judging;
  readonly samplePeriod: Millis;
};

/** A longer stage is weighed in as many rows; the evidence of more rows is only greater. */
const MOST_ROWS = 720;
/** Halvings of a range of five decimal places: to a hundredth of the value. */
const ROUNDS = 11;
const LEAST = 1e-5;

export function detectableIn(stage: Watched, basis: Basis): Detectable {
  const noise = noiseFor(stage, basis);
  const { errorRate, burst, errorVariance: variance } = noise;
  const asked = harmLimit(stage.nextPercent, {
    errorRate,
    allowed: questionsOf(basis.judging.criteria).errorIncrease ?? 0,
  });
  const rows = Math.max(1, Math.floor(stage.span / basis.samplePeriod));
  const canaryOf = stage.requests / rows;
  const baselineOf = canaryOf * otherPart(stage.percent);
  if (stage.requests <= 0) return { proves: null, excludes: null, asked };
  const counts = {
    canary: errorRate * canaryOf,
    canaryOf,
    baseline: errorRate * baselineOf,
    baselineOf,
  };
  const excludes = smallestExcluded(
    Array.from({ length: rows }, () => counts),
    {
      errorRate,
      burst,
      variance,
    },
  );
  return { proves: smallestProven(stage, basis, errorRate), excludes, asked };
}

/** As the judge learns it, and for a service without history from the rows of the stage. */
export function noiseFor(
  { requests, percent, span }: Pick<Watched, 'requests' | 'percent' | 'span'>,
  { history, judging, samplePeriod }: Basis,
): Noise {
  const terms = { latencyTolerance: toleranceOf(judging.criteria) };
  const noise = noiseOf(history, terms);
  if (noise.minutes > 0) return noise;
  const rows = Math.max(1, Math.floor(span / samplePeriod));
  const served = Math.round((requests * otherPart(percent)) / rows);
  return noiseWithoutHistory(
    Array.from({ length: rows }, () => cellOf(served, 0)),
    terms,
  );
}

function otherPart(percent: Percent): number {
  return (100 - percent) / percent;
}

/** The smallest rise for which the judge undoes the rollout by the end of the bake. null: none. */
function smallestProven(stage: Watched, basis: Basis, errorRate: number): number | null {
  if (questionsOf(basis.judging.criteria).errorIncrease === null) return null;
  const most = 1 - errorRate;
  if (!isProven(stage, basis, { errorRate, rise: most })) return null;
  let [open, proven] = [LEAST, most];
  for (let round = 0; round < ROUNDS; round += 1) {
    const middle = Math.sqrt(open * proven);
    if (isProven(stage, basis, { errorRate, rise: middle })) proven = middle;
    else open = middle;
  }
  return proven;
}

function isProven(
  stage: Watched,
  basis: Basis,
  rates: { readonly errorRate: number; readonly rise: number },
): boolean {
  const { samplePeriod, history, judging } = basis;
  const minutes = minutesOf(stage, samplePeriod, rates);
  const to = minutes.length * samplePeriod;
  const look: Look = {
    samplePeriod,
    stages: [{ percent: stage.percent, asked: 0, from: 0 }],
    nextPercent: stage.nextPercent,
    closed: true,
    early: false,
    lapsed: false,
  };
  const observation = { from: 0, to, minutes, history, log: null, complete: true };
  return decided(observation, judging, look).verdict === 'fail';
}

/** Whole counts, spread as evenly as they can be. */
function minutesOf(
  stage: Watched,
  samplePeriod: Millis,
  { errorRate, rise }: { readonly errorRate: number; readonly rise: number },
): readonly Minute[] {
  const rows = Math.min(MOST_ROWS, Math.max(1, Math.floor(stage.span / samplePeriod)));
  const others = stage.requests * otherPart(stage.percent);
  const [canary, baseline] = [spread(stage.requests, rows), spread(others, rows)];
  const failed = spread(stage.requests * Math.min(1, errorRate + rise), rows);
  const usual = spread(others * errorRate, rows);
  return Array.from({ length: rows }, (_, row) => ({
    start: row * samplePeriod,
    canary: cellOf(canary(row), failed(row)),
    baseline: cellOf(baseline(row), usual(row)),
  }));
}

function spread(total: number, rows: number): (row: number) => number {
  const upTo = (row: number): number => Math.round((total * row) / rows);
  return (row) => upTo(row + 1) - upTo(row);
}

function cellOf(requests: number, errors: number): Cell {
  return {
    requests,
    errors: Math.min(errors, requests),
    clientErrors: 0,
    latency: null,
    memory: null,
  };
}
