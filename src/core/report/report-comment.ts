/** The one comment that a pull request has about its rollout: short, the rest is in the check run. */
import { splitText } from '../rollout/traffic.ts';
import type { CommentWhen } from '../inputs/channel-inputs.ts';
import type { Outcome } from '../decision-types.ts';
import { code, cutToBytes, link, plain } from './markdown.ts';
import { adviceOf } from './report-advice.ts';
import type { Report } from './report-model.ts';
import { titleOf } from './report-title.ts';
import { reasonOf } from './report-reason.ts';
import { conclusionOf, endingWords } from './report-words.ts';

export type RolloutComment = {
  readonly body: string;
  /** false: only a comment that is there already is brought up to date. */
  readonly makes: boolean;
  readonly isLast: boolean;
};

/** GitHub takes 65,536 characters; bytes are never fewer. The marker stands before it. */
const MOST_BYTES = 65_000;

/** After another outcome the record tells of another rollout. */
const ENDINGS: ReadonlySet<Outcome> = new Set<Outcome>([
  'promoted',
  'rolled-back',
  'released',
  'start-failed',
  'held',
]);

/** null: there is nothing to say. `page`: the check run, or else the run. */
export function commentOf(report: Report, when: CommentWhen, page: string): RolloutComment | null {
  if (when === 'never') return null;
  const isLast = report.outcome !== null;
  if (when === 'always') return { body: bodyOf(report, page), makes: true, isLast };
  // A rollout that is under way has not failed; what an earlier one left stands until it has ended.
  return isLast ? { body: bodyOf(report, page), makes: isBad(report), isLast } : null;
}

/** Somebody has to look: it failed, was broken off, or is held for another reason than to wait. */
function isBad(report: Report): boolean {
  const { outcome, reason } = report;
  const conclusion = conclusionOf(report);
  const isStuck = outcome === 'held' && reason !== 'reached' && reason !== 'watched';
  return conclusion === 'failure' || conclusion === 'cancelled' || isStuck;
}

function bodyOf(report: Report, page: string): string {
  const { service, project, region } = report.service;
  const parts = [
    `### ${plain(titleOf(report))}`,
    `Service ${code(service)} in ${code(region)}, project ${code(project)}.`,
    ...(report.outcome === null ? [] : [verdictOf(report, report.outcome)]),
    ...servedText(report),
    ...(page === '' ? [] : [link('What was measured', page)]),
    ...(report.outcome === null ? [] : [adviceOf(report)]),
  ];
  return cutToBytes(parts.join('\n\n'), MOST_BYTES);
}

/** Who is affected now. */
function servedText({ served }: Report): readonly string[] {
  const isKnown = Object.keys(served).length > 0;
  return isKnown ? [`Served now: ${plain(splitText(served))}.`] : [];
}

function verdictOf(report: Report, outcome: Outcome): string {
  const { word, text } = endingWords(report, outcome);
  const reason = reasonOf(report);
  const because =
    reason !== null && ENDINGS.has(outcome) ? ` because ${plain(reason.because)}` : '';
  return `**${word}**${because}. ${plain(text)}`;
}
