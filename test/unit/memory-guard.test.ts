import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memoryAlarm, memoryTrend } from '../../src/core/judge/memory-guard.ts';
import type { MemoryRow } from '../../src/core/judge/memory-guard.ts';

/** Rows of one stage, or of as many as `stage` says, beside a stable revision of 42 %. */
function rows(
  count: number,
  canary: (i: number) => number | null,
  stage: (i: number) => number = () => 0,
): MemoryRow[] {
  return Array.from({ length: count }, (_, i) => ({
    at: i,
    stage: stage(i),
    canary: canary(i),
    baseline: 42,
  }));
}

function alarms(given: readonly MemoryRow[], maxMemory = 0.95): boolean {
  const trend = memoryTrend(given);
  return trend !== null && memoryAlarm(trend, maxMemory);
}

const climbing = (step: number, from = 60, count = 12) =>
  rows(count, (i) => from + step * i + 0.2 * (i % 2));

test('a climb towards the limit alarms, from the twelfth row on', () => {
  expect(alarms(climbing(1))).toBe(true);
  expect(memoryTrend(climbing(1, 60, 11))).toBeNull();
});

test('memory that is full alarms though it grows no more, from the part that is allowed on', () => {
  const full = (percent: number) => rows(12, (i) => percent + 0.2 * (i % 2));
  expect(memoryTrend(full(95))!.surely).toBeNull();
  expect(alarms(full(95))).toBe(true);
  expect(alarms(full(94))).toBe(false);
  expect(alarms(full(94), 0.9)).toBe(true);
  expect(alarms(full(95).map((row) => ({ ...row, baseline: 85 })))).toBe(false);
});

test('one that stays below the limit for two hours does not', () => {
  const slow = climbing(0.15, 60);
  expect(memoryTrend(slow)!.t).toBeGreaterThan(6);
  expect(memoryTrend(slow)!.difference).toBeGreaterThan(15);
  expect(alarms(slow)).toBe(false);
  expect(alarms(slow, 0.7)).toBe(true);
});

test('one that stands less than 15 points above the stable revision does not', () => {
  expect(alarms(climbing(1, 45))).toBe(false);
  expect(alarms(climbing(1, 48))).toBe(true);
});

test('values that jump about are no trend', () => {
  const restless = rows(12, (i) => 60 + 0.5 * i + 8 * (i % 2));
  expect(memoryTrend(restless)!.projection).toBeGreaterThan(95);
  expect(memoryTrend(restless)!.surely).toBeNull();
  expect(alarms(restless)).toBe(false);
});

test('a step from stage to stage is none either, however many', () => {
  const steps = rows(
    30,
    (i) => 50 + 10 * Math.floor(i / 8) + (i % 2),
    (i) => Math.floor(i / 8),
  );
  expect(memoryTrend(steps)!.t).toBeLessThan(3);
  expect(alarms(steps)).toBe(false);
  expect(alarms(steps.map((row) => ({ ...row, stage: 0 })))).toBe(true);
});

test('a rise that has become slower is no leak, whether in a stage or over all', () => {
  const settling = (i: number): number => 70 - 20 * Math.exp(-i / 6);
  const inOne = rows(20, settling);
  expect(memoryTrend(inOne)!.t).toBeGreaterThan(6);
  expect(alarms(inOne)).toBe(false);
  const inEach = rows(
    20,
    (i) => 5 * Math.floor(i / 10) + settling(i % 10),
    (i) => Math.floor(i / 10),
  );
  expect(memoryTrend(inEach)!.t).toBeGreaterThan(6);
  expect(alarms(inEach)).toBe(false);
});

test('one that has gone on growing since is, also if it was once quicker', () => {
  expect(alarms(rows(20, (i) => 50 + (i < 5 ? 1.2 * i : 1 + i)))).toBe(true);
});

test('without the stable revision there is nothing to compare with', () => {
  const alone = climbing(1).map((row, i) => ({ ...row, baseline: i < 3 ? 42 : null }));
  expect(memoryTrend(alone)).toBeNull();
});

test('what the stable revision is heading for as well is not held against the canary', () => {
  const beside = (baseline: (i: number) => number) =>
    climbing(1, 70).map((row, i) => ({ ...row, baseline: baseline(i) }));
  expect(alarms(beside((i) => 45 + 0.6 * i))).toBe(false);
  expect(alarms(beside((i) => 45 + 0.2 * i))).toBe(true);
  expect(alarms(beside(() => 50))).toBe(true);
  // It is beyond what the user allows already.
  const trend = memoryTrend(beside(() => 50))!;
  expect(memoryAlarm(trend, 0.49)).toBe(false);
});

test('a row without a canary value counts as time, not as a value', () => {
  const [first, ...rest] = climbing(1);
  const gap = rows(12, () => null);
  const later = rest.map((row) => ({ ...row, at: row.at + 12 }));
  expect(memoryTrend([...gap, ...later])).toBeNull();
  const slower = memoryTrend([first!, ...gap, ...later]);
  expect(slower!.projection).toBeLessThan(memoryTrend(climbing(1))!.projection);
  expect(slower!.span).toBe(24);
});

test('a straight climb is a trend, and a flat line none, whatever its height', () => {
  expect(alarms(rows(12, (i) => 60 + i))).toBe(true);
  const flat = memoryTrend(rows(12, () => 98))!;
  expect(flat).toMatchObject({ difference: 56, t: 0, projection: 98, surely: null });
  expect(memoryAlarm(flat, 0.99)).toBe(false);
});

test('rows that each belong to a stage of their own say nothing', () => {
  expect(
    memoryTrend(
      rows(
        30,
        (i) => 30 + 2 * i,
        (i) => i,
      ),
    ),
  ).toBeNull();
  expect(
    alarms(
      rows(
        30,
        (i) => 30 + 2 * i,
        (i) => Math.floor(i / 2),
      ),
    ),
  ).toBe(false);
});

test('only the newest thirty rows count', () => {
  const late = [
    ...rows(100, () => 60),
    ...climbing(1, 60, 30).map((row) => ({ ...row, at: row.at + 100 })),
  ];
  expect(alarms(late)).toBe(true);
  expect(memoryTrend(late)!.span).toBe(30);
});

describe('whatever the values are', () => {
  const value = fc.double({ min: 0, max: 1e6, noNaN: true });

  test('a level of its own for each stage changes nothing but where it stands', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 14, maxLength: 30 }),
        fc.double({ min: -40, max: 40, noNaN: true }),
        (values, lift) => {
          const stage = (i: number): number => (i < values.length / 2 ? 0 : 1);
          const slope = (by: number): number => {
            const trend = memoryTrend(
              rows(values.length, (i) => values[i]! + (stage(i) === 0 ? by : 0), stage),
            )!;
            return trend.projection - trend.canary;
          };
          expect(slope(lift)).toBeCloseTo(slope(0), 6);
        },
      ),
    );
  });

  test('the numbers are numbers, and a canary of one value is never undone', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 12, maxLength: 40 }), (values) => {
        const trend = memoryTrend(rows(values.length, (i) => values[i]!))!;
        for (const one of [trend.difference, trend.projection, trend.canary, trend.surely ?? 0]) {
          expect(Number.isFinite(one)).toBe(true);
        }
        const flat = rows(values.length, () => values[0]!);
        expect(alarms(flat, 0.01)).toBe(false);
      }),
    );
  });
});

test('a stable revision that fills up slowly does not acquit a canary that leaks', () => {
  const beside = (slope: number) =>
    rows(19, (i) => 40 + 3 * i).map((row, i) => ({ ...row, baseline: 40 + slope * i }));
  expect(memoryTrend(beside(0.55))!.baselineProjection).toBeGreaterThan(95);
  expect(alarms(beside(0.55))).toBe(true);
  const alike = rows(19, (i) => 40 + 3 * i).map((row, i) => ({ ...row, baseline: 20 + 2 * i }));
  expect(memoryTrend(alike)!.difference).toBeGreaterThan(15);
  expect(alarms(alike)).toBe(false);
});
