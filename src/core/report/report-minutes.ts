/** Minute by minute, both sides: what the charts are drawn from, and the charts of signs. */
import { durationText, latencyText, countText, rateText } from './report-numbers.ts';
import { sparkline } from './sparkline.ts';
import { quantileOf } from '../judge/histogram.ts';
import type { Cell, Minute } from '../judging-types.ts';
import type { Instant, Millis } from '../types.ts';

/** A stage bakes for a week at most, sampled every minute or slower; the sandbox is quicker and shorter. */
const MOST_SLOTS = 20_000;
/** As many signs as a phone shows beside the name of the side. */
const SIGNS_A_LINE = 30;

export type Series = {
  readonly start: Instant;
  /** null: the sample period is not known, so a gap cannot be seen. */
  readonly period: Millis | null;
  readonly rows: readonly (Minute | undefined)[];
};

/** Sample periods without any point are not in the table; a chart without them would tell another time. */
export function seriesOf(minutes: readonly Minute[], period: Millis | null): Series | null {
  const [first] = minutes;
  const last = minutes.at(-1);
  if (first === undefined || last === undefined) return null;
  const { start } = first;
  if (period === null) return { start, period, rows: minutes };
  const slots = Math.round((last.start - start) / period) + 1;
  if (!(slots > 0 && slots <= MOST_SLOTS)) return { start, period: null, rows: minutes };
  const bySlot = new Map(
    minutes.map((minute) => [Math.round((minute.start - start) / period), minute]),
  );
  return { start, period, rows: Array.from({ length: slots }, (_, slot) => bySlot.get(slot)) };
}

export function sidesOf(row: Minute | undefined): readonly [Cell | null, Cell | null] {
  return [row?.canary ?? null, row?.baseline ?? null];
}

/** null: no requests, so no share of them. */
export function errorsOf(cell: Cell | null): number | null {
  return cell === null || cell.requests === 0 ? null : cell.errors / cell.requests;
}

function slowestOf(cell: Cell | null): number | null {
  return cell === null || cell.latency === null ? null : quantileOf(cell.latency, 0.95);
}

type Kind = {
  readonly name: string;
  readonly value: (cell: Cell | null) => number | null;
  readonly text: (value: number) => string;
  /** Both sides have one scale, so that they can be compared by eye. */
  readonly isShared: boolean;
};

const KINDS: readonly Kind[] = [
  { name: '5xx, share of the answers', value: errorsOf, text: rateText, isShared: true },
  { name: 'Latency, p95', value: slowestOf, text: latencyText, isShared: true },
  {
    name: 'Requests',
    value: (cell) => cell?.requests ?? null,
    text: countText,
    isShared: false,
  },
];

/** One block for each kind of number; [] where nothing was measured. */
export function signCharts(series: Series): readonly string[] {
  const blocks = KINDS.flatMap((kind) => chartOf(kind, series) ?? []);
  return blocks.length === 0 ? [] : ['```text', blocks.join('\n\n'), '```'];
}

function chartOf(kind: Kind, { rows, period }: Series): string | null {
  const sides = [0, 1].map((side) => rows.map((row) => kind.value(sidesOf(row)[side] ?? null)));
  const highest = Math.max(0, ...sides.map((values) => sparkline(values)?.highest ?? 0));
  const charts = sides.map((values) => sparkline(values, kind.isShared ? highest : undefined));
  const perSign = charts.find((chart) => chart !== null)?.perSign;
  if (perSign === undefined) return null;
  const each = period === null ? `${perSign} × the sample period` : durationText(perSign * period);
  const full = kind.isShared ? `, █ is ${kind.text(highest)}` : '';
  const hasGap = charts.some((chart) => chart?.signs.includes('·') === true);
  const lines = charts.flatMap((chart, side) => {
    const name = side === 0 ? 'canary' : 'stable';
    return chart === null
      ? [`${name} no data`]
      : signLines(name, chart.signs, kind.text(chart.highest));
  });
  return [`${kind.name} (${each} a sign${full}${hasGap ? ', · is no data' : ''})`, ...lines].join(
    '\n',
  );
}

/** As many lines as it takes; the highest value behind the last of them. */
function signLines(name: string, signs: string, highest: string): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at < signs.length; at += SIGNS_A_LINE) {
    lines.push(
      `${at === 0 ? name : ' '.repeat(name.length)} ${signs.slice(at, at + SIGNS_A_LINE)}`,
    );
  }
  return lines.map((line, index) => (index === lines.length - 1 ? `${line} max ${highest}` : line));
}
