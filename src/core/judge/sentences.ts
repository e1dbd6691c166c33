/** The whole verdict in one plain sentence or two (judging.md 10): both sides, the window, the ratio. */
import type { Findings } from './findings.ts';
import { INCIDENT_ROWS, smallestExcluded } from './guards.ts';
import { compares } from './questions.ts';
import { harmTermsOf } from './stage-facts.ts';
import { SUSPICIOUS } from './verdict.ts';
import {
  countText,
  durationText,
  pointsText,
  rateText,
  ratioText,
  requestsText,
} from '../report/report-numbers.ts';
import type { Check } from '../judging-types.ts';

/** Of what is ruled out; less than that has no number of its own. */
const LEAST_TOLD = 0.0001;

export function whyOf(findings: Findings, checks: readonly Check[]): string {
  const { ruling } = findings;
  switch (ruling.reason) {
    case 'evidence':
    case 'memory':
      return said(checks, 'fail');
    case 'ceiling':
      return ruling.verdict === 'fail' ? said(checks, 'fail') : ceilingText(findings, checks);
    case 'split':
      return splitText(findings);
    case 'too-few-requests':
      return tooFewText(findings);
    case 'baseline-failing':
      return incidentText(findings);
    case 'suspicious':
      return suspiciousText(findings);
    case 'data-missing':
      return findings.stage.missing ?? '';
    case 'too-early':
      return `${soFar(findings)}; it is too early to pass.`;
    case 'harm-ruled-out':
      return `${foundText(findings, checks)} ${excludedText(findings)}`;
    case 'inconclusive':
      return inconclusiveText(findings, checks);
    case 'still-baking':
      return `${soFar(findings)}; the stage is still watched.`;
    case 'cannot-read':
    case 'nothing-asked':
      return '';
  }
}

function said(checks: readonly Check[], verdict: Check['verdict']): string {
  return checks
    .filter((check) => check.verdict === verdict)
    .map((check) => check.why)
    .join(' ');
}

function ceilingText({ stage }: Findings, checks: readonly Check[]): string {
  const metrics = stage.ceilings
    .filter(({ state }) => state === 'exceeded')
    .flatMap(({ test }) => test.ceiling?.metric ?? []);
  return checks
    .filter(({ metric, limit }) => limit !== null && metrics.includes(metric))
    .map((check) => check.why)
    .join(' ');
}

function splitText(findings: Findings): string {
  const { canaryRequests, expectedRequests, missing } = findings.stage;
  const other =
    canaryRequests > expectedRequests
      ? 'somebody calls the address of its tag'
      : 'the canary does not answer';
  const numbers = `The canary received ${countText(canaryRequests)} of about ${countText(Math.round(expectedRequests))} expected requests in ${lastedText(findings)}`;
  return `${numbers}: traffic is not split as configured, or ${other}.${missing === null ? '' : ` ${missing}`}`;
}

function tooFewText(findings: Findings): string {
  const { stage, judging } = findings;
  const { canaryRequests, pairedRequests, missing } = stage;
  const needed = countText(Math.max(1, judging.minRequests));
  const short =
    canaryRequests < judging.minRequests || canaryRequests === pairedRequests
      ? `Only ${requestsText(canaryRequests, 'canary')} in ${lastedText(findings)} where ${needed} are needed.`
      : `Only ${countText(pairedRequests)} of ${requestsText(canaryRequests, 'canary')} can be compared, where ${needed} are needed: beside the others the stable revision answered nothing.`;
  return findings.look.closed && missing !== null ? `${short} ${missing}` : short;
}

function incidentText({ rows, look }: Findings): string {
  const newest = rows.filter((row) => row.visible).slice(-INCIDENT_ROWS);
  let [errors, requests] = [0, 0];
  for (const { baseline } of newest) {
    errors += baseline?.errors ?? 0;
    requests += baseline?.requests ?? 0;
  }
  const rate =
    requests === 0
      ? ''
      : ` (${rateText(errors / requests)} 5xx, ${countText(errors)} of ${countText(requests)}, last ${durationText(newest.length * look.samplePeriod)})`;
  return `The stable revision is failing, too${rate}. Nothing is promoted meanwhile, and the canary is not blamed.`;
}

function suspiciousText(findings: Findings): string {
  const { evidence, tests } = findings;
  const said = `Evidence ${ratioText(evidence.total)} against the canary`;
  const stays = `it stays at ${percentOf(findings)} % until that is below ${ratioText(SUSPICIOUS)}`;
  return evidence.total >= tests.limit
    ? `${said}, but it rests on one minute or on a difference too small to act on: ${stays}, or the stage has lasted twice its time.`
    : `${said}: ${stays} or reaches ${ratioText(tests.limit)}.`;
}

function inconclusiveText(findings: Findings, checks: readonly Check[]): string {
  const { judging, evidence } = findings;
  const then = {
    promote: 'It goes on',
    hold: `It stays at ${percentOf(findings)} %`,
    rollback: 'It is undone',
  }[judging.onInconclusive];
  const isSuspicious = evidence.total > SUSPICIOUS && !findings.allowed;
  // More than that ends a stage only if nothing is left of it without its worst minute.
  const isOneMinute = evidence.total > Math.log(10);
  const finding = isSuspicious
    ? `Evidence ${ratioText(evidence.total)} against the canary${isOneMinute ? ', nearly all from one minute,' : ''} after ${requestsText(findings.stage.canaryRequests, 'canary')} in ${lastedText(findings)}: neither harm nor its absence is shown.`
    : foundText(findings, checks);
  return `${finding} ${excludedText(findings)} ${then} because on_inconclusive is ${judging.onInconclusive}.`;
}

/** The smallest regression that this stage would have shown. */
function excludedText(findings: Findings): string {
  const { stage, tests, look } = findings;
  const { rows } = stage.harm;
  const excluded = rows.length === 0 ? null : smallestExcluded(rows, harmTermsOf(tests));
  if (excluded === null) return 'No rise of 5xx could be excluded, however large.';
  const way = `going on to ${look.nextPercent} %`;
  const asked = pointsText(stage.harm.limit);
  return stage.harm.ruledOut
    ? `A rise of 5xx by more than ${pointsText(Math.max(excluded, LEAST_TOLD))} is ruled out 20 : 1, where ${way} asks for ${asked}.`
    : `A rise of 5xx by up to ${pointsText(excluded)} cannot be excluded, where ${way} asks for ${asked}.`;
}

function foundText(findings: Findings, checks: readonly Check[]): string {
  const { evidence, allowed } = findings;
  const after = `after ${comparedText(findings)} in ${lastedText(findings)}`;
  if (!allowed) {
    return `No sign of a regression ${after} (evidence ${ratioText(evidence.total)}).`;
  }
  const worse = checks.filter(({ logEvidence }) => (logEvidence ?? 0) > SUSPICIOUS);
  return `Worse than the stable revision ${after}, by no more than is allowed: ${worse.map(({ why }) => why).join(' ')}`;
}

/** Only what the stable revision has answered beside it says anything of a difference. */
function comparedText({ stage, tests }: Findings): string {
  const { canaryRequests, pairedRequests } = stage;
  return requestsText(compares(tests.questions) ? pairedRequests : canaryRequests, 'canary');
}

function soFar(findings: Findings): string {
  return `No regression proven in ${comparedText(findings)} so far (evidence ${ratioText(findings.evidence.total)})`;
}

function lastedText({ observation, look }: Findings): string {
  const stage = look.stages.at(-1) ?? look.stages[0];
  return durationText(observation.to - Math.max(observation.from, stage.from ?? stage.asked));
}

function percentOf({ look }: Findings): number {
  return (look.stages.at(-1) ?? look.stages[0]).percent;
}
