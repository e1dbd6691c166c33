/** Tables of minutes, and one look at them. */
import { judge } from '../../src/core/judge/judge.ts';
import type {
  Cell,
  Criterion,
  ErrorLog,
  Histogram,
  Judgement,
  Judging,
  LoggedMinute,
  Look,
  Minute,
  PastMinute,
} from '../../src/core/judging-types.ts';
import { MINUTE } from './build.ts';

export const BOUNDS = [100, 140, 196, 274, 384, 538];
export const START = Date.UTC(2026, 10, 20, 15, 4);
export const ERRORS: Criterion = { metric: 'error-rate', max: null, maxIncrease: 0.0005 };
export const LATENCY: Criterion = { metric: 'latency', max: null, maxIncrease: 0.1 };
/** Half of the requests are quick, and 1 in a hundred is slow. */
export const USUAL = [400, 300, 200, 80, 15, 4, 1];

export function cell(requests: number, errors = 0, latency: Histogram | null = null): Cell {
  return { requests, errors, clientErrors: 0, latency, memory: null };
}

/** So many requests in the bucket with this index. */
export function histogram(counts: Readonly<Record<number, number>>, bounds = BOUNDS): Histogram {
  return { bounds, counts: Array.from({ length: bounds.length + 1 }, (_, i) => counts[i] ?? 0) };
}

/** So many requests, spread over the buckets as the weights say; whole numbers. */
export function spread(requests: number, weights: readonly number[] = USUAL): Histogram {
  const total = weights.reduce((sum, one) => sum + one, 0);
  const counts = weights.map((one) => Math.floor((requests * one) / total));
  const [first = 0, ...rest] = counts;
  const missing = requests - counts.reduce((sum, one) => sum + one, 0);
  return { bounds: BOUNDS, counts: [first + missing, ...rest] };
}

/** The same, each request that did not fail with a latency. */
export function timed(requests: number, errors = 0, weights: readonly number[] = USUAL): Cell {
  return cell(requests, errors, spread(requests - errors, weights));
}

export type Row = readonly [canary: Cell | null, baseline: Cell | null];

export function minutes(...rows: readonly Row[]): Minute[] {
  return rows.map(([canary, baseline], i) => ({ start: START + i * MINUTE, canary, baseline }));
}

/** Of so many rows, each as the function says. */
export function table(count: number, row: (index: number) => Row): Minute[] {
  return minutes(...Array.from({ length: count }, (_, index) => row(index)));
}

/** Three hours of one failed request in two hundred, as steady as can be. */
export const HISTORY: readonly PastMinute[] = Array.from({ length: 180 }, (_, i) => ({
  start: START + (i - 180) * MINUTE,
  cell: timed(1000, 5),
  share: 1,
}));

/** The request log of so many rows, each with the errors of the canary and of the stable revision. */
export function logged(
  count: number,
  errors: (index: number) => readonly [canary: number, baseline: number],
): ErrorLog {
  return logRows(count, (i) => ({ errors: errors(i) }));
}

/** capped: of that row, no more errors were read. */
export function logRows(
  count: number,
  row: (index: number) => {
    readonly errors: readonly [canary: number, baseline: number];
    readonly capped?: boolean;
  },
): ErrorLog {
  const rows = Array.from({ length: count }, (_, i): LoggedMinute => {
    const { errors, capped = false } = row(i);
    return { start: START + i * MINUTE, canary: errors[0], baseline: errors[1], capped };
  });
  return { minutes: rows };
}

export type Options = Partial<Omit<Judging, 'criteria'> & Look> & {
  readonly complete?: boolean;
  /** Rows that the window has; as many as there are, if not told otherwise. */
  readonly lasts?: number;
  readonly percent?: number;
  readonly history?: readonly PastMinute[];
  readonly log?: ErrorLog | null;
};

/** A whole window of one stage, if not told otherwise: it ends with the last row. */
export function look(
  rows: readonly Minute[],
  criteria: readonly Criterion[] = [ERRORS],
  options: Options = {},
): Judgement {
  const { complete = true, lasts = Math.max(1, rows.length), history = HISTORY } = options;
  const { log = null, percent = 10, minRequests = 100, confidence = 'normal' } = options;
  const {
    onInconclusive = 'promote',
    warmUp = 0,
    maxMemory = 0.95,
    closed = true,
    early = false,
    lapsed = false,
  } = options;
  const { samplePeriod = MINUTE, nextPercent = 100 } = options;
  const { stages = [{ percent, asked: START, from: START }] } = options;
  const to = START + lasts * samplePeriod;
  return judge(
    { from: START, to, minutes: rows, history, log, complete },
    { criteria, minRequests, confidence, onInconclusive, warmUp, maxMemory },
    { samplePeriod, stages, nextPercent, closed, early, lapsed },
  );
}
