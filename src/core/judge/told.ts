/** What one test has come to, in which rows, and the half of its sentence that all tests share. */
import { shownIn, windowsOf } from './gate.ts';
import type { Window } from './gate.ts';
import type { Findings } from './findings.ts';
import type { Row } from './rows.ts';
import { SUSPICIOUS } from './verdict.ts';
import type { Test } from './tests.ts';
import { countText, durationText, ratioText } from '../report/report-numbers.ts';
import type { Check, Metric, Verdict } from '../judging-types.ts';
import type { Millis } from '../types.ts';

/** What a test has come to, and where its numbers are taken from. */
export type Told = {
  readonly test: Test;
  /** null: no row has said anything. */
  readonly logEvidence: number | null;
  /** Of all tests together: what convicts. */
  readonly total: number;
  readonly verdict: Verdict;
  readonly window: Window;
  /** "last 10 min", "12 min of this stage". */
  readonly span: string;
  /** Not only does it not convict. */
  readonly speaksAgainst: boolean;
};

export function toldOf(test: Test, index: number, findings: Findings): Told {
  const { evidence, leaders, rows, look, tests, ruling, allowed } = findings;
  const logEvidence = evidence.heard[index] === true ? (evidence.each[index] ?? null) : null;
  const speaksAgainst = logEvidence !== null && logEvidence > SUSPICIOUS;
  const leader = leaders.find((one) => one.test === test);
  const convicts = ruling.verdict === 'fail' && leader !== undefined;
  const stage: Window = { kind: 'stage', rows: findings.stage.rows };
  const shown = speaksAgainst
    ? shownIn(test, windowsOf(rows, look.stages.length - 1), tests.questions)
    : null;
  // What does not convict passes with the whole, unless it speaks against the canary.
  const passes = ruling.verdict === 'pass' && (!speaksAgainst || allowed);
  const window = convicts ? leader.window : (shown ?? stage);
  const length = durationText(lengthOf(window.rows, look.samplePeriod));
  return {
    test,
    logEvidence,
    total: evidence.total,
    verdict: convicts ? 'fail' : passes ? 'pass' : 'unknown',
    window,
    span: window.kind === 'latest' ? `last ${length}` : `${length} of this stage`,
    speaksAgainst,
  };
}

/** Rows without any data are not among them, and have passed all the same. */
function lengthOf(rows: readonly Row[], samplePeriod: Millis): Millis {
  const [first] = rows;
  const last = rows.at(-1);
  return first === undefined || last === undefined ? 0 : last.start + samplePeriod - first.start;
}

/** Ville's inequality, for the noise that was allowed for and not beyond (judging.md 6.4). */
export function rarelyText({ tests, look }: Findings): string {
  const { measured, minutes } = tests.noise;
  const noise = measured
    ? `noise like that of the last ${durationText(minutes * look.samplePeriod)}`
    : 'the noise that is assumed';
  const healthy = countText(Math.round(Math.exp(tests.limit)));
  return `With ${noise}, fewer than 1 in ${healthy} healthy canaries ever look this bad.`;
}

export type Numbers = Pick<Check, 'canary' | 'baseline' | 'limit'> & { readonly numbers: string };

export function checkOf(metric: Metric, told: Told, found: Numbers): Check {
  const { numbers, ...values } = found;
  const { verdict, logEvidence } = told;
  return { metric, verdict, ...values, logEvidence, why: `${numbers}${evidenceText(told)}` };
}

function evidenceText({ verdict, logEvidence, total }: Told): string {
  if (verdict === 'fail') return `; evidence ${ratioText(total)} that it is worse.`;
  return logEvidence === null ? '.' : `; evidence ${ratioText(logEvidence)}.`;
}

export function unmeasured(metric: Metric, why: string): Check {
  const none = { canary: null, baseline: null, limit: null, logEvidence: null };
  return { metric, verdict: 'unknown', ...none, why };
}
