import { describe, expect, test } from 'vitest';
import { evidenceOf } from '../../src/core/judge/evidence.ts';
import { shows, windowsOf } from '../../src/core/judge/gate.ts';
import { noiseOf } from '../../src/core/judge/noise.ts';
import { judge } from '../../src/core/judge/judge.ts';
import { rowsOf } from '../../src/core/judge/rows.ts';
import { splitRowsOf } from '../../src/core/judge/stage-facts.ts';
import { looksAt, testsOf } from '../../src/core/judge/tests.ts';
import { rulingOf } from '../../src/core/judge/verdict.ts';
import type { Facts } from '../../src/core/judge/verdict.ts';
import type {
  Cell,
  Judging,
  Look,
  Minute,
  Observation,
  PastMinute,
  ServedStage,
} from '../../src/core/judging-types.ts';
import { casesOf, expectClose, groupOf, histogramOf } from '../vectors/read.ts';
import type { Buckets, CountRow } from '../vectors/read.ts';
import { MINUTE } from './build.ts';

const JUDGING: Judging = {
  criteria: [
    { metric: 'error-rate', max: null, maxIncrease: 0.0005 },
    { metric: 'latency', max: null, maxIncrease: 0.1 },
  ],
  minRequests: 20,
  confidence: 'normal',
  onInconclusive: 'promote',
  warmUp: 3,
  maxMemory: 0.95,
};
const PERCENTS = [5, 25, 50];

type VectorRow = CountRow & {
  readonly stage: number;
  readonly since_change: number;
  readonly canary_latency: Buckets;
  readonly baseline_latency: Buckets;
};
type Answer = {
  readonly ln_E_errors: number;
  readonly ln_E_latency: number;
  readonly ln_E_slow_p99: number;
  readonly ln_E_slow_p50: number;
  readonly ln_E: number;
  readonly effect_large_enough: boolean;
  readonly evidence_at_least_100: boolean;
  readonly fail: boolean;
  readonly hold: boolean;
};
type JudgeCase = {
  readonly name: string;
  readonly history: string;
  readonly phi: number;
  readonly rows: readonly VectorRow[];
  readonly expected: readonly Answer[];
};
type History = {
  readonly history_columns: readonly string[];
  readonly history: readonly (readonly number[])[];
};

function cell(requests: number, errors: number, buckets: Buckets): Cell {
  return { requests, errors, clientErrors: 0, latency: histogramOf(buckets), memory: null };
}

function historyOf(name: string): readonly PastMinute[] {
  const found = casesOf<History>('noise').find(({ id }) => name.endsWith(id))!;
  const buckets = found.history_columns.slice(2).map((column) => column.replace('bucket', ''));
  return found.history.map(([requests = 0, errors = 0, ...counts], i) => ({
    start: (i - found.history.length) * MINUTE,
    cell: cell(requests, errors, Object.fromEntries(buckets.map((key, at) => [key, counts[at]!]))),
    share: 1,
  }));
}

function observationOf(minutes: readonly Minute[], history: readonly PastMinute[]): Observation {
  const to = minutes.length * MINUTE;
  return { from: 0, to, minutes, history, log: null, complete: true };
}

function lookAt(rows: readonly Pick<VectorRow, 'stage'>[]): Look {
  const stages = PERCENTS.flatMap((percent, stage): readonly ServedStage[] => {
    const first = rows.findIndex((row) => row.stage === stage);
    return first < 0 ? [] : [{ percent, asked: first * MINUTE, from: first * MINUTE }];
  });
  const [first, ...others] = stages;
  return {
    samplePeriod: MINUTE,
    stages: [first!, ...others],
    nextPercent: 100,
    closed: false,
    early: false,
    lapsed: false,
  };
}

describe.each(casesOf<JudgeCase>('judge'))('$name, $id', ({ history, phi, rows, expected }) => {
  const past = historyOf(history);
  const minutes = rows.map((row, i) => ({
    start: i * MINUTE,
    canary: cell(row.n_c, row.k_c, row.canary_latency),
    baseline: cell(row.n_b, row.k_b, row.baseline_latency),
  }));
  const noise = { ...noiseOf(past, { latencyTolerance: 1.12 }), burst: phi };
  const tests = testsOf(noise, JUDGING);

  test.each(expected.map((answer, i) => [i, answer] as const))('row %i', (i, answer) => {
    const look = lookAt(rows.slice(0, i + 1));
    const seen = rowsOf(observationOf(minutes.slice(0, i + 1), past), look);
    expect(seen.at(-1)).toMatchObject({ stage: rows[i]!.stage, since: rows[i]!.since_change });
    const { each, total } = evidenceOf(seen, tests);
    const near = (actual: number | undefined, wanted: number) =>
      expectClose('judge', actual, wanted);
    expect(tests.list.map(({ name }) => name)).toEqual([
      'errors',
      'latency',
      'slow-p99',
      'slow-p50',
    ]);
    near(each[0], answer.ln_E_errors);
    near(each[1], answer.ln_E_latency);
    near(each[2], answer.ln_E_slow_p99);
    near(each[3], answer.ln_E_slow_p50);
    near(total, answer.ln_E);
    const leading = tests.list[each.indexOf(Math.max(...each))]!;
    const windows = windowsOf(seen, look.stages.length - 1);
    const effect = windows.some((window) => shows(leading, window.rows, tests.questions));
    expect(effect).toBe(answer.effect_large_enough);
    expect(total >= tests.limit).toBe(answer.evidence_at_least_100);
    expect(total >= tests.limit && effect).toBe(answer.fail);
    expect(total > Math.log(3)).toBe(answer.hold);
  });
});

type GivenCell = { readonly requests: number; readonly errors: number; readonly latency: boolean };
type SemanticsCase = {
  readonly row: { readonly canary: GivenCell | null; readonly baseline: GivenCell | null };
  readonly complete: boolean;
  readonly expected: {
    readonly errors_test: string;
    readonly latency_tests: string;
    readonly split_check: string;
  };
};

test.each(casesOf<SemanticsCase>('row_semantics'))(
  'what a row is used for, $id',
  ({ row, complete, expected }) => {
    const past = historyOf('nz0');
    const given = (side: GivenCell | null): Cell | null =>
      side && {
        ...cell(side.requests, side.errors, { 11: side.requests - side.errors }),
        ...(side.latency ? {} : { latency: null }),
      };
    // After the warm-up, so that nothing but its cells decides.
    const minute = { start: 9 * MINUTE, canary: given(row.canary), baseline: given(row.baseline) };
    const observation = { ...observationOf([minute], past), complete };
    const look = { ...lookAt([{ stage: 0 }]), closed: true };
    const found = judge(observation, JUDGING, look);
    if (!complete) {
      expect(new Set(Object.values(expected))).toEqual(new Set(['no decision']));
      expect(found).toMatchObject({ verdict: 'unknown', reason: 'cannot-read', checks: [] });
      return;
    }
    const rows = rowsOf(observation, look);
    const used = testsOf(noiseOf(past, { latencyTolerance: 1.12 }), JUDGING).list.map((one) =>
      rows.some((seen) => looksAt(one, seen) && one.logRatios(seen) !== null),
    );
    const latency = expected.latency_tests === 'used';
    expect(used).toEqual([expected.errors_test === 'used', latency, latency, latency]);
    const split = splitRowsOf(rows);
    const canary = split.reduce((sum, one) => sum + (one.canary?.requests ?? 0), 0);
    const all = split.reduce((sum, one) => sum + (one.baseline?.requests ?? 0), canary);
    expect(split.length === 0 ? 'skipped' : `n_c = ${canary} of ${all}`).toBe(expected.split_check);
  },
);

type State = {
  readonly complete: boolean;
  readonly E: number;
  readonly effect_large_enough: boolean;
  readonly memory_alarm: boolean;
  readonly split_alarm: boolean;
  readonly canary_requests_in_stage: number;
  readonly expected_requests_in_stage: number;
  readonly min_requests: number;
  readonly baseline_incident: boolean;
  readonly post_warmup_rows: number;
  readonly harm_ruled_out: boolean;
  readonly visible_rows: number;
  readonly bake_rows: number;
  readonly wall_rows: number;
  readonly limit_rows: number;
  readonly pace: 'fixed' | 'adaptive';
  readonly on_inconclusive: Judging['onInconclusive'];
};
type VerdictCase = {
  readonly name: string;
  readonly changed: Partial<State>;
  readonly expected_verdict: string;
  readonly expected_reason: string;
};

const BASE = groupOf<{ readonly base: State }>('verdict').base;
const NEVER_READ = casesOf<VerdictCase>('verdict').filter(
  ({ changed }) => changed.complete === false,
);

test.each(casesOf<VerdictCase>('verdict').filter((row) => !NEVER_READ.includes(row)))(
  'verdict: $name, $id',
  ({ changed, expected_verdict, expected_reason }) => {
    const state = { ...BASE, ...changed };
    const judging = {
      ...JUDGING,
      minRequests: state.min_requests,
      onInconclusive: state.on_inconclusive,
    };
    const ruling = rulingOf(factsOf(state), judging);
    // An adaptive stage ends as soon as it is settled; a fixed one when it is closed as well.
    const ended = state.pace === 'adaptive' && ruling.settled;
    expect(ended ? 'pass' : ruling.verdict).toBe(expected_verdict);
    const reason = ended ? 'harm-ruled-out' : ruling.reason;
    expect(reason.replaceAll('-', ' ')).toBe(expected_reason.replace(/,.*/, ''));
  },
);

function factsOf(state: State): Facts {
  return {
    logEvidence: Math.log(state.E),
    lastingEvidence: Math.log(state.E),
    exceedsAllowed: true,
    isQuiet: true,
    limit: Math.log(100),
    effect: state.effect_large_enough ? 'evidence' : 'none',
    memoryAlarm: state.memory_alarm,
    splitAlarm: state.split_alarm,
    canaryRequests: state.canary_requests_in_stage,
    comparedRequests: state.canary_requests_in_stage,
    expectedRequests: state.expected_requests_in_stage,
    baselineIncident: state.baseline_incident,
    ceilings: 'kept',
    warmRows: state.post_warmup_rows,
    isMissing: false,
    harmRuledOut: state.harm_ruled_out,
    closed: state.visible_rows >= state.bake_rows,
    early: false,
    lapsed: state.wall_rows >= state.limit_rows,
  };
}

test('an observation that is not complete is not even looked up in the table', () => {
  expect(NEVER_READ.map(({ expected_reason }) => expected_reason)).toEqual(['cannot read']);
  const minute = { start: 0, canary: cell(60, 60, {}), baseline: cell(1140, 0, {}) };
  const bad = { ...observationOf([minute], historyOf('nz0')), complete: false };
  expect(judge(bad, JUDGING, { ...lookAt([{ stage: 0 }]), closed: true })).toMatchObject({
    verdict: 'unknown',
    reason: 'cannot-read',
  });
});
