/** The stages as a table (the overview) and one by one (every number behind it). */
import { cell, plain } from './markdown.ts';
import {
  ageText,
  clockText,
  countText,
  durationText,
  METRIC_WORDS,
  requestsText,
  valueText,
} from './report-numbers.ts';
import { seriesOf, signCharts } from './report-minutes.ts';
import type { Report, StageReport } from './report-model.ts';
import { reasonOf } from './report-reason.ts';
import { STATE_WORDS, VERDICT_WORDS } from './report-words.ts';
import type { Check, Metric } from '../judging-types.ts';

const NONE = '–';
/** A phone shows four columns: the stage with its result, and the numbers of two metrics. */
const MOST_METRICS = 2;
const WHY_BYTES = 200;

export function stageTable(report: Report): string {
  const metrics = shownMetrics(report);
  const heads = ['Stage', 'Requests', ...metrics.map((metric) => headOf(metric))];
  return [
    row(heads),
    row(['---', '---:', ...metrics.map(() => '---')]),
    ...report.stages.map((stage) => row(cellsOf(stage, metrics, report))),
    ...(metrics.length === 0
      ? []
      : [
          '',
          `Requests: of the canary. ${metrics.map(headOf).join(', ')}: canary vs stable revision, in the same minutes.`,
        ]),
  ].join('\n');
}

/** A latency as such is shown by its p95. */
function headOf(metric: Metric): string {
  return metric === 'latency' ? 'p95' : METRIC_WORDS[metric];
}

/** What failed comes first; the rest is in the details. */
function shownMetrics({ stages }: Report): readonly Metric[] {
  const checks = stages.flatMap(({ judgement }) => judgement?.checks ?? []);
  const failed = checks.filter(({ verdict }) => verdict === 'fail').map(({ metric }) => metric);
  const all = [...new Set([...failed, ...checks.map(({ metric }) => metric)])];
  const shown = all.slice(0, MOST_METRICS);
  return [...new Set(checks.map(({ metric }) => metric))].filter((metric) =>
    shown.includes(metric),
  );
}

function cellsOf(
  stage: StageReport,
  metrics: readonly Metric[],
  report: Report,
): readonly string[] {
  const { judgement, percent } = stage;
  return [
    `${together(`${percent} %`)}: ${resultText(stage, report)}`,
    judgement === null ? NONE : countText(judgement.canaryRequests),
    ...metrics.map((metric) => {
      const check = judgement?.checks.find((one) => one.metric === metric);
      return check === undefined ? NONE : pairText(check);
    }),
  ];
}

/** Why, where it is the stage that ended the rollout. */
function resultText({ state }: StageReport, report: Report): string {
  const reason = reasonOf(report);
  const word = STATE_WORDS[state];
  const isEnd = (state === 'failed' || state === 'undecided') && report.outcome !== null;
  if (!isEnd || reason === null) return word;
  return `${word}, ${cell(reason.short, WHY_BYTES)}`;
}

function pairText({ metric, canary, baseline, limit }: Check): string {
  const text = (value: number): string => together(valueText(metric, value));
  if (canary === null) return NONE;
  if (baseline !== null) return `${text(canary)} vs ${text(baseline)}`;
  return limit === null ? text(canary) : `${text(canary)}, limit ${text(limit)}`;
}

/** A number and its unit stay on one line. */
function together(text: string): string {
  return text.replaceAll(' ', '\u00a0');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Newest first, so that a cut loses what matters least. */
export function stageDetails(report: Report): string {
  const begun = report.stages.filter(
    (stage) => stage.startedAt !== null || stage.judgement !== null,
  );
  return begun
    .map((stage) => detailOf(stage, report))
    .reverse()
    .join('\n\n');
}

function detailOf(stage: StageReport, report: Report): string {
  const bake = stage.bake === null ? '' : ` for ${durationText(stage.bake)}`;
  return [
    `### ${stage.percent} %${bake}: ${STATE_WORDS[stage.state]}`,
    '',
    ...timesOf(stage, report).map((line) => `- ${line}`),
    ...(saysMore(stage) ? [`- ${plain(stage.note)}`] : []),
    ...judgementLines(stage, report),
  ].join('\n');
}

function timesOf(stage: StageReport, { now }: Report): readonly string[] {
  const { startedAt, endedAt, judgement } = stage;
  const window = judgement?.observation;
  return [
    ...(startedAt === null
      ? []
      : [`Begun ${clockText(startedAt, now)} (${ageText(startedAt, now)})`]),
    ...(endedAt === null ? [] : [`Ended ${clockText(endedAt, now)} (${ageText(endedAt, now)})`]),
    ...(window === undefined
      ? []
      : [
          `Data from ${clockText(window.from, now)} to ${clockText(window.to, now)} (${durationText(window.to - window.from)})${window.complete ? '' : ', partial'}`,
        ]),
  ];
}

/** The note of a stage that failed is its verdict's sentence, which follows anyway. */
function saysMore({ note, judgement }: StageReport): boolean {
  return note !== '' && note !== judgement?.why;
}

function judgementLines({ judgement }: StageReport, { timing }: Report): readonly string[] {
  if (judgement === null) return [];
  const { canaryRequests, baselineRequests, verdict, why, checks, observation } = judgement;
  const follows = checks.some((check) => check.why === why);
  const series = seriesOf(observation.minutes, timing?.samplePeriod ?? null);
  const charts = series === null ? [] : signCharts(series);
  return [
    `- ${requestsText(canaryRequests, 'canary')}, ${requestsText(baselineRequests, 'stable')}`,
    `- Verdict: ${VERDICT_WORDS[verdict]}${follows ? '' : `. ${plain(why)}`}`,
    ...checks.map((check) => `- ${checkSentence(check)}`),
    ...(charts.length === 0 ? [] : ['', ...charts]),
  ];
}

function checkSentence({ metric, verdict, why, limit }: Check): string {
  const allowed = limit === null ? '' : ` Allowed: ${valueText(metric, limit)}.`;
  return `${METRIC_WORDS[metric]}, ${VERDICT_WORDS[verdict]}: ${plain(why)}${allowed}`;
}
