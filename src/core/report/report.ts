/** What happened, for the check run, the job summary and the outputs. Pure; foreign text is escaped. */
import { code, cutToBytes, plain } from './markdown.ts';
import { chartsOf } from './report-charts.ts';
import type { Report } from './report-model.ts';
import { stageDetails } from './report-stages.ts';
import { planSection, summaryOf } from './report-summary.ts';
import { currentStage, decidingStage } from './report-stage.ts';
import { titleOf } from './report-title.ts';
import { conclusionOf } from './report-words.ts';
import type { Conclusion } from './report-words.ts';

/** GitHub refuses a longer summary and silently cuts a longer text. Bytes, not characters. */
const CHECK_BYTES = 65_535;
/** The runner drops a job summary above 1 MiB whole. */
const SUMMARY_BYTES = 256 * 1024;

/** Markdown within GitHub's limits; `conclusion` null while the rollout runs. */
export type RenderedCheck = {
  readonly title: string;
  readonly summary: string;
  readonly text: string;
  readonly status: 'in_progress' | 'completed';
  readonly conclusion: Conclusion | null;
};

export const OUTPUTS = [
  'outcome',
  'verdict',
  'reason',
  'revision',
  'stable_revision',
  'url',
  'canary_url',
  'percent',
  'stage',
  'report_json',
  'report_path',
  'check_run_url',
] as const;

export type OutputName = (typeof OUTPUTS)[number];

export function renderCheck(report: Report): RenderedCheck {
  const conclusion = conclusionOf(report);
  return {
    title: titleOf(report),
    summary: cutToBytes(summaryOf(report), CHECK_BYTES),
    text: cutToBytes(detailsOf(report), CHECK_BYTES),
    status: conclusion === null ? 'in_progress' : 'completed',
    conclusion,
  };
}

/** For the job summary, which has no title of its own. */
export function renderSummary(report: Report): string {
  const { service, project, region } = report.service;
  const details = detailsOf(report);
  const label = `Every stage in detail${report.forecast === null ? '' : ', and the plan'}`;
  const parts = [
    `## ${plain(titleOf(report))}`,
    `Service ${code(service)} in ${code(region)}, project ${code(project)}`,
    summaryOf(report),
    ...chartsOf(report),
    ...(details === '' ? [] : [`<details><summary>${label}</summary>\n\n${details}\n\n</details>`]),
  ];
  return `${cutToBytes(parts.join('\n\n'), SUMMARY_BYTES - 1)}\n`;
}

/** Added by whoever keeps the looks, has written a file of them, and shows the check run. */
type Elsewhere = 'report_json' | 'report_path' | 'check_run_url';

export function outputsOf(
  report: Report,
): Readonly<Record<Exclude<OutputName, Elsewhere>, string>> {
  const stage = currentStage(report);
  return {
    outcome: report.outcome ?? '',
    verdict: verdictOf(report),
    reason: report.reason ?? '',
    revision: report.canary,
    stable_revision: report.stable,
    url: report.url,
    canary_url: report.canaryUrl,
    percent: String(report.percent),
    stage: stage === null ? '' : String(report.stages.indexOf(stage)),
  };
}

/** What was measured comes first; a plan that was only looked at stands in the summary. */
function detailsOf(report: Report): string {
  const { forecast, outcome } = report;
  const plan = forecast === null || outcome === 'planned' ? [] : [planSection(forecast)];
  return [stageDetails(report), ...plan].filter((part) => part !== '').join('\n\n');
}

/** Without a single look there was no data, which is a verdict too. */
function verdictOf(report: Report): string {
  const unknown = report.reason === 'unknown-at-deadline' ? 'unknown' : '';
  return decidingStage(report)?.judgement?.verdict ?? unknown;
}
