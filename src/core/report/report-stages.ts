/** The stages as a table (the overview) and one by one (every number behind it). */
import { cell, plain } from './markdown.ts';
import {
  ageText,
  countText,
  durationText,
  instantText,
  METRIC_WORDS,
  rateText,
  requestsText,
  valueText,
} from './report-numbers.ts';
import type { Report, StageReport } from './report-model.ts';
import { STATE_WORDS } from './report-words.ts';
import { sparkline } from './sparkline.ts';
import type { Cell, Check, Minute } from '../judging-types.ts';
import type { Millis } from '../types.ts';

const NONE = '–';
const WHY_BYTES = 400;
/** A stage bakes for a week at most, sampled every minute or slower; the sandbox is quicker and shorter. */
const MOST_SLOTS = 20_000;

export function stageTable(report: Report): string {
  const head = [
    '| Stage | State | Canary requests | Stable requests | Metric | Canary | Stable | Limit | Verdict | Why |',
    '| ---: | --- | ---: | ---: | --- | ---: | ---: | ---: | --- | --- |',
  ];
  return [...head, ...report.stages.flatMap((stage) => stageRows(stage))].join('\n');
}

function stageRows(stage: StageReport): readonly string[] {
  const { judgement } = stage;
  const checks = judgement?.checks ?? [];
  const shared = [
    `${stage.percent} %`,
    STATE_WORDS[stage.state],
    judgement === null ? NONE : countText(judgement.canaryRequests),
    judgement === null ? NONE : countText(judgement.baselineRequests),
  ];
  if (checks.length > 0) return checks.map((check) => row([...shared, ...checkCells(check)]));
  const why = stage.note === '' ? (judgement?.why ?? NONE) : stage.note;
  const verdict = judgement?.verdict ?? NONE;
  return [row([...shared, NONE, NONE, NONE, NONE, verdict, cell(why, WHY_BYTES)])];
}

function checkCells(check: Check): readonly string[] {
  const { metric, canary, baseline, limit, verdict, why } = check;
  const value = (number: number | null): string =>
    number === null ? NONE : valueText(metric, number);
  const words = METRIC_WORDS[metric];
  return [words, value(canary), value(baseline), value(limit), verdict, cell(why, WHY_BYTES)];
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
    ...(startedAt === null ? [] : [`Begun ${instantText(startedAt)} (${ageText(startedAt, now)})`]),
    ...(endedAt === null ? [] : [`Ended ${instantText(endedAt)} (${ageText(endedAt, now)})`]),
    ...(window === undefined
      ? []
      : [
          `Data from ${instantText(window.from)} to ${instantText(window.to)} (${durationText(window.to - window.from)})${window.complete ? '' : ', partial'}`,
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
  return [
    `- ${requestsText(canaryRequests, 'canary')}, ${requestsText(baselineRequests, 'stable')}`,
    `- Verdict ${verdict}${follows ? '' : `: ${plain(why)}`}`,
    ...checks.map((check) => `- ${checkSentence(check)}`),
    ...chartLines(observation.minutes, timing?.samplePeriod ?? null),
  ];
}

function checkSentence({ metric, verdict, why }: Check): string {
  return `${METRIC_WORDS[metric]}, ${verdict}: ${plain(why)}`;
}

function chartLines(minutes: readonly Minute[], period: Millis | null): readonly string[] {
  const side = (cells: readonly (Cell | null)[], name: string): readonly string[] => {
    const rates = cells.map((one) =>
      one === null || one.requests === 0 ? null : one.errors / one.requests,
    );
    const requests = cells.map((one) => one?.requests ?? null);
    return [
      ...chartLine(`5xx of the ${name}`, rates, { period, text: rateText }),
      ...chartLine(`Requests of the ${name}`, requests, { period, text: countText }),
    ];
  };
  const rows = withGaps(minutes, period);
  return [
    ...side(
      rows.map((row) => row?.canary ?? null),
      'canary',
    ),
    ...side(
      rows.map((row) => row?.baseline ?? null),
      'stable revision',
    ),
  ];
}

/** Sample periods without any point are not in the table; a chart without them would tell another time. */
function withGaps(
  minutes: readonly Minute[],
  period: Millis | null,
): readonly (Minute | undefined)[] {
  const [first] = minutes;
  const last = minutes.at(-1);
  if (period === null || first === undefined || last === undefined) return minutes;
  const slots = Math.round((last.start - first.start) / period) + 1;
  if (!(slots > 0 && slots <= MOST_SLOTS)) return minutes;
  const byStart = new Map(
    minutes.map((minute) => [Math.round((minute.start - first.start) / period), minute]),
  );
  return Array.from({ length: slots }, (_, slot) => byStart.get(slot));
}

function chartLine(
  name: string,
  values: readonly (number | null)[],
  unit: { readonly period: Millis | null; readonly text: (value: number) => string },
): readonly string[] {
  const chart = sparkline(values);
  if (chart === null) return [];
  const { period, text } = unit;
  const each =
    period === null ? `${chart.perSign} × the sample period` : durationText(chart.perSign * period);
  return [`- ${name}: \`${chart.signs}\` (${each} a sign, highest ${text(chart.highest)})`];
}
