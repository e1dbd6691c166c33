/** What holds of every table, whatever is in it. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cell, Judgement, Minute } from '../../src/core/judging-types.ts';
import {
  ERRORS,
  HISTORY,
  LATENCY,
  START,
  cell,
  look,
  minutes,
  table,
  timed,
} from './judge-table.ts';
import type { Options } from './judge-table.ts';
import { MINUTE } from './build.ts';

const BOTH = [ERRORS, LATENCY];
const LIVE: Options = { warmUp: 3, nextPercent: 25 };

const anyCell = fc.option(
  fc
    .record({
      requests: fc.oneof(fc.nat(40), fc.nat(5000), fc.constant(0)),
      failing: fc.double({ min: 0, max: 1, noNaN: true }),
      refused: fc.double({ min: 0, max: 1, noNaN: true }),
      slow: fc.integer({ min: 0, max: 6 }),
      memory: fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
    })
    .map(({ requests, failing, refused, slow, memory }): Cell => {
      const errors = Math.floor(requests * failing ** 4);
      const clientErrors = Math.floor((requests - errors) * refused ** 4);
      const weights = [0, 1, 2, 3, 4, 5, 6].map((bucket) => (bucket === slow ? 5 : 1));
      return { ...timed(requests, errors, weights), clientErrors, memory };
    }),
  { nil: null },
);
const anyTable = fc
  .array(fc.tuple(anyCell, anyCell), { maxLength: 30 })
  .map((rows) => minutes(...rows));
const anyOptions: fc.Arbitrary<Options> = fc.record({
  closed: fc.boolean(),
  early: fc.boolean(),
  lapsed: fc.boolean(),
  percent: fc.integer({ min: 1, max: 99 }),
  minRequests: fc.nat(200),
  warmUp: fc.nat(4),
  history: fc.constantFrom(HISTORY, [], HISTORY.slice(0, 50)),
});

function withoutTable(judgement: Judgement): object {
  return { ...judgement, observation: null };
}

describe('of every table', () => {
  test('the order of its rows changes nothing', () => {
    fc.assert(
      fc.property(anyTable, anyOptions, fc.infiniteStream(fc.nat()), (rows, options, keys) => {
        const shuffled = rows
          .map((row) => ({ row, key: keys.next().value ?? 0 }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ row }) => row);
        expect(withoutTable(look(shuffled, BOTH, options))).toEqual(
          withoutTable(look(rows, BOTH, options)),
        );
      }),
    );
  });

  test('judged row by row it comes to what it comes to at once', () => {
    fc.assert(
      fc.property(anyTable, anyOptions, (rows, options) => {
        let last: Judgement | null = null;
        for (let end = 0; end <= rows.length; end += 1) {
          last = look(rows.slice(0, end), BOTH, options);
        }
        // Copies of rows and history are new to the judge: nothing it has kept can help.
        const again = {
          ...options,
          history: (options.history ?? HISTORY).map((past) => ({ ...past })),
        };
        const copies = rows.map((row) => ({ ...row }));
        expect(withoutTable(look(copies, BOTH, again))).toEqual(withoutTable(last!));
      }),
      { numRuns: 60 },
    );
  });

  test('nothing passes that is not closed, or without the requests that are needed', () => {
    fc.assert(
      fc.property(anyTable, anyOptions, (rows, options) => {
        const found = look(rows, BOTH, options);
        const compared = rows.filter(({ baseline }) => (baseline?.requests ?? 0) > 0);
        const requests = compared.reduce((sum, { canary }) => sum + (canary?.requests ?? 0), 0);
        const mayPass = options.closed === true && requests >= Math.max(1, options.minRequests!);
        expect(found.verdict === 'pass' && !mayPass).toBe(false);
        expect(found.settled && found.verdict === 'fail').toBe(false);
      }),
    );
  });

  test('an observation that is not complete neither fails nor passes', () => {
    fc.assert(
      fc.property(anyTable, anyOptions, (rows, options) => {
        const found = look(rows, BOTH, { ...options, complete: false });
        expect(found).toMatchObject({ verdict: 'unknown', reason: 'cannot-read', settled: false });
      }),
      { numRuns: 30 },
    );
  });

  test('a canary that is nowhere to be seen is unknown, whatever else is true', () => {
    fc.assert(
      fc.property(anyTable, anyOptions, (rows, options) => {
        const unseen = rows.map((row) => ({ ...row, canary: null }));
        expect(look(unseen, BOTH, options).verdict).toBe('unknown');
      }),
    );
  });

  test('without the stable revision nothing passes and nothing is compared', () => {
    fc.assert(
      fc.property(anyTable, anyOptions, (rows, options) => {
        const alone = rows.map((row) => ({ ...row, baseline: null }));
        expect(look(alone, BOTH, options)).toMatchObject({ verdict: 'unknown', logEvidence: null });
      }),
    );
  });

  test('sentences have numbers that are numbers, and no ratio beyond 1,000', () => {
    const ceilings = [
      { ...ERRORS, max: 0.02 },
      { metric: 'latency-p95', max: 200, maxIncrease: 0.1 },
      { metric: 'client-error-rate', max: 0.2, maxIncrease: 0.01 },
    ] as const;
    fc.assert(
      fc.property(anyTable, anyOptions, (rows, options) => {
        const found = look(rows, ceilings, options);
        for (const text of [found.why, ...found.notices, ...found.checks.map(({ why }) => why)]) {
          expect(text).not.toBe('');
          expect(text).not.toMatch(/NaN|Infinity|undefined|null/);
          for (const [, ratio] of text.matchAll(/evidence (?:more than )?([\d,.]+) : 1/g)) {
            expect(Number(ratio!.replaceAll(',', ''))).toBeLessThanOrEqual(1000);
          }
        }
        for (const { logEvidence } of found.checks) {
          expect(Number.isFinite(logEvidence ?? 0)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a number that cannot be decides nothing', () => {
    const odd = fc.constantFrom(NaN, -1, 0.5, 1e308, Infinity, -Infinity);
    fc.assert(
      fc.property(anyTable, odd, fc.boolean(), (rows, number, ours) => {
        const row: Minute = {
          start: START + 40 * MINUTE,
          canary: cell(ours ? number : 10),
          baseline: cell(ours ? 10 : number),
        };
        expect(look([...rows, row], BOTH, LIVE)).toMatchObject({ verdict: 'unknown', checks: [] });
      }),
      { numRuns: 50 },
    );
  });
});

describe('zero is a measurement, and absence is none', () => {
  test('a row in which the canary answered nothing adds no evidence, measured or not', () => {
    const rows = table(6, () => [timed(1000, 20), timed(9000, 45)]);
    const before = look(rows, BOTH, LIVE);
    for (const canary of [null, cell(0)]) {
      const silent = { start: START + 6 * MINUTE, canary, baseline: timed(9000, 45) };
      expect(look([...rows, silent], BOTH, LIVE).logEvidence).toBe(before.logEvidence);
    }
  });

  test('a row without errors leaves the evidence of errors as it was', () => {
    const rows = table(6, () => [timed(1000, 20), timed(9000, 45)]);
    const clean = { start: START + 6 * MINUTE, canary: cell(1000), baseline: cell(9000) };
    expect(look([...rows, clean], [ERRORS], LIVE).logEvidence).toBeCloseTo(
      look(rows, [ERRORS], LIVE).logEvidence!,
      12,
    );
  });

  test('a stable revision that failed every request blames nobody', () => {
    const rows = table(12, () => [cell(100, 100), cell(900, 900)]);
    expect(look(rows, BOTH, LIVE)).toMatchObject({ verdict: 'unknown' });
    expect(look(rows, BOTH, LIVE).logEvidence).toBeLessThanOrEqual(1e-12);
    const healed = table(12, () => [timed(100), cell(900, 900)]);
    expect(look(healed, BOTH, LIVE).verdict).not.toBe('fail');
  });

  test('counts of a thousand million a minute are judged, not drowned', () => {
    const huge = (errors: number) => table(12, () => [cell(1e9, errors), cell(9e9, 9 * 5_000_000)]);
    expect(look(huge(5_000_000), [ERRORS], LIVE)).toMatchObject({ verdict: 'pass' });
    expect(look(huge(50_000_000), [ERRORS], LIVE)).toMatchObject({ verdict: 'fail' });
  });
});

describe('a regression', () => {
  const rows = (canary: number, baseline: number) =>
    table(12, () => [timed(1000, canary), timed(9000, baseline)]);

  test('is never less likely for one more error moved to the canary', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.integer({ min: 1, max: 80 }), (canary, baseline) => {
        const before = look(rows(canary, baseline), [ERRORS], LIVE).logEvidence!;
        const after = look(rows(canary + 1, baseline - 1), [ERRORS], LIVE).logEvidence!;
        expect(after).toBeGreaterThanOrEqual(before - 1e-9);
      }),
      { numRuns: 60 },
    );
  });

  test('is not found in errors that split as the requests do, however many', () => {
    for (const errors of [0, 1, 5, 50, 500, 1000]) {
      expect(look(rows(errors, 9 * errors), [ERRORS], LIVE).logEvidence).toBeLessThanOrEqual(1e-12);
    }
  });

  test('is not found in one row alone, unless the canary is down', () => {
    for (const errors of [6, 20, 100, 499]) {
      const one = look(rows(errors, 45).slice(0, 1), [ERRORS], LIVE);
      expect(one.logEvidence).toBeLessThan(Math.log(100));
      expect(one.verdict).toBe('unknown');
    }
    expect(look(rows(500, 45).slice(0, 1), [ERRORS], LIVE).verdict).toBe('fail');
  });
});
