/** Points of revisions → rows of one sample period. */
import { mergeHistograms } from '../core/judge/histogram.ts';
import type { Cell, Histogram, Minute } from '../core/judging-types.ts';
import type { Instant, Millis } from '../core/types.ts';
import type { Point, Series, SeriesList } from './monitoring-points.ts';
import type { MemoryUse } from './monitoring-values.ts';

/** What a row is judged by. */
export type Evidence = {
  readonly counts: SeriesList<number>;
  readonly latencies: SeriesList<{ readonly histogram: Histogram | null }>;
};

export type Readings = Evidence & {
  /** A guard: whatever is wrong with it, the rest is as sound as it was. null: not read. */
  readonly memory: SeriesList<MemoryUse> | null;
};

type Sides = { readonly canary: string; readonly baseline: string };

/** What is being added up for one revision in one row. */
type Sum = {
  requests: number;
  errors: number;
  clientErrors: number;
  /** Of the classes other than 5xx. */
  readonly histograms: Histogram[];
  /** Of each container. */
  readonly memory: MemoryUse[];
};

/** A point this much longer than the sample period is some of the next row, too. */
const LONGEST_POINT = 1.5;
const SERVER_ERROR = 5;
const CLIENT_ERROR = 4;

export function tabulate(
  readings: Readings,
  sides: Sides,
  samplePeriod: Millis,
): { readonly minutes: readonly Minute[]; readonly sound: boolean } {
  const grid = gridOf(readings.counts.series, samplePeriod);
  const canary = cellsOf(readings, sides.canary, grid);
  const baseline = cellsOf(readings, sides.baseline, grid);
  const rows = [...new Set([...canary.keys(), ...baseline.keys()])].sort((a, b) => a - b);
  const minutes = rows.map((row) => ({
    start: grid.anchor + row * samplePeriod,
    canary: canary.get(row) ?? null,
    baseline: baseline.get(row) ?? null,
  }));
  return { minutes, sound: isSound(readings, samplePeriod) };
}

/** false: something is missing, or a point is part of two rows. */
export function isSound({ counts, latencies }: Evidence, samplePeriod: Millis): boolean {
  const fits = (one: Series<unknown>): boolean =>
    one.points.every((point) => fitsRow(point, samplePeriod));
  return (
    counts.sound && latencies.sound && counts.series.every(fits) && latencies.series.every(fits)
  );
}

function fitsRow({ start, end }: Point<unknown>, samplePeriod: Millis): boolean {
  return end - start <= LONGEST_POINT * samplePeriod;
}

export type Grid = {
  /** Where row 0 begins. */
  readonly anchor: Instant;
  readonly samplePeriod: Millis;
  rowOf(start: Instant): number;
};

/**
 * Whether two revisions are sampled at the same instants is unconfirmed, so a point belongs to the
 * row whose start is nearest; a grid on whole minutes would tear points apart that begin at 59.9 s
 * and 60.1 s.
 */
export function gridOf(counts: readonly Series<number>[], samplePeriod: Millis): Grid {
  const starts = counts.flatMap((one) => one.points.map((point) => point.start));
  const anchor = starts.reduce((least, start) => Math.min(least, start), starts[0] ?? 0);
  return { anchor, samplePeriod, rowOf: (start) => Math.round((start - anchor) / samplePeriod) };
}

/** Rows without a count point stay absent: a latency alone says nothing about how many failed. */
export function cellsOf(
  readings: Readings,
  revision: string,
  grid: Grid,
): ReadonlyMap<number, Cell> {
  const sums = new Map<number, Sum>();
  const own = <V>({ series }: SeriesList<V>) => series.filter((one) => one.revision === revision);
  for (const { statusClass, points } of own(readings.counts)) {
    for (const { start, value } of points) {
      const sum = sums.get(grid.rowOf(start)) ?? newSum();
      sum.requests += value;
      if (statusClass === SERVER_ERROR) sum.errors += value;
      if (statusClass === CLIENT_ERROR) sum.clientErrors += value;
      sums.set(grid.rowOf(start), sum);
    }
  }
  for (const { statusClass, points } of own(readings.latencies)) {
    if (statusClass === SERVER_ERROR) continue;
    for (const { start, value } of points) {
      if (value.histogram !== null) sums.get(grid.rowOf(start))?.histograms.push(value.histogram);
    }
  }
  for (const { points } of readings.memory === null ? [] : own(readings.memory)) {
    for (const [row, use] of useByRow(points, grid)) sums.get(row)?.memory.push(use);
  }
  return new Map([...sums].map(([row, sum]) => [row, cellOf(sum)]));
}

function newSum(): Sum {
  return { requests: 0, errors: 0, clientErrors: 0, histograms: [], memory: [] };
}

/** Mean of one container in each row it was sampled in. */
function useByRow(points: readonly Point<MemoryUse>[], grid: Grid): ReadonlyMap<number, MemoryUse> {
  const uses = new Map<number, MemoryUse>();
  for (const point of points) {
    const { samples, mean } = point.value;
    if (samples === 0 || !fitsRow(point, grid.samplePeriod)) continue;
    const row = grid.rowOf(point.start);
    const known = uses.get(row) ?? { samples: 0, mean: 0 };
    const all = known.samples + samples;
    uses.set(row, { samples: all, mean: (known.mean * known.samples + mean * samples) / all });
  }
  return uses;
}

function cellOf({ requests, errors, clientErrors, histograms, memory }: Sum): Cell {
  // Each container has a limit of its own, and the fullest is the first to be killed.
  const fullest = Math.max(...memory.map(({ mean }) => mean * 100));
  return {
    requests,
    errors,
    clientErrors,
    latency: merged(histograms),
    memory: memory.length === 0 ? null : fullest,
  };
}

/** Only histograms of one layout may be added; otherwise latency is not available. */
function merged(histograms: readonly Histogram[]): Histogram | null {
  const sum = mergeHistograms(histograms);
  return sum === 'mixed' ? null : sum;
}
