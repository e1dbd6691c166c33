/** How noisy the service is by itself, from its last three hours (judging.md 3). */
import { exceedanceOf } from './exceedance.ts';
import type { Exceedance } from './exceedance.ts';
import { INCIDENT_ROWS, isIncident } from './guards.ts';
import { mergeHistograms } from './histogram.ts';
import { burstIndexOf, countWobbleOf, latencyWobbleOf } from './wobble.ts';
import type { Cell, Histogram, PastMinute } from '../judging-types.ts';

export type Noise = {
  /** Failed part of the service's requests, as far as it can be called usual. */
  readonly errorRate: number;
  /** Per row, of the difference between two equally good revisions, in log odds. */
  readonly errorVariance: number;
  /** The same of 4xx answers. */
  readonly clientErrorVariance: number;
  /** The same of log latency. */
  readonly latencyVariance: number;
  /** Variance of error counts relative to independent errors. */
  readonly burst: number;
  readonly clientErrorBurst: number;
  /** Answering slower than a bound that half, or 1 in 100, of the requests exceed. null: no latencies. */
  readonly p50: Exceedance | null;
  readonly p99: Exceedance | null;
  /** How many rows of history this rests on. */
  readonly minutes: number;
  /** false: too short a history, so the noise is assumed. */
  readonly measured: boolean;
};

export type NoiseTerms = {
  /** How many times slower does not matter: 1.12. */
  readonly latencyTolerance: number;
};

/** Without at least this part of the requests, a row says little of the service. */
const LEAST_SHARE = 0.5;
/** 6 pairs of 10-row blocks, 2 blocks apart. */
const ENOUGH_ROWS = 80;
/** Where nothing could be measured: larger, so that only larger differences count. */
const ASSUMED = { errors: 0.3, latency: 0.015 };
const ERRORS = { part: 0.75, least: 0.1, most: 1.5 };
const LATENCY = { part: 0.1, least: 0.006, most: 0.06 };
const BURST = { part: 0.7, least: 2, most: 20 };
/** Scanners come in bursts. */
const CLIENT_ERROR_BURST = 4;
/** Too few requests may all have come in an incident: what they show beyond this is not called usual. */
const USUAL = { requests: 1_000, errorRate: 0.02 };
/** judging.md 3.5: the latency bounds of a service without history. */
const FIRST_ROWS = 5;

export function noiseOf(history: readonly PastMinute[], terms: NoiseTerms): Noise {
  const known = history.filter(({ share }) => share >= LEAST_SHARE).map(({ cell }) => cell);
  const noise = known.length < ENOUGH_ROWS ? assumed(known, terms) : measured(known, terms);
  // How restless it is has medians behind it, and an incident is part of that.
  return { ...noise, errorRate: usualRateOf(withoutIncidents(known)) };
}

/**
 * For a service without history: rate and bounds from the stable revision's rows of this rollout.
 * The first five set the bounds, so they are not to be judged for latency. The rate is that of the
 * middle row, for an incident of the last minutes must not make itself usual.
 */
export function noiseWithoutHistory(baseline: readonly Cell[], terms: NoiseTerms): Noise {
  const first = assumed(baseline.slice(0, FIRST_ROWS), terms);
  const rate = Math.max(middleRateOf(baseline), 0.5 / (requestsOf(baseline) + 1));
  return { ...first, errorRate: Math.min(rate, USUAL.errorRate), minutes: 0 };
}

/** From the rows as they are, however few: without enough pairs of blocks, the least noise. */
export function measuredNoiseOf(cells: readonly Cell[]) {
  const counted = (events: (cell: Cell) => number) =>
    cells.map((cell) => ({ requests: cell.requests, events: events(cell) }));
  const errors = counted((cell) => cell.errors);
  const errorWobble = countWobbleOf(errors);
  const clientErrorWobble = countWobbleOf(counted((cell) => cell.clientErrors));
  const latencyWobble = latencyWobbleOf(cells.map((cell) => cell.latency));
  const burstIndex = burstIndexOf(errors, errorWobble.wobble);
  return {
    errorRate: errorRateOf(cells),
    errorWobble,
    latencyWobble,
    burstIndex,
    errorVariance: clamped(errorWobble.wobble, ERRORS),
    clientErrorVariance: clamped(clientErrorWobble.wobble, ERRORS),
    latencyVariance: clamped(latencyWobble.wobble, LATENCY),
    burst: burstIndex === null ? BURST.least : clamped(burstIndex, BURST),
  };
}

function measured(cells: readonly Cell[], terms: NoiseTerms): Noise {
  const { errorVariance, clientErrorVariance, latencyVariance, burst } = measuredNoiseOf(cells);
  return {
    errorRate: usualRateOf(cells),
    errorVariance,
    clientErrorVariance,
    latencyVariance,
    burst,
    clientErrorBurst: CLIENT_ERROR_BURST,
    ...boundsOf(cells, latencyVariance, terms),
    minutes: cells.length,
    measured: true,
  };
}

function assumed(cells: readonly Cell[], terms: NoiseTerms): Noise {
  return {
    errorRate: usualRateOf(cells),
    errorVariance: ASSUMED.errors,
    clientErrorVariance: ASSUMED.errors,
    latencyVariance: ASSUMED.latency,
    burst: BURST.least,
    clientErrorBurst: CLIENT_ERROR_BURST,
    ...boundsOf(cells, ASSUMED.latency, terms),
    minutes: cells.length,
    measured: false,
  };
}

function usualRateOf(cells: readonly Cell[]): number {
  const rate = errorRateOf(cells);
  return requestsOf(cells) < USUAL.requests ? Math.min(rate, USUAL.errorRate) : rate;
}

function errorRateOf(cells: readonly Cell[]): number {
  const errors = cells.reduce((sum, cell) => sum + cell.errors, 0);
  return (errors + 0.5) / (requestsOf(cells) + 1);
}

function middleRateOf(cells: readonly Cell[]): number {
  const rates = cells
    .filter(({ requests }) => requests > 0)
    .map(({ errors, requests }) => errors / requests)
    .toSorted((a, b) => a - b);
  return rates[Math.floor(rates.length / 2)] ?? USUAL.errorRate;
}

/** An incident of the last hours must not make the next one usual, nor harm look like noise. */
function withoutIncidents(cells: readonly Cell[]): readonly Cell[] {
  const usual = middleRateOf(cells);
  const bad = cells.map((cell) => isIncident(cell, usual));
  const lasts = bad.map((is, i) => (is ? 1 + runLength(bad, i, -1) + runLength(bad, i, 1) : 0));
  return cells.filter((_, i) => (lasts[i] ?? 0) < INCIDENT_ROWS);
}

/** How many follow in this direction. */
function runLength(flags: readonly boolean[], from: number, step: 1 | -1): number {
  let length = 0;
  while (flags[from + step * (length + 1)] === true) length += 1;
  return length;
}

function requestsOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, cell) => sum + cell.requests, 0);
}

function boundsOf(cells: readonly Cell[], variance: number, terms: NoiseTerms) {
  const all = mergeHistograms(cells.flatMap<Histogram>((cell) => cell.latency ?? []));
  if (all === null || all === 'mixed') return { p50: null, p99: null };
  const tolerance = terms.latencyTolerance;
  return {
    p50: exceedanceOf(all, { part: 0.5, times: 4, leastOdds: 1.25, variance, tolerance }),
    p99: exceedanceOf(all, { part: 0.01, times: 6, leastOdds: 1.5, variance, tolerance }),
  };
}

function clamped(
  value: number,
  { part, least, most }: { readonly part: number; readonly least: number; readonly most: number },
): number {
  return Math.min(Math.max(part * value, least), most);
}
