/** Tables of minutes, and one look at them. */
import { judge } from '../../src/core/judge/judge.ts';
import type { Look } from '../../src/core/judge/judge.ts';
import type {
  Cell,
  Criterion,
  Histogram,
  Judgement,
  Judging,
  Minute,
} from '../../src/core/judging-types.ts';
import { MINUTE } from './build.ts';

export const BOUNDS = [100, 140, 196, 274, 384, 538];
export const START = Date.UTC(2026, 10, 20, 15, 4);
export const ERRORS: Criterion = { metric: 'error-rate', max: null, maxIncrease: 0.005 };
export const P95: Criterion = { metric: 'latency-p95', max: null, maxIncrease: 0.25 };

export function cell(requests: number, errors = 0, latency: Histogram | null = null): Cell {
  return { requests, errors, clientErrors: 0, latency, memory: null };
}

/** So many requests in the bucket with this index. */
export function histogram(counts: Readonly<Record<number, number>>, bounds = BOUNDS): Histogram {
  return { bounds, counts: Array.from({ length: bounds.length + 1 }, (_, i) => counts[i] ?? 0) };
}

export function minutes(...rows: readonly (readonly [Cell | null, Cell | null])[]): Minute[] {
  return rows.map(([canary, baseline], i) => ({ start: START + i * MINUTE, canary, baseline }));
}

/** A whole window, if not told otherwise: it ends with the last row. */
export function look(
  rows: readonly Minute[],
  criteria: readonly Criterion[] = [ERRORS],
  options: Partial<Judging & Look & { complete: boolean; lasts: number }> = {},
): Judgement {
  const {
    minRequests = 100,
    complete = true,
    lasts = Math.max(1, rows.length),
    ...given
  } = options;
  const observation = {
    from: START,
    to: START + lasts * MINUTE,
    minutes: rows,
    history: [],
    log: null,
    complete,
  };
  const { closed = true, plannedLooks = 1 } = given;
  const { samplePeriod = MINUTE, percent = 10, warmUp = 0 } = given;
  const terms = { closed, plannedLooks, samplePeriod, percent, warmUp };
  return judge(observation, { criteria, minRequests }, terms);
}
