/** What the user's criteria ask: which comparisons, what effect matters, which ceilings. */
import { slowerThan, totalOf } from './histogram.ts';
import type { Row } from './rows.ts';
import type { Criterion, Metric } from '../judging-types.ts';

/** Events among requests of one side. */
export type Seen = { readonly events: number; readonly requests: number };

export type Ceiling = {
  readonly metric: Metric;
  readonly kind: '5xx' | '4xx' | 'slow';
  /** As the user wrote it: a rate, or milliseconds. */
  readonly max: number;
  /** Largest part of the requests that may be events. */
  readonly allowed: number;
  /** null: not measured. */
  readonly seen: (row: Row, side: 'canary' | 'baseline') => Seen | null;
};

export type Questions = {
  /** More 5xx than this, as a part of the requests, matters; null: not compared. */
  readonly errorIncrease: number | null;
  readonly clientErrorIncrease: number | null;
  /** This many times slower matters; null: not compared. */
  readonly slowerThan: number | null;
  /** The latency that the user has named to be compared. */
  readonly named: LatencyMetric;
  readonly ceilings: readonly Ceiling[];
};

/** The part of the requests that may be slower than a limit on a percentile. */
const TAILS: Readonly<Partial<Record<Metric, number>>> = {
  'latency-p50': 0.5,
  'latency-p95': 0.05,
  'latency-p99': 0.01,
};
/** The whole distribution is compared whichever is named; it is told by the one that is. */
export type LatencyMetric = 'latency' | 'latency-p50' | 'latency-p95' | 'latency-p99';

const NAMES: readonly LatencyMetric[] = ['latency', 'latency-p95', 'latency-p50', 'latency-p99'];
const TOLERATED = 1.12;
const LATENCIES: readonly Metric[] = [
  'latency',
  'slow-requests',
  'latency-p50',
  'latency-p95',
  'latency-p99',
];

export function questionsOf(criteria: readonly Criterion[]): Questions {
  const increase = (metrics: readonly Metric[]): number | null => {
    const found = criteria.flatMap(({ metric, maxIncrease }) =>
      metrics.includes(metric) && maxIncrease !== null ? [maxIncrease] : [],
    );
    return found.length === 0 ? null : Math.min(...found);
  };
  const slower = increase(LATENCIES);
  return {
    errorIncrease: increase(['error-rate']),
    clientErrorIncrease: increase(['client-error-rate']),
    slowerThan: slower === null ? null : 1 + slower,
    named: NAMES.find((name) => increase([name]) !== null) ?? 'latency',
    ceilings: criteria.flatMap((criterion) => ceilingOf(criterion) ?? []),
  };
}

export function asksNothing(questions: Questions): boolean {
  const { errorIncrease, clientErrorIncrease, slowerThan: slower, ceilings } = questions;
  return (
    errorIncrease === null &&
    clientErrorIncrease === null &&
    slower === null &&
    ceilings.length === 0
  );
}

export function compares({
  errorIncrease,
  clientErrorIncrease,
  slowerThan: s,
}: Questions): boolean {
  return errorIncrease !== null || clientErrorIncrease !== null || s !== null;
}

/** How many times slower is not counted as slower at all. */
export function toleranceOf(criteria: readonly Criterion[]): number {
  return Math.max(TOLERATED, Math.sqrt(questionsOf(criteria).slowerThan ?? 1));
}

/** Some limit can only be judged by latencies. */
export function needsLatency({ slowerThan: slower, ceilings }: Questions): boolean {
  return slower !== null || ceilings.some(({ kind }) => kind === 'slow');
}

function ceilingOf({ metric, max }: Criterion): Ceiling | null {
  if (max === null) return null;
  if (metric === 'error-rate') {
    return { metric, kind: '5xx', max, allowed: max, seen: seenErrors };
  }
  if (metric === 'client-error-rate') {
    return { metric, kind: '4xx', max, allowed: max, seen: seenClientErrors };
  }
  const allowed = TAILS[metric];
  return allowed === undefined
    ? null
    : { metric, kind: 'slow', max, allowed, seen: (row, side) => seenSlow(row, side, max) };
}

/** From the source that the row's errors are from. */
function seenErrors(row: Row, side: 'canary' | 'baseline'): Seen | null {
  const { errors, visible } = row;
  if (!visible) return null;
  if (errors === null) {
    const cell = row[side];
    return cell === null || cell.requests === 0
      ? null
      : { events: cell.errors, requests: cell.requests };
  }
  return side === 'canary'
    ? { events: errors.canary, requests: errors.canaryOf }
    : { events: errors.baseline, requests: errors.baselineOf };
}

function seenClientErrors(row: Row, side: 'canary' | 'baseline'): Seen | null {
  const cell = row[side];
  return cell === null || cell.requests === 0
    ? null
    : { events: cell.clientErrors, requests: cell.requests };
}

/** Surely slower: in a bucket that begins at the limit or above it. */
function seenSlow(row: Row, side: 'canary' | 'baseline', max: number): Seen | null {
  const latency = row[side]?.latency ?? null;
  if (latency === null) return null;
  const { bounds } = latency;
  const bucket = bounds.findIndex((bound) => bound >= max);
  const requests = totalOf(latency);
  if (requests === 0) return null;
  if (bucket >= 0) return { events: slowerThan(latency, bucket), requests };
  // A limit beyond the last bound: nobody knows how slow those above it are.
  return slowerThan(latency, bounds.length - 1) === 0 ? { events: 0, requests } : null;
}
