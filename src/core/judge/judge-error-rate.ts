/** Does the canary fail more often than the stable revision, or than it may at all? */
import {
  answered,
  exceeds,
  RARELY,
  shortfallText,
  unbroken,
  unknownAnswer,
} from './judge-answer.ts';
import type { Answer, Answered, Terms } from './judge-answer.ts';
import type { Sums } from './judge-sums.ts';
import { countText, pointsText, rateText } from '../report/report-numbers.ts';
import { binomialUpper, fisherUpper, smallestShareSeen } from './stats.ts';
import type { Share } from './stats.ts';
import type { Criterion } from '../judging-types.ts';

export function judgeErrorRate(criterion: Criterion, sums: Sums, terms: Terms): Answered {
  const { max, maxIncrease } = criterion;
  return answered(criterion, [
    ...(maxIncrease === null ? [] : [comparison(sums.paired, maxIncrease, terms)]),
    ...(max === null ? [] : [ceiling(sums.canary, max, terms)]),
  ]);
}

function comparison(
  { canary, baseline }: { readonly canary: Share; readonly baseline: Share },
  maxIncrease: number,
  terms: Terms,
): Answer {
  // Paired minutes have requests on both sides or do not exist.
  if (canary.requests === 0) {
    return unknownAnswer(
      '5xx cannot be compared: in no minute did both the canary and the stable revision answer requests.',
    );
  }
  const allowed = rate(baseline) + maxIncrease;
  const pValue = fisherUpper(canary, baseline);
  const worse = exceeds(rate(canary), allowed);
  const verdict = worse && pValue < terms.alpha ? 'fail' : unbroken(terms, canary.requests);
  const fails = (events: number): boolean =>
    exceeds(events / canary.requests, allowed) &&
    fisherUpper({ events, requests: canary.requests }, baseline) < terms.alpha;
  const numbers = `5xx ${shareText(canary)} on the canary against ${shareText(baseline)} on the stable revision`;
  const finding =
    verdict === 'fail'
      ? `more than the ${pointsText(maxIncrease)} of increase allowed, and ${RARELY}`
      : worse
        ? `above the ${pointsText(maxIncrease)} of increase allowed, but not beyond chance`
        : `within the ${pointsText(maxIncrease)} of increase allowed`;
  return {
    verdict,
    canary: rate(canary),
    baseline: rate(baseline),
    limit: Math.min(1, allowed),
    pValue,
    why: `${numbers}: ${finding}.${shortfallText(terms, canary.requests)}`,
    noticed: verdict === 'pass' ? noticedText(smallestShareSeen(canary.requests, fails)) : null,
  };
}

function ceiling(canary: Share, max: number, terms: Terms): Answer {
  if (canary.requests === 0) return unknownAnswer('The canary answered no requests.');
  const over = exceeds(rate(canary), max);
  const beyondDoubt = over && binomialUpper(canary, max) < terms.alpha;
  // The whole window with enough requests is the measurement the user set the ceiling for.
  const measured = over && terms.closed && canary.requests >= terms.minRequests;
  const verdict = beyondDoubt || measured ? 'fail' : unbroken(terms, canary.requests);
  const fails = (events: number): boolean => exceeds(events / canary.requests, max);
  return {
    verdict,
    canary: rate(canary),
    baseline: null,
    limit: max,
    pValue: null,
    why: `5xx ${shareText(canary)} on the canary: ${over ? 'above' : 'within'} the ceiling of ${rateText(max)}${over && verdict !== 'fail' ? ', but not beyond doubt' : ''}.${shortfallText(terms, canary.requests)}`,
    noticed: verdict === 'pass' ? noticedText(smallestShareSeen(canary.requests, fails)) : null,
  };
}

function rate({ events, requests }: Share): number {
  return events / requests;
}

function shareText(share: Share): string {
  return `${rateText(rate(share))} (${countText(share.events)} of ${countText(share.requests)})`;
}

function noticedText(smallest: number | null): string {
  return smallest === null ? 'no 5xx rate at all' : `a 5xx rate of ${rateText(smallest)}`;
}
