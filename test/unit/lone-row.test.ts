/** One bad minute alone decides nothing, unless half of it failed. */
import { describe, expect, test } from 'vitest';
import { ERRORS, LATENCY, look, table, timed } from './judge-table.ts';
import type { Options } from './judge-table.ts';

/** Of a thousand requests of the canary in the second and in the fifth minute; usual are 5. */
function errorsIn(second: number, fifth: number, options: Options = {}) {
  const failed = (i: number): number => (i === 1 ? second : i === 4 ? fifth : 5);
  const rows = table(6, (i) => [timed(1000, failed(i)), timed(9000, 45)]);
  return look(rows, [ERRORS], { closed: false, ...options });
}

describe('a minute in which up to half of the requests fail', () => {
  test('does not convict, however much evidence it lifts over the limit', () => {
    const found = errorsIn(36, 400);
    expect(Math.exp(found.logEvidence!)).toBeGreaterThan(500);
    expect(found).toMatchObject({ verdict: 'unknown', reason: 'suspicious' });
    expect(found.why).toMatch(/^Evidence 500 : 1 against the canary, but it rests on one minute/);
  });

  test('convicts with others that still say 8 : 1 without it', () => {
    expect(errorsIn(40, 400)).toMatchObject({ verdict: 'fail', reason: 'evidence' });
    expect(errorsIn(400, 400)).toMatchObject({ verdict: 'fail', reason: 'evidence' });
  });

  test('holds a stage until its time is over, and no longer', () => {
    expect(errorsIn(10, 400, { closed: true })).toMatchObject({ reason: 'suspicious' });
    const found = errorsIn(10, 400, { closed: true, lapsed: true });
    expect(found).toMatchObject({ verdict: 'pass', reason: 'inconclusive', settled: false });
    expect(found.why).toMatch(/^Evidence 20 : 1 against the canary, nearly all from one minute,/);
  });
});

test('a minute in which half of the requests fail convicts alone', () => {
  expect(errorsIn(5, 500)).toMatchObject({ verdict: 'fail', reason: 'evidence' });
});

test('suspicion that is spread over the minutes holds a stage however long it lasts', () => {
  const rows = table(12, () => [timed(1000, 9), timed(9000, 45)]);
  const found = look(rows, [ERRORS], { lapsed: true });
  expect(Math.exp(found.logEvidence!)).toBeGreaterThan(10);
  expect(found).toMatchObject({ verdict: 'unknown', reason: 'suspicious' });
});

test('a stage ends early only when each test of latency says 1 : 2 or less', () => {
  const slower = (more: number) =>
    table(6, () => [
      timed(1000, 5, [400 - more, 300 - more / 2, 200 + more, 80 + more / 2, 15, 4, 1]),
      timed(9000, 45),
    ]);
  const criteria = [ERRORS, LATENCY];
  const early = { nextPercent: 25, closed: false, early: true } as const;
  expect(look(slower(80), criteria, early)).toMatchObject({ verdict: 'pass', settled: true });
  const loud = look(slower(90), criteria, early);
  expect(loud.logEvidence).toBeLessThan(0);
  expect(loud).toMatchObject({ verdict: 'unknown', reason: 'still-baking', settled: false });
  // When the bake is over, it is judged by all tests together.
  expect(look(slower(90), criteria, { ...early, closed: true })).toMatchObject({ verdict: 'pass' });
});

test('a stage ends early only when the errors speak for the canary', () => {
  const rows = (errors: number) =>
    table(20, (i) => [timed(1000, i % 4 === 0 ? 6 : errors), timed(9000, 45)]);
  const early = { nextPercent: 25, closed: false, early: true } as const;
  expect(look(rows(6), [ERRORS], early)).toMatchObject({ verdict: 'pass', settled: true });
  const loud = look(rows(7), [ERRORS], early);
  expect(Math.exp(loud.logEvidence!)).toBeLessThan(3);
  expect(loud).toMatchObject({ verdict: 'unknown', reason: 'still-baking' });
});
