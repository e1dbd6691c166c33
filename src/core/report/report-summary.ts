/** The summary of the check run: what a reader on a phone at night needs, in the order of the questions. */
import { cell, code, codeCell, cutToBytes, link, plain } from './markdown.ts';
import { adviceOf } from './report-advice.ts';
import { affectedText } from './report-affected.ts';
import { evidenceOf } from './report-evidence.ts';
import type { Progress, Report } from './report-model.ts';
import { ageText, clockText, instantText } from './report-numbers.ts';
import { stageTable } from './report-stages.ts';
import { currentStage, decidingStage, watched } from './report-stage.ts';
import { reasonOf } from './report-reason.ts';
import { conclusionOf, endingWords } from './report-words.ts';
import type { Conclusion } from './report-words.ts';
import { forecastMarkdown } from '../forecast/forecast-text.ts';
import type { Forecast } from '../forecast/forecast-types.ts';
import type { Outcome } from '../decision-types.ts';

const TABLE_BYTES = 20_000;
const ADVICE_BYTES = 30_000;
const MOST_NOTICES = 20;

const SIGNS: Readonly<Record<Conclusion | 'running', string>> = {
  success: '✅',
  failure: '❌',
  neutral: '⏸️',
  cancelled: '⏹️',
  running: '⏳',
};

export function summaryOf(report: Report): string {
  const evidence = evidenceOf(report);
  return [
    verdictLine(report),
    ...progressLines(report),
    `### Who is affected now\n\n${affectedText(report)}`,
    ...(report.outcome === 'planned' && report.forecast !== null
      ? [cutToBytes(planSection(report.forecast), TABLE_BYTES)]
      : []),
    ...(report.stages.length === 0
      ? []
      : [`### Stages\n\n${cutToBytes(stageTable(report), TABLE_BYTES)}`]),
    ...(evidence === null
      ? []
      : [
          `### ${report.outcome === null ? 'What is known so far' : 'What decided'}\n\n${evidence}`,
        ]),
    cutToBytes(`### What to do next\n\n${adviceOf(report)}`, ADVICE_BYTES),
    `### Revisions\n\n${revisionsOf(report)}`,
    ...noticesOf(report),
    timesOf(report),
  ].join('\n\n');
}

export function planSection(forecast: Forecast): string {
  return `### The plan\n\n${forecastMarkdown(forecast)}`;
}

/** One sentence, and what else was said of the end; the numbers that decided have their own place. */
function verdictLine(report: Report): string {
  const { outcome } = report;
  const reason = reasonOf(report);
  const sign = SIGNS[conclusionOf(report) ?? 'running'];
  const why = whyText(report);
  if (outcome === null) return `${sign} **Running.** ${positionOf(report)} ${plain(why)}`.trimEnd();
  const { word, text } = endingWords({ ...report, why }, outcome);
  const place = placeText(report);
  const because = isEnding(outcome) && reason !== null ? ` because ${plain(reason.because)}` : '';
  return `${sign} **${word}**${place}${because}. ${plain(text)}`;
}

/** Where it stood when it ended. */
function placeText(report: Report): string {
  const stage = decidingStage(report);
  const isUndone = report.outcome === 'rolled-back' && stage?.state === 'failed';
  if (isUndone) return ` at ${stage.percent} %`;
  return report.outcome === 'held' ? ` at ${report.percent} %` : '';
}

/** Without the sentence of the judge, which stands below with the evidence. */
function whyText(report: Report): string {
  const said = decidingStage(report)?.judgement?.why ?? '';
  return said === '' ? report.why : report.why.replace(said, '').trim();
}

/** Only these end a rollout for a reason of its own; after others the record tells of something else. */
function isEnding(outcome: Outcome): boolean {
  return ['promoted', 'rolled-back', 'released', 'start-failed', 'held'].includes(outcome);
}

function positionOf(report: Report): string {
  const stage = currentStage(report);
  if (stage === null) return 'The service is being read.';
  if (stage.judgement?.verdict === 'fail') {
    return `The canary has failed at ${stage.percent} %, and the stable revision is being restored.`;
  }
  if (stage.percent === 0) return 'The canary is proved before it gets traffic.';
  const stages = watched(report);
  return `The canary gets ${stage.percent} % of the requests: stage ${stages.indexOf(stage) + 1} of ${stages.length}.`;
}

function progressLines({ outlook, now }: Report): readonly string[] {
  const { progress } = outlook;
  if (progress === null) return [];
  const when = (at: number): string =>
    `${clockText(at, now)}${at > now ? ` (${ageText(at, now)})` : ''}`;
  return [
    [
      ...stageLines(progress, { now, when }),
      `- ${endWord(progress)}: at the earliest ${when(progress.earliest)}, at the latest ${when(progress.latest)}`,
    ].join('\n'),
  ];
}

function stageLines(
  { stage }: Progress,
  { now, when }: { readonly now: number; readonly when: (at: number) => string },
): readonly string[] {
  if (stage === null) return [];
  const { bakeEnds, verdictFrom, nextLook } = stage;
  const bake =
    bakeEnds === null
      ? 'Bake: begins when the split is served'
      : bakeEnds > now
        ? `Bake: until ${when(bakeEnds)}`
        : `Bake: over since ${clockText(bakeEnds, now)}; its last data are waited for`;
  return [
    `- ${bake}`,
    `- Next look: ${nextLook > now ? when(nextLook) : 'now'}`,
    `- Verdict of this stage: not before ${when(verdictFrom)}`,
  ];
}

function endWord({ until }: Progress): string {
  if (until === 100) return 'Promotion, if every stage passes';
  return `Held at ${until} % for a person, if all goes well`;
}

function revisionsOf(report: Report): string {
  const { canary, stable, clone, image, commit, served, canaryUrl, url, tag } = report;
  const percent = (name: string): string => (name === '' ? '' : `${served[name] ?? 0} %`);
  const word = canary === '' && stable === '' ? 'Serving' : 'Other';
  const others = Object.keys(served).filter((name) => ![canary, stable, clone].includes(name));
  const rows: readonly (readonly [string, string, string])[] = [
    ...(canary === '' ? [] : [[canaryWord(report), codeCell(canary), percent(canary)] as const]),
    ...(stable === '' ? [] : [['Stable', codeCell(stable), percent(stable)] as const]),
    ...(clone === '' ? [] : [['Baseline', codeCell(clone), percent(clone)] as const]),
    ...others.slice(0, MOST_NOTICES).map((name) => [word, codeCell(name), percent(name)] as const),
  ];
  const facts: readonly (readonly [string, string])[] = [
    ['Image', image === '' ? '' : code(shortImage(image))],
    ['Commit', commit === '' ? '' : code(commit)],
    ['Service', addressOf(url)],
    [`Canary, tag ${cell(tag)}`, addressOf(canaryUrl)],
  ];
  return [
    '| Role | Revision | Traffic served |',
    '| --- | --- | ---: |',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
    ...facts.filter(([, value]) => value !== '').map(([name, value]) => `- ${name}: ${value}`),
  ].join('\n');
}

/** Whole, it is in report_json. */
function shortImage(image: string): string {
  return image.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]{52}$/, '$1…');
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
    startedAt === null
      ? ''
      : `The rollout began ${instantText(startedAt)} (${ageText(startedAt, now)}). `;
  const guarantee = fence === 'proved' ? ' The service refuses stale writes.' : '';
  return `As of ${instantText(now)}, when the service was last read; every age is counted from then. ${started}Rollout ${code(rolloutId)}, attempt ${attempt}.${guarantee}`;
}
