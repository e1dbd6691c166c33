/**
 * Observation → judgement. Pure; recomputed from the whole table at every look.
 * Zero is a measurement, absence is unknown, and neither passes by itself.
 */
import { checksOf } from './checks.ts';
import { evidenceOf } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import type { Findings, Leader } from './findings.ts';
import { shownIn, windowsOf } from './gate.ts';
import { noiseOf, noiseWithoutHistory } from './noise.ts';
import { noticesOf } from './notices.ts';
import { asksNothing, compares, questionsOf, toleranceOf } from './questions.ts';
import { rowsOf } from './rows.ts';
import type { Row } from './rows.ts';
import { whyOf } from './sentences.ts';
import { unsoundText } from './soundness.ts';
import { stageFactsOf } from './stage-facts.ts';
import type { StageFacts } from './stage-facts.ts';
import { testsOf } from './tests.ts';
import type { Tests } from './tests.ts';
import { rulingOf } from './verdict.ts';
import type { Facts } from './verdict.ts';
import type { Judgement, Judging, Look, Observation } from '../judging-types.ts';

/** Rows of a service without history that set its latency bounds. */
const TEACHERS = 5;

export function judge(observation: Observation, judging: Judging, look: Look): Judgement {
  const unsound = unsoundText(observation);
  if (unsound !== null) return nothingJudged(ofStage(observation, look), 'cannot-read', unsound);
  if (asksNothing(questionsOf(judging.criteria))) {
    const why = 'No limit is set, so there is nothing to judge by.';
    return nothingJudged(ofStage(observation, look), 'nothing-asked', why);
  }
  const measured = rowsOf(observation, look);
  const tests = testsFor(observation, judging, measured);
  const rows = tests.noise.minutes > 0 ? measured : withTeachers(measured);
  const evidence = evidenceOf(rows, tests);
  const stage = stageFactsOf(rows, { observation, look, tests }, judging.warmUp);
  const leader = leaderOf(evidence, rows, { tests, look });
  const ruling = rulingOf(factsOf({ stage, tests, evidence, leader, look }), judging);
  const findings = { observation, judging, look, rows, tests, evidence, leader, stage, ruling };
  return judgementOf(findings);
}

function judgementOf(findings: Findings): Judgement {
  const { ruling, evidence, stage, observation, look } = findings;
  const checks = checksOf(findings);
  return {
    ...ruling,
    checks,
    logEvidence: evidence.heard.includes(true) ? evidence.total : null,
    canaryRequests: stage.canaryRequests,
    baselineRequests: stage.baselineRequests,
    why: whyOf(findings, checks),
    notices: noticesOf(findings),
    observation: ofStage(observation, look),
  };
}

/** What of it the report shows: earlier stages have their own. */
function ofStage(observation: Observation, { stages }: Look): Observation {
  const stage = stages.at(-1) ?? stages[0];
  const from = Math.max(observation.from, stage.from ?? stage.asked);
  const minutes = observation.minutes.filter(({ start }) => start >= from);
  return { ...observation, from, minutes };
}

function nothingJudged(
  observation: Observation,
  reason: 'cannot-read' | 'nothing-asked',
  why: string,
): Judgement {
  return {
    verdict: 'unknown',
    reason,
    checks: [],
    logEvidence: null,
    canaryRequests: 0,
    baselineRequests: 0,
    settled: false,
    why,
    notices: [],
    observation,
  };
}

/** The noise is that of one history, and looks come with the same one again and again. */
const known = new WeakMap<Observation['history'], WeakMap<Judging, Tests>>();

function testsFor({ history }: Observation, judging: Judging, rows: readonly Row[]): Tests {
  const found = known.get(history)?.get(judging);
  if (found !== undefined) return found;
  const terms = { latencyTolerance: toleranceOf(judging.criteria) };
  const noise = noiseOf(history, terms);
  if (noise.minutes === 0) {
    const baseline = rows.flatMap((row) => row.baseline ?? []);
    return testsOf(noiseWithoutHistory(baseline, terms), judging);
  }
  const tests = testsOf(noise, judging);
  const byJudging = known.get(history) ?? new WeakMap<Judging, Tests>();
  byJudging.set(judging, tests);
  known.set(history, byJudging);
  return tests;
}

/** Latency bounds from rows that are then judged by them would be no bounds. */
function withTeachers(rows: readonly Row[]): readonly Row[] {
  let taught = 0;
  return rows.map((row) => {
    if (row.baseline === null || taught >= TEACHERS) return row;
    taught += 1;
    return { ...row, teaches: true };
  });
}

/** Of the tests with evidence enough the one with most whose effect is worth acting on. */
function leaderOf(
  { each, total }: Evidence,
  rows: readonly Row[],
  { tests, look }: { readonly tests: Tests; readonly look: Look },
): Leader | null {
  if (total < tests.limit) return null;
  const windows = windowsOf(rows, look.stages.length - 1);
  const ranked = tests.list
    .map((test, i) => ({ test, logE: each[i] ?? 0 }))
    .filter(({ logE }) => logE >= tests.limit)
    .sort((a, b) => b.logE - a.logE);
  for (const { test } of ranked) {
    const window = shownIn(test, windows, tests.questions);
    if (window !== null) return { test, window };
  }
  return null;
}

function factsOf(found: Pick<Findings, 'stage' | 'tests' | 'evidence' | 'leader' | 'look'>): Facts {
  const { stage, tests, evidence, leader, look } = found;
  const { harm, ceilings, canaryRequests, pairedRequests } = stage;
  return {
    logEvidence: evidence.total,
    heldEvidence: evidence.held,
    limit: tests.limit,
    effect: leader === null ? 'none' : leader.test.ceiling === null ? 'evidence' : 'ceiling',
    memoryAlarm: stage.memoryAlarm,
    splitAlarm: stage.splitAlarm,
    canaryRequests,
    comparedRequests: compares(tests.questions) ? pairedRequests : canaryRequests,
    expectedRequests: stage.expectedRequests,
    baselineIncident: stage.baselineIncident,
    ceilings: worstOf(ceilings),
    warmRows: stage.warmRows,
    isMissing: stage.missing !== null,
    harmRuledOut: harm.ruledOut,
    closed: look.closed,
    lapsed: look.lapsed,
  };
}

function worstOf(ceilings: StageFacts['ceilings']): Facts['ceilings'] {
  const states = ceilings.map(({ state }) => state);
  if (states.includes('broken')) return 'broken';
  return states.includes('exceeded') ? 'exceeded' : 'kept';
}
