/** The log may only ever add evidence for a rollback: what clears a canary is what Monitoring has counted. */
import { describe, expect, test } from 'vitest';
import type { Criterion } from '../../src/core/judging-types.ts';
import {
  ERRORS,
  HISTORY,
  LATENCY,
  cell,
  logged,
  logRows,
  look,
  minutes,
  table,
  timed,
} from './judge-table.ts';
import type { Options } from './judge-table.ts';

const HALF: Options = { warmUp: 3, percent: 50 };

function historyOf(requests: number, errors: number): Options {
  return { history: HISTORY.map((past) => ({ ...past, cell: timed(requests, errors) })) };
}

describe('a log that lacks errors clears nobody', () => {
  const AT_MOST_1: Criterion = { metric: 'error-rate', max: 0.01, maxIncrease: 0.0005 };

  test('of a canary that the counters convict', () => {
    const rows = table(25, (i) => [timed(3000, i < 20 ? 30 : 90), timed(3000, 30)]);
    const stopped = logged(28, (i) => (i < 20 ? [30, 30] : [0, 0]));
    const found = look(rows, [ERRORS], { ...HALF, log: stopped });
    expect(found).toMatchObject({ verdict: 'fail', reason: 'evidence' });
    // It is told by what convicts it.
    expect(found.checks[0]).toMatchObject({ canary: (5 * 30 + 5 * 90) / 30_000, baseline: 0.01 });
    expect(found.why).toContain('600 of 30,000 against 300 of 30,000');
  });

  test('nor of suspicion', () => {
    const rows = table(25, (i) => [timed(3000, i < 20 ? 30 : 66), timed(3000, 30)]);
    const options = { ...HALF, closed: false };
    const without = look(rows, [ERRORS], options);
    expect(without.reason).toBe('suspicious');
    const stopped = logged(28, (i) => (i < 20 ? [30, 30] : [0, 0]));
    const found = look(rows, [ERRORS], { ...options, log: stopped });
    expect(found).toMatchObject({ reason: 'suspicious', logEvidence: without.logEvidence });
  });

  test('whom the log convicts of a difference too small to act on, and the counters of a large one', () => {
    const rows = table(6, () => [timed(1_000_000, 4000), timed(1_000_000, 2500)]);
    const options = { ...HALF, ...historyOf(1_000_000, 2500) };
    const faint = logged(6, () => [400, 100]);
    const found = look(rows, [ERRORS], { ...options, log: faint });
    expect(found).toMatchObject({ verdict: 'fail', checks: [{ canary: 0.004, baseline: 0.0025 }] });
    const small = table(6, () => [timed(1_000_000, 400), timed(1_000_000, 100)]);
    expect(look(small, [ERRORS], options).verdict).toBe('unknown');
  });

  test('nor by one bad minute of its own of suspicion that lasts', () => {
    const rows = table(10, () => [timed(1000, 9), timed(9000, 45)]);
    const options = { ...HALF, percent: 10, lapsed: true };
    expect(look(rows, [ERRORS], options).reason).toBe('suspicious');
    const once = logged(10, (i) => [i === 5 ? 90 : 6, 45]);
    const found = look(rows, [ERRORS], { ...options, log: once });
    expect(found).toMatchObject({ reason: 'suspicious' });
    const quiet = table(10, (i) => [timed(1000, i === 5 ? 90 : 6), timed(9000, 45)]);
    expect(look(quiet, [ERRORS], options).verdict).toBe('pass');
  });

  test('of a ceiling that the counters exceed', () => {
    const rows = table(12, () => [timed(3000, 36), timed(3000, 27)]);
    const sampled = logged(15, () => [21, 16]);
    const found = look(rows, [AT_MOST_1], { ...HALF, ...historyOf(1000, 9), log: sampled });
    expect(found).toMatchObject({ verdict: 'unknown', reason: 'ceiling' });
    expect(found.why).toContain('5xx 1.2 % on the canary');
  });

  test('of harm that the counters do not rule out', () => {
    const rows = table(12, () => [timed(3000, 36), timed(3000, 32)]);
    const options = { ...HALF, ...historyOf(1000, 10) };
    expect(look(rows, [ERRORS], options).reason).toBe('inconclusive');
    const sampled = logged(15, () => [19, 19]);
    expect(look(rows, [ERRORS], { ...options, log: sampled }).reason).toBe('inconclusive');
  });

  test('nor ends it an incident of the stable revision', () => {
    const rows = table(12, (i) =>
      i < 9 ? [timed(300), timed(300)] : [timed(300, 90), timed(300, 90)],
    );
    const found = look(rows, [ERRORS], { ...HALF, log: logged(15, () => [0, 0]) });
    expect(found).toMatchObject({ verdict: 'unknown', reason: 'baseline-failing' });
    expect(found.why).toContain('30 % 5xx, 270 of 900, last 3 min');
  });
});

describe('rows that only the log has clear nobody', () => {
  const suspicious = (count: number, failed: number) =>
    table(count, () => [timed(1000, failed), timed(9000, 45)]);
  const ahead = (count: number, failed: number, quiet: number) =>
    logged(count + quiet, (i) => (i < count ? [failed, 45] : [0, 45]));

  test('whom the visible rows convict', () => {
    const options = { ...HALF, percent: 10, closed: true, lapsed: true };
    const log = (quiet: number) => ahead(6, 12, quiet);
    const [alone, after] = [0, 3].map((quiet) =>
      look(suspicious(6, 12), [ERRORS], { ...options, log: log(quiet) }),
    );
    expect(alone).toMatchObject({ verdict: 'fail', reason: 'evidence' });
    expect(after).toMatchObject({ verdict: 'fail', logEvidence: alone!.logEvidence });
  });

  test('nor whom the log alone convicts, of what was never counted', () => {
    const options = { ...HALF, percent: 10 };
    const rows = suspicious(6, 5);
    const alone = look(rows, [ERRORS], { ...options, log: ahead(6, 12, 0) });
    const after = look(rows, [ERRORS], { ...options, log: ahead(6, 12, 3) });
    expect(alone).toMatchObject({ verdict: 'fail', reason: 'evidence' });
    expect(after).toMatchObject({ verdict: 'fail', logEvidence: alone.logEvidence });
  });

  test('of suspicion that outlasts the stage', () => {
    const options = { ...HALF, percent: 10, closed: true, lapsed: true };
    const log = (quiet: number) => ahead(10, 10, quiet);
    const [alone, after] = [0, 3].map((quiet) =>
      look(suspicious(10, 10), [ERRORS], { ...options, confidence: 'high', log: log(quiet) }),
    );
    expect(alone).toMatchObject({ verdict: 'unknown', reason: 'suspicious' });
    expect(after).toMatchObject({ verdict: 'unknown', reason: 'suspicious' });
  });

  test('nor do they make a stage quiet enough to end early', () => {
    const options = { ...HALF, percent: 10, nextPercent: 5, closed: false, early: true };
    const [alone, after] = [0, 3].map((quiet) =>
      look(suspicious(10, 7), [ERRORS], { ...options, log: ahead(10, 7, quiet) }),
    );
    expect(alone).toMatchObject({ verdict: 'unknown', settled: false });
    expect(after).toMatchObject({ verdict: 'unknown', settled: false });
  });

  test('a difference that they hide is not called one minute or too small', () => {
    const log = ahead(6, 12, 3);
    const found = look(suspicious(6, 12), [ERRORS], { ...HALF, percent: 10, closed: false, log });
    expect(found.why).not.toContain('rests on one minute');
  });
});

describe('a row of which the canary or the stable revision has no point yet', () => {
  test.each([
    [50, 3000, 0.01],
    [50, 3000, 0.02],
    [5, 300, 0.1],
  ])('is split as its stage is: %i %% convicts no healthy canary', (percent, requests, rate) => {
    const others = (requests * (100 - percent)) / percent;
    const canary = timed(requests, requests * rate);
    const stable = timed(others, others * rate);
    const options = { ...HALF, percent, closed: false };
    const log = logged(5, () => [canary.errors, stable.errors]);
    for (const late of [
      [null, stable],
      [canary, null],
    ] as const) {
      const rows = minutes([canary, stable], [canary, stable], late);
      const found = look(rows, [ERRORS], { ...options, log });
      expect(found).toMatchObject({ verdict: 'unknown' });
      expect(found.logEvidence).toBeLessThan(0);
    }
  });

  test('is not what the rows after it are guessed from: half of the requests would look down', () => {
    const whole = [timed(2000, 26), timed(38_000, 494)] as const;
    const rows = minutes(whole, whole, whole, [timed(2000, 26), null]);
    const log = logged(5, (i) => (i < 4 ? [26, 494] : [100, 400]));
    const found = look(rows, [ERRORS], { ...HALF, percent: 5, closed: false, log });
    expect(found).toMatchObject({ verdict: 'unknown' });
  });

  test('speaks against a canary that fails more of its part', () => {
    const rows = minutes([timed(3000, 30), timed(3000, 30)], [null, timed(3000, 30)]);
    const [usual, more] = [30, 150].map((failed) =>
      look(rows, [ERRORS], {
        ...HALF,
        closed: false,
        log: logged(2, (i) => [i === 0 ? 30 : failed, 30]),
      }),
    );
    expect(usual!.logEvidence).toBeLessThan(0);
    expect(more!.logEvidence).toBeGreaterThan(Math.log(3));
  });

  test('does not clear a canary that answers nothing: there is nothing to compare', () => {
    const silent = table(12, () => [null, timed(3000, 30)]);
    const found = look(silent, [ERRORS], { ...HALF, log: logged(15, () => [0, 30]) });
    expect(found).toMatchObject({ verdict: 'unknown', logEvidence: null });
  });

  test('says nothing while the split changes: nobody knows its share', () => {
    const rows = minutes([null, timed(3000, 30)]);
    const stages = [{ percent: 50, asked: rows[0]!.start, from: null }] as const;
    const log = logged(1, () => [30, 30]);
    const found = look(rows, [ERRORS], { ...HALF, stages: [...stages], closed: false, log });
    expect(found.logEvidence).toBeNull();
  });
});

describe('a row with more errors than were read', () => {
  const CEILING: Criterion = { metric: 'error-rate', max: 0.02, maxIncrease: 0.0005 };
  const capped = (count: number, errors: readonly [number, number], from = 0) =>
    logRows(count, (i) => ({ errors: i < from ? [6, 114] : errors, capped: i >= from }));

  test('is held against a ceiling by what was counted', () => {
    const rows = table(12, () => [timed(60_000, 3000), timed(60_000, 3000)]);
    const options = { ...HALF, ...historyOf(120_000, 6000), log: capped(15, [2500, 2500]) };
    const found = look(rows, [CEILING, LATENCY], options);
    expect(found).toMatchObject({ verdict: 'unknown', reason: 'ceiling' });
    expect(found.why).toContain('5xx 5 % on the canary');
  });

  test('lets harm be ruled out by what was counted', () => {
    const rows = table(12, () => [timed(3_000_000, 3000), timed(3_000_000, 3000)]);
    const options = { ...HALF, ...historyOf(6_000_000, 6000), log: capped(15, [2500, 2500]) };
    expect(look(rows, [ERRORS], options)).toMatchObject({
      verdict: 'pass',
      reason: 'harm-ruled-out',
    });
  });

  test('convicts nobody by which of them were read: those that took longest come first', () => {
    // Both fail half of their requests; the canary's took ten seconds longer, so more of them were read.
    const rows = table(12, (i) =>
      i < 9 ? [timed(6000, 6), timed(114_000, 114)] : [timed(6000, 3000), timed(114_000, 57_000)],
    );
    const options = { ...HALF, percent: 5, closed: false, ...historyOf(120_000, 120) };
    const without = look(rows, [ERRORS], options);
    const found = look(rows, [ERRORS], { ...options, log: capped(15, [725, 4275], 9) });
    expect(without.reason).toBe('baseline-failing');
    expect(found).toMatchObject({ reason: 'baseline-failing', logEvidence: without.logEvidence });
  });

  test('shows that the canary is down, unless the counters show that both are', () => {
    const options = { ...HALF, percent: 5, closed: false, ...historyOf(120_000, 120) };
    const down = (stable: number) =>
      look(
        table(3, () => [cell(500, 0), cell(114_000, stable)]),
        [ERRORS],
        {
          ...options,
          log: capped(3, [500, 4500]),
        },
      );
    expect(down(114)).toMatchObject({ verdict: 'fail', reason: 'evidence' });
    expect(down(110_000).verdict).toBe('unknown');
  });

  test('that Monitoring does not have is heard only if the canary is down', () => {
    const rows = table(6, () => [timed(30_000, 150), timed(90_000, 450)]);
    const ahead = (errors: readonly [number, number]) =>
      logRows(9, (i) => (i < 6 ? { errors: [150, 450] } : { errors, capped: true }));
    const options = { ...HALF, percent: 25, closed: false };
    const usual = look(rows, [ERRORS], { ...options, log: logged(6, () => [150, 450]) });
    const part = look(rows, [ERRORS], { ...options, log: ahead([4000, 1000]) });
    expect(part.logEvidence).toBe(usual.logEvidence);
    const down = look(rows, [ERRORS], { ...options, log: ahead([18_000, 1000]) });
    expect(down).toMatchObject({ verdict: 'fail', reason: 'evidence' });
  });
});

describe('what could not be excluded is told by the rows that decide it', () => {
  test('less than is asked is never called what could not be excluded', () => {
    // The rows that Monitoring has rule harm out; those after them do not.
    const rows = table(12, () => [timed(1000, 5), timed(9000, 45)]);
    const turning = logged(15, (i) => (i < 12 ? [5, 45] : [15, 45]));
    const options = { ...HALF, percent: 10, nextPercent: 50, log: turning };
    const { why, reason } = look(rows, [ERRORS], options);
    expect(reason).toBe('inconclusive');
    const [, excluded, asked] =
      /up to (\S+) points cannot be excluded, where .* asks for (\S+) points/
        .exec(why)!
        .map(Number);
    expect(excluded).toBeGreaterThan(asked!);
  });

  test('what is less than can be said is rounded up', () => {
    const rows = table(10, () => [timed(6000), timed(114_000)]);
    const { why } = look(rows, [ERRORS], { percent: 5, nextPercent: 20, ...historyOf(120_000, 0) });
    expect(why).toContain('by more than 0.01 points is ruled out');
  });
});
