/**
 * Charts for the job summary, in the language that GitHub draws there (mermaid's `xychart-beta`).
 * Nothing in them is foreign text, and nothing is told by colour: bars and a line tell two sides apart.
 */
import { errorsOf, seriesOf, sidesOf } from './report-minutes.ts';
import type { Series } from './report-minutes.ts';
import type { Report } from './report-model.ts';
import { clockText, durationText, rateText } from './report-numbers.ts';
import { decidingStage } from './report-stage.ts';
import type { Cell } from '../judging-types.ts';
import type { Millis } from '../types.ts';

const MOST_POINTS = 40;
/** At least 3 : 1 (WCAG AA) on GitHub's white and on its black; mermaid's own are as good as white. */
const BARS = '#8c959f';
const LINE = '#0969da';
/** Mermaid takes letters for smaller than they are: without more room those at the edge are cut. */
const ROOM = { xAxis: { titlePadding: 12 }, yAxis: { labelPadding: 12 } };
const UNITS: readonly (readonly [Millis, string])[] = [
  [24 * 60 * 60_000, 'Days'],
  [60 * 60_000, 'Hours'],
  [60_000, 'Minutes'],
  [1000, 'Seconds'],
];
/** Of one sample period each; a point may stand for several. */
const WIDTHS = [1, 2, 3, 5, 10, 15, 30, 60, 120, 240, 480, 960];

export function chartsOf(report: Report): readonly string[] {
  const charts = [...trafficChart(report), ...errorChart(report)];
  return charts.length === 0 ? [] : [`### Charts\n\n${charts.join('\n\n')}`];
}

/** The share of the canary as it was asked for, from the start to now. */
function trafficChart(report: Report): readonly string[] {
  const { startedAt, now, canary } = report;
  const changes = changesOf(report);
  if (startedAt === null || canary === '' || changes.length < 2) return [];
  const length = Math.max(now, changes.at(-1)?.at ?? now) - startedAt;
  if (!(length > 0)) return [];
  const points = Array.from({ length: MOST_POINTS + 1 }, (_, i) => {
    const at = startedAt + (length * i) / MOST_POINTS;
    return changes.findLast((change) => change.at <= at)?.percent ?? 0;
  });
  const [unit, name] = unitOf(length);
  const chart = xyChart({
    title: 'Traffic asked for the canary, percent of the requests',
    colours: [LINE],
    x: `"${name} since ${clockText(startedAt, now)}" 0 --> ${number(length / unit)}`,
    y: '0 --> 100',
    plots: [`line [${points.join(', ')}]`],
  });
  return [chart];
}

/** The last one is where it ended, if it did. */
function changesOf({ stages, outcome, percent, now }: Report) {
  const begun = stages.flatMap(({ startedAt, percent: share, endedAt }) =>
    startedAt === null ? [] : [{ at: startedAt, percent: share, endedAt }],
  );
  const end = begun.at(-1)?.endedAt ?? null;
  return [
    ...begun.map(({ at, percent: share }) => ({ at, percent: share })),
    ...(end === null || outcome === null ? [] : [{ at: end, percent }]),
    { at: now, percent },
  ];
}

/** Of the stage that decided. */
function errorChart(report: Report): readonly string[] {
  const stage = decidingStage(report);
  const minutes = stage?.judgement?.observation.minutes ?? [];
  const series = seriesOf(minutes, report.timing?.samplePeriod ?? null);
  if (stage === null || series === null || series.period === null) return [];
  const { start, period, rows } = series;
  const drawn = drawnFrom(series);
  if (drawn === null) {
    return [
      'Server errors (5xx) are not drawn here: too many minutes have no requests of one side. The rows of signs in the details show the gaps.',
    ];
  }
  const { canary, stable, width } = drawn;
  const [unit, name] = unitOf(rows.length * period);
  const each = (width * period) / unit;
  const top = Math.max(...canary, ...stable);
  const chart = xyChart({
    title: `Server errors (5xx) at ${stage.percent} %, percent of the answers`,
    colours: [BARS, LINE],
    x: `"${name} since ${clockText(start, report.now)}" ${number(each)} --> ${number(each * canary.length)}`,
    y: `0 --> ${number(top === 0 ? 1 : top * 110)}`,
    plots: [
      `bar [${stable.map((share) => number(share * 100)).join(', ')}]`,
      `line [${canary.map((share) => number(share * 100)).join(', ')}]`,
    ],
  });
  return [
    chart,
    `Line: the canary, at most ${rateText(Math.max(...canary))}. Bars: the stable revision, at most ${rateText(Math.max(...stable))}. A point is ${durationText(width * period)}.`,
  ];
}

type Drawn = {
  readonly canary: readonly number[];
  readonly stable: readonly number[];
  readonly width: number;
};

/**
 * Such a chart cannot show that there are no data, and no data is not zero. So a point becomes as
 * wide as it takes for each to have some; null: that leaves no two points.
 */
function drawnFrom({ rows }: Series): Drawn | null {
  for (const width of WIDTHS) {
    const count = Math.ceil(rows.length / width);
    if (count < 2) return null;
    if (count > MOST_POINTS) continue;
    const groups = Array.from({ length: count }, (_, i) => rows.slice(i * width, (i + 1) * width));
    const sides = [0, 1].map((side) =>
      groups.map((group) => shareOf(group.flatMap((row) => sidesOf(row)[side] ?? []))),
    );
    const [canary = [], stable = []] = sides.map((shares) => shares.filter((one) => one !== null));
    if (canary.length === count && stable.length === count) return { canary, stable, width };
  }
  return null;
}

function shareOf(cells: readonly Cell[]): number | null {
  const requests = cells.reduce((sum, cell) => sum + cell.requests, 0);
  const errors = cells.reduce((sum, cell) => sum + cell.errors, 0);
  return errorsOf({ requests, errors, clientErrors: 0, latency: null, memory: null });
}

type Chart = {
  /** With the unit: a title of the axis lies over its numbers on a phone. */
  readonly title: string;
  readonly colours: readonly string[];
  readonly x: string;
  readonly y: string;
  readonly plots: readonly string[];
};

function xyChart({ title, colours, x, y, plots }: Chart): string {
  const look = {
    xyChart: ROOM,
    themeVariables: { xyChart: { plotColorPalette: colours.join(', ') } },
  };
  const directive = `%%{init: ${JSON.stringify(look)}}%%`;
  const lines = [directive, 'xychart-beta', `  title "${title}"`, `  x-axis ${x}`, `  y-axis ${y}`];
  return ['```mermaid', ...lines, ...plots.map((plot) => `  ${plot}`), '```'].join('\n');
}

function unitOf(length: Millis): readonly [Millis, string] {
  return UNITS.find(([unit]) => length >= 2 * unit) ?? [1000, 'Seconds'];
}

/** As the language writes numbers: no exponent. */
function number(value: number): string {
  return String(Number(value.toFixed(3)));
}
