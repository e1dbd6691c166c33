import { expect, test } from 'vitest';
import { accumulate, logSumExp, UNTOUCHED } from '../../src/core/judge/accumulate.ts';
import {
  ceilingEvidence,
  countEvidence,
  countEvidences,
  expectedShare,
  isHardDown,
} from '../../src/core/judge/count-evidence.ts';
import { logMidpoints, quantileOf } from '../../src/core/judge/histogram.ts';
import { latencyEvidence, latencyEvidences } from '../../src/core/judge/latency-evidence.ts';
import { logGamma, logRising } from '../../src/core/judge/log-gamma.ts';
import { LATENCY } from '../../src/edges/monitoring-values.ts';
import { asObject } from '../../src/edges/json.ts';
import type { JsonValue } from '../../src/edges/json.ts';
import { casesOf, countsOf, expectClose, groups, histogramOf } from '../vectors/read.ts';
import type { Buckets, CountRow } from '../vectors/read.ts';

type Noisy = { readonly v: number; readonly phi: number };

test('every group of vectors is known: here, beside noise and guards, or to the judge as a whole', () => {
  expect(groups.join(' ')).toBe(
    'log_gamma log_rising expected_share count_evidence latency_evidence evidence_sequence ' +
      'slo_evidence harm_ruled_out harm_limit split_check smoke_stage noise latency_bounds ' +
      'histogram_quantile distribution_decoding combined_evidence hard_down baseline_incident ' +
      'memory_guard certificate judge row_semantics verdict',
  );
});

test.each(casesOf<{ x: number; expected: number }>('log_gamma'))('ln Γ($x), $id', (row) => {
  expectClose('log_gamma', logGamma(row.x), row.expected);
});

test.each(casesOf<{ a: number; k: number; expected: number }>('log_rising'))(
  'ln of the rising factorial of $a over $k, $id',
  ({ a, k, expected }) => {
    expectClose('log_rising', logRising(a, k), expected);
  },
);

test.each(
  casesOf<{ n_c: number; n_b: number; K: number; psi: number; expected: number }>('expected_share'),
)('expected part of the canary, $id', ({ n_c, n_b, K, psi, expected }) => {
  const totals = { canaryOf: n_c, baselineOf: n_b, events: K };
  expectClose('expected_share', expectedShare(totals, psi), expected);
});

test.each(casesOf<CountRow & Noisy & { psi: number; expected: number }>('count_evidence'))(
  'evidence of counts, $id',
  (row) => {
    const noise = { variance: row.v, burst: row.phi };
    const actual = countEvidence(countsOf(row), row.psi, noise);
    expectClose('count_evidence', actual, row.expected);
    expect(countEvidences(countsOf(row), [row.psi], noise)).toEqual([actual]);
    if (row.expected === 0) expect(actual).toBe(0);
  },
);

test.each(
  casesOf<{ canary: Buckets; baseline: Buckets; r: number; v_lat: number; expected: number }>(
    'latency_evidence',
  ),
)('evidence of latencies, $id', ({ canary, baseline, r, v_lat, expected }) => {
  const [c, b] = [histogramOf(canary), histogramOf(baseline)];
  const actual = latencyEvidence(c, b, { ratio: r, variance: v_lat });
  expectClose('latency_evidence', actual, expected);
  expect(latencyEvidences(c, b, { ratios: [r], variance: v_lat })).toEqual([actual]);
});

test.each(
  casesOf<{
    minutes: readonly (CountRow & { first_after_percent_change: boolean })[];
    expected_ln_E: readonly number[];
    expected_ln_remaining_prior: number;
  }>('evidence_sequence'),
)('evidence row by row, $id', (row) => {
  const odds = [1.44, 2.88, 8.64, 57.6];
  const terms = { priors: [0.35, 0.3, 0.2, 0.15], cap: Math.log(100) };
  let sum = UNTOUCHED(4);
  let isFirst = true;
  expect(row.minutes.length).toBe(row.expected_ln_E.length);
  row.minutes.forEach((minute, i) => {
    const counts = countsOf(minute);
    if (counts.canaryOf > 0 && counts.baselineOf > 0) {
      const logRatios = countEvidences(counts, odds, { variance: 0.1, burst: 2 });
      const later = minute.first_after_percent_change ? 'changed' : 'any';
      const onset = isFirst ? 'first' : later;
      sum = accumulate(sum, { logRatios, onset, capped: !isHardDown(counts) }, terms);
      isFirst = false;
    }
    expectClose('evidence_sequence', sum.total, row.expected_ln_E[i]!);
  });
  expectClose('evidence_sequence', sum.rest, row.expected_ln_remaining_prior);
});

test.each(
  casesOf<{ k_c: number; n_c: number; slo: number; rho: number; phi: number; expected: number }>(
    'slo_evidence',
  ),
)('evidence against a ceiling, $id', ({ k_c, n_c, slo, rho, phi, expected }) => {
  const actual = ceilingEvidence(k_c, n_c, { allowed: slo, ratio: rho, burst: phi });
  expectClose('slo_evidence', actual, expected);
});

test.each(casesOf<{ buckets: Buckets; p: number; expected_ms: number }>('histogram_quantile'))(
  'quantile $p of a histogram, $id',
  ({ buckets, p, expected_ms }) => {
    expectClose('histogram_quantile', quantileOf(histogramOf(buckets), p), expected_ms);
  },
);

test.each(
  casesOf<{
    distribution: JsonValue;
    expected: { counts: number[]; bounds: number[]; log_midpoints: number[] };
  }>('distribution_decoding'),
)('a distribution as Monitoring sends it, $id', ({ distribution, expected }) => {
  const read = LATENCY.read(asObject({ distributionValue: distribution })!);
  const { bounds, counts } = read!.histogram!;
  const middles = logMidpoints(bounds);
  expect(counts).toEqual(expected.counts);
  expect(bounds).toEqual(expected.bounds);
  expect(middles.length).toBe(expected.log_midpoints.length);
  middles.forEach((middle, i) => {
    expectClose('distribution_decoding', middle, expected.log_midpoints[i]!);
  });
});

test.each(
  casesOf<{
    ln_E: { errors: number; latency: number; slow_p99: number; slow_p50: number };
    expected_ln_E: number;
    expected_fail_evidence: boolean;
  }>('combined_evidence'),
)('evidence of all tests together, $id', ({ ln_E, expected_ln_E, expected_fail_evidence }) => {
  const { errors, latency, slow_p99, slow_p50 } = ln_E;
  const shares = [0.5, 0.25, 0.15, 0.1];
  const actual = logSumExp(
    [errors, latency, slow_p99, slow_p50].map((log, i) => log + Math.log(shares[i]!)),
  );
  expectClose('combined_evidence', actual, expected_ln_E);
  expect(actual >= Math.log(100)).toBe(expected_fail_evidence);
});

test.each(casesOf<CountRow & { expected: boolean }>('hard_down'))('hard down, $id', (row) => {
  expect(isHardDown(countsOf(row))).toBe(row.expected);
});
