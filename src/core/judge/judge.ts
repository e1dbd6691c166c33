/**
 * Observation → judgement. Pure; recomputed from the whole table at every look.
 * Zero is a measurement, absence is unknown, and neither passes by itself.
 */
import { checksOf } from './checks.ts';
import type { Evidence } from './evidence.ts';
import type { Findings } from './findings.ts';
import { mayExceed, windowsOf } from './gate.ts';
import { totalWithoutWorst } from './lone-row.ts';
import { memoryFindingOf } from './memory-guard.ts';
import { noiseOf, noiseWithoutHistory } from './noise.ts';
import { noticesOf } from './notices.ts';
import { asksNothing, compares, questionsOf, toleranceOf } from './questions.ts';
import { countedRows, readingsOf } from './readings.ts';
import type { Reading } from './readings.ts';
import { rowsOf } from './rows.ts';
import type { Row } from './rows.ts';
import { whyOf } from './sentences.ts';
import { unsoundText } from './soundness.ts';
import { stageFactsOf } from './stage-facts.ts';
import type { StageFacts } from './stage-facts.ts';
import { testsOf } from './tests.ts';
import type { Test, Tests } from './tests.ts';
import { isAllowed, rulingOf, SUSPICIOUS } from './verdict.ts';
import type { Facts } from './verdict.ts';
import type { Judgement, Judging, Look, Observation } from '../judging-types.ts';

/** ln E of one test, at most, for a stage to end before its bake is over. */
const LATENCIES: readonly Test['name'][] = ['latency', 'slow-p99', 'slow-p50'];
const QUIET = { counts: 0, latencies: Math.log(1 / 2) };
/** Rows of a service without history that set its latency bounds. */
const TEACHERS = 5;

export function judge(observation: Observation, judging: Judging, look: Look): Judgement {
  const findings = findingsOf(observation, judging, look);
  return 'why' in findings ? nothingJudged(observation, look, findings) : judgementOf(findings);
}

/** What judge decides, without the words about it: the benchmark asks millions of times. */
export function decided(observation: Observation, judging: Judging, look: Look): Decided {
  const findings = findingsOf(observation, judging, look);
  if ('why' in findings) return { verdict: 'unknown', settled: false, logEvidence: null };
  const { verdict, settled } = findings.ruling;
  return { verdict, settled, logEvidence: logEvidenceOf(findings) };
}

export type Decided = Pick<Judgement, 'verdict' | 'settled' | 'logEvidence'>;

type Nothing = { readonly reason: 'cannot-read' | 'nothing-asked'; readonly why: string };

function findingsOf(observation: Observation, judging: Judging, look: Look): Findings | Nothing {
  const unsound = unsoundText(observation);
  if (unsound !== null) return { reason: 'cannot-read', why: unsound };
  if (asksNothing(questionsOf(judging.criteria))) {
    const why = 'No limit is set, so there is nothing to judge by.';
    return { reason: 'nothing-asked', why };
  }
  const measured = rowsOf(observation, look);
  const tests = testsFor(observation, judging, measured);
  const all = tests.noise.minutes > 0 ? measured : withTeachers(measured);
  const { log } = observation;
  const readings = readingsOf(all, { tests, log, stage: look.stages.length - 1 });
  const clearing = log === null ? all : countedRows(all);
  const stage = stageFactsOf(clearing, { observation, look, tests }, judging.warmUp);
  const memory = memoryFindingOf(all, judging, look);
  const facts = factsOf({ stage, memory, tests, look }, readings);
  const ruling = rulingOf(facts, judging);
  const allowed = isAllowed(facts);
  const [{ rows, evidence, leaders }] = readings;
  const found = { observation, judging, look, rows, tests, evidence, leaders };
  return { ...found, stage, memory, ruling, allowed };
}

function logEvidenceOf({ evidence }: Findings): number | null {
  return evidence.heard.includes(true) ? evidence.total : null;
}

function judgementOf(findings: Findings): Judgement {
  const { ruling, stage, observation, look } = findings;
  const checks = checksOf(findings);
  return {
    ...ruling,
    checks,
    logEvidence: logEvidenceOf(findings),
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

function nothingJudged(observation: Observation, look: Look, { reason, why }: Nothing): Judgement {
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
    observation: ofStage(observation, look),
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

function factsOf(
  { stage, memory, tests, look }: Pick<Findings, 'stage' | 'memory' | 'tests' | 'look'>,
  readings: readonly [Reading, ...Reading[]],
): Facts {
  const [{ evidence, leaders }] = readings;
  const [leader] = leaders;
  const { harm, ceilings, canaryRequests, pairedRequests } = stage;
  return {
    logEvidence: evidence.total,
    // Worked out only where it may decide.
    lastingEvidence:
      look.lapsed && evidence.total > 0 ? lastingIn(readings, tests) : evidence.total,
    exceedsAllowed:
      !look.lapsed || readings.some((reading) => exceedsAllowed(reading, tests, look)),
    isQuiet: isQuiet(evidence, tests),
    limit: tests.limit,
    effect: leader === undefined ? 'none' : leader.test.ceiling === null ? 'evidence' : 'ceiling',
    memoryAlarm: memory?.alarm === true,
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
    early: look.early,
    lapsed: look.lapsed,
  };
}

function lastingIn(readings: readonly Reading[], tests: Tests): number {
  return Math.max(
    ...readings.map(({ evidence, rows }) => totalWithoutWorst(evidence, rows, tests)),
  );
}

function exceedsAllowed({ rows, evidence }: Reading, tests: Tests, { stages }: Look): boolean {
  const windows = [
    ...windowsOf(rows, stages.length - 1).map((window) => window.rows),
    // What the log alone knows of the last minutes must not be lost among those before.
    rows.filter((row) => !row.visible),
  ];
  return tests.list.some(
    (test, i) =>
      (evidence.each[i] ?? 0) > SUSPICIOUS &&
      windows.some((window) => mayExceed(test, window, tests.questions)),
  );
}

/** Latency has no rule for being ruled out, so its tests must speak for the canary before a stage ends early. */
function isQuiet({ each, heard }: Evidence, { list }: Tests): boolean {
  return list.every(({ name }, i) => {
    const most = LATENCIES.includes(name) ? QUIET.latencies : QUIET.counts;
    return heard[i] !== true || (each[i] ?? 0) <= most;
  });
}

function worstOf(ceilings: StageFacts['ceilings']): Facts['ceilings'] {
  const states = ceilings.map(({ state }) => state);
  if (states.includes('broken')) return 'broken';
  return states.includes('exceeded') ? 'exceeded' : 'kept';
}
