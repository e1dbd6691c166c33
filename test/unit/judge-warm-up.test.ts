import { describe, expect, test } from 'vitest';
import type { Criterion, Histogram, Minute } from '../../src/core/judging-types.ts';
import { ERRORS, P95, cell, histogram, look, minutes } from './judge-table.ts';
import { MINUTE } from './build.ts';

const QUICK = histogram({ 0: 950, 1: 50 });
const SLOW = histogram({ 5: 1000 });
const CEILING: Criterion = { metric: 'latency-p95', max: 300, maxIncrease: null };

/** The canary's latency minute by minute; the stable revision is quick all along. */
function canary(...latencies: readonly (Histogram | null)[]): Minute[] {
  return minutes(
    ...latencies.map((latency) => [cell(1000, 0, latency), cell(9000, 0, QUICK)] as const),
  );
}

describe('the warm-up', () => {
  test.each([
    ['the comparison', P95],
    ['the ceiling', CEILING],
  ])('is left out of %s: slow first minutes condemn nobody', (_, criterion) => {
    const rows = canary(SLOW, SLOW, QUICK, QUICK, QUICK);
    expect(look(rows, [criterion]).verdict).toBe('fail');
    const found = look(rows, [criterion], { warmUp: 2 * MINUTE });
    expect(found.verdict).toBe('pass');
    expect(found.checks[0]!.why).not.toContain('warm-up');
    expect(look(rows, [criterion], { warmUp: 2 * MINUTE, closed: false }).verdict).toBe('unknown');
  });

  test.each([
    ['the comparison', P95],
    ['the ceiling', CEILING],
  ])('is over for %s in the first minute that begins at its end', (_, criterion) => {
    const rows = canary(QUICK, QUICK, SLOW, SLOW, SLOW);
    expect(look(rows, [criterion], { warmUp: 2 * MINUTE }).verdict).toBe('fail');
    const second = canary(QUICK, SLOW, QUICK, QUICK, QUICK);
    expect(look(second, [criterion], { warmUp: MINUTE }).verdict).toBe('fail');
    expect(look(second, [criterion], { warmUp: MINUTE + 1 }).verdict).toBe('pass');
  });

  test('excuses no error: those count from the first minute', () => {
    const rows = minutes([cell(1000, 300), cell(9000)], [cell(1000), cell(9000)]);
    const warmUp = 2 * MINUTE;
    expect(look(rows, [ERRORS], { warmUp }).verdict).toBe('fail');
    expect(look(rows, [{ ...ERRORS, max: 0.1, maxIncrease: null }], { warmUp }).verdict).toBe(
      'fail',
    );
  });

  test.each([
    ['the comparison', P95],
    ['the ceiling', CEILING],
  ])('that leaves %s nothing is unknown, and said', (_, criterion) => {
    const rows = canary(QUICK, QUICK, null);
    const found = look(rows, [criterion], { warmUp: 2 * MINUTE });
    expect(found.verdict).toBe('unknown');
    expect(found.why).toMatch(
      /^Latency \(p95\) is not available: .* after the first 2 min, which are warm-up\.$/,
    );
    for (const none of [null, histogram({})]) {
      const never = look(canary(none, none, null), [criterion], { warmUp: 2 * MINUTE });
      expect(never.verdict).toBe('unknown');
      expect(never.why).not.toContain('warm-up');
    }
  });

  test.each([
    ['the comparison', P95],
    ['the ceiling', CEILING],
  ])('that leaves %s empty histograms is said, too', (_, criterion) => {
    const found = look(canary(QUICK, histogram({})), [criterion], { warmUp: MINUTE });
    expect(found.why).toContain('no request after the first 1 min, which are warm-up.');
  });

  test.each([
    ['the comparison', P95],
    ['the ceiling', CEILING],
  ])('that leaves %s too few requests is unknown, and said', (_, criterion) => {
    const few = histogram({ 0: 60 });
    const rows = minutes(
      [cell(60, 0, few), cell(540, 0, QUICK)],
      [cell(60, 0, few), cell(540, 0, QUICK)],
    );
    expect(look(rows, [criterion]).verdict).toBe('pass');
    expect(look(rows, [criterion], { minRequests: 121 }).checks[0]!.why).not.toContain('warm-up');
    const found = look(rows, [criterion], { warmUp: MINUTE });
    expect(found.verdict).toBe('unknown');
    expect(found.why).toContain(
      'It could be measured in 60 requests only, where 100 are needed. The first 1 min are warm-up and were left out.',
    );
  });

  test.each([
    ['the comparison', P95],
    ['the ceiling', CEILING],
  ])(
    'brings %s no request by its errors: samples are counted where latencies are',
    (_, criterion) => {
      const rows = minutes(
        [cell(90, 50, histogram({ 0: 40 })), cell(540, 300, QUICK)],
        [cell(60, 0, histogram({ 0: 60 })), cell(540, 0, QUICK)],
      );
      expect(look(rows, [criterion], { warmUp: MINUTE }).verdict).toBe('unknown');
    },
  );

  test('with another bucket layout does not spoil the rest', () => {
    const rows = canary(histogram({ 0: 9 }, [1, 2]), QUICK, QUICK);
    expect(look(rows, [P95]).verdict).toBe('unknown');
    expect(look(rows, [P95], { warmUp: MINUTE }).verdict).toBe('pass');
  });
});
