/** Numbers that cannot be are no data: nothing may be decided from a table that holds one. */
import { instantText } from '../report/report-numbers.ts';
import type { Cell, Histogram, LoggedMinute, Minute, Observation } from '../judging-types.ts';

/** Minutes are never changed, so what was found sound once is sound at every later look. */
const found = new WeakSet<Minute>();

/** Why nothing may be decided; null: everything can be read. */
export function unsoundText({ complete, minutes, log }: Observation): string | null {
  if (!complete) return 'Monitoring answered with partial data; nothing was decided from it.';
  const odd = minutes.filter((minute) => !isSound(minute)).map(({ start }) => start);
  if (odd.length > 0) {
    return `Monitoring answered with numbers that cannot be (minute ${instantText(Math.min(...odd))}); nothing was decided from them.`;
  }
  if (log !== null && !log.minutes.every(isSoundLog)) {
    return 'The error log was counted to numbers that cannot be; nothing was decided from them.';
  }
  const requests = minutes.reduce(
    (sum, { canary, baseline }) => sum + (canary?.requests ?? 0) + (baseline?.requests ?? 0),
    0,
  );
  return Number.isSafeInteger(requests)
    ? null
    : 'Monitoring answered with counts too large to add; nothing was decided from them.';
}

function isSound(minute: Minute): boolean {
  if (found.has(minute)) return true;
  const { start, canary, baseline } = minute;
  const sound = Number.isFinite(start) && isSoundCell(canary) && isSoundCell(baseline);
  if (sound) found.add(minute);
  return sound;
}

function isSoundCell(cell: Cell | null): boolean {
  if (cell === null) return true;
  const { requests, errors, clientErrors, latency, memory } = cell;
  return (
    [requests, errors, clientErrors].every(isCount) &&
    errors + clientErrors <= requests &&
    (latency === null || isSoundHistogram(latency)) &&
    (memory === null || (Number.isFinite(memory) && memory >= 0))
  );
}

function isSoundHistogram({ bounds, counts }: Histogram): boolean {
  return (
    bounds.length > 0 &&
    counts.length === bounds.length + 1 &&
    counts.every(isCount) &&
    bounds.every((bound, i) => Number.isFinite(bound) && bound > (bounds[i - 1] ?? -Infinity))
  );
}

function isSoundLog({ start, canary, baseline }: LoggedMinute): boolean {
  return Number.isFinite(start) && isCount(canary) && isCount(baseline);
}

/** Above 2^53 a count no longer adds exactly. */
function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
