/** The fast path: errors of both sides from the request log, which is minutes ahead of the counters. */
import { describe, expect, test } from 'vitest';
import type { Minute } from '../../src/core/judging-types.ts';
import {
  ERRORS,
  LATENCY,
  START,
  cell,
  logged,
  logRows,
  look,
  table,
  timed,
} from './judge-table.ts';
import type { Options } from './judge-table.ts';
import { MINUTE } from './build.ts';

const LIVE: Options = { warmUp: 3, nextPercent: 5, closed: false };

function healthy(count: number): Minute[] {
  return table(count, () => [timed(1000, 5), timed(9000, 45)]);
}

const usual = (): readonly [number, number] => [5, 45];

describe('rows that Monitoring has', () => {
  test('take the errors of both sides from one source: the one that speaks more against the canary', () => {
    const none = look(healthy(12), [ERRORS], LIVE);
    const same = look(healthy(12), [ERRORS], { ...LIVE, log: logged(12, usual) });
    expect(same.logEvidence).toBe(none.logEvidence);
    const worse = look(healthy(12), [ERRORS], { ...LIVE, log: logged(12, () => [9, 45]) });
    expect(worse).toMatchObject({ reason: 'suspicious', checks: [{ canary: 9 / 1000 }] });
    const better = look(healthy(12), [ERRORS], { ...LIVE, log: logged(12, () => [0, 50]) });
    expect(better.logEvidence).toBe(none.logEvidence);
    expect(better.checks[0]).toMatchObject({ canary: 5 / 1000, baseline: 45 / 9000 });
  });

  test('have as many requests as the split says where nothing was counted, or as there are errors', () => {
    // A canary that dies before it answers is not counted, but the platform logs its 503s.
    const dead = table(4, () => [null, cell(9000, 45)]);
    const found = look(dead, [ERRORS], { ...LIVE, log: logged(4, () => [900, 45]) });
    expect(found).toMatchObject({ verdict: 'fail', checks: [{ canary: 0.9 }] });
  });

  test('with more errors than were read are compared by what was counted, unless the canary is down', () => {
    const capped = (count: number, errors: readonly [number, number]) =>
      logRows(count, () => ({ errors, capped: true }));
    const found = look(healthy(12), [ERRORS], { ...LIVE, log: capped(12, [90, 45]) });
    const whole = look(healthy(12), [ERRORS], { ...LIVE, log: logged(12, usual) });
    expect(whole.settled).toBe(true);
    expect(found).toMatchObject({ logEvidence: whole.logEvidence, settled: true });
    const down = look(healthy(2), [ERRORS], { ...LIVE, log: capped(2, [900, 45]) });
    expect(down).toMatchObject({ verdict: 'fail' });
  });
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
    expect(after).toMatchObject({ reason: 'suspicious', logEvidence: before.logEvidence });
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
