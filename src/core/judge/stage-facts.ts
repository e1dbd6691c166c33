/** What the rows of the present stage say besides the evidence: judging.md 6.3 to 6.7. */
import type { Counts } from './count-evidence.ts';
import { ceilingFacts } from './ceiling-facts.ts';
import type { CeilingFact } from './ceiling-facts.ts';
import { seenIn } from './gate.ts';
import {
  INCIDENT_ROWS,
  baselineIncident,
  harmLimit,
  harmRuledOut,
  splitEvidence,
} from './guards.ts';
import type { HarmTerms } from './guards.ts';
import { missingText } from './judge-coverage.ts';
import { totalOf } from './histogram.ts';
import { compares, needsLatency } from './questions.ts';
import { latencyOf } from './tests.ts';
import { sharesOf } from './shares.ts';
import type { Row } from './rows.ts';
import type { Tests } from './tests.ts';
import type { Look, Observation } from '../judging-types.ts';
import { countText, rateText } from '../report/report-numbers.ts';

export type StageFacts = {
  /** Visible rows that were served this stage from beginning to end. */
  readonly rows: readonly Row[];
  readonly canaryRequests: number;
  readonly baselineRequests: number;
  /** Of the canary, in rows in which the stable revision answered, too. */
  readonly pairedRequests: number;
  readonly expectedRequests: number;
  readonly warmRows: number;
  readonly splitAlarm: boolean;
  readonly baselineIncident: boolean;
  readonly harm: {
    readonly limit: number;
    readonly ruledOut: boolean;
    /** Those that decide it. */
    readonly rows: readonly Counts[];
  };
  /** Each ceiling over the whole stage, in the order of the tests. */
  readonly ceilings: readonly CeilingFact[];
  /** Which data a whole window lacks; null: it is covered. */
  readonly missing: string | null;
};

const SPLIT_ALARM = Math.log(1000);
/** Latencies of so large a part of the answers must be there. */
const MOST_LATENCIES = 0.7;

/** `rows`: as they clear the canary, with the counters' errors wherever there are any. */
export function stageFactsOf(
  rows: readonly Row[],
  found: { readonly observation: Observation; readonly look: Look; readonly tests: Tests },
  warmUp: number,
): StageFacts {
  const { look, tests } = found;
  const present = look.stages.length - 1;
  const visible = rows.filter((row) => row.visible);
  const own = visible.filter((row) => row.stage === present);
  const paired = pairedOf(own);
  const ceilings = ceilingFacts(own, tests);
  return {
    rows: own,
    canaryRequests: requestsOf(own, 'canary'),
    baselineRequests: requestsOf(own, 'baseline'),
    pairedRequests: requestsOf(paired, 'canary'),
    ...splitFacts(own, shareOf(look)),
    warmRows: needsLatency(tests.questions) ? warmOf(own, warmUp).length : own.length,
    baselineIncident: isFailing(visible, tests.noise.errorRate),
    harm: harmOf(
      rows.filter((row) => row.stage === present),
      look,
      tests,
    ),
    ceilings,
    missing: missingIn(own, { ...found, ceilings }, warmUp),
  };
}

/** Rows in which both sides can be compared. */
function pairedOf(rows: readonly Row[]): readonly Row[] {
  return rows.filter(hasBaseline);
}

function hasBaseline({ baseline }: Row): boolean {
  return (baseline?.requests ?? 0) > 0;
}

/** Errors need no warm-up, and latency no rows that only say what is usual. */
function warmOf(rows: readonly Row[], warmUp: number): readonly Row[] {
  return rows.filter((row) => row.since >= warmUp && !row.teaches);
}

/** The canary's part of what both sides get. */
function shareOf({ stages }: Look): number {
  const { canary, baseline } = sharesOf(stages.at(-1));
  return canary / (canary + baseline);
}

export function harmTermsOf({ noise }: Tests): HarmTerms {
  return { errorRate: noise.errorRate, burst: noise.burst, variance: noise.errorVariance };
}

/**
 * Rows that tell how the traffic was split: up to the last of the stable revision, whose points may
 * come later. Those between without it count: to take only what it answered would give thin traffic
 * to the one side.
 */
export function splitRowsOf(rows: readonly Row[]): readonly Row[] {
  return rows.slice(0, rows.findLastIndex(hasBaseline) + 1);
}

/** From the second row after the change on: the first may still have some of the old split. */
function splitFacts(own: readonly Row[], share: number) {
  const settled = splitRowsOf(own).filter((row) => row.since >= 1);
  const canary = requestsOf(settled, 'canary');
  const others = requestsOf(settled, 'baseline');
  return {
    splitAlarm: splitEvidence(canary, canary + others, share) >= SPLIT_ALARM,
    expectedRequests: share < 1 ? (requestsOf(own, 'baseline') * share) / (1 - share) : 0,
  };
}

/** Rows of the log alone, and those of the canary alone, may speak against it, and never for it. */
function harmOf(rows: readonly Row[], look: Look, tests: Tests): StageFacts['harm'] {
  const { errorRate } = tests.noise;
  const allowed = tests.questions.errorIncrease ?? 0;
  const limit = harmLimit(look.nextPercent, { errorRate, allowed });
  const terms = harmTermsOf(tests);
  const seen = rows.flatMap((row) => (row.visible ? (row.errors ?? []) : []));
  if (!harmRuledOut(seen, limit, terms)) return { limit, ruledOut: false, rows: seen };
  const all = rows.flatMap((row) => row.errors ?? alone(row) ?? []);
  const ruledOut = harmRuledOut(all, limit, terms);
  return { limit, ruledOut, rows: ruledOut ? seen : all };
}

/** Beside nothing of the stable revision, what is usual is all there is to compare with. */
function alone({ canary, baseline, visible }: Row): Counts | null {
  if (!visible || canary === null || (baseline?.requests ?? 0) > 0) return null;
  return { canary: canary.errors, canaryOf: canary.requests, baseline: 0, baselineOf: 0 };
}

function isFailing(visible: readonly Row[], errorRate: number): boolean {
  const newest = visible.slice(-INCIDENT_ROWS).map(({ baseline }) => ({
    errors: baseline?.errors ?? 0,
    requests: baseline?.requests ?? 0,
  }));
  return baselineIncident(newest, errorRate);
}

function missingIn(
  own: readonly Row[],
  found: {
    readonly observation: Observation;
    readonly look: Look;
    readonly tests: Tests;
    readonly ceilings: readonly CeilingFact[];
  },
  warmUp: number,
): string | null {
  const { observation, look, tests } = found;
  const stage = look.stages.at(-1);
  const minutes = own.map(({ start, canary, baseline }) => ({ start, canary, baseline }));
  const from = Math.max(observation.from, stage?.from ?? stage?.asked ?? observation.from);
  const covered = missingText(
    { from, to: observation.to, minutes },
    {
      samplePeriod: look.samplePeriod,
      errorRate: tests.noise.errorRate,
      ...sharesOf(stage),
      compares: compares(tests.questions),
    },
  );
  if (covered !== null || !needsLatency(tests.questions)) return covered;
  const warm = warmOf(own, warmUp);
  return comparedLatency(warm, tests) ?? ceilingLatency(warm, tests);
}

/** Failed requests have no latency that counts, so they do not count as missing either. */
function answered(rows: readonly Row[]): number {
  return rows.reduce((sum, { canary }) => sum + (canary ? canary.requests - canary.errors : 0), 0);
}

function comparedLatency(warm: readonly Row[], tests: Tests): string | null {
  if (tests.questions.slowerThan === null) return null;
  const all = answered(pairedOf(warm));
  const pairs = warm.flatMap((row) => latencyOf(row) ?? []);
  const measured = pairs.reduce((sum, { canary }) => sum + totalOf(canary), 0);
  return all === 0 || measured >= MOST_LATENCIES * all
    ? null
    : `Latency can be compared for ${countText(measured)} of ${countText(all)} answers of the canary after the warm-up only; ${rateText(MOST_LATENCIES)} are needed.`;
}

function ceilingLatency(warm: readonly Row[], tests: Tests): string | null {
  const all = answered(warm);
  const short = tests.list.find((test) => {
    if (test.ceiling?.kind !== 'slow') return false;
    return (seenIn(test, warm, 'canary')?.requests ?? 0) < MOST_LATENCIES * all;
  });
  return short === undefined
    ? null
    : 'Too few answers of the canary have a latency that can be held against its ceiling: the histogram ends below it, or there is none.';
}

function requestsOf(rows: readonly Row[], side: 'canary' | 'baseline'): number {
  return rows.reduce((sum, row) => sum + (row[side]?.requests ?? 0), 0);
}
