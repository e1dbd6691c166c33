import { describe, expect, test } from 'vitest';
import { missingText } from '../../src/core/judge/judge-coverage.ts';
import { rowsOf } from '../../src/core/judge/rows.ts';
import { bothOf, sharesOf } from '../../src/core/judge/shares.ts';
import type { ServedStage } from '../../src/core/judging-types.ts';
import { MINUTE } from './build.ts';
import {
  ERRORS,
  HISTORY,
  START,
  cell,
  logged,
  look,
  minutes,
  table,
  timed,
} from './judge-table.ts';

/** 5 % each, and the rest with the stable revision, which nobody measures. */
const BESIDE: ServedStage = { percent: 5, baselinePercent: 5, asked: START, from: START };
const ALONE: ServedStage = { percent: 5, asked: START, from: START };

test.each([
  [BESIDE, { canary: 5, baseline: 5 }, 0.1],
  [ALONE, { canary: 5, baseline: 95 }, 1],
  [{ ...BESIDE, percent: 90, baselinePercent: 10 }, { canary: 90, baseline: 10 }, 1],
  [undefined, { canary: 0, baseline: 100 }, 1],
])('a stage divides the requests as it says: %o', (stage, shares, both) => {
  expect(sharesOf(stage)).toEqual(shares);
  expect(bothOf(shares)).toBeCloseTo(both, 12);
});

describe('beside a clone', () => {
  const equal = table(30, () => [timed(500, 2), timed(500, 3)]);

  test('as many requests as its are the share that was asked for', () => {
    expect(look(equal, [ERRORS], { stages: [BESIDE] })).toMatchObject({ verdict: 'pass' });
    expect(look(equal, [ERRORS], { stages: [ALONE] })).toMatchObject({ reason: 'split' });
  });

  test('nineteen times fewer are not', () => {
    const few = table(30, () => [timed(50), timed(950, 5)]);
    expect(look(few, [ERRORS], { stages: [BESIDE] })).toMatchObject({ reason: 'split' });
  });

  test('a canary that fell silent is missed by what the clone has answered', () => {
    const rows = table(20, (i) => [i < 10 ? cell(50) : null, cell(50)]);
    const window = { from: START, to: START + 20 * MINUTE, minutes: rows };
    const coverage = {
      samplePeriod: MINUTE,
      canary: 5,
      baseline: 5,
      compares: true,
      errorRate: 0.005,
    };
    expect(missingText(window, coverage)).toMatch(/its 5 % of the traffic .* about 4\d\d requests/);
  });

  test('a row that only the log knows has the requests that both are to have', () => {
    const observation = {
      from: START,
      to: START + 3 * MINUTE,
      minutes: minutes([cell(50), cell(50)], [cell(60), cell(40)]),
      history: HISTORY,
      log: logged(4, () => [1, 1]),
      complete: true,
    };
    const stages = [
      BESIDE,
      { percent: 25, baselinePercent: 25, asked: START + 2 * MINUTE, from: START + 2 * MINUTE },
    ] as const;
    const seen = { samplePeriod: MINUTE, stages, nextPercent: 100, closed: false };
    const rows = rowsOf(observation, { ...seen, early: false, lapsed: false });
    // 100 requests were a tenth of all; now both have half of them.
    expect(rows[2]!.errors).toEqual({ canary: 1, canaryOf: 250, baseline: 1, baselineOf: 250 });
  });

  test('a point that is late is worked out from the other side’s', () => {
    const observation = {
      from: START,
      to: START + MINUTE,
      minutes: minutes([null, cell(40)]),
      history: HISTORY,
      log: logged(1, () => [1, 0]),
      complete: true,
    };
    const seen = { samplePeriod: MINUTE, nextPercent: 100, closed: false };
    const of = (stage: ServedStage) =>
      rowsOf(observation, { ...seen, stages: [stage], early: false, lapsed: false })[0]!.errors;
    expect(of(BESIDE)).toMatchObject({ canaryOf: 40, baselineOf: 40 });
    expect(of({ ...BESIDE, percent: 60, baselinePercent: 40 })).toMatchObject({ canaryOf: 60 });
  });
});
