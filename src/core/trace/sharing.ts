/** A table is read anew at every look, and nearly all of it is as it was: one object for both. */
import type { Cell, Histogram, LoggedMinute, Minute, Observation } from '../judging-types.ts';
import type { Instant } from '../types.ts';

/** `now`, with the rows of `before` where they are the same to the last digit. */
export function sharing(now: Observation, before: Observation | null): Observation {
  if (before === null) return now;
  const log =
    now.log === null
      ? null
      : { minutes: sharedRows(now.log.minutes, before.log?.minutes ?? [], sameLogged) };
  const isSameHistory =
    now.history.length === before.history.length &&
    now.history.every((past, i) => {
      const other = before.history[i];
      return (
        past === other ||
        (other !== undefined &&
          past.start === other.start &&
          past.share === other.share &&
          sameCell(past.cell, other.cell))
      );
    });
  return {
    ...now,
    minutes: sharedRows(now.minutes, before.minutes, sameMinute),
    history: isSameHistory ? before.history : now.history,
    log,
  };
}

function sharedRows<T extends { readonly start: Instant }>(
  now: readonly T[],
  before: readonly T[],
  same: (one: T, other: T) => boolean,
): readonly T[] {
  const known = new Map(before.map((row) => [row.start, row]));
  return now.map((row) => {
    const other = known.get(row.start);
    return other !== undefined && same(row, other) ? other : row;
  });
}

function sameMinute(one: Minute, other: Minute): boolean {
  return sameCell(one.canary, other.canary) && sameCell(one.baseline, other.baseline);
}

function sameLogged(one: LoggedMinute, other: LoggedMinute): boolean {
  return (
    one.canary === other.canary && one.baseline === other.baseline && one.capped === other.capped
  );
}

function sameCell(one: Cell | null, other: Cell | null): boolean {
  if (one === null || other === null) return one === other;
  return (
    one.requests === other.requests &&
    one.errors === other.errors &&
    one.clientErrors === other.clientErrors &&
    one.memory === other.memory &&
    sameHistogram(one.latency, other.latency)
  );
}

function sameHistogram(one: Histogram | null, other: Histogram | null): boolean {
  if (one === null || other === null) return one === other;
  return sameNumbers(one.bounds, other.bounds) && sameNumbers(one.counts, other.counts);
}

function sameNumbers(one: readonly number[], other: readonly number[]): boolean {
  return one === other || (one.length === other.length && one.every((n, i) => n === other[i]));
}
