/** What happened, for the check run, the job summary and the outputs. Pure; foreign text is escaped. */
import { cell, code, codeCell, cutToBytes, link, plain } from './markdown.ts';
import { adviceOf } from './report-advice.ts';
import { reportJson } from './report-json.ts';
import type { Report } from './report-model.ts';
import type { Forecast } from '../forecast/forecast-types.ts';
import { ageText, durationText, instantText, requestsText } from './report-numbers.ts';
import { stageDetails, stageTable } from './report-stages.ts';
import { currentStage, decidingStage, titleOf, watched } from './report-title.ts';
import { conclusionOf, OUTCOME_WORDS, reasonWords } from './report-words.ts';
import type { Conclusion } from './report-words.ts';
import { forecastMarkdown } from '../forecast/forecast-text.ts';
import type { Outcome } from '../decision-types.ts';

/** GitHub refuses a longer summary and silently cuts a longer text. Bytes, not characters. */
const CHECK_BYTES = 65_535;
/** The runner drops a job summary above 1 MiB whole. */
const SUMMARY_BYTES = 256 * 1024;
const TABLE_BYTES = 40_000;
const MOST_NOTICES = 20;

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

const SIGNS: Readonly<Record<Conclusion | 'running', string>> = {
  success: '✅',
  failure: '❌',
  neutral: '⏸️',
  cancelled: '⏹️',
  running: '⏳',
};

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
    ...(details === '' ? [] : [`<details><summary>${label}</summary>\n\n${details}\n\n</details>`]),
  ];
  return `${cutToBytes(parts.join('\n\n'), SUMMARY_BYTES - 1)}\n`;
}

export function outputsOf(
  report: Report,
  checkRunUrl: string,
): Readonly<Record<OutputName, string>> {
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
    // Whoever keeps the looks and a file of them writes these two in full: action/keeping.ts.
    report_json: reportJson(report),
    report_path: '',
    check_run_url: checkRunUrl,
  };
}

/** What was measured comes first; a plan that was only looked at stands in the summary. */
function detailsOf(report: Report): string {
  const { forecast, outcome } = report;
  const plan = forecast === null || outcome === 'planned' ? [] : [planSection(forecast)];
  return [stageDetails(report), ...plan].filter((part) => part !== '').join('\n\n');
}

function planSection(forecast: Forecast): string {
  return `### The plan\n\n${forecastMarkdown(forecast)}`;
}

/** Without a single look there was no data, which is a verdict too. */
function verdictOf(report: Report): string {
  const unknown = report.reason === 'unknown-at-deadline' ? 'unknown' : '';
  return decidingStage(report)?.judgement?.verdict ?? unknown;
}

function summaryOf(report: Report): string {
  return [
    verdictLine(report),
    ...evidenceOf(report),
    ...(report.outcome === 'planned' && report.forecast !== null
      ? [cutToBytes(planSection(report.forecast), TABLE_BYTES)]
      : []),
    ...(report.stages.length === 0 ? [] : [cutToBytes(stageTable(report), TABLE_BYTES)]),
    `### What to do next\n\n${adviceOf(report)}`,
    `### Revisions\n\n${revisionsOf(report)}`,
    ...noticesOf(report),
    timesOf(report),
  ].join('\n\n');
}

function verdictLine(report: Report): string {
  const { outcome, reason, why } = report;
  const sign = SIGNS[conclusionOf(report) ?? 'running'];
  if (outcome === null) return `${sign} **Running.** ${progressOf(report)} ${plain(why)}`.trimEnd();
  const { word, sentence } = OUTCOME_WORDS[outcome];
  const because =
    isEnding(outcome) && reason !== null ? ` because ${plain(reasonWords(reason).because)}` : '';
  return `${sign} **${word}**${because}. ${plain(why === '' ? sentence : why)}`;
}

/** Only these end a rollout for a reason of its own; after others the record tells of something else. */
function isEnding(outcome: Outcome): boolean {
  return ['promoted', 'rolled-back', 'released', 'start-failed', 'held'].includes(outcome);
}

function progressOf(report: Report): string {
  const stage = currentStage(report);
  if (stage === null) return 'The service is being read.';
  if (stage.percent === 0) return 'The canary is proved before it gets traffic.';
  const stages = watched(report);
  return `The canary gets ${stage.percent} % of the requests: stage ${stages.indexOf(stage) + 1} of ${stages.length}.`;
}

function evidenceOf(report: Report): readonly string[] {
  const stage = decidingStage(report);
  const judgement = stage?.judgement ?? null;
  if (stage === null || judgement === null) return [];
  const { canaryRequests, baselineRequests, observation, why } = judgement;
  const window = `${durationText(observation.to - observation.from)} of data up to ${instantText(observation.to)}`;
  const said = report.why.includes(why) ? '' : ` ${plain(why)}`;
  return [
    `**Evidence at ${stage.percent} %**: ${requestsText(canaryRequests, 'canary')}, ${requestsText(baselineRequests, 'stable')}, ${window}.${said}`,
  ];
}

function revisionsOf(report: Report): string {
  const { canary, stable, clone, image, commit, served, canaryUrl, url, tag } = report;
  const percent = (name: string): string => (name === '' ? '' : `${served[name] ?? 0} %`);
  const others = Object.keys(served).filter((name) => ![canary, stable, clone].includes(name));
  const rows: readonly (readonly [string, string, string])[] = [
    ...(canary === '' ? [] : [[canaryWord(report), codeCell(canary), percent(canary)] as const]),
    ...(stable === '' ? [] : [['Stable', codeCell(stable), percent(stable)] as const]),
    ...(clone === '' ? [] : [['Baseline', codeCell(clone), percent(clone)] as const]),
    ...others
      .slice(0, MOST_NOTICES)
      .map((name) => ['Other', codeCell(name), percent(name)] as const),
  ];
  const facts: readonly (readonly [string, string])[] = [
    ['Image', image === '' ? '' : code(image)],
    ['Commit', commit === '' ? '' : code(commit)],
    ['Service', addressOf(url)],
    [`Canary, tag ${cell(tag)}`, addressOf(canaryUrl)],
  ];
  return [
    '| | Revision | Traffic served |',
    '| --- | --- | ---: |',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
    ...facts.filter(([, value]) => value !== '').map(([name, value]) => `- ${name}: ${value}`),
  ].join('\n');
}

function canaryWord({ outcome, brought }: Report): string {
  if (outcome === 'deployed' || outcome === 'deploy-failed') return 'First';
  return brought ? 'Canary, brought' : 'Canary';
}

/** Cloud Run gives these addresses; they are linked only if they look exactly like addresses. */
function addressOf(url: string): string {
  return url === '' ? '' : link(url, url);
}

function noticesOf({ fence, notices }: Report): readonly string[] {
  const lines = [
    ...(fence === 'absent'
      ? [
          'This service accepted a write made from an old read. A change that somebody else makes between our read and our write can be overwritten.',
        ]
      : []),
    ...notices.slice(0, MOST_NOTICES).map((notice) => plain(notice, 500)),
  ];
  return lines.length === 0
    ? []
    : [`### Notices\n\n${lines.map((line) => `- ${line}`).join('\n')}`];
}

function timesOf({ startedAt, now, attempt, rolloutId, fence }: Report): string {
  const started =
    startedAt === null ? '' : `Started ${instantText(startedAt)} (${ageText(startedAt, now)}). `;
  const guarantee = fence === 'proved' ? ' The service refuses stale writes.' : '';
  return `${started}Service last read ${instantText(now)}. Rollout ${code(rolloutId)}, attempt ${attempt}.${guarantee}`;
}
