/**
 * What was read of one rollout's log, as rows. A rollout may fail for days: single entries are kept
 * only while a second copy of one may come, and of older rows no more than their counts.
 */
import type { LoggedMinute } from '../core/judging-types.ts';
import type { Instant, Millis } from '../core/types.ts';
import type { Failure, Span } from './logging-entries.ts';

type Grid = { readonly anchor: Instant; readonly samplePeriod: Millis };

type Count = { canary: number; baseline: number; capped: boolean };

/** Rows whose entries are told apart; all rows that the log is compared with are among them. */
const TOLD_APART = 15;

export type LoggedRows = {
  /** All that was received before `until` and is not older than what was added before. */
  add(
    read: { readonly failures: readonly Failure[]; readonly capped: readonly Span[] },
    grid: Grid & { readonly until: Instant },
  ): void;
  /** Whole rows inside `span`; one without an entry is a row of zeros. */
  minutes(span: Span & Grid): readonly LoggedMinute[];
};

export function createLoggedRows(): LoggedRows {
  /** By the start of the row on the grid of its time. */
  const settled = new Map<Instant, Count>();
  const recent = new Map<string, Failure>();
  let capped: readonly Span[] = [];
  const countAt = (start: Instant): Count => {
    const count = settled.get(start) ?? { canary: 0, baseline: 0, capped: false };
    settled.set(start, count);
    return count;
  };
  return {
    add(read, { until, ...grid }) {
      for (const failure of read.failures) recent.set(failure.id, failure);
      const end = startOf(until, grid) - TOLD_APART * grid.samplePeriod;
      for (const { id, at, side } of recent.values()) {
        if (at >= end) continue;
        recent.delete(id);
        countAt(startOf(at, grid))[side] += 1;
      }
      const spans = [...capped, ...read.capped];
      for (const { from, to } of spans) {
        for (let at = startOf(from, grid); at < Math.min(to, end); at += grid.samplePeriod) {
          countAt(at).capped = true;
        }
      }
      capped = spans.filter(({ to }) => to > end);
    },
    minutes(span) {
      const rows = rowsOf(span);
      for (const [start, count] of settled) rows.addRow(start, count);
      for (const failure of recent.values()) rows.addOne(failure);
      return rows.minutes(capped);
    },
  };
}

function startOf(instant: Instant, { anchor, samplePeriod }: Grid): Instant {
  return anchor + Math.floor((instant - anchor) / samplePeriod) * samplePeriod;
}

function rowsOf({ from, to, anchor, samplePeriod }: Span & Grid) {
  const first = Math.ceil((from - anchor) / samplePeriod);
  const length = Math.max(0, Math.floor((to - anchor) / samplePeriod) - first);
  const counts = Array.from({ length }, () => ({ canary: 0, baseline: 0, capped: false }));
  return {
    /** The grid may have moved since. Then a row belongs where Monitoring's points do: to the nearest. */
    addRow(start: Instant, count: Count): void {
      const row = counts[Math.round((start - anchor) / samplePeriod) - first];
      if (row === undefined) return;
      row.canary += count.canary;
      row.baseline += count.baseline;
      row.capped ||= count.capped;
    },
    addOne({ at, side }: Failure): void {
      const row = counts[Math.floor((at - anchor) / samplePeriod) - first];
      if (row !== undefined) row[side] += 1;
    },
    minutes: (capped: readonly Span[]): readonly LoggedMinute[] =>
      counts.map((count, i) => {
        const start = anchor + (first + i) * samplePeriod;
        const end = start + samplePeriod;
        const isCapped = count.capped || capped.some((one) => one.from < end && one.to > start);
        return { start, ...count, capped: isCapped };
      }),
  };
}
