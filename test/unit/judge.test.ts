/** Every line of the decision table, each where nothing but it decides, through the whole judge. */
import { describe, expect, test } from 'vitest';
import type { Cell, Minute } from '../../src/core/judging-types.ts';
import { BOUNDS, ERRORS, HISTORY, LATENCY, cell, histogram, look, minutes } from './judge-table.ts';
import { START, table, timed } from './judge-table.ts';
import type { Options } from './judge-table.ts';
import { MINUTE } from './build.ts';

const BOTH = [ERRORS, LATENCY];
/** As on Cloud Run, and with a next percent that asks for little. */
const LIVE: Options = { warmUp: 3, nextPercent: 5, percent: 10 };

/** Twelve minutes of 1,000 and 9,000 requests, both failing as the service always does. */
function healthy(count = 12): Minute[] {
  return table(count, () => [timed(1000, 5), timed(9000, 45)]);
}

function judged(rows: readonly Minute[], options: Options = {}) {
  return look(rows, BOTH, { ...LIVE, ...options });
}

describe('the decision table', () => {
  test('a healthy stage passes once its bake is over, because harm is ruled out', () => {
    expect(judged(healthy())).toMatchObject({ verdict: 'pass', reason: 'harm-ruled-out' });
    expect(judged(healthy()).checks.map(({ verdict }) => verdict)).toEqual([
      'pass',
      'pass',
      'pass',
    ]);
  });

  test('before that it is still baking, and may end early if the stage is adaptive', () => {
    const early = judged(healthy(), { closed: false });
    expect(early).toMatchObject({ verdict: 'unknown', reason: 'still-baking', settled: true });
    const thin = table(12, () => [timed(10), timed(90)]);
    expect(judged(thin, { closed: false })).toMatchObject({
      reason: 'still-baking',
      settled: false,
    });
  });

  test('partial data neither fail nor pass', () => {
    const bad = table(12, () => [timed(1000, 900), timed(9000, 45)]);
    expect(judged(bad)).toMatchObject({ verdict: 'fail', reason: 'evidence' });
    for (const rows of [bad, healthy()]) {
      expect(judged(rows, { complete: false })).toMatchObject({
        verdict: 'unknown',
        reason: 'cannot-read',
        checks: [],
        logEvidence: null,
        why: 'Monitoring answered with partial data; nothing was decided from it.',
      });
    }
  });

  test('without any limit there is nothing to pass', () => {
    const none = { ...ERRORS, maxIncrease: null };
    for (const criteria of [[], [none]]) {
      expect(look(healthy(), criteria, LIVE)).toMatchObject({
        verdict: 'unknown',
        reason: 'nothing-asked',
      });
    }
  });

  test('evidence fails at any time, with the metric that convicts', () => {
    const rows = table(3, () => [timed(1000, 60), timed(9000, 45)]);
    const found = judged(rows, { closed: false });
    expect(found).toMatchObject({ verdict: 'fail', reason: 'evidence', settled: false });
    expect(found.logEvidence).toBeGreaterThan(Math.log(100));
    expect(found.checks[0]).toMatchObject({ metric: 'error-rate', verdict: 'fail', canary: 0.06 });
    expect(found.checks.filter(({ verdict }) => verdict === 'fail')).toHaveLength(1);
  });

  test('evidence of a difference that does not matter fails nothing, and passes nothing', () => {
    // 0.6 points for certain, where the user lets 1 point be.
    const rows = table(30, () => [cell(100_000, 1100), cell(900_000, 4500)]);
    const allowed = { ...ERRORS, maxIncrease: 0.01 };
    expect(look(rows, [ERRORS], LIVE)).toMatchObject({ verdict: 'fail' });
    expect(look(rows, [allowed], LIVE)).toMatchObject({ verdict: 'unknown', reason: 'suspicious' });
  });

  test('memory that grows to its limit fails', () => {
    const grows = (each: number) =>
      table(18, (i) => [
        { ...timed(1000, 5), memory: 40 + each * i },
        { ...timed(9000, 45), memory: 42 },
      ]);
    expect(judged(grows(2))).toMatchObject({
      verdict: 'fail',
      reason: 'memory',
      why: 'Memory rose from 46 % to 71 % of the limit in 15 min and is heading for more than 95 % within 2 h; the stable revision, at 42 %, is not.',
    });
    expect(judged(grows(0.1))).toMatchObject({ verdict: 'pass' });
  });

  test('a split that is not as configured is unknown', () => {
    const half = judged(table(12, () => [timed(500, 2), timed(9000, 45)]));
    expect(half).toMatchObject({ verdict: 'unknown', reason: 'split', settled: false });
    expect(half.why).toContain('or the canary does not answer.');
    const more = judged(table(12, () => [timed(4000, 20), timed(9000, 45)]));
    expect(more).toMatchObject({ verdict: 'unknown', reason: 'split' });
    expect(more.why).toContain('48,000 of about 12,000 expected requests in 12 min');
    expect(more.why).toContain('or somebody calls the address of its tag.');
    expect(more.notices).toHaveLength(1);
    // The first row after a change may still have some of the old split.
    const late = healthy().map((row, i) =>
      i === 0 ? { ...row, canary: timed(1), baseline: timed(9999, 50) } : row,
    );
    expect(judged(late)).toMatchObject({ verdict: 'pass' });
  });

  test('a canary without a single point is unknown, whatever the stable revision did', () => {
    const found = judged(table(12, () => [null, timed(90)]));
    expect(found).toMatchObject({ verdict: 'unknown', reason: 'split', canaryRequests: 0 });
    expect(found.why).toContain('The canary received 0 of about 120 expected requests in 12 min');
  });

  test.each([
    ['ten are expected', 90, 'split'],
    ['nine are', 81, 'too-few-requests'],
  ])('no canary request where %s is %s', (_, others, reason) => {
    expect(judged(table(1, () => [null, timed(others)]))).toMatchObject({ reason });
  });

  test('too few requests never pass', () => {
    const rows = table(12, () => [timed(8), timed(72)]);
    expect(judged(rows, { minRequests: 96 })).toMatchObject({ verdict: 'pass' });
    expect(judged(rows, { minRequests: 97 })).toMatchObject({
      verdict: 'unknown',
      reason: 'too-few-requests',
      why: 'Only 96 canary requests in 12 min where 97 are needed.',
    });
  });

  test('requests with nothing beside them are none to compare', () => {
    const rows = table(12, (i) => [timed(100), i < 2 ? timed(900) : null]);
    const found = judged(rows, { minRequests: 201 });
    expect(found).toMatchObject({ verdict: 'unknown', reason: 'too-few-requests' });
    expect(found.why).toContain('Only 200 of 1,200 canary requests can be compared');
    expect(judged(rows, { minRequests: 200 })).toMatchObject({ reason: 'data-missing' });
  });

  test('zero requests do not pass where none are needed', () => {
    const rows = table(12, () => [cell(0), cell(5)]);
    expect(judged(rows, { minRequests: 0 })).toMatchObject({ reason: 'too-few-requests' });
    expect(judged([], { minRequests: 0 })).toMatchObject({ reason: 'too-few-requests' });
  });

  test('a stable revision that fails, too, blames nobody and promotes nothing', () => {
    const outage = healthy().map((row, i) =>
      i < 9 ? row : { ...row, canary: timed(1000, 200), baseline: timed(9000, 1800) },
    );
    expect(judged(outage)).toMatchObject({ verdict: 'unknown', reason: 'baseline-failing' });
    expect(judged([...outage, ...later(healthy(3), 12)])).toMatchObject({ verdict: 'pass' });
  });

  test.each([
    ['without history', []],
    ['after one request', HISTORY.slice(-1).map((past) => ({ ...past, cell: timed(1) }))],
  ])('it fails beyond what can be usual, %s, from some minute or from the first', (_, history) => {
    const failing = (from: number) =>
      table(14, (i) => (i < from ? [timed(300), timed(300)] : [timed(300, 180), timed(300, 180)]));
    const during = { percent: 50, history };
    for (const from of [8, 0]) {
      expect(judged(failing(from), during)).toMatchObject({ reason: 'baseline-failing' });
    }
  });

  test('a suspicious stage waits, and no longer than its time unless it is very suspicious', () => {
    const rows = (errors: number) => table(12, () => [timed(1000, errors), timed(9000, 45)]);
    const mild = rows(8);
    expect(Math.exp(judged(mild).logEvidence!)).toBeGreaterThan(3);
    expect(Math.exp(judged(mild).logEvidence!)).toBeLessThan(10);
    expect(judged(mild)).toMatchObject({ verdict: 'unknown', reason: 'suspicious' });
    expect(judged(mild, { lapsed: true })).toMatchObject({
      verdict: 'pass',
      reason: 'inconclusive',
    });
    const strong = rows(9);
    expect(Math.exp(judged(strong).logEvidence!)).toBeGreaterThan(10);
    expect(Math.exp(judged(strong).logEvidence!)).toBeLessThan(100);
    expect(judged(strong, { lapsed: true })).toMatchObject({
      verdict: 'unknown',
      reason: 'suspicious',
    });
  });

  test('fewer than three rows after the warm-up are too early for latency', () => {
    expect(judged(healthy(5))).toMatchObject({ verdict: 'unknown', reason: 'too-early' });
    expect(judged(healthy(6))).toMatchObject({ verdict: 'pass' });
    expect(look(healthy(3), [ERRORS], LIVE)).toMatchObject({ verdict: 'pass' });
    expect(look(healthy(2), [ERRORS], LIVE)).toMatchObject({ reason: 'too-early' });
  });

  test.each([
    ['promote', 'pass'],
    ['hold', 'unknown'],
    ['rollback', 'fail'],
  ] as const)('enough data that show nothing either way: %s', (onInconclusive, verdict) => {
    const thin = table(12, () => [timed(10), timed(90)]);
    const found = judged(thin, { onInconclusive, nextPercent: 100 });
    expect(found).toMatchObject({ verdict, reason: 'inconclusive', settled: false });
    expect(found.why).toContain(`because on_inconclusive is ${onInconclusive}.`);
    expect(found.checks.some((check) => check.verdict === 'fail')).toBe(false);
    expect(judged(thin, { onInconclusive, nextPercent: 100, closed: false })).toMatchObject({
      verdict: 'unknown',
    });
  });

  test('the more follows, the smaller the harm that must be ruled out', () => {
    const rows = table(12, () => [timed(200, 1), timed(1800, 9)]);
    expect(judged(rows, { nextPercent: 20 })).toMatchObject({ reason: 'harm-ruled-out' });
    expect(judged(rows, { nextPercent: 100 })).toMatchObject({ reason: 'inconclusive' });
  });

  test('harm is ruled out by the rows of this stage only', () => {
    const stages = [
      { percent: 10, asked: START, from: START },
      { percent: 12, asked: START + 12 * MINUTE, from: START + 12 * MINUTE },
    ] as const;
    const thin = later(
      table(12, () => [timed(12), timed(88)]),
      12,
    );
    const found = judged([...healthy(), ...thin], { stages: [...stages], nextPercent: 50 });
    expect(found).toMatchObject({ reason: 'inconclusive', canaryRequests: 144 });
    const before = { stages: [stages[0]], nextPercent: 50 } as const;
    expect(judged([...healthy(), ...thin], before)).toMatchObject({ reason: 'harm-ruled-out' });
    expect(found.observation).toMatchObject({ from: START + 12 * MINUTE });
    expect(found.observation.minutes).toHaveLength(12);
  });
});

/** The same rows so many minutes later. */
function later(rows: readonly Minute[], by: number): Minute[] {
  return rows.map((row) => ({ ...row, start: row.start + by * MINUTE }));
}

describe('a change of percent', () => {
  const stages = [
    { percent: 10, asked: START, from: START },
    { percent: 50, asked: START + 3 * MINUTE, from: START + 4 * MINUTE },
  ] as const;

  test('evidence goes over all stages of the canary', () => {
    const bad = table(4, () => [timed(1000, 25), timed(9000, 45)]);
    const good = later(
      table(12, () => [timed(5000, 25), timed(5000, 25)]),
      4,
    );
    const found = judged([...bad.slice(0, 3), ...good], { stages: [...stages] });
    const alone = judged(good, { stages: [...stages] });
    expect(found.logEvidence! - alone.logEvidence!).toBeGreaterThan(1);
  });

  test('in the middle of a row: its errors count, for no stage, and its latencies do not', () => {
    const changing: Minute = {
      start: START + 3 * MINUTE,
      canary: timed(3000, 600, [0, 0, 0, 0, 0, 0, 1]),
      baseline: timed(7000, 35),
    };
    const rest = later(
      table(12, () => [timed(5000, 25), timed(5000, 25)]),
      4,
    );
    const found = judged([...healthy(3), changing, ...rest], { stages: [...stages] });
    expect(found.canaryRequests).toBe(60_000);
    const without = judged([...healthy(3), ...rest], { stages: [...stages] });
    expect(found.checks[0]!.logEvidence! - without.checks[0]!.logEvidence!).toBeGreaterThan(1);
    expect(found.checks[1]!.logEvidence!).toBeCloseTo(without.checks[1]!.logEvidence!, 9);
  });

  test('requests from before the first live stage are not the canary’s users', () => {
    const probes: Minute = {
      start: START - MINUTE,
      canary: cell(50, 50),
      baseline: cell(9000, 45),
    };
    const { logEvidence } = judged([probes, ...healthy()]);
    expect(logEvidence).toBe(judged(healthy()).logEvidence);
  });

  test('that is not served yet lets harm be found and nothing pass', () => {
    const unserved = [{ percent: 10, asked: START, from: null }] as const;
    const bad = table(6, () => [timed(1000, 300), timed(9000, 45)]);
    expect(judged(bad, { stages: unserved })).toMatchObject({ verdict: 'fail' });
    expect(judged(healthy(), { stages: unserved })).toMatchObject({ verdict: 'unknown' });
  });
});

describe('numbers that cannot be', () => {
  test.each<[string, Cell]>([
    ['NaN requests', cell(NaN)],
    ['infinitely many requests', cell(Infinity)],
    ['1e308 requests', cell(1e308)],
    ['negative requests', cell(-1)],
    ['half a request', cell(100.5)],
    ['NaN errors', cell(100, NaN)],
    ['negative errors', cell(100, -1)],
    ['more errors than requests', cell(100, 101)],
    ['NaN client errors', { ...cell(100), clientErrors: NaN }],
    ['more client errors than requests', { ...cell(100), clientErrors: 101 }],
    ['NaN memory', { ...cell(100), memory: NaN }],
    ['negative memory', { ...cell(100), memory: -1 }],
    ['a NaN bucket', cell(100, 0, histogram({ 1: NaN }))],
    ['a negative bucket', cell(100, 0, histogram({ 1: -5 }))],
    ['half a request in a bucket', cell(100, 0, histogram({ 1: 0.5 }))],
    ['too few buckets', cell(100, 0, { bounds: BOUNDS, counts: [100] })],
    ['no bounds', cell(100, 0, { bounds: [], counts: [100] })],
    ['falling bounds', cell(100, 0, { bounds: [20, 10], counts: [0, 100, 0] })],
    ['repeated bounds', cell(100, 0, { bounds: [20, 20], counts: [0, 100, 0] })],
    ['a NaN bound', cell(100, 0, { bounds: [NaN], counts: [0, 100] })],
    ['an infinite bound', cell(100, 0, { bounds: [10, Infinity], counts: [0, 100, 0] })],
  ])('%s on either side neither fail nor pass', (_, odd) => {
    const clearlyBad = table(3, () => [cell(1000, 900), cell(9000)]);
    for (const row of [
      [odd, cell(100)],
      [cell(100), odd],
    ] as const) {
      const found = judged([...clearlyBad, ...minutes(row)]);
      expect(found).toMatchObject({ verdict: 'unknown', reason: 'cannot-read' });
      expect(found.why).toBe(
        'Monitoring answered with numbers that cannot be (minute 2026-11-20 15:04:00 UTC); nothing was decided from them.',
      );
    }
  });

  test('a minute without a time is no data', () => {
    expect(judged([{ ...healthy()[0]!, start: NaN }]).reason).toBe('cannot-read');
  });

  test('counts whose sum is no exact number any more decide nothing', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const found = judged(minutes([cell(most, most), cell(1)], [cell(most, most), cell(1)]));
    expect(found.why).toBe(
      'Monitoring answered with counts too large to add; nothing was decided from them.',
    );
  });
});
