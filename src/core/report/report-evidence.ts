/** What decided, with its numbers, and how sure that is: in words that need no statistics. */
import { plain } from './markdown.ts';
import type { Report, StageReport } from './report-model.ts';
import { ageText, clockText, countText, durationText, ratioText } from './report-numbers.ts';
import { decidingStage } from './report-stage.ts';
import { isFailed, reasonWords } from './report-words.ts';
import type { Judgement } from '../judging-types.ts';
import type { Reason } from '../types.ts';

/** null where nothing was judged and there is nothing to decide: a plan, a service that runs it already. */
export function evidenceOf(report: Report): string | null {
  const stage = decidingStage(report);
  const judgement = stage?.judgement ?? null;
  if (stage === null || judgement === null) return unmeasured(report);
  return [
    ...decidedBy(report, judgement),
    windowLine(stage, judgement, report),
    '',
    ...sentencesOf(judgement).map((sentence) => `- ${plain(sentence)}`),
    `- **How sure**: ${plain(sureText(judgement))}`,
  ].join('\n');
}

/** Where it was no measurement that decided, the report must not read as if it had been. */
function decidedBy({ outcome, reason }: Report, { verdict }: Judgement): readonly string[] {
  if (outcome === null || reason === null) return [];
  if (isFailed(reason)) {
    return verdict === 'fail'
      ? []
      : ['The look that decided was taken by another run. What this one has measured:', ''];
  }
  if (MEASURED.includes(reason)) return [];
  const { because } = reasonWords(reason);
  return [`No measurement decided: ${plain(because)}. What was measured last:`, ''];
}

const MEASURED: readonly Reason[] = [
  'pass',
  'reached',
  'watched',
  'unknown-at-deadline',
  'inconclusive',
];

function windowLine({ percent }: StageReport, { observation }: Judgement, { now }: Report): string {
  const { from, to, complete } = observation;
  const partial = complete ? '' : ' The data are partial, so nothing is decided from them.';
  return `At ${percent} %: ${durationText(to - from)} of data, from ${clockText(from, now)} to ${clockText(to, now)} (${ageText(to, now)}).${partial}`;
}

/** Of a failure: what failed. Otherwise the sentence of the whole. */
function sentencesOf({ verdict, why, checks }: Judgement): readonly string[] {
  const failed = checks.filter((check) => check.verdict === 'fail').map((check) => check.why);
  return verdict === 'fail' && failed.length > 0 ? failed : why === '' ? [] : [why];
}

function sureText({ reason, logEvidence, verdict }: Judgement): string {
  switch (reason) {
    case 'evidence':
    case 'suspicious':
    case 'still-baking':
    case 'too-early':
      return `${likelyText(logEvidence)}${verdict === 'unknown' ? ' Nothing is decided yet.' : ''}`;
    case 'harm-ruled-out':
      return `Harm as large as matters is ruled out 20 : 1. ${likelyText(logEvidence)}`;
    case 'inconclusive':
      return `Not sure. Neither harm nor its absence could be shown; on_inconclusive decides. ${likelyText(logEvidence)}`;
    case 'ceiling':
      return verdict === 'fail'
        ? 'The limit is one that you have set, and the whole window is above it beyond doubt.'
        : 'Not sure. The limit that you have set is passed, but that can be chance.';
    case 'memory':
      return 'The growth is steady over the whole window; it is read from the memory of the instances, not counted in requests.';
    case 'too-few-requests':
    case 'data-missing':
    case 'cannot-read':
      return 'Not at all. There are too few data to say anything of the canary, good or bad.';
    case 'split':
      return 'Not at all. The canary did not get the requests that it should have, so they say nothing.';
    case 'baseline-failing':
      return 'Not at all. There is nothing sound to compare the canary with.';
    case 'nothing-asked':
      return 'Nothing was asked of the measurements.';
  }
}

/** How many times likelier, said the way round that is above one. */
function likelyText(logEvidence: number | null): string {
  if (logEvidence === null) return 'Nothing could be compared.';
  if (Math.abs(logEvidence) < Math.log(2)) {
    return 'These numbers are about as likely from a canary that is worse as from one that is not.';
  }
  const [worse, other] =
    logEvidence > 0
      ? ['a canary that is worse than the stable revision', 'one that is not']
      : ['a canary that is no worse than the stable revision', 'one that is'];
  const times = ratioText(Math.abs(logEvidence)).replace(/ : 1$/, '');
  return `These numbers are ${times} times as likely from ${worse} as from ${other}.`;
}

/** Nothing was judged: what is known instead. */
function unmeasured(report: Report): string | null {
  const { outcome, reason, refusal } = report;
  switch (outcome) {
    case 'refused':
      return `- No measurement decided: ${refusedText(refusal)}.\n- **How sure**: Certain. It was read from the service, or answered when it was asked.`;
    case 'released':
      return '- The traffic of the service is not the one that the rollout has set.\n- **How sure**: Certain. It was read from the service; no measurement decided.';
    case 'promoted':
    case 'rolled-back':
    case 'start-failed':
    case 'held': {
      if (reason !== null && isFailed(reason)) {
        return `- The look that decided was taken by another run: ${plain(reasonWords(reason).because)}.\n- **How sure**: That stands in the log of that run; this one has judged nothing.`;
      }
      const what = reason === null ? 'the reason is not known' : plain(reasonWords(reason).because);
      return `- No measurement of this run decided: ${what}.\n- **How sure**: It was read or asked, not measured. How the canary answers its users this run has not judged.`;
    }
    case null:
      return 'Nothing yet: the first look comes when a minute of data has arrived.';
    case 'deployed':
    case 'deploy-failed':
    case 'unchanged':
    case 'planned':
    case 'gone':
    case 'busy':
    case 'fenced':
    case 'hands-off':
    case 'nothing-open':
      return null;
  }
}

function refusedText(refusal: Report['refusal']): string {
  const found = refusal?.findings.length ?? 0;
  if (found === 0) return 'the rollout may not start';
  return `${countText(found)} ${found === 1 ? 'thing stands' : 'things stand'} in the way, named below`;
}
