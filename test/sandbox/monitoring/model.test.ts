import { expect, test } from 'vitest';

import { COUNT, createStation, LATENCY, T0, totals } from './fixture.ts';
import type { Listed, Station } from './fixture.ts';

/** Ten periods of both revisions and of three codes, so that arrivals have something to vary. */
function busy(station: Station): void {
  for (station.at = 500; station.at < 10_000; station.at += 1_000) {
    for (const revision of ['web-1', 'web-2']) {
      for (const status of [200, 404, 500]) station.serve({ revision, status });
    }
  }
}

function ends(listed: Listed): readonly number[] {
  return (listed.timeSeries ?? []).flatMap(({ points = [] }) =>
    points.map(({ interval }) => Date.parse(interval.endTime) - T0),
  );
}

test('no point is seen before its period has ended, all of them once the delay has passed', async () => {
  const station = createStation();
  busy(station);
  for (let at = 0; at <= 13_000; at += 100) {
    station.at = at;
    const seen = ends(await station.ask());
    // Six series; the oldest point that may still be missing ended less than 2 s ago.
    const settled = Math.min(10, Math.floor((at - 2_000) / 1_000));
    expect(seen.filter((end) => end <= at - 2_000)).toHaveLength(Math.max(0, settled) * 6);
    expect(seen.filter((end) => end > at - 1_000)).toEqual([]);
  }
});

test('within the delay the classes of one row arrive at different moments', async () => {
  const station = createStation();
  busy(station);
  const half = new Set<number>();
  for (station.at = 10_000; station.at <= 12_000; station.at += 20) {
    half.add(ends(await station.ask()).filter((end) => end === 10_000).length);
  }
  expect(half.size).toBeGreaterThan(3);
});

test('what was seen once stays, with the same numbers', async () => {
  const station = createStation();
  busy(station);
  let before: readonly number[] = [];
  for (station.at = 0; station.at <= 13_000; station.at += 250) {
    const seen = ends(await station.ask());
    for (const end of new Set(before)) {
      const count = (all: readonly number[]): number => all.filter((e) => e === end).length;
      expect(count(seen)).toBeGreaterThanOrEqual(count(before));
    }
    before = seen;
  }
});

test('a revision without traffic, and a class without requests, has no series', async () => {
  const station = createStation();
  station.serve({ revision: 'web-1' });
  station.at = 10_000;
  expect(totals(await station.ask())).toEqual({ 'web-1 200': 1 });
});

test('points lie on a grid of the period, newest first, and one without requests is absent', async () => {
  const station = createStation();
  for (station.at of [100, 900, 1_000, 4_999]) station.serve({});
  station.at = 10_000;
  const [series] = (await station.ask()).timeSeries!;
  expect(series!.points!.map((p) => [p.interval.startTime.slice(17), p.value.int64Value])).toEqual([
    ['04Z', '1'],
    ['01Z', '1'],
    ['00Z', '2'],
  ]);
});

test('pages add up to the whole, even when a page ends inside a series', async () => {
  const station = createStation();
  busy(station);
  station.at = 20_000;
  const whole = await station.ask();
  expect(ends(whole)).toHaveLength(60);
  const pages: Listed[] = [];
  let pageToken = '';
  do {
    const page = await station.ask({ pageSize: '7', pageToken });
    pages.push(page);
    pageToken = page.nextPageToken ?? '';
  } while (pageToken !== '');
  expect(pages.map((page) => ends(page).length)).toEqual([7, 7, 7, 7, 7, 7, 7, 7, 4]);
  expect(pages.flatMap(ends)).toEqual(ends(whole));
  const merged = pages.flatMap(({ timeSeries = [] }) => timeSeries);
  expect(totals({ timeSeries: merged, unit: '1' })).toEqual(totals(whole));
});

test('with view HEADERS a page is counted in series', async () => {
  const station = createStation();
  busy(station);
  station.at = 20_000;
  const first = await station.ask({ view: 'HEADERS', pageSize: '4' });
  expect(first.timeSeries).toHaveLength(4);
  const pageToken = first.nextPageToken ?? '';
  const second = await station.ask({ view: 'HEADERS', pageSize: '4', pageToken });
  expect(second.timeSeries).toHaveLength(2);
  expect(second).not.toHaveProperty('nextPageToken');
});

test('later pages belong to the moment and the question of the first', async () => {
  const station = createStation();
  busy(station);
  station.at = 10_500;
  const whole = ends(await station.ask());
  const first = await station.ask({ pageSize: '10' });
  const pageToken = first.nextPageToken ?? '';
  station.at = 20_000;
  expect([...ends(first), ...ends(await station.ask({ pageToken }))]).toEqual(whole);
  await expect(station.ask({ filter: LATENCY, pageToken })).rejects.toThrow('pageToken');
});

test('late points of one revision come later than announced, those seen before stay', async () => {
  const station = createStation();
  station.at = 500;
  station.serve({ revision: 'web-1' });
  station.at = 4_000;
  station.controls.late('web-1', 5_000);
  expect(totals(await station.ask())).toEqual({ 'web-1 200': 1 });
  for (const revision of ['web-1', 'web-2']) station.serve({ revision });
  station.at = 7_000;
  expect(totals(await station.ask())).toEqual({ 'web-1 200': 1, 'web-2 200': 1 });
  station.at = 12_000;
  expect(totals(await station.ask())).toEqual({ 'web-1 200': 2, 'web-2 200': 1 });
});

test('lost points never come, those before and after do', async () => {
  const station = createStation();
  station.controls.lose('web-1', { afterMs: T0 + 1_000, untilMs: T0 + 2_000 });
  for (station.at of [500, 1_500, 2_500]) station.serve({});
  station.at = 60_000;
  expect(ends(await station.ask())).toEqual([3_000, 1_000]);
});

test('two revisions can be sampled at different instants', async () => {
  const station = createStation();
  station.controls.shiftSampling('web-2', 300);
  station.at = 1_200;
  for (const revision of ['web-1', 'web-2']) station.serve({ revision });
  station.at = 10_000;
  expect(ends(await station.ask({ filter: COUNT }))).toEqual([2_000, 1_300]);
});

test('a latency that is not a number is refused, not counted', () => {
  const station = createStation();
  expect(() => station.serve({ latencyMs: Number.NaN })).toThrow('cannot be counted');
});
