/** The rows that were judged, each written once however many looks have it. */
import { checksum } from '../checksum.ts';
import { USUAL_MAX_MEMORY } from '../judge/memory-guard.ts';
import type { JudgedData, Said } from './trace-types.ts';
import type { Cell, Histogram, LoggedMinute, Minute, PastMinute } from '../judging-types.ts';
import type { Instant } from '../types.ts';

/** From the first row up to, but not with, the second. */
export type Range = readonly [from: number, until: number];

/** Things by the order in which they were first met. */
class Pool<T> {
  readonly #indices = new Map<unknown, number>();
  readonly items: T[] = [];

  indexOf(item: T, key: unknown = item): number {
    const known = this.#indices.get(key);
    if (known !== undefined) return known;
    this.#indices.set(key, this.items.length);
    return this.items.push(item) - 1;
  }

  rangesOf(items: readonly T[]): readonly Range[] {
    const ranges: [number, number][] = [];
    for (const item of items) {
      const index = this.indexOf(item);
      const last = ranges.at(-1);
      if (last !== undefined && last[1] === index) last[1] = index + 1;
      else ranges.push([index, index + 1]);
    }
    return ranges;
  }
}

export class Tables {
  readonly #layouts = new Pool<readonly number[]>();
  readonly #minutes = new Pool<Minute>();
  readonly #log = new Pool<LoggedMinute>();
  readonly #histories = new Pool<readonly PastMinute[]>();

  /** The part of a look that it can be judged from again. */
  add({ observation, look }: JudgedData): object {
    const { minutes, history, log, complete } = observation;
    const { samplePeriod, stages, nextPercent, early, lapsed } = look;
    return {
      complete,
      samplePeriod,
      stages: stages.map(({ asked, from, ...stage }) => ({
        ...stage,
        asked: timeOf(asked),
        from: from === null ? null : timeOf(from),
      })),
      nextPercent,
      early,
      lapsed,
      minutes: this.#minutes.rangesOf(minutes),
      history: history.length === 0 ? null : this.#histories.indexOf(history),
      log: log === null ? null : this.#log.rangesOf(log.minutes),
    };
  }

  written(): object {
    const cellOf = (cell: Cell | null) =>
      cell === null ? null : { ...cell, latency: this.#histogramOf(cell.latency) };
    return {
      minutes: this.#minutes.items.map(({ start, canary, baseline }) => ({
        start: timeOf(start),
        canary: cellOf(canary),
        baseline: cellOf(baseline),
      })),
      log: this.#log.items.map((row) => ({ ...row, start: timeOf(row.start) })),
      histories: this.#histories.items.map((history) =>
        history.map(({ start, cell, share }) => ({
          start: timeOf(start),
          cell: cellOf(cell),
          share,
        })),
      ),
      // Last, when all of them are known.
      layouts: this.#layouts.items,
    };
  }

  /** Without the zeros before the first request and behind the last one. */
  #histogramOf(histogram: Histogram | null): object | null {
    if (histogram === null) return null;
    const { bounds, counts } = histogram;
    const first = Math.max(
      0,
      counts.findIndex((count) => count !== 0),
    );
    const last = counts.findLastIndex((count) => count !== 0);
    const layout = this.#layouts.indexOf(bounds, bounds.join(' '));
    return { layout, first, counts: counts.slice(first, last + 1) };
  }
}

/** Eight hex digits over all that was judged and what came of it: one digit that is changed shows. */
export function fingerprint({ observation, judging, look }: JudgedData, said: Said): string {
  const { from, to, minutes, history, log, complete } = observation;
  const cell = (one: Cell | null) =>
    one && [
      one.requests,
      one.errors,
      one.clientErrors,
      one.memory,
      one.latency && [one.latency.bounds, one.latency.counts],
    ];
  return checksum(
    JSON.stringify([
      [from, to, complete],
      minutes.map(({ start, canary, baseline }) => [start, cell(canary), cell(baseline)]),
      history.map((past) => [past.start, cell(past.cell), past.share]),
      log &&
        log.minutes.map(({ start, canary, baseline, capped }) => [start, canary, baseline, capped]),
      judging.criteria.map(({ metric, max, maxIncrease }) => [metric, max, maxIncrease]),
      [
        judging.minRequests,
        judging.confidence,
        judging.onInconclusive,
        judging.warmUp,
        // As usual it is not among them, as it was not in earlier versions.
        ...(judging.maxMemory === USUAL_MAX_MEMORY ? [] : [judging.maxMemory]),
      ],
      look.stages.map((stage) => [
        stage.percent,
        stage.baselinePercent ?? null,
        stage.asked,
        stage.from,
      ]),
      [look.samplePeriod, look.nextPercent, look.closed, look.early, look.lapsed],
      numbersOf(said),
    ]),
  );
}

/** Everything of a judgement that is no sentence. */
export function numbersOf(said: Said): readonly unknown[] {
  const { verdict, reason, settled, logEvidence, canaryRequests, baselineRequests, checks } = said;
  return [
    [verdict, reason, settled, logEvidence, canaryRequests, baselineRequests],
    checks.map((one) => [
      one.metric,
      one.verdict,
      one.canary,
      one.baseline,
      one.limit,
      one.logEvidence,
    ]),
  ];
}

/** ISO 8601, UTC; whole milliseconds, so nothing is lost. null: it is no time. */
export function timeOf(instant: Instant): string | null {
  const date = new Date(instant);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
