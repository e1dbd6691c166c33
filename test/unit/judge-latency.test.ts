/** Latency: what convicts, what is left out, and how much must be there. */
import { describe, expect, test } from 'vitest';
import type { Cell, Histogram, Minute } from '../../src/core/judging-types.ts';
import { LATENCY, USUAL, cell, histogram, look, spread, table, timed } from './judge-table.ts';
import type { Options } from './judge-table.ts';

const LIVE: Options = { warmUp: 3, nextPercent: 5 };
/** Every bucket's requests one bucket further: 1.4 times as slow. */
const SLOWER = [0, ...USUAL.slice(0, -1)];
const COLD = [0, 0, 0, 0, 0, 0, 1];

function judged(rows: readonly Minute[], options: Options = {}) {
  return look(rows, [LATENCY], { ...LIVE, ...options });
}

function slowed(weights: readonly number[], count = 12): Minute[] {
  return table(count, () => [timed(1000, 5, weights), timed(9000, 45)]);
}

describe('latency against the stable revision', () => {
  test('slower requests fail, and the sentence has both sides', () => {
    const found = judged(slowed(SLOWER));
    expect(found).toMatchObject({ verdict: 'fail', reason: 'evidence' });
    const failed = found.checks.filter((check) => check.verdict === 'fail');
    expect(failed.map(({ metric }) => metric)).toEqual(['latency', 'slow-requests']);
    const [latency] = found.checks;
    expect(latency).toMatchObject({ metric: 'latency' });
    expect(latency!.canary! / latency!.baseline!).toBeGreaterThan(1.2);
    expect(latency!.logEvidence).toBeGreaterThan(Math.log(100));
  });

  test('a difference smaller than what matters passes', () => {
    const rows = slowed([390, 303, 205, 82, 15, 4, 1]);
    expect(judged(rows)).toMatchObject({ verdict: 'pass' });
  });

  test('what the user lets be as much slower is let be', () => {
    const allowed = { ...LATENCY, maxIncrease: 1 };
    expect(look(slowed(SLOWER), [allowed], LIVE).verdict).not.toBe('fail');
  });

  test('a canary that is quicker is not suspicious', () => {
    const rows = table(12, () => [timed(1000, 5), timed(9000, 45, SLOWER)]);
    expect(judged(rows)).toMatchObject({ verdict: 'pass' });
    expect(judged(rows).logEvidence).toBeLessThan(0);
  });

  test('more slow requests alone are told as a slower percentile, too', () => {
    // In the second row only the median has been tested.
    const second = table(3, () => [timed(1000, 5, COLD), timed(9000, 45)]);
    const found = judged(second, { warmUp: 4 });
    expect(found.checks).toMatchObject([
      { metric: 'latency', verdict: 'fail', logEvidence: null },
      { metric: 'slow-requests', verdict: 'fail' },
    ]);
    expect(found.why).toMatch(
      /^p95 at least 538 ms on the canary against 245 ms on the stable revision/,
    );
  });

  test('a latency criterion of any percentile compares the whole distribution', () => {
    const p95 = { ...LATENCY, metric: 'latency-p95' } as const;
    const { verdict, checks } = look(slowed(SLOWER), [p95], LIVE);
    expect(verdict).toBe('fail');
    expect(checks[0]).toMatchObject({ metric: 'latency-p95', verdict: 'fail' });
    expect(checks[0]!.why).toContain('p95 ');
  });
});

describe('the warm-up', () => {
  const cold = (rows: number): Minute[] =>
    table(12, (i) => [timed(1000, 5, i < rows ? COLD : USUAL), timed(9000, 45)]);

  test('excuses slow first minutes of every stage', () => {
    expect(judged(cold(1))).toMatchObject({ verdict: 'pass' });
    expect(judged(cold(12))).toMatchObject({ verdict: 'fail' });
  });

  test('is over with the row that begins when it ends', () => {
    const fourth = table(4, (i) => [timed(1000, 5, i === 3 ? COLD : USUAL), timed(9000, 45)]);
    const latencyOf = (warmUp: number) => judged(fourth, { warmUp }).checks[0]!.logEvidence;
    expect(latencyOf(3)).toBeGreaterThan(Math.log(10));
    expect(latencyOf(4)).toBeNull();
  });

  test('of the median is one row: it is robust against a few cold requests', () => {
    const second = table(2, (i) => [timed(1000, 5, i === 1 ? COLD : USUAL), timed(9000, 45)]);
    expect(judged(second).checks[1]).toMatchObject({ metric: 'slow-requests' });
    expect(judged(second).checks[1]!.logEvidence).toBeGreaterThan(Math.log(10));
    expect(judged(second.slice(0, 1)).checks[1]!.logEvidence).toBeNull();
  });

  test('excuses no error: those count from the first minute', () => {
    const rows = table(2, () => [timed(1000, 300), timed(9000, 45)]);
    const errors = { metric: 'error-rate', max: null, maxIncrease: 0.0005 } as const;
    expect(look(rows, [errors], LIVE)).toMatchObject({ verdict: 'fail' });
  });
});

describe('too little latency', () => {
  const half = (measured: number): Minute[] =>
    table(12, () => [cell(1000, 0, spread(measured)), timed(9000, 45)]);

  test.each([
    [700, 'pass'],
    [699, 'unknown'],
  ] as const)('%i of 1,000 answers with a latency: %s', (measured, verdict) => {
    const found = judged(half(measured));
    expect(found.verdict).toBe(verdict);
    if (verdict === 'unknown') {
      expect(found).toMatchObject({ reason: 'data-missing' });
      expect(found.why).toBe(
        'Latency can be compared for 6,291 of 9,000 answers of the canary after the warm-up only; 70 % are needed.',
      );
    }
  });

  test('failed requests, which have no latency, do not count as missing', () => {
    const rows = table(12, () => [timed(1000, 400), timed(9000, 3600)]);
    const found = judged(rows.map((row, i) => (i > 8 ? { ...row, ...HEALTHY } : row)));
    expect(found).toMatchObject({ verdict: 'pass' });
  });

  test('is not needed where nobody asks for latency', () => {
    const errors = { metric: 'error-rate', max: null, maxIncrease: 0.0005 } as const;
    expect(look(half(0), [errors], LIVE)).toMatchObject({ verdict: 'pass' });
  });

  test.each<[string, Histogram | null, Histogram | null]>([
    ['none on the canary', null, spread(9000)],
    ['none on the stable revision', spread(1000), null],
    ['empty histograms', histogram({}), spread(9000)],
    ['another layout', histogram({ 0: 1000 }, [1, 2]), spread(9000)],
  ])('%s is unknown, never a pass and never added', (_, canary, baseline) => {
    const rows = table(12, () => [cell(1000, 0, canary), cell(9000, 0, baseline)]);
    const found = judged(rows);
    expect(found).toMatchObject({ verdict: 'unknown', reason: 'data-missing', settled: false });
    expect(found.checks.map(({ verdict }) => verdict)).toEqual(['unknown', 'unknown']);
    expect(found.logEvidence).toBeNull();
  });
});

const HEALTHY: { readonly canary: Cell; readonly baseline: Cell } = {
  canary: timed(1000, 5),
  baseline: timed(9000, 45),
};

describe('a service without history', () => {
  const live = { ...LIVE, history: [] };

  test('is judged by its first five rows, which are not judged for latency themselves', () => {
    const slowFirst = table(20, (i) => [timed(1000, 5, i < 5 ? COLD : USUAL), timed(9000, 45)]);
    expect(judged(slowFirst, live)).toMatchObject({ verdict: 'pass' });
    const slowLater = table(20, (i) => [timed(1000, 5, i < 5 ? USUAL : SLOWER), timed(9000, 45)]);
    expect(judged(slowLater, live)).toMatchObject({ verdict: 'fail' });
  });

  test('says that its noise is assumed, and so does a service with a short one', () => {
    expect(judged(slowed(USUAL), live).notices).toEqual([
      'There is no history of the stable revision: noise is assumed, not measured, and larger differences are needed.',
    ]);
    const short = Array.from({ length: 40 }, (_, i) => ({
      start: i,
      cell: timed(1000, 5),
      share: 1,
    }));
    expect(judged(slowed(USUAL), { history: short }).notices).toEqual([
      'Only 40 min of history: noise is assumed, not measured, and larger differences are needed.',
    ]);
    expect(judged(slowed(USUAL)).notices).toEqual([]);
  });

  test('does not count history in which others served the requests', () => {
    const others = Array.from({ length: 180 }, (_, i) => ({
      start: i,
      cell: timed(1000, 5),
      share: 0.49,
    }));
    expect(judged(slowed(USUAL), { history: others }).notices).toHaveLength(1);
  });
});
