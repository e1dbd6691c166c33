/**
 * Observation → judgement. Pure; recomputed from the whole table at every look.
 * Zero is a measurement, absence is unknown, and neither passes by itself.
 */
import { worst } from './judge-answer.ts';
import type { Answered, Terms } from './judge-answer.ts';
import { missingText } from './judge-coverage.ts';
import { judgeErrorRate } from './judge-error-rate.ts';
import { judgeLatency } from './judge-latency.ts';
import { sumUp } from './judge-sums.ts';
import type { Sums } from './judge-sums.ts';
import { countText, requestsText } from '../report/report-numbers.ts';
import type { Criterion, Judgement, Judging, Observation, Verdict } from '../judging-types.ts';
import type { Millis, Percent } from '../types.ts';

/** Chance that a healthy canary is condemned in one stage, if requests fail independently. */
const FALSE_ALARMS = 0.01;

export type Look = {
  /** The window covers the whole bake and its data have arrived. */
  readonly closed: boolean;
  /** How often this stage is judged, this look included. */
  readonly plannedLooks: number;
  readonly samplePeriod: Millis;
  /** The canary's share of this stage. */
  readonly percent: Percent;
  /** Latencies of minutes that begin earlier in the window are left out. Errors count from the first. */
  readonly warmUp: Millis;
};

export function judge(observation: Observation, judging: Judging, look: Look): Judgement {
  const sums = sumUp(observation, look.warmUp);
  if (typeof sums === 'string') {
    return {
      verdict: 'unknown',
      checks: [],
      canaryRequests: 0,
      baselineRequests: 0,
      why: sums,
      observation,
    };
  }
  const terms = termsOf(judging, look);
  const answers = judging.criteria
    .filter((criterion) => limitsOf(criterion) > 0)
    .map((criterion) => answer(criterion, sums, terms));
  const checks = answers.map((item) => item.check);
  const missing = missingIn(observation, judging, look);
  const verdict = worst([
    missing === null ? 'pass' : 'unknown',
    overall(
      checks.map((check) => check.verdict),
      sums,
      terms,
    ),
  ]);
  return {
    verdict,
    checks,
    canaryRequests: sums.canary.requests,
    baselineRequests: sums.baselineRequests,
    why: whyOf(verdict, answers, { sums, terms, missing }),
    observation,
  };
}

/** Every test at every look gets the same share (Bonferroni): coarse, and true under any dependence. */
function termsOf(judging: Judging, look: Look): Terms {
  const tests = judging.criteria.reduce((sum, criterion) => sum + limitsOf(criterion), 0);
  return {
    alpha: FALSE_ALARMS / (Math.max(1, look.plannedLooks) * Math.max(1, tests)),
    closed: look.closed,
    minRequests: judging.minRequests,
  };
}

function limitsOf({ max, maxIncrease }: Criterion): number {
  return (max === null ? 0 : 1) + (maxIncrease === null ? 0 : 1);
}

function missingIn(observation: Observation, { criteria }: Judging, look: Look): string | null {
  const { samplePeriod, percent } = look;
  const compares = criteria.some(({ maxIncrease }) => maxIncrease !== null);
  return missingText(observation, { samplePeriod, percent, compares });
}

function answer(criterion: Criterion, sums: Sums, terms: Terms): Answered {
  const { metric } = criterion;
  return metric === 'error-rate'
    ? judgeErrorRate(criterion, sums, terms)
    : judgeLatency({ ...criterion, metric }, sums, terms);
}

function overall(verdicts: readonly Verdict[], sums: Sums, { minRequests }: Terms): Verdict {
  const isEnough = verdicts.length > 0 && sums.canary.requests >= minRequests;
  return worst([isEnough ? 'pass' : 'unknown', ...verdicts]);
}

function whyOf(
  verdict: Verdict,
  answers: readonly Answered[],
  found: { readonly sums: Sums; readonly terms: Terms; readonly missing: string | null },
): string {
  const { sums, terms, missing } = found;
  const seen = requestsText(sums.canary.requests, 'canary');
  const saying = answers.filter((item) => item.check.verdict === verdict);
  const said = saying.map((item) => item.check.why).join(' ');
  if (answers.length === 0) return 'No limit is set, so there is nothing to judge by.';
  if (verdict === 'fail') return said;
  if (verdict === 'pass') return `No regression proven in ${seen}.${noticedText(answers)}`;
  if (!terms.closed) return `No regression proven in ${seen} so far; the stage is still watched.`;
  const short =
    sums.canary.requests < terms.minRequests
      ? `Only ${seen} where ${countText(terms.minRequests)} are needed.`
      : said;
  return [short, missing ?? ''].filter((part) => part !== '').join(' ');
}

function noticedText(answers: readonly Answered[]): string {
  const noticed = answers.flatMap((item) => item.noticed);
  return noticed.length === 0
    ? ''
    : ` The smallest regression this stage would have shown in 8 of 10 cases: ${noticed.join('; ')}.`;
}
