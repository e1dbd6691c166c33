/** The table of minutes added up, after every number in it has been checked. */
import { mergeHistograms, sameLayout, totalOf } from './stats.ts';
import type { Share } from './stats.ts';
import { instantText } from '../report/report-numbers.ts';
import type { Cell, Histogram, Minute, Observation } from '../judging-types.ts';

/** mixed: bucket layouts differ. null: no measurement. */
type Latency = Histogram | 'mixed' | null;

export type Sums = {
  /** All minutes of the canary. */
  readonly canary: Share;
  readonly canaryLatency: Latency;
  readonly baselineRequests: number;
  /** Only minutes in which both sides answered requests: what one alone went through is no comparison. */
  readonly paired: {
    readonly canary: Share;
    readonly baseline: Share;
    readonly latency: { readonly canary: Histogram; readonly baseline: Histogram } | 'mixed' | null;
  };
};

/** A text says why nothing may be decided. */
export function sumUp(observation: Observation): Sums | string {
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
  const sums = addUp(minutes);
  return isSummable(sums)
    ? sums
    : 'Monitoring answered with counts too large to add; nothing was decided from them.';
}

function addUp(minutes: readonly Minute[]): Sums {
  const canary = minutes.flatMap((minute) => minute.canary ?? []);
  const baseline = minutes.flatMap((minute) => minute.baseline ?? []);
  const pairs = minutes.flatMap((minute) =>
    minute.canary !== null && minute.baseline !== null && bothAnswered(minute)
      ? [{ canary: minute.canary, baseline: minute.baseline }]
      : [],
  );
  return {
    canary: shareOf(canary),
    canaryLatency: mergeHistograms(canary.flatMap((cell) => cell.latency ?? [])),
    baselineRequests: shareOf(baseline).requests,
    paired: {
      canary: shareOf(pairs.map((pair) => pair.canary)),
      baseline: shareOf(pairs.map((pair) => pair.baseline)),
      latency: pairedLatency(pairs),
    },
  };
}

function pairedLatency(
  pairs: readonly { readonly canary: Cell; readonly baseline: Cell }[],
): Sums['paired']['latency'] {
  const measured = pairs.filter((pair) => pair.canary.latency && pair.baseline.latency);
  const canary = mergeHistograms(measured.flatMap((pair) => pair.canary.latency ?? []));
  const baseline = mergeHistograms(measured.flatMap((pair) => pair.baseline.latency ?? []));
  if (canary === 'mixed' || baseline === 'mixed') return 'mixed';
  if (canary === null || baseline === null) return null;
  return sameLayout(canary, baseline) ? { canary, baseline } : 'mixed';
}

function bothAnswered(minute: Minute): boolean {
  return (minute.canary?.requests ?? 0) > 0 && (minute.baseline?.requests ?? 0) > 0;
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

function isSummable({ canary, canaryLatency, baselineRequests, paired }: Sums): boolean {
  const latency = paired.latency;
  const slow = canaryLatency === null || canaryLatency === 'mixed' ? 0 : totalOf(canaryLatency);
  const both =
    latency === null || latency === 'mixed'
      ? 0
      : totalOf(latency.canary) + totalOf(latency.baseline);
  return [canary.requests + baselineRequests, slow, both].every(Number.isSafeInteger);
}
