import { describe, expect, test } from 'vitest';

import { parseJson } from '../../src/edges/json.ts';
import { readSeries } from '../../src/edges/monitoring-points.ts';
import type { SeriesList } from '../../src/edges/monitoring-points.ts';
import { COUNT, LATENCY } from '../../src/edges/monitoring-values.ts';
import { at, counts, distribution, int, latencies, point } from './monitoring-answers.ts';
import type { SeriesSpec } from './monitoring-answers.ts';

const SELECTION = {
  service: 'web',
  region: 'europe-west1',
  revisions: ['web-2', 'web-1'],
  from: at(0),
  to: at(10),
};

const json = (value: unknown) => parseJson(JSON.stringify(value));
const readCounts = (...raw: unknown[]): SeriesList<number> =>
  readSeries(raw.map(json), SELECTION, COUNT);
const values = (list: SeriesList<number>) =>
  list.series.map(({ points }) => points.map(({ start, value }) => [start, value]));

/** The one histogram of an answer; "unsound" when nothing may be taken from it. */
function histogramOf(value: unknown) {
  const { series, sound } = readSeries(
    [json(latencies({ points: [point(0, value)] }))],
    SELECTION,
    LATENCY,
  );
  return sound ? series[0]?.points[0]?.value.histogram : 'unsound';
}

describe('series', () => {
  test('points come newest first and are read oldest first', () => {
    const list = readCounts(counts({ points: [point(1, int(7)), point(0, int(42))] }));
    expect(list.sound).toBe(true);
    expect(values(list)).toEqual([
      [
        [at(0), 42],
        [at(1), 7],
      ],
    ]);
  });

  test('a revision whose name has ours as a prefix is another revision', () => {
    const list = readCounts(counts({ revision: 'web-22', points: [point(0, int(9))] }));
    expect(list).toEqual({ series: [], sound: true });
  });

  test.each<[string, SeriesSpec]>([
    ['service', { service: 'web-api' }],
    ['region', { region: 'europe-west2' }],
  ])('the same revision name in another %s is another revision', (_, spec) => {
    const list = readCounts(counts({ ...spec, points: [point(0, int(9))] }));
    expect(list).toEqual({ series: [], sound: true });
  });

  test('only points wholly inside the window are kept', () => {
    const points = [point(10, int(1)), point(9.5, int(2)), point(9, int(3)), point(-0.5, int(4))];
    expect(values(readCounts(counts({ points })))).toEqual([[[at(9), 3]]]);
  });

  test('a series that continues on the next page is one series, each point once', () => {
    const list = readCounts(
      counts({ points: [point(2, int(3)), point(1, int(2))] }),
      counts({ points: [point(1, int(2)), point(0, int(1))] }),
    );
    expect(list.sound).toBe(true);
    expect(values(list)).toEqual([
      [
        [at(0), 1],
        [at(1), 2],
        [at(2), 3],
      ],
    ]);
  });

  test('series that differ in one label are different series', () => {
    const spec = (route: string) => ({
      labels: { response_code_class: '2xx', route },
      points: [point(0, int(1))],
    });
    expect(values(readCounts(counts(spec('a')), counts(spec('b'))))).toHaveLength(2);
  });

  test.each<[string, readonly unknown[]]>([
    ['overlap', [point(0, int(1)), point(0.5, int(1))]],
    ['contain one another', [point(0, int(1), 2), point(1, int(1))]],
    ['disagree about one interval', [point(0, int(1)), point(0, int(2))]],
  ])('points that %s are refused', (_, points) => {
    expect(readCounts(counts({ points }))).toEqual({ series: [], sound: false });
  });

  test('one unreadable series does not hide the others', () => {
    const list = readCounts(
      counts({ points: [point(0, int('NaN'))], labels: { response_code_class: '5xx' } }),
      counts({ points: [point(0, int(5))] }),
    );
    expect(list.sound).toBe(false);
    expect(values(list)).toEqual([[[at(0), 5]]]);
  });

  test.each<[string, Record<string, string>, number]>([
    ['the class', { response_code_class: '5xx' }, 5],
    ['the class before the code', { response_code_class: '4xx', response_code: '200' }, 4],
    ['the code where no class is given', { response_code: '503' }, 5],
    ['a request that ended without a code', { response_code: '0' }, 0],
  ])('the status class comes from %s', (_, labels, statusClass) => {
    const list = readCounts(counts({ labels, points: [point(0, int(1))] }));
    expect(list.series.map((one) => one.statusClass)).toEqual([statusClass]);
  });
});

describe('what is not as documented makes the list unsound', () => {
  const good = [point(0, int(1))];
  const interval = (startTime: unknown, endTime: unknown) => ({
    points: [{ interval: { startTime, endTime }, value: int(1) }],
  });
  const end = '2026-11-20T15:06:00Z';
  test.each<[string, unknown]>([
    ['not an object', 7],
    ['null', null],
    ['no resource', { metric: { labels: {} }, points: good }],
    [
      'labels that are no text',
      counts({ over: { metric: { labels: { response_code: 200 } } }, points: good }),
    ],
    ['no class and no code', counts({ labels: {}, points: good })],
    ['an unknown class', counts({ labels: { response_code_class: 'bad' }, points: good })],
    ['a gauge', counts({ points: good, over: { metricKind: 'GAUGE' } })],
    ['a cumulative metric', counts({ points: good, over: { metricKind: 'CUMULATIVE' } })],
    ['no kind', counts({ points: good, over: { metricKind: undefined } })],
    ['a double', counts({ points: good, over: { valueType: 'DOUBLE' } })],
    ['another unit', counts({ points: good, over: { unit: 's' } })],
    ['points that are no list', counts({ over: { points: {} } })],
    ['a point that is no object', counts({ points: [1] })],
    ['a point without interval', counts({ points: [{ value: int(1) }] })],
    ['a start that is no text', counts(interval(1_795_000_000, end))],
    ['a start that is no time', counts(interval('yesterday', end))],
    ['a start without time zone', counts(interval('2026-11-20T15:04:00', end))],
    ['month 13', counts(interval('2026-13-20T15:04:00Z', end))],
    ['no end', counts(interval('2026-11-20T15:05:00Z', undefined))],
    ['an interval without length', counts(interval(end, end))],
    ['an interval that goes back', counts(interval('2026-11-20T15:07:00Z', end))],
    ['a point without value', counts({ points: [point(0, undefined)] })],
    ['an empty value', counts({ points: [point(0, {})] })],
    ['NaN', counts({ points: [point(0, int('NaN'))] })],
    ['Infinity', counts({ points: [point(0, int('Infinity'))] })],
    ['a negative count', counts({ points: [point(0, int(-1))] })],
    ['a fraction', counts({ points: [point(0, int('1.5'))] })],
    ['an exponent', counts({ points: [point(0, int('1e308'))] })],
    ['no digits', counts({ points: [point(0, int(''))] })],
    ['a hexadecimal', counts({ points: [point(0, int('0x10'))] })],
    ['more than any service answers', counts({ points: [point(0, int('1000000000001'))] })],
    ['a number instead of text', counts({ points: [point(0, { int64Value: 4 })] })],
    ['the value of another type', counts({ points: [point(0, { doubleValue: 4 })] })],
    ['a distribution', counts({ points: [point(0, distribution([1]))] })],
  ])('%s', (_, entry) => {
    expect(readCounts(entry)).toEqual({ series: [], sound: false });
  });

  test('a fraction of a second and an offset are RFC 3339, too', () => {
    const list = readCounts(
      counts(interval('2026-11-20T16:04:00.000000001+01:00', '2026-11-20T15:05:00.5Z')),
    );
    expect(values(list)).toEqual([[[at(0), 1]]]);
  });

  test('a series without points is not an error and not a zero', () => {
    const list = readCounts(counts({ over: { points: undefined } }));
    expect(list.sound).toBe(true);
    expect(values(list)).toEqual([[]]);
  });
});

describe('histograms', () => {
  const options = (bucketOptions: unknown) => distribution([1, 2, 3], { bucketOptions });

  test.each<[string, unknown, readonly number[]]>([
    [
      'exponential: scale × growth^i',
      { exponentialBuckets: { numFiniteBuckets: 3, growthFactor: 2, scale: 5 } },
      [5, 10, 20, 40],
    ],
    [
      'linear: offset + width × i',
      { linearBuckets: { numFiniteBuckets: 2, width: 10, offset: 3 } },
      [3, 13, 23],
    ],
    [
      'linear from zero, which proto3 JSON leaves out',
      { linearBuckets: { numFiniteBuckets: 2, width: 10 } },
      [0, 10, 20],
    ],
    ['explicit: as given', { explicitBuckets: { bounds: [1, 2.5, 10] } }, [1, 2.5, 10]],
  ])('%s', (_, bucketOptions, bounds) => {
    const counts = Array.from({ length: bounds.length + 1 }, (_, i) => [1, 2, 3][i] ?? 0);
    expect(histogramOf(options(bucketOptions))).toEqual({ bounds, counts });
  });

  test('a number that JavaScript would write differently is still a number', () => {
    const text = JSON.stringify(latencies({ points: [point(0, distribution([4]))] }))
      .replace('"growthFactor":2', '"growthFactor":2.0')
      .replace('"scale":1', '"scale":1E0');
    const { series } = readSeries([parseJson(text)], SELECTION, LATENCY);
    expect(series[0]?.points[0]?.value.histogram?.bounds).toEqual([1, 2, 4, 8]);
  });

  test('points of one layout share its bounds, and another layout between them keeps its own', () => {
    const [wide, narrow] = [
      [10, 20],
      [1, 2],
    ];
    const read = (bounds: readonly number[]) => {
      const found = histogramOf(options({ explicitBuckets: { bounds } }));
      return found === 'unsound' ? null : found?.bounds;
    };
    const first = read(wide);
    expect(read([...wide])).toBe(first);
    expect(read(narrow)).toEqual(narrow);
    expect(read(wide)).toEqual(wide);
  });

  test('without a request there may be no layout', () => {
    expect(histogramOf({ distributionValue: {} })).toBeNull();
  });

  const exponential = (over: object) =>
    options({ exponentialBuckets: { numFiniteBuckets: 3, growthFactor: 2, scale: 1, ...over } });
  test.each<[string, unknown]>([
    ['the value of another type', { int64Value: '4' }],
    ['counts that do not add up', distribution([1, 2], { count: '4' })],
    ['a negative count', distribution([], { count: '0', bucketCounts: ['-1', '1'] })],
    ['a count that is no text', distribution([], { count: '3', bucketCounts: [3] })],
    ['NaN as mean', distribution([1, 2], { mean: 'NaN' })],
    ['a negative mean', distribution([1, 2], { mean: -0.5 })],
    ['NaN as count', distribution([], { count: 'NaN' })],
    ['counts that are no list', distribution([], { bucketCounts: '12' })],
    ['more counts than buckets', distribution([1, 1, 1, 1, 1, 1])],
    ['no layout', options(undefined)],
    ['an empty layout', options({})],
    ['an unknown layout', options({ magicBuckets: { bounds: [1] } })],
    ['two layouts', options({ explicitBuckets: { bounds: [1, 2] }, linearBuckets: {} })],
    ['growth 1, so that bounds do not rise', exponential({ growthFactor: 1 })],
    ['bounds that pass every number', exponential({ growthFactor: 1e300 })],
    ['a last bound that does', exponential({ numFiniteBuckets: 2, growthFactor: 1e160 })],
    ['no finite bucket', exponential({ numFiniteBuckets: 0 })],
    ['half a bucket', exponential({ numFiniteBuckets: 2.5 })],
    ['a million buckets', exponential({ numFiniteBuckets: 1e6, growthFactor: 1.0001 })],
    ['a growth factor that is no number', exponential({ growthFactor: 'NaN' })],
    ['no bounds', distribution([6], { bucketOptions: { explicitBuckets: { bounds: [] } } })],
    ['bounds that fall', options({ explicitBuckets: { bounds: [1, 3, 2] } })],
    ['bounds that are no numbers', options({ explicitBuckets: { bounds: [1, 'Infinity'] } })],
  ])('refused: %s', (_, value) => {
    expect(histogramOf(value)).toBe('unsound');
  });

  test('seconds are not milliseconds', () => {
    const series = latencies({ points: [point(0, distribution([1]))], over: { unit: 's' } });
    expect(readSeries([json(series)], SELECTION, LATENCY).sound).toBe(false);
  });
});
