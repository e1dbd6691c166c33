import { describe, expect, test } from 'vitest';

import { lacksErrors, showsErrors, trustSample } from '../../src/core/judge/log-trust.ts';
import type { PastMinute } from '../../src/core/judging-types.ts';

const MINUTE = 60_000;

function cell(errors: number) {
  return { requests: 1_000, errors, clientErrors: 0, latency: null, memory: null };
}

/** Oldest first; the last row ends at 0. */
function history(errors: readonly number[]): readonly PastMinute[] {
  return errors.map((count, i) => ({
    start: (i - errors.length) * MINUTE,
    cell: cell(count),
    share: 1,
  }));
}

describe('the sample of the history', () => {
  test('is its newest hour', () => {
    const errors = [...Array<number>(60).fill(9), ...Array<number>(60).fill(1)];
    const sample = { from: -60 * MINUTE, to: 0, counted: 60 };
    expect(trustSample(history(errors), MINUTE)).toEqual(sample);
  });

  test('is all of a shorter history', () => {
    expect(trustSample(history([4, 6]), MINUTE)).toEqual({
      from: -2 * MINUTE,
      to: 0,
      counted: 10,
    });
  });

  test('is shorter where errors abound, so that few entries need to be read', () => {
    const sample = { from: -2 * MINUTE, to: 0, counted: 1_200 };
    expect(trustSample(history([600, 600, 600]), MINUTE)).toEqual(sample);
  });

  test.each([[[]], [[0, 0]], [[4, 5]]])(
    '%j is none: fewer than 10 errors tell nothing',
    (errors) => {
      expect(trustSample(history(errors), MINUTE)).toBeNull();
    },
  );
});

test.each([
  [10, 5, true],
  [10, 4, false],
  [11, 5, false],
  [1_000, 2_000, true],
])('%i counted and %i logged: trusted %s', (counted, logged, trusted) => {
  expect(showsErrors({ from: 0, to: 1, counted }, logged)).toBe(trusted);
});

describe('during the rollout', () => {
  const minute = (canary: number | null, baseline: number | null) => ({
    start: 0,
    canary: canary === null ? null : cell(canary),
    baseline: baseline === null ? null : cell(baseline),
  });
  const logged = (canary: number, baseline: number, capped = false) => ({
    minutes: [{ start: 0, canary, baseline, capped }],
  });

  test.each([
    ['all are there', [10, 10], [10, 10], false],
    ['there are more than were counted', [10, 10], [90, 90], false],
    ['half are there', [10, 0], [5, 0], false],
    ['fewer than half of the canary are there', [10, 0], [4, 0], true],
    ['fewer than half of the baseline are there', [0, 10], [0, 4], true],
    ['one side does not make up for the other', [10, 10], [0, 99], true],
    ['none of three is there', [3, 0], [0, 0], true],
    ['two may be at the edge', [2, 2], [0, 0], false],
    ['nothing was counted', [0, 0], [0, 0], false],
  ] as const)('%s', (_, [canary, baseline], [inLog, inLogToo], lacks) => {
    expect(lacksErrors([minute(canary, baseline)], logged(inLog, inLogToo))).toBe(lacks);
  });

  test('rows are added up before they are compared: the log may be a row ahead', () => {
    const minutes = [minute(0, 0), minute(8, 0)];
    const log = { minutes: [...logged(8, 0).minutes, ...logged(0, 0).minutes] };
    expect(lacksErrors(minutes, log)).toBe(false);
  });

  test('a side without a point was not counted', () => {
    expect(lacksErrors([minute(null, null)], logged(0, 0))).toBe(false);
  });

  test('a row that was not read to its end lacks errors for that reason alone', () => {
    expect(lacksErrors([minute(90_000, 0)], logged(5_000, 0, true))).toBe(false);
  });

  describe('looks at the last ten rows by themselves, too', () => {
    const counted = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ ...minute(4, 9), start: i * MINUTE }));
    const inLog = (count: number, errors: (i: number) => readonly [number, number, boolean?]) => ({
      minutes: Array.from({ length: count }, (_, i) => {
        const [canary, baseline, capped = false] = errors(i);
        return { start: i * MINUTE, canary, baseline, capped };
      }),
    });

    test('errors of long ago do not make up for those that a log has stopped to hold', () => {
      const stopped = inLog(43, (i) => (i < 31 ? [4, 9] : [0, 0]));
      expect(lacksErrors(counted(40), stopped)).toBe(true);
      expect(
        lacksErrors(
          counted(40),
          inLog(43, () => [4, 9]),
        ),
      ).toBe(false);
    });

    test('a burst at their edge may be in the row before', () => {
      const rows = counted(40).map((row, i) => (i === 30 ? { ...row, canary: cell(500) } : row));
      expect(
        lacksErrors(
          rows,
          inLog(43, (i) => [i === 29 ? 504 : i === 30 ? 0 : 4, 9]),
        ),
      ).toBe(false);
    });

    test('a row that was not read to its end only keeps those silent that it belongs to', () => {
      const stopped = (capped: number) =>
        inLog(43, (i) => [i < 31 ? 4 : 0, i < 31 ? 9 : 0, i === capped]);
      expect(lacksErrors(counted(40), stopped(3))).toBe(true);
      expect(lacksErrors(counted(40), stopped(33))).toBe(false);
    });
  });
});
