/** The whole verdict in one plain sentence or two (judging.md 10): both sides, the window, the ratio. */
import type { Findings } from './findings.ts';
import { smallestExcluded } from './guards.ts';
import { shareOf, harmTermsOf } from './stage-facts.ts';
import {
  countText,
  durationText,
  pointsText,
  rateText,
  ratioText,
  requestsText,
} from '../report/report-numbers.ts';
import type { Check } from '../judging-types.ts';

const INCIDENT_ROWS = 3;
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
      return `${noSign(findings)}. ${excludedText(findings)}`;
    case 'inconclusive':
      return inconclusiveText(findings);
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
  const stays = `it stays at ${percentOf(findings)} % until that is below ${ratioText(Math.log(3))}`;
  return evidence.total >= tests.limit
    ? `${said}, but it rests on one minute or on a difference too small to act on: ${stays}.`
    : `${said}: ${stays} or reaches ${ratioText(tests.limit)}.`;
}

function inconclusiveText(findings: Findings): string {
  const { judging, evidence } = findings;
  const then = {
    promote: 'It goes on',
    hold: `It stays at ${percentOf(findings)} %`,
    rollback: 'It is undone',
  }[judging.onInconclusive];
  const isSuspicious = evidence.total > Math.log(3);
  // More than that ends a stage only if nothing is left of it without its worst minute.
  const isOneMinute = evidence.total > Math.log(10);
  const finding = isSuspicious
    ? `Evidence ${ratioText(evidence.total)} against the canary${isOneMinute ? ', nearly all from one minute,' : ''} after ${requestsText(findings.stage.canaryRequests, 'canary')} in ${lastedText(findings)}: neither harm nor its absence is shown.`
    : `${noSign(findings)}.`;
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

function noSign(findings: Findings): string {
  const { stage, evidence } = findings;
  return `No sign of a regression after ${requestsText(stage.canaryRequests, 'canary')} in ${lastedText(findings)} (evidence ${ratioText(evidence.total)})`;
}

function soFar({ stage, evidence }: Findings): string {
  return `No regression proven in ${requestsText(stage.canaryRequests, 'canary')} so far (evidence ${ratioText(evidence.total)})`;
}

function lastedText({ observation, look }: Findings): string {
  const stage = look.stages.at(-1) ?? look.stages[0];
  return durationText(observation.to - Math.max(observation.from, stage.from ?? stage.asked));
}

function percentOf({ look }: Findings): number {
  return Math.round(100 * shareOf(look));
}
