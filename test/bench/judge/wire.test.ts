import { expect, test } from 'vitest';
import { quantileOf, totalOf } from '../../../src/core/judge/histogram.ts';
import { decodeAsText, decodeHistory, decodeRow } from './decode.ts';
import { ENVIRONMENTS } from './environments.ts';
import { LOG_BOUNDS } from './latency-curve.ts';
import { createRollout } from './rollout.ts';
import { createWorld } from './rollout-world.ts';
import type { Cell, Side, TruthRow } from './types.ts';
import { encode, instantOf, minuteOf } from './wire.ts';

const REAL = ENVIRONMENTS.find(({ name }) => name === 'real')!;

function world(perSecond: number, errorRate = 0.02) {
  const cell: Cell = { environment: REAL, fault: null, load: { perSecond, errorRate } };
  return createWorld(cell, 1, 0);
}

function rows(perSecond: number): readonly TruthRow[] {
  const one = world(perSecond);
  return Array.from({ length: 60 }, (_, minute) =>
    one.minute(minute, [1, 5, 25, 50][Math.floor(minute / 15)]!, minute % 15),
  );
}

function counted(side: Side) {
  const { requests, errors, latency } = side;
  if (requests === 0) return null;
  return { requests, errors, latency: requests === errors ? null : latency };
}

test.each([0.2, 20, 2000])(
  'what is decoded is what happened, at %d requests a second',
  (perSecond) => {
    for (const truth of rows(perSecond)) {
      const minute = decodeRow(truth);
      expect(minute.start).toBe(instantOf(truth.minute));
      for (const name of ['canary', 'baseline'] as const) {
        const cell = minute[name];
        const real = counted(truth[name]);
        expect(
          cell && {
            requests: cell.requests,
            errors: cell.errors,
            latency: cell.latency?.counts ?? null,
          },
        ).toEqual(real);
        if (cell === null) continue;
        expect(cell.clientErrors).toBe(truth[name].clientErrors);
        expect(cell.memory).toBeCloseTo(truth[name].memory, 9);
        const bounds = cell.latency?.bounds ?? [];
        for (const [i, bound] of bounds.entries())
          expect(Math.log(bound)).toBeCloseTo(LOG_BOUNDS[i]!, 9);
      }
    }
  },
);

test.each([0.2, 20])(
  'the whole answer as text is the rows one by one, at %d a second',
  (perSecond) => {
    const truth = rows(perSecond);
    const single = truth
      .map(decodeRow)
      .filter(({ canary, baseline }) => canary !== null || baseline !== null);
    expect(decodeAsText(truth)).toEqual(single);
  },
);

test('where nobody called there is no point, and a minute without any is empty', () => {
  const { canary } = rows(20)[0]!;
  const latency = canary.latency.map(() => 0);
  const nobody: Side = { ...canary, requests: 0, errors: 0, clientErrors: 0, latency };
  const { counts, latencies } = encode([{ minute: 3, canary: nobody, baseline: nobody }]);
  expect([counts, latencies]).toEqual([[], []]);
  const empty = { start: instantOf(3), canary: null, baseline: null };
  expect(decodeRow({ minute: 3, canary: nobody, baseline: nobody })).toEqual(empty);
});

test('points stand newest first, int64 as text, and trailing empty buckets are left out', () => {
  const { counts, latencies } = encode(rows(20).slice(0, 3));
  const text = JSON.stringify([counts, latencies]);
  const ends = [...text.matchAll(/"endTime":"([^"]+)"/g)].map(([, end]) => Date.parse(end!));
  expect(minuteOf(ends[0]!)).toBeGreaterThan(minuteOf(ends[1]!));
  expect(text).toMatch(/"int64Value":"\d+"/);
  expect(text).not.toMatch(/"0"\]/);
});

test('errors answer in no time and do not make a revision look quick', () => {
  const truth = rows(2000)[50]!;
  const broken = { ...truth.canary, errors: truth.canary.requests - 100, clientErrors: 0 };
  const latency = truth.canary.latency.map((_, i) => (i === 20 ? 100 : 0));
  const minute = decodeRow({ ...truth, canary: { ...broken, latency } });
  expect(totalOf(minute.canary!.latency!)).toBe(100);
  expect(quantileOf(minute.canary!.latency!, 0.5)).toBeGreaterThan(700);
});

test('answers of 4xx are the fastest, and all latencies together are what they were', () => {
  const { canary } = rows(2000)[50]!;
  expect(canary.clientErrors).toBeGreaterThan(100);
  const { latencies } = encode([{ minute: 50, canary, baseline: null }]);
  const [served, refused] = latencies
    .map(({ points }) => (points as readonly Point[])[0]!.value.distributionValue)
    .map(({ bucketCounts }) => bucketCounts.map(Number));
  const sum = canary.latency.map((_, i) => (served![i] ?? 0) + (refused![i] ?? 0));
  expect(sum).toEqual(canary.latency);
  expect(refused!.length).toBeLessThan(served!.length);
  expect(refused!.reduce((all, one) => all + one, 0)).toBe(canary.clientErrors);
});

type Point = {
  readonly value: { readonly distributionValue: { readonly bucketCounts: readonly string[] } };
};

test('the history is the stable revision alone, oldest first', () => {
  const { history } = world(20);
  const past = decodeHistory(history);
  expect(past.length).toBe(180);
  expect(past.map(({ start }) => minuteOf(start))).toEqual(history.map((_, i) => i - 180));
  expect(past.map(({ cell }) => cell.requests)).toEqual(history.map(({ requests }) => requests));
  expect(new Set(past.map(({ share }) => share))).toEqual(new Set([1]));
});

test('a baseline that comes late is one row behind, and begins with the history', () => {
  const cell: Cell = {
    environment: { ...REAL, baselineLate: 1 },
    fault: null,
    load: { perSecond: 20, errorRate: 0.02 },
  };
  const [late, onTime] = [createRollout(cell, 1, 0), createWorld(cell, 1, 0)];
  const first = { minute: 0, percent: 5, age: 0 };
  const second = { minute: 1, percent: 5, age: 1 };
  expect(late.row(first, null).baseline?.requests).toBe(onTime.history.at(-1)!.requests);
  expect(late.row(second, first).baseline?.requests).toBe(onTime.minute(0, 5, 0).baseline.requests);
  expect(late.row(second, first).canary?.requests).toBe(onTime.minute(1, 5, 1).canary.requests);
});

test('more entries than are read make the counts of the log lower bounds', () => {
  const loud: Cell = {
    environment: REAL,
    fault: null,
    load: { perSecond: 2000, errorRate: 0.2 },
  };
  const rollout = createRollout(loud, 1, 0);
  const moment = { minute: 2, percent: 50, age: 2 };
  const logged = rollout.logged(moment);
  expect(logged.capped).toBe(true);
  expect(logged.canary + logged.baseline).toBeLessThanOrEqual(5001);
  const quiet = createRollout({ ...loud, load: { perSecond: 20, errorRate: 0.02 } }, 1, 0);
  const { canary, baseline } = quiet.truth(moment);
  expect(quiet.logged(moment)).toEqual({
    start: instantOf(2),
    canary: canary.errors,
    baseline: baseline.errors,
    capped: false,
  });
});
