/** What the rules of the peers share: each row taken once, when it becomes visible, and sums of rows. */
import { exceedanceOf } from '../../../src/core/judge/exceedance.ts';
import { mergeHistograms, slowerThan, totalOf } from '../../../src/core/judge/histogram.ts';
import type { Histogram, PastMinute } from '../../../src/core/judging-types.ts';
import type { Counts } from '../../../src/core/judge/count-evidence.ts';
import { FIXED } from './schedule.ts';
import type { Answer, Context, Look, Rule, SeenRow } from './types.ts';

/** A rule on the schedule of the main table; `fresh` are the rows it has not been shown yet. */
export function peer(
  name: string,
  start: (context: Context) => (fresh: readonly SeenRow[], now: Look) => Answer,
): Rule {
  return {
    name,
    schedule: FIXED,
    reads: 'metrics',
    start(context) {
      const answer = start(context);
      let seen = 0;
      return {
        look(now) {
          const fresh = now.visible.slice(seen);
          seen = now.visible.length;
          return answer(fresh, now);
        },
      };
    },
  };
}

/** Requests of one side, or of several minutes of it. */
export type Sum = {
  readonly requests: number;
  readonly errors: number;
  readonly latency: Histogram | null;
};

const NOTHING: Sum = { requests: 0, errors: 0, latency: null };

/** null: a minute without a point, and so without a request. */
export function sumOf(cells: readonly (Sum | null)[]): Sum {
  let [requests, errors] = [0, 0];
  const histograms: Histogram[] = [];
  for (const cell of cells) {
    if (cell === null) continue;
    requests += cell.requests;
    errors += cell.errors;
    if (cell.latency !== null) histograms.push(cell.latency);
  }
  const latency = mergeHistograms(histograms);
  if (latency === 'mixed') throw new Error('One service has one layout of buckets.');
  return { requests, errors, latency };
}

export function pastSum(history: readonly PastMinute[]): Sum {
  return sumOf(history.map(({ cell }) => cell));
}

/** Canary and baseline of some rows. */
export type Pair = { readonly canary: Sum; readonly baseline: Sum };

export const NO_ROWS: Pair = { canary: NOTHING, baseline: NOTHING };

export function withRow({ canary, baseline }: Pair, row: SeenRow): Pair {
  return { canary: sumOf([canary, row.canary]), baseline: sumOf([baseline, row.baseline]) };
}

export function failed({ canary, baseline }: Pair): Counts {
  return {
    canary: canary.errors,
    canaryOf: canary.requests,
    baseline: baseline.errors,
    baselineOf: baseline.requests,
  };
}

/** Requests above a bound, of those whose latency is known. */
export function slow({ canary, baseline }: Pair, bucket: number): Counts {
  return {
    canary: canary.latency === null ? 0 : slowerThan(canary.latency, bucket),
    canaryOf: canary.latency === null ? 0 : totalOf(canary.latency),
    baseline: baseline.latency === null ? 0 : slowerThan(baseline.latency, bucket),
    baselineOf: baseline.latency === null ? 0 : totalOf(baseline.latency),
  };
}

const NO_NOISE = { times: 1, leastOdds: 1, variance: 0, tolerance: 1 };

/** Of the bound that this part of the past requests exceeded, as nearly as a bound can be. null: none. */
export function slowBucket({ latency }: Sum, part: number): number | null {
  if (latency === null) return null;
  return exceedanceOf(latency, { ...NO_NOISE, part })?.bucket ?? null;
}
