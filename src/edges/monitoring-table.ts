/** Points of two revisions → the table of minutes (one row per sample period). */
import { mergeHistograms } from '../core/judge/stats.ts';
import type { Cell, Histogram, Minute } from '../core/judging-types.ts';
import type { Instant, Millis } from '../core/types.ts';
import type { Point, Series, SeriesList } from './monitoring-points.ts';

export type Readings = {
  readonly counts: SeriesList<number>;
  readonly latencies: SeriesList<{ readonly histogram: Histogram | null }>;
};

type Sides = { readonly canary: string; readonly baseline: string };

/** What is being added up for one revision in one row. */
type Sum = {
  requests: number;
  errors: number;
  clientErrors: number;
  /** Of the classes other than 5xx. */
  readonly histograms: Histogram[];
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
  const { counts, latencies } = readings;
  const points = [...counts.series, ...latencies.series].flatMap(
    (one): readonly Point<unknown>[] => one.points,
  );
  const sound =
    counts.sound &&
    latencies.sound &&
    points.every((point) => point.end - point.start <= LONGEST_POINT * samplePeriod);
  const anchor = anchorOf(counts.series);
  const rowOf = (start: Instant): number => Math.round((start - anchor) / samplePeriod);
  const canary = addUp(readings, sides.canary, rowOf);
  const baseline = addUp(readings, sides.baseline, rowOf);
  const rows = [...new Set([...canary.keys(), ...baseline.keys()])].sort((a, b) => a - b);
  const minutes = rows.map((row) => ({
    start: anchor + row * samplePeriod,
    canary: cellOf(canary.get(row)),
    baseline: cellOf(baseline.get(row)),
  }));
  return { minutes, sound };
}

/**
 * Where the grid begins. Whether two revisions are sampled at the same instants is unconfirmed, so
 * a point belongs to the row whose start is nearest; a grid on whole minutes would tear points
 * apart that begin at 59.9 s and 60.1 s.
 */
function anchorOf(counts: readonly Series<number>[]): Instant {
  const starts = counts.flatMap((one) => one.points.map((point) => point.start));
  return starts.reduce((least, start) => Math.min(least, start), starts[0] ?? 0);
}

/** Rows without a count point stay absent: a latency alone says nothing about how many failed. */
function addUp(
  readings: Readings,
  revision: string,
  rowOf: (start: Instant) => number,
): ReadonlyMap<number, Sum> {
  const sums = new Map<number, Sum>();
  for (const series of readings.counts.series) {
    if (series.revision !== revision) continue;
    for (const { start, value } of series.points) {
      const sum = sums.get(rowOf(start)) ?? newSum();
      sum.requests += value;
      if (series.statusClass === SERVER_ERROR) sum.errors += value;
      if (series.statusClass === CLIENT_ERROR) sum.clientErrors += value;
      sums.set(rowOf(start), sum);
    }
  }
  for (const series of readings.latencies.series) {
    if (series.revision !== revision || series.statusClass === SERVER_ERROR) continue;
    for (const { start, value } of series.points) {
      if (value.histogram !== null) sums.get(rowOf(start))?.histograms.push(value.histogram);
    }
  }
  return sums;
}

function newSum(): Sum {
  return { requests: 0, errors: 0, clientErrors: 0, histograms: [] };
}

function cellOf(sum: Sum | undefined): Cell | null {
  if (sum === undefined) return null;
  const { requests, errors, clientErrors } = sum;
  return { requests, errors, clientErrors, latency: merged(sum.histograms), memory: null };
}

/** Only histograms of one layout may be added; otherwise latency is not available. */
function merged(histograms: readonly Histogram[]): Histogram | null {
  const sum = mergeHistograms(histograms);
  return sum === 'mixed' ? null : sum;
}
