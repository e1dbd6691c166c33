import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { missingText } from '../../src/core/judge/judge-coverage.ts';
import type { Cell, Minute } from '../../src/core/judging-types.ts';
import { seededRandom } from '../sandbox/traffic/random.ts';
import { MINUTE } from './build.ts';
import { ERRORS, START, cell, look, minutes } from './judge-table.ts';

type Row = readonly [canary: Cell | null, baseline: Cell | null];
type Terms = { readonly percent?: number; readonly compares?: boolean; readonly lasts?: number };

/** Of so many rows, each as the function says. */
function table(count: number, row: (index: number) => Row): Minute[] {
  return minutes(...Array.from({ length: count }, (_, index) => row(index)));
}

function missing(rows: readonly Minute[], terms: Terms = {}): string | null {
  const { percent = 10, compares = true, lasts = rows.length } = terms;
  const observation = {
    from: START,
    to: START + lasts * MINUTE,
    minutes: rows,
    history: [],
    log: null,
    complete: true,
  };
  return missingText(observation, {
    samplePeriod: MINUTE,
    errorRate: 0.005,
    canary: percent,
    baseline: 100 - percent,
    compares,
  });
}

/** 10 % of 100 requests a minute. */
const BOTH: Row = [cell(10), cell(90)];
const NO_CANARY: Row = [null, cell(90)];
const NO_BASELINE: Row = [cell(10), null];
const NEITHER: Row = [null, null];

describe('a whole window whose data end early', () => {
  test('is unknown after two minutes of sixty, though the canary had requests enough', () => {
    const found = look(minutes([cell(60), cell(540)], [cell(60), cell(540)]), [ERRORS], {
      lasts: 60,
    });
    expect(found.checks.map((check) => check.verdict)).toEqual(['unknown']);
    expect(found.verdict).toBe('unknown');
    expect(found.why).toMatchInlineSnapshot(
      `"There are no data from 2026-11-20 15:06:00 UTC to the end of the window 58 min later, where about 34,800 requests were expected."`,
    );
  });

  test.each([
    [5, 3, 'covered'],
    [5, 2, 'missing'],
    [10, 8, 'covered'],
    [10, 7, 'missing'],
    [20, 16, 'covered'],
    [20, 15, 'missing'],
    [60, 55, 'covered'],
    [60, 54, 'missing'],
    [1440, 1435, 'covered'],
    [1440, 1434, 'missing'],
  ])('of %i minutes with the last data in number %i is %s', (lasts, rows, expected) => {
    const found = missing(
      table(rows, () => BOTH),
      { lasts },
    );
    expect(found === null ? 'covered' : 'missing').toBe(expected);
  });

  test('is unknown where only one side is there at the end, for a comparison needs both', () => {
    const until = (end: number) => table(60, (i) => (i < end ? BOTH : NO_BASELINE));
    const rows = until(54);
    expect(missing(until(55))).toBe(null);
    expect(missing(rows)).toMatchInlineSnapshot(
      `"The stable revision has answered nothing since 2026-11-20 15:58:00 UTC, where its 90 % of the traffic would have been about 450 requests."`,
    );
    expect(missing(rows, { compares: false })).toBe(null);
  });

  test('is unknown for a ceiling where the canary ends early, whatever the stable revision has', () => {
    const rows = table(2, () => [cell(60), null]);
    expect(missing(rows, { compares: false, lasts: 60 })).toMatchInlineSnapshot(
      `"There are no data from 2026-11-20 15:06:00 UTC to the end of the window 58 min later, where about 3,480 requests were expected."`,
    );
  });

  test('is covered where so few requests are expected that none need come', () => {
    // One request a minute in the first half of the window.
    const thin = (requests: number) => table(requests, () => [cell(1), null]);
    expect(missing(thin(19), { compares: false, lasts: 38 })).toBe(null);
    expect(missing(thin(20), { compares: false, lasts: 40 })).not.toBe(null);
  });

  test('is covered where the pace is known from so few requests that chance put them first', () => {
    const first = (requests: number) => table(1, () => [cell(requests), null]);
    expect(missing(first(3), { compares: false, lasts: 60 })).toBe(null);
    expect(missing(first(4), { compares: false, lasts: 60 })).not.toBe(null);
  });

  test('is covered where the last minutes measured zero on both sides', () => {
    const quiet = table(60, (i) => (i < 10 ? BOTH : [cell(0), cell(0)]));
    expect(missing(quiet)).toBe(null);
  });

  test('is unknown where they end with zeros of one side: those are half a measurement', () => {
    const zeros = table(60, (i) => (i < 10 ? BOTH : [cell(0), null]));
    expect(missing(zeros)).toContain('no data from 2026-11-20 15:14:00 UTC');
    expect(missing(zeros, { compares: false })).toBe(null);
  });

  test('is told with a number even where they begin before the window', () => {
    const [row] = table(1, () => BOTH);
    const early = [{ ...row!, start: START - MINUTE }];
    expect(missing(early, { lasts: 60 })).toContain('about 6,000 requests');
  });

  test('is left to the checks where there are none at all', () => {
    expect(missing([], { lasts: 60 })).toBe(null);
    expect(look([], [ERRORS], { lasts: 60 }).verdict).toBe('unknown');
  });
});

test('a window that begins long after its stage did is covered from where it begins', () => {
  const asked = START - 10_000 * MINUTE;
  const stages = [{ percent: 10, asked, from: asked }] as const;
  const rows = (count: number) => table(count, () => BOTH);
  const options = { lasts: 10, stages, minRequests: 1 };
  expect(look(rows(8), [ERRORS], options).reason).not.toBe('data-missing');
  expect(look(rows(7), [ERRORS], options).reason).toBe('data-missing');
});

describe('a canary that stops answering', () => {
  const silentFrom = (first: number, row = NO_CANARY) => table(60, (i) => (i < first ? BOTH : row));

  test('is unknown though it had requests enough, and the sentence says since when', () => {
    const found = look(silentFrom(40), [ERRORS]);
    expect(found.canaryRequests).toBe(400);
    expect(found.verdict).toBe('unknown');
    expect(found.why).toMatchInlineSnapshot(
      `"The canary received 400 of about 600 expected requests in 1 h: traffic is not split as configured, or the canary does not answer. The canary has answered nothing since 2026-11-20 15:44:00 UTC, where its 10 % of the traffic would have been about 190 requests."`,
    );
  });

  test('is unknown once so many requests have not come that it is no chance, the newest row not counted', () => {
    expect(missing(silentFrom(57, [null, cell(66)]))).not.toBe(null);
    expect(missing(silentFrom(57, [null, cell(65)]))).toBe(null);
    expect(missing(silentFrom(58))).toBe(null);
  });

  test('may be sampled later than the stable revision: the newest row alone is no silence', () => {
    const busy: Row = [cell(1e5), cell(9e5)];
    const newest: Row = [null, cell(9e5)];
    expect(missing(table(10, (i) => (i < 9 ? busy : newest)))).toBe(null);
    expect(missing(table(10, (i) => (i < 8 ? busy : newest)))).not.toBe(null);
  });

  test('is silent with zero requests as it is without points', () => {
    expect(missing(silentFrom(50, [cell(0), cell(90)]))).toBe(missing(silentFrom(50)));
  });

  test('stays silent through minutes in which nobody answered', () => {
    const rows = table(60, (i) => (i < 50 ? BOTH : i % 2 === 0 ? NO_CANARY : NEITHER));
    expect(missing(rows)).toContain('since 2026-11-20 15:54:00 UTC');
  });

  test('that never began is silent since the window began', () => {
    expect(missing(table(10, () => NO_CANARY))).toContain('since 2026-11-20 15:04:00 UTC');
  });

  test.each([
    [99, 1, null],
    [99, 2, null],
    [99, 4, 'missing'],
    [50, 19, null],
    [50, 20, 'missing'],
  ])(
    'with a share of %i, beside %i requests to the stable revision: %s',
    (percent, others, expected) => {
      const rows = table(60, (i) =>
        i === 57 ? [null, cell(others)] : i < 57 ? [cell(99), cell(1)] : NEITHER,
      );
      expect(missing(rows, { percent })).toEqual(expected === null ? null : expect.any(String));
    },
  );

  test('is not missed where it has all of the traffic', () => {
    expect(
      missing(
        table(60, () => [cell(10), cell(0)]),
        { percent: 100 },
      ),
    ).toBe(null);
    expect(
      missing(
        table(60, () => NO_CANARY),
        { percent: 100 },
      ),
    ).toBe(null);
  });
});

describe('a canary that answers now and then', () => {
  const silentIn = (silent: number, count: number, [canary, baseline]: readonly [number, number]) =>
    table(count, (i) => [i < silent ? null : cell(canary), cell(baseline)]);

  test('is unknown when more than a tenth of its requests are missing, the newest row not counted', () => {
    expect(missing(silentIn(1, 11, [100, 900]))).toBe(null);
    expect(missing(silentIn(1, 10, [100, 900]))).not.toBe(null);
    expect(missing(silentIn(2, 10, [10, 90]))).toMatchInlineSnapshot(
      `"The canary answered nothing in 2 minutes, the first of them 2026-11-20 15:04:00 UTC: about 20 of the 90 requests expected of it are missing."`,
    );
  });

  test('is unknown when every other minute is missing', () => {
    const found = look(
      table(60, (i) => (i % 2 === 0 ? BOTH : NO_CANARY)),
      [ERRORS],
    );
    expect(found).toMatchObject({ verdict: 'unknown', canaryRequests: 300 });
  });

  test('is covered while fewer requests are missing than chance takes', () => {
    // Any three of eleven minutes are empty once in ten thousand windows, any five in a hundred million.
    expect(missing(silentIn(3, 12, [5, 45]))).toBe(null);
    expect(missing(silentIn(5, 12, [5, 45]))).not.toBe(null);
  });

  test('is covered where thin traffic leaves as many minutes empty by itself', () => {
    expect(missing(silentIn(10, 20, [2, 18]))).toBe(null);
    expect(missing(silentIn(100, 200, [2, 18]))).not.toBe(null);
    // One request a minute: 37 % are empty by themselves, and of the rest a third is missing.
    expect(missing(silentIn(90, 200, [1, 9]))).toBe(null);
    expect(missing(silentIn(120, 200, [1, 9]))).not.toBe(null);
  });

  test('by the split alone sends a request elsewhere, not a hundred', () => {
    const rows = (others: number) => table(4, (i) => (i === 0 ? [null, cell(others)] : NEITHER));
    expect(missing(rows(1), { percent: 99 })).toBe(null);
    expect(missing(rows(100), { percent: 99 })).not.toBe(null);
  });
});

describe('a stable revision that answers now and then', () => {
  const silentIn = (silent: number, row = NO_BASELINE, count = 10) =>
    table(count, (i) => (i < silent ? row : BOTH));

  test('is no comparison when more than a tenth of the canary requests have nothing beside them', () => {
    expect(missing(silentIn(1, NO_BASELINE, 12))).toBe(null);
    expect(missing(silentIn(2))).toMatchInlineSnapshot(
      `"The stable revision answered nothing in 2 minutes, the first of them 2026-11-20 15:04:00 UTC: about 180 of the 810 requests expected of it are missing."`,
    );
    expect(missing(silentIn(2, [cell(10), cell(0)]))).toBe(missing(silentIn(2)));
  });

  test('is not asked for by a ceiling', () => {
    expect(missing(silentIn(9), { compares: false })).toBe(null);
  });

  test('has few requests to miss where the canary has nearly all', () => {
    const rows = table(10, (i) => [cell(30), i < 5 ? null : cell(1)]);
    expect(missing(rows, { percent: 95 })).toBe(null);
  });
});

describe('coverage', () => {
  test('is asked of whole windows only: an early look is never more than undecided', () => {
    const rows = table(10, (i) => (i < 2 ? [cell(60), cell(540)] : [null, cell(540)]));
    const found = look(rows, [ERRORS], { closed: false });
    expect(found).toMatchObject({ verdict: 'unknown' });
    expect(found.reason).toBe('split');
  });

  test('does not take back a failure', () => {
    const rows = table(60, (i) => (i < 2 ? [cell(60, 30), cell(540)] : NO_CANARY));
    const found = look(rows, [ERRORS]);
    expect(found.verdict).toBe('fail');
    expect(found.why).not.toContain('nothing since');
  });

  test('is told beside what else is short', () => {
    const found = look(
      table(60, (i) => (i < 2 ? BOTH : NO_CANARY)),
      [ERRORS],
    );
    expect(found.why).toMatchInlineSnapshot(
      `"The canary received 20 of about 600 expected requests in 1 h: traffic is not split as configured, or the canary does not answer. The canary has answered nothing since 2026-11-20 15:06:00 UTC, where its 10 % of the traffic would have been about 570 requests."`,
    );
  });

  const anyCell = fc.option(
    fc.nat(200).map((requests) => cell(requests)),
    { nil: null },
  );
  const anyRows = fc.array(fc.tuple(anyCell, anyCell), { minLength: 1, maxLength: 40 });
  const anyPercent = fc.integer({ min: 1, max: 99 });

  test('does not depend on the order of the rows', () => {
    fc.assert(
      fc.property(anyRows, anyPercent, fc.boolean(), fc.nat(), (rows, percent, compares, seed) => {
        const straight = minutes(...rows);
        const random = seededRandom(seed);
        const keyed = straight.map((minute) => ({ minute, key: random() }));
        const shuffled = keyed.sort((a, b) => a.key - b.key).map((item) => item.minute);
        expect(missing(shuffled, { percent, compares })).toBe(
          missing(straight, { percent, compares }),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('is not gained by rows without data', () => {
    fc.assert(
      fc.property(
        anyRows,
        anyPercent,
        fc.array(fc.nat(59)),
        fc.nat(60),
        (rows, percent, at, more) => {
          const straight = minutes(...rows);
          const lasts = rows.length + more;
          const empty = at.map((index) => ({
            start: START + (index % lasts) * MINUTE,
            canary: null,
            baseline: null,
          }));
          const terms = { percent, lasts, minRequests: 1 };
          const before = look(straight, [ERRORS], terms).verdict;
          expect(look([...straight, ...empty], [ERRORS], terms).verdict).toBe(before);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('is not lost by thin traffic, however long the window', () => {
    const anyRate = fc.constantFrom(0.02, 0.1, 0.3, 1, 3, 10, 40);
    fc.assert(
      fc.property(
        anyRate,
        anyPercent,
        fc.constantFrom(10, 60, 600),
        fc.nat(),
        (rate, percent, count, seed) => {
          const random = seededRandom(seed);
          // A sum of many small chances: close enough to Poisson.
          const requests = (share: number): Cell | null => {
            const chance = (rate * share) / 50;
            const sum = Array.from({ length: 50 }, random).filter((draw) => draw < chance).length;
            return sum === 0 ? null : cell(sum);
          };
          const rows = table(count, () => [requests(percent / 100), requests(1 - percent / 100)]);
          const heard = rows.filter(({ canary, baseline }) => canary ?? baseline);
          expect(missing(heard, { percent, lasts: count })).toBe(null);
        },
      ),
      // The example: 7 of 12 requests to a revision of 13 %, each alone in its minute.
      { numRuns: 300, examples: [[0.02, 87, 600, 1_951_074_049]] },
    );
  });

  test('of a week with counts of a thousand million is quick', () => {
    const before = performance.now();
    const rows = table(10_080, (i) => (i % 2 === 0 ? [cell(1e9), cell(9e9)] : [null, cell(9e9)]));
    expect(missing(rows)).toMatch(/^The canary answered nothing in 5,039 minutes, /);
    expect(performance.now() - before).toBeLessThan(500);
  });
});
