/** What must not pass, what must not be held for ever, and what must not be taken for a fact. */
import { describe, expect, test } from 'vitest';
import type { Criterion } from '../../src/core/judging-types.ts';
import {
  ERRORS,
  HISTORY,
  LATENCY,
  START,
  cell,
  logged,
  look,
  minutes,
  table,
  timed,
} from './judge-table.ts';

const USUAL = [cell(1000, 5), cell(9000, 45)] as const;

describe('a canary that fails in minutes of which the stable revision has no data', () => {
  test.each([
    ['at the end', 7, 10],
    ['in the middle', 4, 12],
  ])('does not pass: %s', (_, from, count) => {
    const rows = table(count, (i) =>
      i >= from && i < from + 3 ? [cell(1000, 1000), null] : USUAL,
    );
    expect(look(rows)).toMatchObject({ verdict: 'unknown', reason: 'data-missing' });
  });

  test('is told with its numbers, where so few such minutes are tolerated otherwise', () => {
    const rows = table(30, (i) => (i >= 27 ? [cell(1000, 1000), null] : USUAL));
    expect(look(rows).why).toBe(
      'The canary failed 3,000 of 3,000 requests in 3 min in which the stable revision answered nothing to compare them with.',
    );
    expect(look(rows, [{ metric: 'error-rate', max: 0.5, maxIncrease: null }]).reason).not.toBe(
      'data-missing',
    );
  });

  test('below what is called an incident keeps harm from being ruled out', () => {
    const rows = (errors: number) =>
      table(30, (i) => (i >= 27 ? [cell(1000, errors), null] : USUAL));
    expect(look(rows(5)).reason).toBe('harm-ruled-out');
    expect(look(rows(24)).reason).toBe('inconclusive');
  });

  test('and what it answered alone is not among the requests that the sentence counts', () => {
    const rows = table(30, (i) => (i >= 28 ? [cell(1000, 5), null] : USUAL));
    expect(look(rows).why).toContain('after 28,000 canary requests');
  });
});

describe('a difference that the user allows', () => {
  const worse = table(30, () => [timed(1000, 10), timed(9000, 45)]);
  const wide: Criterion = { ...ERRORS, maxIncrease: 0.01 };

  test('holds a stage for twice its time, and then goes on, with both numbers', () => {
    const found = look(worse, [wide]);
    expect(found).toMatchObject({ verdict: 'unknown', reason: 'suspicious' });
    const lapsed = look(worse, [wide], { lapsed: true });
    expect(lapsed).toMatchObject({
      verdict: 'pass',
      checks: [{ metric: 'error-rate', verdict: 'pass' }],
    });
    expect(lapsed.why).toMatch(
      /^Worse than the stable revision after 30,000 canary requests in 30 min, by no more than is allowed: 5xx 1 % on the canary against 0\.5 % .* A rise of 5xx by up to .* cannot be excluded, where going on to 100 % asks for 1 point/,
    );
  });

  test('that is smaller than what is there holds it for good', () => {
    const lapsed = look(worse, [{ ...ERRORS, maxIncrease: 0.004 }], { lapsed: true });
    expect(lapsed.verdict).toBe('fail');
    const few = table(30, () => [timed(100, 1), timed(900, 5)]);
    const undecided = look(few, [{ ...ERRORS, maxIncrease: 0.004 }], { lapsed: true });
    expect(undecided.reason).not.toBe('harm-ruled-out');
  });

  test('of latency is one as well', () => {
    const slower = table(30, () => [
      timed(1000, 5, [200, 250, 300, 150, 80, 15, 5]),
      timed(9000, 45),
    ]);
    const allowed: readonly Criterion[] = [ERRORS, { ...LATENCY, maxIncrease: 1 }];
    expect(look(slower, allowed, { lapsed: true })).toMatchObject({ verdict: 'pass' });
    expect(look(slower, [ERRORS, LATENCY], { lapsed: true })).toMatchObject({ verdict: 'fail' });
  });
});

describe('the stable revision is failing', () => {
  test('though an incident in its history was as bad', () => {
    const history = HISTORY.map((past, i) =>
      i >= 100 && i < 110 ? { ...past, cell: timed(1000, 250) } : past,
    );
    const rows = table(12, (i) => (i < 9 ? USUAL : [cell(1000, 250), cell(9000, 2250)]));
    expect(look(rows, [ERRORS], { history }).reason).toBe('baseline-failing');
  });
});

describe('requests that nobody has counted', () => {
  /** Traffic three times as large in the minutes that only the log knows: 0.095 % against 0.05 %. */
  const busier = () => {
    const rows = table(7, () => [cell(20_000, 19), cell(180_000, 90)]);
    const log = logged(10, (i) => (i < 7 ? [19, 90] : [57, 270]));
    return look(rows, [ERRORS], { lasts: 10, log, closed: false, history: STEADY });
  };
  const STEADY = HISTORY.map((past) => ({ ...past, cell: cell(200_000, 100) }));

  test('do not make a small difference worth acting on', () => {
    expect(busier().verdict).not.toBe('fail');
  });

  test('are told as what they are', () => {
    const rows = table(7, () => [cell(1000, 5), cell(9000, 45)]);
    const log = logged(10, (i) => (i < 7 ? [5, 45] : [500, 45]));
    const [check] = look(rows, [ERRORS], { lasts: 10, log, closed: false }).checks;
    expect(check).toMatchObject({ verdict: 'fail' });
    expect(check?.why).toMatch(/of about \d/);
  });
});

test('a stage is told by its own percent, also beside a clone that gets as much', () => {
  const stages = [{ percent: 5, baselinePercent: 5, asked: START, from: START }] as const;
  const few = minutes(
    [cell(200, 1), cell(200, 1)],
    [cell(200, 1), cell(200, 1)],
    [cell(200, 1), cell(200, 1)],
  );
  const found = look(few, [ERRORS], { stages, onInconclusive: 'hold', lasts: 3 });
  expect(found.why).toContain('It stays at 5 %');
});

describe('a difference is not taken for one that is allowed', () => {
  const wide: Criterion = { ...ERRORS, maxIncrease: 0.01 };
  const lapsed = { lapsed: true } as const;

  test.each([25, 35, 45])(
    'while the log of the last minutes shows more: %i in a thousand',
    (bad) => {
      const rows = table(27, () => [cell(1000, 5), cell(9000, 45)]);
      const log = logged(30, (i) => (i < 27 ? [5, 45] : [bad, 45]));
      expect(look(rows, [wide], { ...lapsed, lasts: 30, log }).verdict).not.toBe('pass');
    },
  );

  test('where the layouts of latencies differ, so that nobody knows how large it is', () => {
    const slow = [100, 150, 250, 250, 150, 60, 40];
    const other = (cellOf: ReturnType<typeof timed>) => ({
      ...cellOf,
      latency: { ...cellOf.latency!, bounds: [100, 140, 196, 274, 384, 539] },
    });
    const rows = table(30, (i) => {
      const [canary, baseline] = [timed(1000, 5, slow), timed(9000, 45)];
      return i < 25 ? [canary, baseline] : [other(canary), other(baseline)];
    });
    expect(look(rows, [ERRORS, LATENCY], lapsed).verdict).not.toBe('pass');
  });

  test('only because it is not half as much again', () => {
    const refused = (requests: number, part: number) => ({
      ...cell(requests),
      clientErrors: requests * part,
    });
    const rows = table(30, () => [refused(1000, 0.44), refused(9000, 0.3)]);
    const limit: Criterion = { metric: 'client-error-rate', max: null, maxIncrease: 0.01 };
    expect(look(rows, [ERRORS, limit], lapsed).verdict).not.toBe('pass');
  });
});

describe('failures that both revisions have', () => {
  test('are no want of data where the stable revision is silent now and then', () => {
    const rows = table(60, (i) => [cell(20, 1), i % 10 === 0 ? cell(0) : cell(180, 9)]);
    expect(look(rows).reason).not.toBe('data-missing');
  });
});
