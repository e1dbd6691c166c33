/** The table of minutes added up, after every number in it has been checked. */
import { mergeHistograms, sameLayout, totalOf } from './stats.ts';
import type { Share } from './stats.ts';
import { instantText } from '../report/report-numbers.ts';
import type { Cell, Histogram, Minute, Observation } from '../judging-types.ts';
import type { Millis } from '../types.ts';

/** mixed: bucket layouts differ. null: no measurement. */
type Latency = Histogram | 'mixed' | null;

export type Sums = {
  /** All minutes of the canary. */
  readonly canary: Share;
  readonly baselineRequests: number;
  /** Only minutes in which both sides answered requests: what one alone went through is no comparison. */
  readonly paired: {
    readonly canary: Share;
    readonly baseline: Share;
  };
  readonly warm: WarmSums;
};

/** Only minutes after the warm-up: cold caches make the first requests slow, and nothing else. */
export type WarmSums = {
  readonly canaryLatency: Latency;
  readonly canaryErrors: number;
  readonly paired: {
    readonly latency: { readonly canary: Histogram; readonly baseline: Histogram } | 'mixed' | null;
    readonly canaryErrors: number;
  };
  /** The warm-up, if latencies of the canary were left out for it; else 0. */
  readonly leftOut: Millis;
};

/** A text says why nothing may be decided. */
export function sumUp(observation: Observation, warmUp: Millis): Sums | string {
  const { minutes } = observation;
  if (!observation.complete) {
    return 'Monitoring answered with partial data; nothing was decided from it.';
  }
  if (minutes.length === 0) return 'Monitoring has no data of this window.';
  const odd = minutes.filter((minute) => !isSound(minute)).map((minute) => minute.start);
  if (odd.length > 0) {
    const first = instantText(Math.min(...odd));
    return `Monitoring answered with numbers that cannot be (minute ${first}); nothing was decided from them.`;
  }
  const sums = addUp(observation, warmUp);
  return isSummable(sums)
    ? sums
    : 'Monitoring answered with counts too large to add; nothing was decided from them.';
}

function addUp({ minutes, from }: Observation, warmUp: Millis): Sums {
  const pairs = pairsOf(minutes);
  const isWarm = (minute: Minute): boolean => minute.start >= from + warmUp;
  const warm = minutes.filter(isWarm);
  const warmCells = canaryCells(warm);
  const warmPairs = pairsOf(warm);
  const cold = canaryCells(minutes.filter((minute) => !isWarm(minute)));
  return {
    canary: shareOf(canaryCells(minutes)),
    baselineRequests: shareOf(minutes.flatMap((minute) => minute.baseline ?? [])).requests,
    paired: {
      canary: shareOf(pairs.map((pair) => pair.canary)),
      baseline: shareOf(pairs.map((pair) => pair.baseline)),
    },
    warm: {
      canaryLatency: mergeHistograms(warmCells.flatMap((cell) => cell.latency ?? [])),
      canaryErrors: shareOf(warmCells).events,
      paired: {
        latency: pairedLatency(warmPairs),
        canaryErrors: shareOf(warmPairs.map((pair) => pair.canary)).events,
      },
      leftOut: cold.some(({ latency }) => latency !== null && totalOf(latency) > 0) ? warmUp : 0,
    },
  };
}

type Pair = { readonly canary: Cell; readonly baseline: Cell };

function pairsOf(minutes: readonly Minute[]): readonly Pair[] {
  return minutes.flatMap(({ canary, baseline }) =>
    canary !== null && baseline !== null && canary.requests > 0 && baseline.requests > 0
      ? [{ canary, baseline }]
      : [],
  );
}

function canaryCells(minutes: readonly Minute[]): readonly Cell[] {
  return minutes.flatMap((minute) => minute.canary ?? []);
}

function pairedLatency(pairs: readonly Pair[]): WarmSums['paired']['latency'] {
  const measured = pairs.filter((pair) => pair.canary.latency && pair.baseline.latency);
  const canary = mergeHistograms(measured.flatMap((pair) => pair.canary.latency ?? []));
  const baseline = mergeHistograms(measured.flatMap((pair) => pair.baseline.latency ?? []));
  if (canary === 'mixed' || baseline === 'mixed') return 'mixed';
  if (canary === null || baseline === null) return null;
  return sameLayout(canary, baseline) ? { canary, baseline } : 'mixed';
}

function shareOf(cells: readonly Cell[]): Share {
  return {
    events: cells.reduce((sum, cell) => sum + cell.errors, 0),
    requests: cells.reduce((sum, cell) => sum + cell.requests, 0),
  };
}

function isSound({ start, canary, baseline }: Minute): boolean {
  return Number.isFinite(start) && isSoundCell(canary) && isSoundCell(baseline);
}

function isSoundCell(cell: Cell | null): boolean {
  if (cell === null) return true;
  const { requests, errors, clientErrors, latency } = cell;
  return (
    [requests, errors, clientErrors].every(isCount) &&
    errors + clientErrors <= requests &&
    (latency === null || isSoundHistogram(latency))
  );
}

function isSoundHistogram({ bounds, counts }: Histogram): boolean {
  return (
    counts.length === bounds.length + 1 &&
    counts.every(isCount) &&
    bounds.every((bound, i) => Number.isFinite(bound) && bound > (bounds[i - 1] ?? -Infinity))
  );
}

/** Above 2^53 a count no longer adds exactly. */
function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isSummable({ canary, baselineRequests, warm }: Sums): boolean {
  const { canaryLatency, paired } = warm;
  const { latency } = paired;
  const slow = canaryLatency === null || canaryLatency === 'mixed' ? 0 : totalOf(canaryLatency);
  const both =
    latency === null || latency === 'mixed'
      ? 0
      : totalOf(latency.canary) + totalOf(latency.baseline);
  return [canary.requests + baselineRequests, slow, both].every(Number.isSafeInteger);
}
