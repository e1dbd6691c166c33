/** The user's own limits on the canary, and the comparison of 4xx answers. */
import { describe, expect, test } from 'vitest';
import type { Criterion, Minute } from '../../src/core/judging-types.ts';
import { USUAL, cell, histogram, look, table, timed } from './judge-table.ts';
import { ERRORS } from './judge-table.ts';
import type { Options } from './judge-table.ts';

const LIVE: Options = { warmUp: 3, nextPercent: 5 };
const AT_MOST_1: Criterion = { metric: 'error-rate', max: 0.01, maxIncrease: null };

function errors(canary: number, baseline: number, count = 12): Minute[] {
  return table(count, () => [timed(1000, canary), timed(9000, baseline)]);
}

describe('a ceiling of the error rate', () => {
  test('convicts by evidence at any time while the stable revision keeps it', () => {
    const found = look(errors(40, 45, 4), [AT_MOST_1], { ...LIVE, closed: false });
    expect(found).toMatchObject({ verdict: 'fail', reason: 'ceiling' });
    expect(found.checks).toMatchObject([
      { metric: 'error-rate', verdict: 'fail', canary: 0.04, baseline: null, limit: 0.01 },
    ]);
    expect(found.why).toBe(
      '5xx 4 % on the canary (4,000 requests, last 4 min) where 1 % is allowed; the stable revision keeps it (0.5 %); evidence more than 1,000 : 1 that it is worse. With noise like that of the last 3 h, fewer than 1 in 100 healthy canaries ever look this bad.',
    );
  });

  test('convicts by the measurement of the whole window, if that is beyond doubt', () => {
    // 1.1 %: below the smallest alternative of the evidence, which drifts down.
    const rows = table(30, () => [timed(100_000, 1100), timed(900_000, 4500)]);
    expect(look(rows, [AT_MOST_1], LIVE)).toMatchObject({ verdict: 'fail', reason: 'ceiling' });
    expect(look(rows, [AT_MOST_1], { ...LIVE, closed: false })).toMatchObject({
      verdict: 'unknown',
      settled: false,
    });
  });

  test('is never passed above, though nothing be proven', () => {
    const found = look(errors(11, 45), [AT_MOST_1], LIVE);
    expect(found).toMatchObject({ verdict: 'unknown', reason: 'ceiling', settled: false });
    expect(found.why).toContain('not beyond doubt');
    expect(look(errors(10, 45), [AT_MOST_1], LIVE)).toMatchObject({ verdict: 'pass' });
  });

  test('that the stable revision breaks, too, blames nobody and promotes nothing', () => {
    const found = look(errors(40, 360), [AT_MOST_1], { ...LIVE, history: [] });
    expect(found).toMatchObject({ verdict: 'unknown', reason: 'ceiling' });
    expect(found.why).toContain('so the canary is not blamed, and not promoted');
  });

  test('of zero is broken by the first error', () => {
    const zero = { ...AT_MOST_1, max: 0 };
    expect(look(errors(0, 0), [zero], LIVE)).toMatchObject({ verdict: 'pass' });
    const one = table(12, (i) => [timed(1000, i === 3 ? 1 : 0), timed(9000)]);
    expect(look(one, [zero], LIVE)).toMatchObject({ verdict: 'fail', reason: 'ceiling' });
  });

  test('needs no stable revision, to fail or to pass', () => {
    const alone = (failed: number) => table(12, () => [timed(1000, failed), null]);
    expect(look(alone(40), [AT_MOST_1], LIVE)).toMatchObject({ verdict: 'fail' });
    expect(look(alone(2), [AT_MOST_1], LIVE)).toMatchObject({ verdict: 'pass' });
  });

  test('stands beside the comparison', () => {
    const both = { ...ERRORS, max: 0.5 };
    const { checks } = look(errors(40, 45), [both], LIVE);
    expect(checks.map(({ verdict, limit }) => [verdict, limit! > 0.1])).toEqual([
      ['fail', false],
      ['unknown', true],
    ]);
  });
});

describe('a ceiling of a latency', () => {
  const at = (max: number): Criterion => ({ metric: 'latency-p95', max, maxIncrease: null });
  const slow = (part: number, count = 12): Minute[] =>
    table(count, () => [
      cell(1000, 0, histogram({ 0: 1000 - part, 3: part })),
      timed(9000, 45, [1, 0, 0, 0, 0, 0, 0]),
    ]);

  test('is broken by requests that are surely slower, in the bucket above it', () => {
    expect(look(slow(200), [at(190)], LIVE)).toMatchObject({
      verdict: 'fail',
      reason: 'ceiling',
      checks: [{ metric: 'latency-p95', verdict: 'fail', limit: 190 }],
    });
  });

  test('that no bucket begins at is kept as the percentile that is shown says, and never undone by it', () => {
    // They took 196 to 274 ms: the 95th percentile is 254 ms, if they are spread evenly.
    expect(look(slow(200), [at(250)], LIVE)).toMatchObject({
      verdict: 'unknown',
      reason: 'ceiling',
      checks: [{ metric: 'latency-p95', verdict: 'unknown' }],
    });
    expect(look(slow(200), [at(260)], LIVE)).toMatchObject({ verdict: 'pass' });
  });

  test('lets as many be slower as its percentile says', () => {
    expect(look(slow(50), [at(190)], LIVE)).toMatchObject({ verdict: 'pass' });
    expect(look(slow(51), [at(190)], LIVE)).toMatchObject({ verdict: 'unknown' });
    const p50 = { ...at(190), metric: 'latency-p50' } as const;
    expect(look(slow(500), [p50], LIVE)).toMatchObject({ verdict: 'pass' });
    const p99 = { ...at(190), metric: 'latency-p99' } as const;
    expect(look(slow(50), [p99], LIVE)).toMatchObject({ verdict: 'fail' });
  });

  test('beyond the last bucket cannot be told, where there are such slow requests', () => {
    const beyond = table(12, () => [cell(1000, 0, histogram({ 0: 900, 6: 100 })), timed(9000)]);
    expect(look(beyond, [at(900)], LIVE)).toMatchObject({
      verdict: 'unknown',
      reason: 'data-missing',
    });
    expect(look(slow(200), [at(900)], LIVE)).toMatchObject({ verdict: 'pass' });
    expect(look(beyond, [at(500)], LIVE)).toMatchObject({ verdict: 'fail' });
  });

  test('is not judged in the warm-up', () => {
    const cold = slow(0).map((row, i) =>
      i < 3 ? { ...row, ...slow(1000, 1)[0]!, start: row.start } : row,
    );
    expect(look(cold, [at(190)], LIVE)).toMatchObject({ verdict: 'pass' });
  });

  test('without latencies is unknown', () => {
    const none = table(12, () => [cell(1000, 0), cell(9000, 0)]);
    expect(look(none, [at(190)], LIVE)).toMatchObject({ reason: 'data-missing' });
  });
});

describe('4xx answers', () => {
  const LOGIN: Criterion = { metric: 'client-error-rate', max: null, maxIncrease: 0.01 };
  const refused = (canary: number): Minute[] =>
    table(12, () => [
      { ...timed(1000), clientErrors: canary },
      { ...timed(9000), clientErrors: 180 },
    ]);

  test('are compared where that is asked', () => {
    const found = look(refused(200), [ERRORS, LOGIN], LIVE);
    expect(found).toMatchObject({ verdict: 'fail', reason: 'evidence' });
    expect(found.checks.map(({ metric, verdict }) => [metric, verdict])).toEqual([
      ['error-rate', 'unknown'],
      ['client-error-rate', 'fail'],
    ]);
    expect(look(refused(200), [ERRORS], LIVE)).toMatchObject({ verdict: 'pass' });
    expect(look(refused(22), [ERRORS, LOGIN], LIVE)).toMatchObject({ verdict: 'pass' });
  });

  test('have a ceiling, too', () => {
    const ceiling = { ...LOGIN, max: 0.05, maxIncrease: null };
    expect(look(refused(200), [ceiling], LIVE)).toMatchObject({
      verdict: 'fail',
      checks: [{ metric: 'client-error-rate', limit: 0.05 }],
    });
    expect(look(refused(40), [ceiling], LIVE)).toMatchObject({ verdict: 'pass' });
  });

  test('stake a tenth, and the others the rest', () => {
    const alone = look(refused(20), [ERRORS], LIVE);
    const joined = look(refused(20), [ERRORS, LOGIN], LIVE);
    const [errorsCheck, clientCheck] = joined.checks;
    expect(errorsCheck!.logEvidence).toBeCloseTo(alone.logEvidence!, 9);
    expect(Math.exp(joined.logEvidence!)).toBeCloseTo(
      0.9 * Math.exp(errorsCheck!.logEvidence!) + 0.1 * Math.exp(clientCheck!.logEvidence!),
      9,
    );
  });
});

test('high confidence asks for ten times the evidence', () => {
  const rows = table(12, () => [timed(1000, 10, USUAL), timed(9000, 45)]);
  const found = look([...rows], [ERRORS], LIVE);
  expect(found.verdict).toBe('fail');
  expect(Math.exp(found.logEvidence!)).toBeLessThan(1000);
  expect(look([...rows], [ERRORS], { ...LIVE, confidence: 'high' }).verdict).toBe('unknown');
});
