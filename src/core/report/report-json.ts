/**
 * The report for machines: the same numbers, no sentences to parse, and all that they were judged
 * from. docs/report-json.md describes it; what it says once stays as it is.
 */
import { byteLength, cutBytes } from './markdown.ts';
import type { Report, StageReport } from './report-model.ts';
import { timeOf } from '../trace/tables.ts';
import { extentOf, tracedJson } from '../trace/trace-json.ts';
import type { Extent } from '../trace/trace-json.ts';
import { NOTHING_TRACED } from '../trace/trace-types.ts';
import type { Queries, Trace } from '../trace/trace-types.ts';
import type { Judgement } from '../judging-types.ts';
import type { Instant } from '../types.ts';

/**
 * A job may have 1 MB of outputs, in UTF-16. But whoever hands one on as a variable of a step meets
 * the limit of Linux first: 128 KiB for a single one (execve(2), MAX_ARG_STRLEN).
 */
export const OUTPUT_BYTES = 96 * 1024;
/** What replay takes is a little more than this. */
export const FILE_BYTES = 32 * 1024 * 1024;
const MOST_ROWS = 40;
/** Longest text, and the longest if there is no room. */
const TEXT_BYTES = { usual: 2000, short: 60 };

export type Traced = { readonly trace: Trace; readonly queries: Queries | null };

const UNTRACED: Traced = { trace: NOTHING_TRACED, queries: null };

/**
 * Too long a report loses the data of its oldest looks first, then the oldest looks, then the ends
 * of its texts and lists; `leftOut` says what.
 */
export function reportJson(
  report: Report,
  traced: Traced = UNTRACED,
  most: number = OUTPUT_BYTES,
): string {
  const whole = extentOf(traced.trace);
  const written = (extent: Extent): string => jsonOf(report, { ...traced, extent }, 'usual');
  const fits = (extent: Extent): boolean => byteLength(written(extent)) <= most;
  const data = mostThat((count) => fits({ ...whole, data: count }), whole.data);
  if (data !== null) return written({ ...whole, data });
  const looks = mostThat((count) => fits({ looks: count, data: 0 }), whole.looks);
  if (looks !== null) return written({ looks, data: 0 });
  return jsonOf(report, { ...traced, extent: { looks: 0, data: 0 } }, 'short');
}

/**
 * The highest number up to `most` that does, as every lower one does; null: not even 0. From below,
 * so that of a table of weeks no more is written than fits, and once what does not.
 */
function mostThat(does: (count: number) => boolean, most: number): number | null {
  if (!does(0)) return null;
  let [least, beyond] = [0, 1];
  while (beyond <= most && does(beyond)) {
    least = beyond;
    beyond = least === most ? most + 1 : Math.min(most, 2 * least);
  }
  while (beyond - least > 1 && least < most) {
    const middle = Math.floor((least + beyond) / 2);
    if (does(middle)) least = middle;
    else beyond = middle;
  }
  return least;
}

function jsonOf(
  report: Report,
  { trace, queries, extent }: Traced & { readonly extent: Extent },
  texts: keyof typeof TEXT_BYTES,
): string {
  const textBytes = TEXT_BYTES[texts];
  const { stages, served, notices, now, startedAt, timing, forecast, outlook: _, ...rest } = report;
  const { rolloutId } = report;
  const { leftOut, ...traced } = tracedJson(trace, { rolloutId, queries }, extent);
  const value = {
    version: 1,
    ...rest,
    startedAt: instantOf(startedAt),
    now: instantOf(now),
    timing,
    served: Object.fromEntries(
      Object.entries(served)
        .slice(0, MOST_ROWS)
        .map(([name, percent]) => [cutBytes(name, textBytes), percent]),
    ),
    plan: forecast === null ? null : { ...forecast, at: instantOf(forecast.at) },
    stages: stages.slice(0, MOST_ROWS).map((stage) => stageOf(stage)),
    notices: notices.slice(0, MOST_ROWS),
    ...traced,
    leftOut: { ...leftOut, texts: texts === 'short' },
  };
  // No text of so few characters has more bytes than that.
  const isShort = (text: string): boolean => text.length * 3 <= textBytes;
  return JSON.stringify(value, (_, item: unknown) => {
    if (texts === 'short' && Array.isArray(item)) return item.slice(0, MOST_ROWS);
    return typeof item === 'string' && !isShort(item) ? cutBytes(item, textBytes) : item;
  });
}

/** The minutes are in `tables`, each once. */
function stageOf({ judgement, startedAt, endedAt, ...rest }: StageReport): object {
  return {
    ...rest,
    startedAt: instantOf(startedAt),
    endedAt: instantOf(endedAt),
    judgement: judgement === null ? null : judgementOf(judgement),
  };
}

function judgementOf({ observation, checks, ...rest }: Judgement): object {
  return {
    ...rest,
    checks: checks.slice(0, MOST_ROWS),
    window: {
      from: instantOf(observation.from),
      to: instantOf(observation.to),
      complete: observation.complete,
      minutes: observation.minutes.length,
    },
  };
}

function instantOf(at: Instant | null): string | null {
  return at === null ? null : timeOf(at);
}
