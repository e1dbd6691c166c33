/**
 * Whether the request log holds what the counters count (judging.md 7.4). Logs can be excluded or
 * sampled, and a canary's errors that nobody logged must not look like none.
 */
import type { ErrorLog, LoggedMinute, Minute, PastMinute } from '../judging-types.ts';
import type { Instant, Millis } from '../types.ts';

/** A part of the history with enough server errors to compare the log with. */
export type TrustSample = {
  readonly from: Instant;
  readonly to: Instant;
  /** Server errors of the stable revision, as the counters say. */
  readonly counted: number;
};

const ROWS = 60;
/** Fewer tell nothing. */
const LEAST_ERRORS = 10;
/** More need not be read: half of them fit into one page of the log. */
const MANY_ERRORS = 1_000;
/** So many may be on the other side of the table's edge. */
const AT_EDGE = 2;
/** Rows that tell whether the log still holds what is counted. */
const NEWEST = 10;

/** The newest rows. null: too few errors to tell anything. */
export function trustSample(
  history: readonly PastMinute[],
  samplePeriod: Millis,
): TrustSample | null {
  let counted = 0;
  let from: Instant | null = null;
  for (const { start, cell } of history.slice(-ROWS).toReversed()) {
    counted += cell.errors;
    from = start;
    if (counted >= MANY_ERRORS) break;
  }
  const last = history.at(-1);
  if (last === undefined || from === null || counted < LEAST_ERRORS) return null;
  return { from, to: last.start + samplePeriod, counted };
}

/** `logged`: of the same sample. */
export function showsErrors({ counted }: TrustSample, logged: number): boolean {
  return logged >= counted / 2;
}

/**
 * During the rollout, for each side: whether most of what was counted is missing in the log, of all
 * rows or of the newest, for a log may stop. It may be ahead of the counters, which only makes this
 * slower to say so.
 */
export function lacksErrors(minutes: readonly Minute[], log: ErrorLog): boolean {
  const newest = minutes.slice(-NEWEST);
  const since = newest[0]?.start ?? Infinity;
  const first = log.minutes.findIndex(({ start }) => start >= since);
  // What was counted at the edge may have been logged in the row before.
  const logged = first < 0 ? [] : log.minutes.slice(Math.max(0, first - 1));
  return lacks(minutes, log.minutes) || lacks(newest, logged);
}

function lacks(minutes: readonly Minute[], rows: readonly LoggedMinute[]): boolean {
  // Lower bounds lack errors because they were not read.
  if (rows.some(({ capped }) => capped)) return false;
  return (['canary', 'baseline'] as const).some((side) => {
    const counted = minutes.reduce((sum, minute) => sum + (minute[side]?.errors ?? 0), 0);
    const logged = rows.reduce((sum, minute) => sum + minute[side], 0);
    return counted - logged > Math.max(AT_EDGE, counted / 2);
  });
}
