/**
 * Does the canary's memory grow towards its limit? (judging.md 6.6, with what docs/judging.md says
 * was tried.) A step at a raise is no trend, a rise that slows down no leak, and neither is what
 * noise may have done.
 */
import type { Row } from './rows.ts';
import type { Judging, Look } from '../judging-types.ts';

/** A part of the limit: what counts for plans and reports of versions that could not be told another. */
export const USUAL_MAX_MEMORY = 0.95;

const LEAST_ROWS = 12;
const MOST_ROWS = 30;
const NEWEST = 4;
/** Points above the stable revision. */
const ABOVE = 15;
/** Two hours on Cloud Run: so far the guard looks ahead. */
export const AHEAD = 120;
/** The later halves must have grown so much as fast as the whole. */
const LASTS = 0.8;
/**
 * Standard errors of independent rows that the slope must stand. Memory of one minute is like that
 * of the next; at an autocorrelation of 0.7 the true error is 2.4 times as large.
 */
const DOUBT = 6;

/** A canary that climbs so many times as fast as the stable revision has a leak of its own. */
const ALIKE = 2;

export type MemoryRow = {
  /** In sample periods. */
  readonly at: number;
  readonly stage: number;
  /** Percent of the limit. */
  readonly canary: number | null;
  readonly baseline: number | null;
};

export type MemoryTrend = {
  /** Points of the limit above the baseline, both of late. */
  readonly difference: number;
  readonly canary: number;
  readonly baseline: number;
  /** Of the rows that were looked at: what the first had, and sample periods from it to the end. */
  readonly first: number;
  readonly span: number;
  /** Slope of the canary's memory within stages over its standard error. Infinity: a straight line. */
  readonly t: number;
  /** Percent of the limit after 120 more rows. */
  readonly projection: number;
  /** The same by the slower of the later halves, less the doubt about it. null: nothing is sure to grow. */
  readonly surely: number | null;
  /** What the stable revision is heading for, if it does not stay where it is. */
  readonly baselineProjection: number;
};

export type MemoryFinding = {
  /** Those that count, oldest first. */
  readonly rows: readonly MemoryRow[];
  /** null: too few. */
  readonly trend: MemoryTrend | null;
  readonly alarm: boolean;
};

/** null: memory is not judged. */
export function memoryFindingOf(
  rows: readonly Row[],
  { maxMemory, warmUp }: Judging,
  { samplePeriod }: Look,
): MemoryFinding | null {
  if (maxMemory === null) return null;
  // The first row after a change may have been measured before it.
  const settled = Math.max(1, warmUp);
  const counted = rows.flatMap((row): readonly MemoryRow[] => {
    const { visible, stage, since, start, canary, baseline } = row;
    if (!visible || stage === null || since < settled) return [];
    const memory = { canary: canary?.memory ?? null, baseline: baseline?.memory ?? null };
    return [{ at: Math.round(start / samplePeriod), stage, ...memory }];
  });
  const trend = memoryTrend(counted);
  const alarm = trend !== null && memoryAlarm(trend, maxMemory);
  return { rows: counted, trend, alarm };
}

/** Is the canary at more than this part of its limit or heading for it, as the stable revision is not? */
export function memoryAlarm(trend: MemoryTrend, maxMemory: number): boolean {
  const { difference, surely, canary, projection, baseline, baselineProjection } = trend;
  const most = 100 * maxMemory;
  const isHeading = surely !== null && surely >= most;
  const areAlike = projection - canary <= ALIKE * (baselineProjection - baseline);
  const isOwn = isHeading && !(baselineProjection >= most && areAlike);
  return difference >= ABOVE && baseline < most && (isThere(trend, maxMemory) || isOwn);
}

/** Memory that is full grows no more. */
export function isThere({ canary }: MemoryTrend, maxMemory: number): boolean {
  return canary >= 100 * maxMemory;
}

/** Oldest first. null: too few rows on a side. */
export function memoryTrend(rows: readonly MemoryRow[]): MemoryTrend | null {
  const points = pointsOf(rows, 'canary').slice(-MOST_ROWS);
  const others = pointsOf(rows, 'baseline').slice(-MOST_ROWS);
  const [first] = points;
  const line = lineThrough(points);
  const areFew = points.length < LEAST_ROWS || others.length < NEWEST;
  if (areFew || first === undefined || line === null) return null;
  const [canary, baseline] = [latestOf(points), latestOf(others)];
  const slope = surelyOf(points, line);
  return {
    difference: canary - baseline,
    canary,
    baseline,
    first: first.y,
    span: (points.at(-1) ?? first).x + 1 - first.x,
    t: tOf(line),
    projection: canary + AHEAD * line.slope,
    surely: slope === null ? null : canary + AHEAD * slope,
    baselineProjection: baseline + AHEAD * growthOf(others),
  };
}

/** Points each sample period. null: it may as well not grow any more. */
function surelyOf(points: readonly Point[], { slope, error }: Line): number | null {
  const newest = points.slice(-Math.floor(points.length / 2));
  const halves = [newest, laterHalves(points)].map((part) => lineThrough(part)?.slope ?? 0);
  const slowest = Math.min(slope, ...halves);
  const sure = slowest - DOUBT * error;
  return slowest >= LASTS * slope && sure > 0 ? sure : null;
}

/** Whatever settles after a raise is quicker in the first half of a stage. */
function laterHalves(points: readonly Point[]): readonly Point[] {
  return stagesOf(points).flatMap((own) => own.slice(Math.floor(own.length / 2)));
}

/** Of the stable revision, where it is beyond doubt enough to acquit the canary. */
function growthOf(points: readonly Point[]): number {
  const line = points.length < LEAST_ROWS ? null : lineThrough(points);
  return line !== null && tOf(line) > 3 ? line.slope : 0;
}

type Point = { readonly x: number; readonly y: number; readonly stage: number };
type Line = { readonly slope: number; readonly error: number };

/** Least squares, with a level of its own for each stage. null: no slope can be told. */
function lineThrough(points: readonly Point[]): Line | null {
  const centred = stagesOf(points).flatMap((own) => {
    const [x, y] = [mean(own.map((point) => point.x)), mean(own.map((point) => point.y))];
    return own.map((point) => ({ x: point.x - x, y: point.y - y }));
  });
  const spread = sum(centred.map(({ x }) => x * x));
  const freedom = points.length - stagesOf(points).length - 1;
  if (spread === 0 || freedom < 1) return null;
  const slope = sum(centred.map(({ x, y }) => x * y)) / spread;
  const squares = sum(centred.map(({ x, y }) => (y - slope * x) ** 2));
  return { slope, error: Math.sqrt(squares / freedom / spread) };
}

function tOf({ slope, error }: Line): number {
  return slope === 0 ? 0 : slope / error;
}

function stagesOf(points: readonly Point[]): readonly (readonly Point[])[] {
  return [...Map.groupBy(points, ({ stage }) => stage).values()];
}

function pointsOf(rows: readonly MemoryRow[], side: 'canary' | 'baseline'): readonly Point[] {
  return rows.flatMap(({ at, stage, [side]: y }) => (y === null ? [] : [{ x: at, y, stage }]));
}

function latestOf(points: readonly Point[]): number {
  return mean(points.slice(-NEWEST).map(({ y }) => y));
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
