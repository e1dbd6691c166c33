import { describe, expect, test } from 'vitest';
import {
  baselineIncident,
  harmEvidence,
  harmLimit,
  harmRuledOut,
  smokeEvidence,
  smokeFailures,
  splitEvidence,
} from '../../src/core/judge/guards.ts';
import { memoryAlarm, memoryTrend } from '../../src/core/judge/memory-guard.ts';
import { casesOf, countsOf, expectClose } from '../vectors/read.ts';
import type { CountRow } from '../vectors/read.ts';

test.each(
  casesOf<{
    rows: readonly CountRow[];
    D: number;
    lam: number;
    phi: number;
    v_err: number;
    expected_L: number;
    expected_harm_ruled_out: boolean;
  }>('harm_ruled_out'),
)('harm ruled out, $id', (row) => {
  const rows = row.rows.map(countsOf);
  const terms = { errorRate: row.lam, burst: row.phi, variance: row.v_err };
  expectClose('harm_ruled_out', harmEvidence(rows, row.D, terms), row.expected_L);
  expect(harmRuledOut(rows, row.D, terms)).toBe(row.expected_harm_ruled_out);
});

test.each(casesOf<{ next_percent: number; lam: number; expected: number }>('harm_limit'))(
  'harm to rule out before $next_percent %, $id',
  ({ next_percent, lam, expected }) => {
    expectClose('harm_limit', harmLimit(next_percent, { errorRate: lam, allowed: 0 }), expected);
  },
);

test.each(
  casesOf<{
    n_c: number;
    N: number;
    share: number;
    expected_ln_E: number;
    expected_alarm: boolean;
  }>('split_check'),
)('split of the traffic, $id', ({ n_c, N, share, expected_ln_E, expected_alarm }) => {
  const actual = splitEvidence(n_c, N, share);
  expectClose('split_check', actual, expected_ln_E);
  expect(actual >= Math.log(1000)).toBe(expected_alarm);
});

test.each(
  casesOf<{ probes: number; expected_fail_at: number; expected_E_at_limit: number }>('smoke_stage'),
)('$probes smoke probes fail from $expected_fail_at', (row) => {
  expect(smokeFailures(row.probes)).toBe(row.expected_fail_at);
  const actual = smokeEvidence(row.expected_fail_at, row.probes);
  expectClose('smoke_stage', actual, row.expected_E_at_limit);
});

test.each(
  casesOf<{
    lam: number;
    baseline_rows: readonly { k_b: number; n_b: number }[];
    expected: boolean;
  }>('baseline_incident'),
)('incident of the stable revision, $id', ({ lam, baseline_rows, expected }) => {
  const rows = baseline_rows.map(({ k_b, n_b }) => ({ errors: k_b, requests: n_b }));
  expect(baselineIncident(rows, lam)).toBe(expected);
});

describe('memory', () => {
  test.each(
    casesOf<{
      name: string;
      rows: readonly { canary: number; baseline: number }[];
      expected_difference_points: number | null;
      expected_t: number | null;
      expected_projection: number | null;
      expected: boolean;
    }>('memory_guard'),
  )('$name, $id', (row) => {
    // Of one stage, and no more than the design looks at.
    const newest = row.rows.map((one, at) => ({ ...one, at, stage: 0 })).slice(-12);
    const trend = memoryTrend(newest);
    expect(trend !== null && memoryAlarm(trend, 0.95)).toBe(row.expected);
    expect(trend === null).toBe(row.expected_t === null);
    if (trend === null) return;
    expectClose('memory_guard', trend.difference, row.expected_difference_points!);
    expectClose('memory_guard', trend.t, row.expected_t!);
    expectClose('memory_guard', trend.projection, row.expected_projection!);
  });
});
