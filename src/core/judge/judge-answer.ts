/** Half a check: the answer to one limit, before both halves become one Check. */
import { countText, requestsText } from '../report/report-numbers.ts';
import type { Check, Criterion, Verdict } from '../judging-types.ts';

export type Answer = {
  readonly verdict: Verdict;
  readonly canary: number | null;
  readonly baseline: number | null;
  readonly limit: number | null;
  readonly pValue: number | null;
  readonly why: string;
  /** The smallest regression this look would have noticed 8 times in 10; null: not worked out. */
  readonly noticed: string | null;
};

/** How sure one test must be, and what this look may say. */
export type Terms = {
  readonly alpha: number;
  /** Before the whole window is in, a look may condemn and never clear. */
  readonly closed: boolean;
  readonly minRequests: number;
};

export type Answered = { readonly check: Check; readonly noticed: readonly string[] };

/** Said of a proven regression: alpha of all tests together is 1 %. */
export const RARELY = 'fewer than 1 in 100 healthy canaries ever look this bad';

const BADNESS: Readonly<Record<Verdict, number>> = { pass: 0, unknown: 1, fail: 2 };

export function worst(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce<Verdict>((a, b) => (BADNESS[b] > BADNESS[a] ? b : a), 'pass');
}

/** Both limits of one criterion. The worse answer speaks; equals speak in turn. */
export function answered(criterion: Criterion, answers: readonly Answer[]): Answered {
  const verdict = worst(answers.map((answer) => answer.verdict));
  const speaking = answers.filter((answer) => answer.verdict === verdict);
  const limits = speaking.flatMap((answer) => answer.limit ?? []);
  const known = (key: 'canary' | 'baseline' | 'pValue'): number | null =>
    answers.find((answer) => answer[key] !== null)?.[key] ?? null;
  return {
    check: {
      metric: criterion.metric,
      verdict,
      canary: known('canary'),
      baseline: known('baseline'),
      limit: limits.length === 0 ? null : Math.min(...limits),
      pValue: known('pValue'),
      why: speaking.map((answer) => answer.why).join(' '),
    },
    noticed: answers.flatMap((answer) => answer.noticed ?? []),
  };
}

/** No test can be read from a number that differs in its last digit only. */
export function exceeds(value: number, limit: number): boolean {
  return value - limit > 1e-12 * Math.max(1, Math.abs(limit));
}

export function unknownAnswer(why: string): Answer {
  return {
    verdict: 'unknown',
    canary: null,
    baseline: null,
    limit: null,
    pValue: null,
    why,
    noticed: null,
  };
}

/** What a limit says that was not proven broken. */
export function unbroken(terms: Terms, requests: number): Verdict {
  return terms.closed && requests >= terms.minRequests ? 'pass' : 'unknown';
}

/** What a limit cannot say yet, though the whole window is in. "" when there was enough. */
export function shortfallText({ closed, minRequests }: Terms, requests: number): string {
  return closed && requests < minRequests
    ? ` It could be measured in ${requestsText(requests)} only, where ${countText(minRequests)} are needed.`
    : '';
}
