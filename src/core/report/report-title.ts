/** The one line that shows in a list of checks: at most 60 characters, outcome first. */
import { visible } from './markdown.ts';
import { clockText, durationText, METRIC_WORDS, valueText } from './report-numbers.ts';
import type { Report } from './report-model.ts';
import type { Instant } from '../types.ts';
import type { Outcome } from '../decision-types.ts';
import { standingOf } from './report-standing.ts';
import { reasonOf } from './report-reason.ts';
import { currentStage, decidingStage, watched } from './report-stage.ts';
import { endingWords, failedMetric, isFailed, isOrdered } from './report-words.ts';

const LONGEST = 60;
const SHORTEST_NAME = 9;
const DOT = ' · ';
const UNSERVED = 'asked for, not served yet';

const TITLES: Readonly<Record<Outcome, (report: Report) => string>> = {
  promoted: (report) =>
    fitted(endingWords(report, 'promoted').word, report.canary, endingFacts(report)),
  'rolled-back': (report) =>
    fitted(endingWords(report, 'rolled-back').word, report.stable, endingFacts(report)),
  'start-failed': (report) => fitted('Not started', report.canary, [shortReason(report)]),
  deployed: (report) => fitted('Deployed directly, no canary', report.canary, []),
  'deploy-failed': (report) => fitted('Not deployed', report.canary, ['first revision failed']),
  held: (report) => fitted(`Held at ${report.percent} %`, null, [shortReason(report)]),
  released: () => 'Released · traffic changed by others, left as it is',
  unchanged: () => 'Nothing to do · the service already runs this',
  planned: plannedTitle,
  gone: () => 'Gone · the service does not exist any more',
  refused: () => 'Refused · nothing was changed',
  busy: () => 'Busy · another rollout is open on this service',
  fenced: () => 'Handed over · a newer attempt owns the rollout',
  'hands-off': () => 'Hands off · the rollout record cannot be read',
  'nothing-open': () => 'Nothing open · there is no rollout to act on',
};

export function titleOf(report: Report): string {
  return report.outcome === null
    ? fitted(runningWords(report), null, runningFacts(report))
    : TITLES[report.outcome](report);
}

function plannedTitle({ forecast }: Report): string {
  const stages = forecast?.stages.length ?? 0;
  const facts = stages === 0 ? [] : [`${stages} ${stages === 1 ? 'stage' : 'stages'}`];
  return fitted('Planned', null, [...facts, 'nothing was changed']);
}

function runningWords(report: Report): string {
  const stage = currentStage(report);
  return stage === null ? 'Starting' : `Running ${stage.percent} %`;
}

function runningFacts(report: Report): readonly string[] {
  const stage = currentStage(report);
  if (stage === null) return ['reading the service'];
  if (stage.percent === 0) return ['proving the canary before it gets traffic'];
  const stages = watched(report);
  const { progress } = report.outlook;
  return [
    `stage ${stages.indexOf(stage) + 1} of ${stages.length}`,
    ...(progress === null
      ? []
      : [`ends ${clockText(wholeMinute(progress.earliest), report.now)} or later`]),
  ];
}

/** Nobody plans by the second. */
function wholeMinute(at: Instant): Instant {
  return Math.ceil(at / 60_000) * 60_000;
}

/** More than why, a reader has to know that it is not so, or no longer. */
function endingFacts(report: Report): readonly string[] {
  switch (standingOf(report)) {
    case 'unserved':
      return [UNSERVED];
    case 'changed':
      return ['traffic changed by others since'];
    case 'as-said':
      return report.outcome === 'promoted'
        ? promotedFacts(report)
        : [failureFact(report) ?? shortReason(report)];
  }
}

function promotedFacts(report: Report): readonly string[] {
  const { reason, startedAt, stages } = report;
  if (reason !== null && isOrdered(reason)) return [shortReason(report)];
  const passed = watched(report).filter((stage) => stage.state === 'passed').length;
  const ended = stages.findLast((stage) => stage.endedAt !== null)?.endedAt ?? report.now;
  return [
    ...(passed === 0 ? [] : [`${passed} ${passed === 1 ? 'stage' : 'stages'}`]),
    ...(startedAt === null ? [] : [durationText(ended - startedAt)]),
  ];
}

/** "5xx 2.1 % vs 0.3 % at 20 %"; null: nothing was measured to fail. */
function failureFact(report: Report): string | null {
  const { reason } = report;
  const stage = decidingStage(report);
  if (reason === null || !isFailed(reason) || stage === null) return null;
  const metric = failedMetric(reason);
  const check = stage.judgement?.checks.find(
    (item) => item.metric === metric && item.verdict === 'fail',
  );
  if (check === undefined || check.canary === null) return null;
  const text = (value: number): string => valueText(metric, value);
  const against =
    check.baseline !== null
      ? ` vs ${text(check.baseline)}`
      : check.limit === null
        ? ''
        : `, limit ${text(check.limit)}`;
  return `${metric === 'slow-requests' ? 'slow' : METRIC_WORDS[metric]} ${text(check.canary)}${against} at ${stage.percent} %`;
}

function shortReason(report: Report): string {
  return visible(reasonOf(report)?.short ?? '');
}

/** What does not fit is taken from the middle of the name first: both its ends tell revisions apart. */
function fitted(words: string, name: string | null, facts: readonly string[]): string {
  const rest = facts
    .filter((fact) => fact !== '')
    .map((fact) => DOT + fact)
    .join('');
  if (name === null || name === '') return cutEnd(words + rest);
  const room = LONGEST - words.length - 1 - rest.length;
  const shown = visible(name);
  // The numbers are never cut: a name that leaves no room for them is left out.
  if (room < Math.min(SHORTEST_NAME, shown.length)) return cutEnd(words + rest);
  return cutEnd(`${words} ${cutMiddle(shown, room)}${rest}`);
}

function cutMiddle(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const characters = Array.from(text);
  const tail = Math.ceil((longest - 1) / 2);
  const head = longest - 1 - tail;
  return fittingEnds(characters, head, tail);
}

/** Counted in UTF-16 units, cut between characters. */
function fittingEnds(characters: readonly string[], head: number, tail: number): string {
  const from = takeWhileFits(characters, head);
  const end = takeWhileFits([...characters].reverse(), tail);
  return `${from.join('')}…${end.reverse().join('')}`;
}

function takeWhileFits(characters: readonly string[], longest: number): string[] {
  const taken: string[] = [];
  let used = 0;
  for (const character of characters) {
    used += character.length;
    if (used > longest) break;
    taken.push(character);
  }
  return taken;
}

function cutEnd(text: string): string {
  return text.length <= LONGEST
    ? text
    : `${takeWhileFits(Array.from(text), LONGEST - 1).join('')}…`;
}
