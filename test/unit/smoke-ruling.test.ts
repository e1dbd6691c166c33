import { describe, expect, test } from 'vitest';
import { smokeFailures } from '../../src/core/judge/guards.ts';
import { smokeRuling, smokeSchedule, unproved } from '../../src/core/judge/smoke-ruling.ts';
import type { Tried } from '../../src/core/judge/smoke-ruling.ts';
import type { ProbeMethod, SmokeLine } from '../../src/core/smoke-line.ts';
import type { Smoke } from '../../src/core/types.ts';
import { aSmoke } from './build.ts';

function asking(probes: number, ...methods: readonly ProbeMethod[]): Smoke {
  const lines = methods.map((method, index): SmokeLine => ({
    method,
    path: `/${index}`,
    statuses: null,
  }));
  return aSmoke({ probes, lines: [lines[0]!, ...lines.slice(1)] });
}

/** "0+ 1-": line 0 passed, line 1 failed. */
function tried(text: string): readonly Tried[] {
  return text.split(' ').map((one) => ({ line: Number(one[0]), ok: one.endsWith('+') }));
}

function some(failed: number, of: number): readonly Tried[] {
  // The good one first: the path has passed.
  return Array.from({ length: of }, (_, index) => ({ line: 0, ok: index === 0 || index > failed }));
}

describe('the schedule', () => {
  test('shares the probes out in turns', () => {
    expect(smokeSchedule(asking(5, 'GET', 'HEAD'))).toEqual([0, 1, 0, 1, 0]);
  });

  test('leaves out what may be sent once only', () => {
    expect(smokeSchedule(asking(4, 'POST', 'GET', 'DELETE', 'OPTIONS'))).toEqual([1, 3, 1, 3]);
    expect(smokeSchedule(asking(50, 'POST', 'PUT', 'PATCH', 'DELETE'))).toEqual([]);
  });
});

describe('too many failures', () => {
  test.each([10, 20, 30, 50, 100])(
    'of %i are those of the table, and one less are not',
    (probes) => {
      const limit = smokeFailures(probes)!;
      expect(smokeRuling(some(limit - 1, probes), probes)).toBeNull();
      expect(smokeRuling(some(limit, probes), probes)).toEqual({
        kind: 'too-many',
        failed: limit,
        of: probes,
        limit,
      });
    },
  );

  test('are too many before the last probe was sent', () => {
    expect(smokeRuling(some(5, 6), 50)).toMatchObject({ kind: 'too-many', failed: 5, of: 6 });
    expect(smokeRuling(some(4, 5), 50)).toBeNull();
  });

  test('further tries count as further probes', () => {
    expect(smokeRuling(some(2, 2), 1)).toBeNull();
    expect(smokeRuling(some(2, 3), 3)).toMatchObject({ kind: 'too-many', of: 3 });
  });
});

describe('a path that has never passed', () => {
  test('is broken after three tries, whatever the others do', () => {
    expect(smokeRuling(tried('0+ 1- 0+ 1- 0+'), 50)).toBeNull();
    expect(smokeRuling(tried('0+ 1- 0+ 1- 0+ 1-'), 50)).toEqual({
      kind: 'never',
      line: 1,
      tries: 3,
    });
  });

  test('is not broken once it has passed', () => {
    expect(smokeRuling(tried('0+ 1- 0+ 1- 1+ 0+ 1- 1-'), 50)).toBeNull();
  });

  test('is asked again, and one that changes something is not', () => {
    const smoke = asking(2, 'GET', 'HEAD', 'POST');
    expect(unproved(smoke, [])).toEqual([0, 1]);
    expect(unproved(smoke, tried('0+ 1-'))).toEqual([1]);
    expect(unproved(smoke, tried('0+ 1- 1+'))).toEqual([]);
  });
});

test('no probe has been sent, and nothing is proved', () => {
  expect(smokeRuling([], 50)).toBeNull();
});
