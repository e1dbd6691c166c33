/**
 * Is the canary slower than the stable revision, or than it may be? A quantile of a histogram is
 * known to its bucket only, which may be 40 % wide. So the canary counts with the lower end of its
 * bucket and the stable revision with the upper end of its own: width alone never condemns.
 */
import {
  answered,
  exceeds,
  RARELY,
  shortfallText,
  unbroken,
  unknownAnswer,
} from './judge-answer.ts';
import type { Answer, Answered, Terms } from './judge-answer.ts';
import type { Sums, WarmSums } from './judge-sums.ts';
import {
  countText,
  durationText,
  latencyText,
  METRIC_WORDS,
  rateText,
} from '../report/report-numbers.ts';
import {
  binomialUpper,
  fisherUpper,
  quantile,
  slowerThan,
  smallestShareSeen,
  totalOf,
} from './stats.ts';
import type { Quantile, Share } from './stats.ts';
import type { Criterion, Histogram, Metric } from '../judging-types.ts';
import type { Millis } from '../types.ts';

type LatencyMetric = Exclude<Metric, 'error-rate'>;
type Part = { readonly name: string; readonly part: number };

const PARTS: Readonly<Record<LatencyMetric, number>> = {
  'latency-p50': 0.5,
  'latency-p95': 0.95,
  'latency-p99': 0.99,
};

export function judgeLatency(
  criterion: Criterion & { readonly metric: LatencyMetric },
  sums: Sums,
  terms: Terms,
): Answered {
  const { metric, max, maxIncrease } = criterion;
  const wanted = { name: METRIC_WORDS[metric], part: PARTS[metric] };
  return answered(criterion, [
    ...(maxIncrease === null ? [] : [comparison({ ...wanted, maxIncrease }, sums.warm, terms)]),
    ...(max === null ? [] : [ceiling({ ...wanted, max }, sums.warm, terms)]),
  ]);
}

function comparison(
  wanted: Part & { readonly maxIncrease: number },
  { paired, leftOut }: WarmSums,
  terms: Terms,
): Answer {
  const { name, part, maxIncrease } = wanted;
  if (paired.latency === null)
    return notAvailable(name, `no minute has it for both revisions${afterText(leftOut)}`);
  if (paired.latency === 'mixed') return notAvailable(name, 'bucket layouts differ');
  const { canary, baseline } = paired.latency;
  const ours = quantile(canary, part);
  const theirs = quantile(baseline, part);
  if (ours === null || theirs === null) {
    return notAvailable(name, `one revision has no request${afterText(leftOut)}`);
  }
  if (theirs.upper === Infinity) {
    return notAvailable(name, 'the stable revision is slower than the histogram can tell');
  }
  const samples = measuredRequests(canary, paired.canaryErrors);
  const slow = slowerThan(canary, theirs.upper);
  const slowBaseline = slowerThan(baseline, theirs.upper);
  const limit = theirs.upper * (1 + maxIncrease);
  const pValue = fisherUpper(slow, slowBaseline);
  const isProven = isAtLeast(ours, limit) && pValue < terms.alpha;
  const verdict = isProven && samples >= terms.minRequests ? 'fail' : unbroken(terms, samples);
  return {
    verdict,
    canary: ours.value,
    baseline: theirs.value,
    limit,
    pValue,
    why: `${comparisonText(wanted, { ours, theirs, limit, isProven, verdict })}${shortText(terms, samples, leftOut)}`,
    noticed:
      verdict === 'pass'
        ? noticedText({ ...wanted, limit, bounds: baseline.bounds }, { slow, slowBaseline }, terms)
        : null,
  };
}

function comparisonText(
  { name, maxIncrease }: Part & { readonly maxIncrease: number },
  found: {
    readonly ours: Quantile;
    readonly theirs: Quantile;
    readonly limit: number;
    readonly isProven: boolean;
    readonly verdict: Answer['verdict'];
  },
): string {
  const { ours, theirs, limit, isProven, verdict } = found;
  const numbers = `${name} ${quantileText(ours)} on the canary against ${quantileText(theirs)} on the stable revision`;
  const allowed = `the ${rateText(maxIncrease)} of increase allowed`;
  if (verdict === 'fail') {
    return `${numbers}: even with the width of the histogram's buckets taken off (at least ${latencyText(ours.lower)} against less than ${latencyText(theirs.upper)}) more than ${allowed}, and ${RARELY}.`;
  }
  if (isProven) return `${numbers}: more than ${allowed}, but its first requests decide nothing.`;
  return isAtLeast(ours, limit)
    ? `${numbers}: more than ${allowed}, but not beyond chance.`
    : `${numbers}: not proven to be more than ${allowed}.`;
}

function ceiling(wanted: Part & { readonly max: number }, warm: WarmSums, terms: Terms): Answer {
  const { name, part, max } = wanted;
  const { canaryLatency: latency, canaryErrors, leftOut } = warm;
  if (latency === null) return notAvailable(name, `the canary has none${afterText(leftOut)}`);
  if (latency === 'mixed') return notAvailable(name, 'bucket layouts differ');
  const ours = quantile(latency, part);
  if (ours === null) {
    return notAvailable(name, `the canary has no request${afterText(leftOut)}`);
  }
  const samples = measuredRequests(latency, canaryErrors);
  const over = isAtLeast(ours, max);
  const proven = terms.closed || isSlowBeyondDoubt(latency, wanted, terms.alpha);
  const tellable = ours.upper !== Infinity || over;
  const verdict =
    over && proven && samples >= terms.minRequests
      ? 'fail'
      : tellable
        ? unbroken(terms, samples)
        : 'unknown';
  const limitText = `the ceiling of ${latencyText(max)}`;
  const finding = over
    ? `at or above ${limitText}${verdict === 'fail' ? ' even at the lower end of its bucket' : ', but not beyond doubt'}`
    : tellable
      ? `not above ${limitText}${ours.value > max ? ' beyond the width of a histogram bucket' : ''}`
      : `slower than the histogram can tell, so ${limitText} cannot be checked`;
  return {
    verdict,
    canary: ours.value,
    baseline: null,
    limit: max,
    pValue: null,
    why: `${name} ${quantileText(ours)} on the canary (${countText(samples)} requests): ${finding}.${shortText(terms, samples, leftOut)}`,
    noticed: null,
  };
}

/** More requests above the ceiling's bucket than a canary that just keeps it would ever have. */
function isSlowBeyondDoubt(
  latency: Histogram,
  { part, max }: Part & { readonly max: number },
  alpha: number,
): boolean {
  const bound = latency.bounds.find((candidate) => candidate >= max);
  return bound !== undefined && binomialUpper(slowerThan(latency, bound), 1 - part) < alpha;
}

/** Failed requests have no latency by design; they must not make a measured canary look unmeasured. */
function measuredRequests(latency: Histogram, errors: number): number {
  return totalOf(latency) + errors;
}

function isAtLeast(measured: Quantile, limit: number): boolean {
  return !exceeds(limit, measured.lower);
}

function quantileText({ value, upper }: Quantile): string {
  return upper === Infinity ? `at least ${latencyText(value)}` : latencyText(value);
}

/** The warm-up is worth a word only where what it took is wanting. */
function afterText(leftOut: Millis): string {
  return leftOut === 0 ? '' : ` after the first ${durationText(leftOut)}, which are warm-up`;
}

function shortText(terms: Terms, samples: number, leftOut: Millis): string {
  const short = shortfallText(terms, samples);
  return short === '' || leftOut === 0
    ? short
    : `${short} The first ${durationText(leftOut)} are warm-up and were left out.`;
}

function notAvailable(name: string, why: string): Answer {
  return unknownAnswer(`Latency (${name}) is not available: ${why}.`);
}

/** Slow enough to have failed: above the limit by a whole bucket, and more often than chance. */
function noticedText(
  { part, limit, bounds }: Part & { readonly limit: number; readonly bounds: readonly number[] },
  { slow, slowBaseline }: { readonly slow: Share; readonly slowBaseline: Share },
  { alpha }: Terms,
): string {
  const proves = (events: number): boolean =>
    events > (1 - part) * slow.requests &&
    fisherUpper({ events, requests: slow.requests }, slowBaseline) < alpha;
  const smallest = smallestShareSeen(slow.requests, proves);
  const bound = bounds.find((candidate) => !exceeds(limit, candidate));
  return smallest === null || bound === undefined
    ? 'no slowdown at all'
    : `${rateText(smallest)} of requests slower than ${latencyText(bound)}`;
}
