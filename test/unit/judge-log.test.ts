/** The fast path: errors of both sides from the request log, which is minutes ahead of the counters. */
import { describe, expect, test } from 'vitest';
import type { LoggedMinute, Minute } from '../../src/core/judging-types.ts';
import { ERRORS, LATENCY, START, cell, look, table, timed } from './judge-table.ts';
import type { Options } from './judge-table.ts';
import { MINUTE } from './build.ts';

const LIVE: Options = { warmUp: 3, nextPercent: 5, closed: false };

function logged(count: number, errors: (i: number) => readonly [number, number], capped = false) {
  return {
    minutes: Array.from({ length: count }, (_, i): LoggedMinute => {
      const [canary, baseline] = errors(i);
      return { start: START + i * MINUTE, canary, baseline, capped };
    }),
  };
}

function healthy(count: number): Minute[] {
  return table(count, () => [timed(1000, 5), timed(9000, 45)]);
}

const usual = (): readonly [number, number] => [5, 45];

describe('rows that Monitoring has', () => {
  test('take the errors of both sides from the log: one source for a row', () => {
    const other = logged(12, () => [0, 50]);
    const found = look(healthy(12), [ERRORS], { ...LIVE, log: other });
    expect(found.checks[0]).toMatchObject({ canary: 0, baseline: 50 / 9000 });
    const same = look(healthy(12), [ERRORS], { ...LIVE, log: logged(12, usual) });
    const none = look(healthy(12), [ERRORS], LIVE);
    expect(same.logEvidence).toBe(none.logEvidence);
  });

  test('have at least as many requests as the log has errors of them', () => {
    // A canary that dies before it answers is not counted, but the platform logs its 503s.
    const dead = table(4, () => [null, cell(9000, 45)]);
    const found = look(dead, [ERRORS], { ...LIVE, log: logged(4, () => [900, 45]) });
    expect(found).toMatchObject({ verdict: 'fail', checks: [{ canary: 1 }] });
  });

  test('with more errors than were read are compared by those that were, and never pass', () => {
    const found = look(healthy(12), [ERRORS], { ...LIVE, log: logged(12, usual, true) });
    const whole = look(healthy(12), [ERRORS], { ...LIVE, log: logged(12, usual) });
    expect(found).toMatchObject({ logEvidence: whole.logEvidence, settled: false });
    expect(whole.settled).toBe(true);
    const down = logged(2, () => [900, 45], true);
    expect(look(healthy(2), [ERRORS], { ...LIVE, log: down })).toMatchObject({ verdict: 'fail' });
  });
});

test('a canary that is far from down is convicted by three rows of which only a part was read', () => {
  const rows = table(6, () => [timed(30_000, 150), timed(90_000, 450)]);
  const down = logged(9, (i) => (i < 6 ? [150, 450] : [4000, 1000]));
  const minutes = down.minutes.map((one, i) => ({ ...one, capped: i >= 6 }));
  const found = look(rows, [ERRORS], { ...LIVE, percent: 25, log: { minutes } });
  expect(found).toMatchObject({ verdict: 'fail', reason: 'evidence' });
});

describe('rows that only the log has', () => {
  const bad = (from: number) => (i: number) => (i < from ? usual() : ([200, 45] as const));

  test('let a canary be convicted minutes earlier', () => {
    const found = look(healthy(6), [ERRORS], { ...LIVE, log: logged(9, bad(6)) });
    expect(found).toMatchObject({ verdict: 'fail', canaryRequests: 6000 });
    expect(found.checks[0]!.canary).toBeGreaterThan(0.06);
    expect(look(healthy(6), [ERRORS], { ...LIVE, log: logged(6, usual) }).verdict).toBe('unknown');
  });

  test('are guessed from history before Monitoring has any row', () => {
    const found = look([], [ERRORS], { ...LIVE, log: logged(2, () => [90, 5]) });
    expect(found).toMatchObject({ verdict: 'fail', canaryRequests: 0 });
    expect(
      look([], [ERRORS], { ...LIVE, log: logged(2, () => [90, 5]), history: [] }),
    ).toMatchObject({
      verdict: 'unknown',
      logEvidence: null,
    });
  });

  test('never speak for the canary: neither against suspicion nor for a pass', () => {
    const suspicious = table(9, () => [timed(1000, 9), timed(9000, 45)]);
    const before = look(suspicious, [ERRORS], LIVE);
    expect(before.reason).toBe('suspicious');
    const rest = logged(30, (i) => (i < 9 ? [9, 45] : usual()));
    const after = look(suspicious, [ERRORS], { ...LIVE, log: rest });
    expect(after.logEvidence).toBeLessThan(Math.log(3));
    expect(after.reason).toBe('suspicious');
    const thin = table(6, () => [timed(100), timed(900, 5)]);
    const ahead = logged(60, () => [0, 5]);
    const bar = { ...LIVE, nextPercent: 50 };
    expect(look(thin, [ERRORS], { ...bar, log: ahead })).toMatchObject({ settled: false });
    const there = table(60, () => [timed(100), timed(900, 5)]);
    expect(look(there, [ERRORS], { ...bar, log: ahead })).toMatchObject({ settled: true });
  });

  test('take back a pass that Monitoring alone would give', () => {
    const settled = { ...LIVE, log: logged(12, usual) };
    expect(look(healthy(12), [ERRORS], settled)).toMatchObject({ settled: true });
    const turning = logged(15, (i) => (i < 12 ? usual() : ([150, 45] as const)));
    expect(look(healthy(12), [ERRORS], { ...LIVE, log: turning }).settled).toBe(false);
  });

  test('belong to no latency test and to no stage whose split was changing', () => {
    const stages = [
      { percent: 10, asked: START, from: START },
      { percent: 50, asked: START + 6 * MINUTE, from: START + 8 * MINUTE },
    ] as const;
    const log = logged(8, (i) => (i < 6 ? usual() : ([900, 45] as const)));
    const found = look(healthy(6), [ERRORS, LATENCY], { ...LIVE, stages: [...stages], log });
    expect(found.logEvidence).toBe(
      look(healthy(6), [ERRORS, LATENCY], { ...LIVE, stages: [...stages] }).logEvidence,
    );
  });
});

test.each([NaN, -1, 0.5, Infinity])('a log with %d errors decides nothing', (odd) => {
  const found = look(healthy(3), [ERRORS], { ...LIVE, log: logged(3, () => [odd, 45]) });
  expect(found).toMatchObject({ verdict: 'unknown', reason: 'cannot-read' });
});
