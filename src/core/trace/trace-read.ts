/**
 * A report's text → the looks that can be judged again, or everything that is wrong with it. The text
 * is a stranger's: nothing of it is believed that was not looked at here.
 */
import { Faults } from './shape.ts';
import type { Range } from './tables.ts';
import type { JudgedData, Said } from './trace-types.ts';
import { whole } from './trace-shapes.ts';
import type { WrittenCell, WrittenLook, WrittenTables } from './trace-shapes.ts';
import type { Cell, Histogram, LoggedMinute, Minute, PastMinute } from '../judging-types.ts';
import type { Instant, Percent } from '../types.ts';

export type RecordedLook = {
  readonly at: Instant;
  readonly stage: number;
  readonly percent: Percent;
  /** How many rows were judged. */
  readonly rows: number;
  /** Made anew each time: of long reports not all are to be in memory at once. */
  readonly data: () => JudgedData;
  readonly said: Said;
  readonly checksum: string;
};

export type TraceRead =
  | {
      /** With their data, oldest first. */
      readonly looks: readonly RecordedLook[];
      /** All that are in it. */
      readonly all: number;
    }
  | { readonly faults: readonly string[] };

/**
 * Rows of all looks together. A stage of a week, with the log, and as many looks as are kept, has less;
 * judging so many again takes a minute.
 */
const MOST_JUDGED = 1_300_000;

export function readTrace(json: string): TraceRead {
  const faults = new Faults();
  const value = parsed(json);
  if (value === undefined) return { faults: ['The report is not JSON.'] };
  const report = whole(value, faults);
  if (faults.any) return { faults: faults.told };
  const rows = unfold(report.tables, faults);
  let judged = 0;
  const looks = report.looks.flatMap((one, i) =>
    faults.within('looks', () =>
      faults.within(i, () => {
        if (one.data === null || judged > MOST_JUDGED) return [];
        judged += rowsOf(one.data, rows);
        return [recordedLook({ ...one, data: one.data }, rows, faults)];
      }),
    ),
  );
  if (judged > MOST_JUDGED) faults.note('holds more than can be judged again');
  return faults.any ? { faults: faults.told } : { looks, all: report.looks.length };
}

/** What JSON.parse says of it would quote it. undefined: it is no JSON. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

type Rows = {
  readonly minutes: readonly Minute[];
  readonly log: readonly LoggedMinute[];
  readonly histories: readonly (readonly PastMinute[])[];
};

function unfold({ layouts, minutes, log, histories }: WrittenTables, faults: Faults): Rows {
  const cellOf = (cell: WrittenCell): Cell => ({
    ...cell,
    latency: cell.latency === null ? null : histogramOf(cell.latency, layouts, faults),
  });
  const orNull = (cell: WrittenCell | null): Cell | null => (cell === null ? null : cellOf(cell));
  return {
    minutes: minutes.map(({ start, canary, baseline }) => ({
      start,
      canary: orNull(canary),
      baseline: orNull(baseline),
    })),
    log,
    histories: histories.map((history) =>
      history.map((past) => ({ ...past, cell: cellOf(past.cell) })),
    ),
  };
}

function histogramOf(
  { layout, first, counts }: NonNullable<WrittenCell['latency']>,
  layouts: readonly (readonly number[])[],
  faults: Faults,
): Histogram {
  const bounds = layouts[layout] ?? [];
  const behind = bounds.length + 1 - first - counts.length;
  if (bounds.length === 0 || behind < 0) {
    faults.within('tables', () => faults.note('holds a histogram that its layout has no room for'));
    return { bounds, counts: [] };
  }
  return { bounds, counts: [...zeros(first), ...counts, ...zeros(behind)] };
}

function zeros(length: number): readonly number[] {
  return Array.from({ length }, () => 0);
}

type WrittenData = NonNullable<WrittenLook['data']>;

function rowsOf({ minutes, log, history }: WrittenData, { histories }: Rows): number {
  const past = history === null ? [] : (histories[history] ?? []);
  return countOf(minutes) + countOf(log ?? []) + past.length + 1;
}

function countOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, [from, until]) => sum + until - from, 0);
}

function recordedLook(
  { data, ...look }: WrittenLook & { readonly data: WrittenData },
  rows: Rows,
  faults: Faults,
): RecordedLook {
  const { stages, checks, checksum, history, log, minutes } = data;
  const { at, stage, percent, window, closed, ...said } = look;
  const [first, ...others] = stages;
  if (first === undefined) faults.note('names no stage');
  const present = first ?? { percent: 0, asked: 0, from: null };
  const past = history === null ? [] : rows.histories[history];
  if (past === undefined) faults.note('names a history that is not there');
  const areThere = hasRows(rows.minutes, minutes) && hasRows(rows.log, log ?? []);
  if (!areThere) faults.note('names rows that are not there');
  const { samplePeriod, nextPercent, early, lapsed, complete } = data;
  return {
    at,
    stage,
    percent,
    rows: countOf(minutes),
    // Copies, so that each look is judged as if it were the only one, and forgotten after it.
    data: () => ({
      observation: {
        ...window,
        minutes: rowsIn(rows.minutes, minutes).map((minute) => ({ ...minute })),
        history: past ?? [],
        log: log === null ? null : { minutes: rowsIn(rows.log, log) },
        complete,
      },
      judging: { ...data.judging },
      look: { samplePeriod, stages: [present, ...others], nextPercent, closed, early, lapsed },
    }),
    said: { ...said, checks: checks.map((check) => ({ ...check, why: '' })) },
    checksum,
  };
}

/** No row twice: a short text is not to become a long table. */
function hasRows(rows: readonly unknown[], ranges: readonly Range[]): boolean {
  return countOf(ranges) <= rows.length && ranges.every(([, until]) => until <= rows.length);
}

function rowsIn<T>(rows: readonly T[], ranges: readonly Range[]): readonly T[] {
  return ranges.flatMap(([from, until]) => rows.slice(from, until));
}
