/** Evidence is not importance: is the difference also worth acting on? (judging.md 6.1) */
import { mergeHistograms, quantileOf } from './histogram.ts';
import { latencyOf, looksAt } from './tests.ts';
import type { Counts } from './count-evidence.ts';
import type { Seen } from './questions.ts';
import type { Row } from './rows.ts';
import type { Test, Tests } from './tests.ts';
import type { Histogram } from '../judging-types.ts';

/** Rows that an effect may show in. */
export type Window = { readonly kind: 'latest' | 'stage'; readonly rows: readonly Row[] };

const LATEST_ROWS = 10;
/** So many times the stable revision's rate matters, if it is also as many points more. */
export const TIMES = { errors: 1.2, 'client-errors': 1.5 } as const;
/** Users tell these apart; which of them a regression moves is not known beforehand. */
const QUANTILES = [0.5, 0.9, 0.95, 0.99] as const;

export function windowsOf(rows: readonly Row[], stage: number): readonly Window[] {
  return [
    { kind: 'latest', rows: rows.slice(-LATEST_ROWS) },
    { kind: 'stage', rows: rows.filter((row) => row.stage === stage) },
  ];
}

/** The first window in which the test's effect is large enough; null: in none. */
export function shownIn(
  test: Test,
  windows: readonly Window[],
  questions: Tests['questions'],
): Window | null {
  return windows.find(({ rows }) => shows(test, rows, questions)) ?? null;
}

/** Milliseconds; null: it is no limit on a percentile, there are no latencies, or layouts differ. */
export function percentileOf(
  test: Test,
  rows: readonly Row[],
  side: 'canary' | 'baseline',
): number | null {
  const { ceiling } = test;
  if (ceiling?.kind !== 'slow') return null;
  const histograms = rows.flatMap((row) => (looksAt(test, row) ? (row[side]?.latency ?? []) : []));
  const merged = mergeHistograms(histograms);
  return merged === null || merged === 'mixed' ? null : quantileOf(merged, 1 - ceiling.allowed);
}

/**
 * Whether the difference may be more than the user allows. What only an undo asks for does not count:
 * neither how many times more it is, nor how many requests there might have been. What cannot be
 * measured may be anything.
 */
export function mayExceed(
  test: Test,
  rows: readonly Row[],
  questions: Tests['questions'],
): boolean {
  const { errorIncrease, clientErrorIncrease, slowerThan } = questions;
  switch (test.name) {
    case 'errors':
      return isHigher(summed(test, rows), { points: errorIncrease ?? 0, times: 1 });
    case 'client-errors':
      return isHigher(summed(test, rows), { points: clientErrorIncrease ?? 0, times: 1 });
    case 'latency':
    case 'slow-p99':
    case 'slow-p50': {
      const slowest = slowestOf(slownessOf(test, rows));
      if (slowest !== null) return slowest.ratio >= (slowerThan ?? 1);
      return rows.some((row) => looksAt(test, row) && latencyOf(row) !== null);
    }
    case 'ceiling':
      return shows(test, rows, questions);
  }
}

export function shows(test: Test, rows: readonly Row[], questions: Tests['questions']): boolean {
  const { errorIncrease, clientErrorIncrease, slowerThan } = questions;
  switch (test.name) {
    case 'errors':
      return isHigher(surely(test, rows), { points: errorIncrease ?? 0, times: TIMES.errors });
    case 'client-errors':
      return isHigher(surely(test, rows), {
        points: clientErrorIncrease ?? 0,
        times: TIMES['client-errors'],
      });
    case 'latency':
    case 'slow-p99':
    case 'slow-p50':
      return (slowestOf(slownessOf(test, rows))?.ratio ?? 0) >= (slowerThan ?? 1);
    case 'ceiling': {
      const seen = test.ceiling && seenIn(test, rows, 'canary');
      return (
        seen !== null && test.ceiling !== null && seen.events > test.ceiling.allowed * seen.requests
      );
    }
  }
}

function isHigher(
  { canary, canaryOf, baseline, baselineOf }: Counts,
  least: { readonly points: number; readonly times: number },
): boolean {
  if (canaryOf === 0 || baselineOf === 0) return false;
  const [ours, theirs] = [canary / canaryOf, baseline / baselineOf];
  return ours - theirs >= least.points && ours > theirs && ours >= least.times * theirs;
}

/** Traffic may have grown to this since the row that the guess of later ones rests on. */
const GUESSED_TIMES = 3;

/** As summed, with rows of the log alone as large as they may be: points must not come from a guess. */
function surely(test: Test, rows: readonly Row[]): Counts {
  const guessed = summed(
    test,
    rows.filter((row) => !row.visible),
  );
  const counted = summed(
    test,
    rows.filter((row) => row.visible),
  );
  return {
    canary: counted.canary + guessed.canary,
    canaryOf: counted.canaryOf + GUESSED_TIMES * guessed.canaryOf,
    baseline: counted.baseline + guessed.baseline,
    baselineOf: counted.baselineOf + GUESSED_TIMES * guessed.baselineOf,
  };
}

/** What the test counts, over the rows that it looks at. */
export function summed(test: Test, rows: readonly Row[]): Counts {
  const sum = { canary: 0, canaryOf: 0, baseline: 0, baselineOf: 0 };
  for (const row of rows) {
    const counts = looksAt(test, row) ? test.events(row) : null;
    sum.canary += counts?.canary ?? 0;
    sum.canaryOf += counts?.canaryOf ?? 0;
    sum.baseline += counts?.baseline ?? 0;
    sum.baselineOf += counts?.baselineOf ?? 0;
  }
  return sum;
}

export type Slower = {
  readonly quantile: number;
  /** Milliseconds. */
  readonly canary: number;
  readonly baseline: number;
  readonly ratio: number;
  /** The histogram ends at it: what is said of the canary is "at least". */
  readonly isBeyond: boolean;
};

/** Percentile by percentile; empty: no latencies to compare. */
export function slownessOf(test: Test, rows: readonly Row[]): readonly Slower[] {
  const pair = mergedLatency(rows.filter((row) => looksAt(test, row)));
  if (pair === null) return [];
  const highest = pair.canary.bounds.at(-1) ?? Infinity;
  return QUANTILES.flatMap((quantile): readonly Slower[] => {
    const canary = quantileOf(pair.canary, quantile);
    const baseline = quantileOf(pair.baseline, quantile);
    if (canary === null || baseline === null || baseline <= 0) return [];
    return [{ quantile, canary, baseline, ratio: canary / baseline, isBeyond: canary >= highest }];
  });
}

/** The percentile that is worse by the largest ratio. */
export function slowestOf(all: readonly Slower[]): Slower | null {
  return all.reduce<Slower | null>(
    (most, one) => (most === null || one.ratio > most.ratio ? one : most),
    null,
  );
}

/** Of both sides, from rows in which both have some; null: none, or layouts differ. */
function mergedLatency(
  rows: readonly Row[],
): { readonly canary: Histogram; readonly baseline: Histogram } | null {
  const pairs = rows.flatMap((row) => latencyOf(row) ?? []);
  const canary = mergeHistograms(pairs.map((pair) => pair.canary));
  const baseline = mergeHistograms(pairs.map((pair) => pair.baseline));
  if (canary === null || baseline === null || canary === 'mixed' || baseline === 'mixed') {
    return null;
  }
  return { canary, baseline };
}

/** What a ceiling has seen of one side in the rows it is about; null: nothing. */
export function seenIn(test: Test, rows: readonly Row[], side: 'canary' | 'baseline'): Seen | null {
  const found = rows.flatMap((row) =>
    looksAt(test, row) ? (test.ceiling?.seen(row, side) ?? []) : [],
  );
  if (found.length === 0) return null;
  return {
    events: found.reduce((sum, one) => sum + one.events, 0),
    requests: found.reduce((sum, one) => sum + one.requests, 0),
  };
}
