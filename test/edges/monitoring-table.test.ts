import { describe, expect, test } from 'vitest';

import type { Series } from '../../src/edges/monitoring-points.ts';
import { tabulate } from '../../src/edges/monitoring-table.ts';
import type { Readings } from '../../src/edges/monitoring-table.ts';
import { MINUTE, at } from './monitoring-answers.ts';

const SIDES = { canary: 'web-2', baseline: 'web-1' };
const CANARY = 'web-2';
const BASELINE = 'web-1';

/** [start, value] or [start, value, length], in minutes. */
type Row<V> = readonly [start: number, value: V, length?: number];

function series<V>(revision: string, statusClass: number, ...rows: readonly Row<V>[]): Series<V> {
  const points = rows.map(([start, value, length = 1]) => ({
    start: at(start),
    end: at(start + length),
    value,
  }));
  return { revision, statusClass, points };
}

type Measured = { readonly histogram: { bounds: number[]; counts: number[] } | null };
const measured = (counts: number[], bounds = [1, 2, 4]): Measured => ({
  histogram: { bounds, counts },
});

function tableOf(
  counts: readonly Series<number>[],
  latencies: readonly Series<Measured>[] = [],
  over: Partial<Readings> = {},
) {
  const readings = {
    counts: { series: counts, sound: true },
    latencies: { series: latencies, sound: true },
    memory: null,
    ...over,
  };
  return tabulate(readings, SIDES, MINUTE);
}

const cell = (requests: number, errors = 0, clientErrors = 0) => ({
  requests,
  errors,
  clientErrors,
  latency: null,
  memory: null,
});

describe('rows', () => {
  test('no series at all is an empty table, not a table of zeros', () => {
    expect(tableOf([])).toEqual({ minutes: [], sound: true });
  });

  test('classes are added up; 5xx are errors, 4xx are client errors, the rest is neither', () => {
    const { minutes } = tableOf([
      series(CANARY, 2, [0, 90]),
      series(CANARY, 5, [0, 3]),
      series(CANARY, 4, [0, 5]),
      series(CANARY, 3, [0, 2]),
      series(CANARY, 0, [0, 1]),
    ]);
    expect(minutes).toEqual([{ start: at(0), canary: cell(101, 3, 5), baseline: null }]);
  });

  test('codes of one class are added up', () => {
    const { minutes } = tableOf([series(CANARY, 5, [0, 3]), series(CANARY, 5, [0, 4])]);
    expect(minutes[0]?.canary).toEqual(cell(7, 7));
  });

  test('a class absent from a row is 0 only where the revision has a point in it', () => {
    const { minutes } = tableOf([
      series(BASELINE, 2, [0, 50], [1, 60]),
      series(BASELINE, 5, [1, 2]),
      series(CANARY, 2, [1, 6]),
    ]);
    expect(minutes).toEqual([
      { start: at(0), canary: null, baseline: cell(50) },
      { start: at(1), canary: cell(6), baseline: cell(62, 2) },
    ]);
  });

  test('a measured zero stays a zero', () => {
    const { minutes } = tableOf([series(CANARY, 2, [0, 0])]);
    expect(minutes[0]?.canary).toEqual(cell(0));
  });

  test('rows are in order, and a gap in time is a gap in the table', () => {
    const { minutes } = tableOf([series(CANARY, 2, [7, 1]), series(BASELINE, 2, [2, 1], [9, 1])]);
    expect(minutes.map(({ start }) => start)).toEqual([at(2), at(7), at(9)]);
  });

  test('points that begin a moment apart share a row, also across a whole minute', () => {
    const { minutes } = tableOf([
      series(BASELINE, 2, [0.998, 10], [2.001, 20]),
      series(CANARY, 2, [1.002, 1], [1.999, 2]),
    ]);
    expect(minutes.map(({ canary, baseline }) => [canary?.requests, baseline?.requests])).toEqual([
      [1, 10],
      [2, 20],
    ]);
  });

  test('a point belongs to the row that begins nearest', () => {
    const { minutes } = tableOf([
      series(BASELINE, 2, [0, 10], [1, 20]),
      series(CANARY, 2, [0.4, 1], [1.6, 2]),
    ]);
    expect(minutes.map(({ canary, baseline }) => [canary?.requests, baseline?.requests])).toEqual([
      [1, 10],
      [undefined, 20],
      [2, undefined],
    ]);
  });

  test('points shorter than a period are added up in their row', () => {
    const { minutes, sound } = tableOf([series(CANARY, 2, [0, 3, 0.2], [0.2, 4, 0.2])]);
    expect(sound).toBe(true);
    expect(minutes).toEqual([{ start: at(0), canary: cell(7), baseline: null }]);
  });

  test.each([
    [1.5, true],
    [1.51, false],
  ])('a point of %d periods: sound is %s', (length, sound) => {
    expect(tableOf([series(CANARY, 2, [0, 1, length])]).sound).toBe(sound);
    const latency = series(CANARY, 2, [0, measured([1, 0, 0, 0]), length]);
    expect(tableOf([series(CANARY, 2, [0, 1])], [latency]).sound).toBe(sound);
  });

  test('partial readings of either metric make the table unsound', () => {
    const partial = { series: [], sound: false };
    expect(tableOf([], [], { counts: partial }).sound).toBe(false);
    expect(tableOf([], [], { latencies: partial }).sound).toBe(false);
  });
});

describe('latency', () => {
  const requests = series(CANARY, 2, [0, 9]);
  const latencyOf = (...latencies: Series<Measured>[]) =>
    tableOf([requests], latencies).minutes[0]?.canary?.latency;

  test('histograms of all classes but 5xx are added: failing fast is not being quick', () => {
    expect(
      latencyOf(
        series(CANARY, 2, [0, measured([1, 2, 3, 0])]),
        series(CANARY, 4, [0, measured([0, 1, 0, 1])]),
        series(CANARY, 5, [0, measured([99, 0, 0, 0])]),
      ),
    ).toEqual({ bounds: [1, 2, 4], counts: [1, 3, 3, 1] });
  });

  test('only errors: requests are known, their latency is not', () => {
    expect(latencyOf(series(CANARY, 5, [0, measured([9, 0, 0, 0])]))).toBeNull();
  });

  test.each([
    ['other bounds', [1, 2, 5]],
    ['more bounds', [1, 2, 4, 8]],
  ])('different layouts are never added: %s', (_, bounds) => {
    expect(
      latencyOf(
        series(CANARY, 2, [0, measured([1, 0, 0, 0])]),
        series(CANARY, 4, [0, measured([1, 0, 0, 0], bounds)]),
      ),
    ).toBeNull();
  });

  test('a histogram of nothing has no layout and disturbs none', () => {
    expect(
      latencyOf(
        series<Measured>(CANARY, 4, [0, { histogram: null }]),
        series(CANARY, 2, [0, measured([1, 0, 0, 0])]),
      ),
    ).toEqual({ bounds: [1, 2, 4], counts: [1, 0, 0, 0] });
  });

  test('a latency without a count is no row: how many failed is not known', () => {
    const { minutes } = tableOf([], [series(CANARY, 2, [0, measured([1, 0, 0, 0])])]);
    expect(minutes).toEqual([]);
  });

  test('the sides do not mix', () => {
    const { minutes } = tableOf(
      [requests, series(BASELINE, 2, [0, 90])],
      [series(BASELINE, 2, [0, measured([5, 0, 0, 0])])],
    );
    expect(minutes[0]?.canary?.latency).toBeNull();
    expect(minutes[0]?.baseline?.latency?.counts).toEqual([5, 0, 0, 0]);
  });
});
