import { describe, expect, test } from 'vitest';

import { COUNT, createStation, LATENCY, totals } from './fixture.ts';

const LIST = '/v3/projects/demo/timeSeries';
const INTERVAL = {
  'interval.startTime': '2026-11-20T12:00:00Z',
  'interval.endTime': '2026-11-20T12:00:03Z',
};

test('a series looks as the API documents it, int64 as text', async () => {
  const station = createStation();
  station.at = 400;
  station.serve({ times: 3 });
  station.at = 10_000;
  expect(await station.ask()).toEqual({
    timeSeries: [
      {
        metric: {
          type: 'run.googleapis.com/request_count',
          labels: { response_code: '200', response_code_class: '2xx' },
        },
        resource: {
          type: 'cloud_run_revision',
          labels: {
            project_id: 'demo',
            service_name: 'web',
            revision_name: 'web-1',
            location: 'us-central1',
            configuration_name: 'web',
          },
        },
        metricKind: 'DELTA',
        valueType: 'INT64',
        points: [
          {
            interval: { startTime: '2026-11-20T12:00:00Z', endTime: '2026-11-20T12:00:01Z' },
            value: { int64Value: '3' },
          },
        ],
        unit: '1',
      },
    ],
    unit: '1',
  });
});

test('latencies are a distribution of the same requests, in the announced layout', async () => {
  const station = createStation();
  for (const latencyMs of [0.5, 1, 1.5, 21]) station.serve({ latencyMs });
  station.at = 10_000;
  const { timeSeries } = await station.ask({ filter: LATENCY });
  expect(timeSeries).toMatchObject([{ metricKind: 'DELTA', valueType: 'DISTRIBUTION' }]);
  // 1.4^9 = 20.7 and 1.4^10 = 28.9: 21 ms are in bucket 10.
  expect(timeSeries![0]!.points![0]!.value.distributionValue).toMatchObject({
    count: '4',
    mean: 6,
    bucketOptions: {
      exponentialBuckets: { numFiniteBuckets: 66, growthFactor: 1.4, scale: 1 },
    },
    bucketCounts: ['1', '1', '1', '0', '0', '0', '0', '0', '0', '0', '1'],
  });
});

test('nobody served, nothing found: the key is absent, not empty', async () => {
  expect(await createStation().ask()).toEqual({ unit: '1' });
});

test('enums are numbers for a client that asks for numbers', async () => {
  const station = createStation();
  station.serve({});
  station.at = 10_000;
  const int = { $alt: 'json;enum-encoding=int' };
  expect((await station.ask({ ...int, view: '0' })).timeSeries).toMatchObject([
    { metricKind: 2, valueType: 2 },
  ]);
  const path = '/v3/projects/demo/metricDescriptors/run.googleapis.com/request_latencies';
  expect((await station.get(path, int)).body).toMatchObject({ metricKind: 2, valueType: 5 });
});

test('a filter that needs its label picks one revision and one class', async () => {
  const station = createStation();
  station.serve({ revision: 'web-1', times: 4 });
  station.serve({ revision: 'web-2', status: 503, times: 2 });
  station.serve({ revision: 'web-2', times: 1 });
  station.at = 10_000;
  const filter =
    `${COUNT} AND resource.type="cloud_run_revision" AND resource.labels.service_name="web" AND ` +
    'resource.labels.location="us-central1" AND resource.labels.revision_name=one_of("web-2")';
  expect(totals(await station.ask({ filter }))).toEqual({ 'web-2 200': 1, 'web-2 503': 2 });
  const failed = `${filter} AND metric.labels.response_code_class="5xx"`;
  expect(totals(await station.ask({ filter: failed }))).toEqual({ 'web-2 503': 2 });
});

test('view HEADERS leaves the points out', async () => {
  const station = createStation();
  station.serve({});
  station.at = 10_000;
  expect((await station.ask({ view: 'HEADERS' })).timeSeries![0]).not.toHaveProperty('points');
});

describe('the interval takes points that end after its start and not after its end', () => {
  test.each([
    ['12:00:00', '12:00:03', 3],
    ['12:00:01', '12:00:03', 2],
    ['12:00:00.500', '12:00:02.999999999', 2],
    ['12:00:02', '12:00:02', 1],
  ])('%s to %s', async (start, end, points) => {
    const station = createStation();
    for (station.at = 500; station.at < 3_000; station.at += 1_000) station.serve({});
    station.at = 10_000;
    const listed = await station.ask({
      'interval.startTime': `2026-11-20T${start}Z`,
      'interval.endTime': `2026-11-20T${end}Z`,
    });
    expect(listed.timeSeries![0]!.points).toHaveLength(points);
  });
});

describe('a question the API refuses is refused', () => {
  test.each<[string, Record<string, string>, string]>([
    ['no filter', {}, 'must specify a restriction on "metric.type"'],
    ['no metric', { filter: 'resource.type="x"' }, 'must specify a restriction on "metric.type"'],
    ['two metrics', { filter: `${COUNT} AND ${LATENCY}` }, 'exactly one "metric.type"'],
    ['one of two', { filter: `${COUNT} OR ${LATENCY}` }, 'exactly one "metric.type"'],
    ['perhaps one', { filter: `${COUNT} OR resource.type="x"` }, 'exactly one "metric.type"'],
    ['not one', { filter: `NOT ${COUNT}` }, 'exactly one "metric.type"'],
    ['some', { filter: 'metric.type=starts_with("run")' }, 'exactly one "metric.type"'],
    ['bad grammar', { filter: `${COUNT} AND` }, 'Field filter had an invalid value of'],
    [
      'wrong resource',
      { filter: `${COUNT} AND resource.type="gce_instance"` },
      'valid combination',
    ],
    ['wrong label', { filter: `${COUNT} AND metric.labels.colour="red"` }, 'valid combination'],
    ['no end', { filter: COUNT, 'interval.endTime': '' }, 'Field interval.endTime'],
    ['no zone', { filter: COUNT, 'interval.endTime': '2026-11-20T12:00:00' }, 'interval.endTime'],
    ['bad start', { filter: COUNT, 'interval.startTime': 'yesterday' }, 'interval.startTime'],
    ['backwards', { filter: COUNT, 'interval.startTime': '2026-11-21T12:00:00Z' }, 'later than'],
    ['page size', { filter: COUNT, pageSize: '-1' }, 'pageSize'],
    ['page token', { filter: COUNT, pageToken: 'made-up' }, 'pageToken'],
    ['view', { filter: COUNT, view: 'SOME' }, "'view'"],
    ['unknown name', { filter: COUNT, colour: 'red' }, 'Unknown name "colour"'],
    ['order', { filter: COUNT, orderBy: 'time' }, 'not supported by the sandbox'],
    [
      'reducer alone',
      { filter: COUNT, 'aggregation.crossSeriesReducer': '4' },
      'needs an aligner other than ALIGN_NONE',
    ],
    [
      'alignment period',
      {
        filter: COUNT,
        'aggregation.perSeriesAligner': 'ALIGN_SUM',
        'aggregation.crossSeriesReducer': 'REDUCE_SUM',
        'aggregation.alignmentPeriod': '10s',
      },
      'at least 60s',
    ],
    [
      'aligner',
      { filter: COUNT, 'aggregation.perSeriesAligner': 'ALIGN_DELTA' },
      'not supported by the sandbox',
    ],
  ])('%s', async (_, query, message) => {
    const answer = await createStation().get(LIST, { ...INTERVAL, ...query });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: { code: 400, status: 'INVALID_ARGUMENT' } });
    expect(JSON.stringify(answer.body).replaceAll('\\"', '"')).toContain(message);
  });

  test('a metric that does not exist is not found', async () => {
    const filter = 'metric.type="run.googleapis.com/request_cuont"';
    expect(await createStation().get(LIST, { ...INTERVAL, filter })).toMatchObject({
      status: 404,
      body: { error: { status: 'NOT_FOUND' } },
    });
  });

  test('sums are of all series, one point for each period that has any', async () => {
    const station = createStation();
    for (const revision of ['web-1', 'web-2']) station.serve({ revision });
    station.at = 30_000;
    station.serve({ revision: 'web-2', status: 500 });
    station.at = 240_000;
    const listed = await station.ask({
      'interval.startTime': '2026-11-20T12:00:00Z',
      'interval.endTime': '2026-11-20T12:03:00Z',
      'aggregation.alignmentPeriod': '60s',
      'aggregation.perSeriesAligner': 'ALIGN_SUM',
      'aggregation.crossSeriesReducer': 'REDUCE_SUM',
    });
    expect(listed.timeSeries).toMatchObject([
      {
        metric: { labels: {} },
        resource: { labels: {} },
        metricKind: 'DELTA',
        points: [
          {
            interval: { startTime: '2026-11-20T12:00:00Z', endTime: '2026-11-20T12:01:00Z' },
            value: { int64Value: '3' },
          },
        ],
      },
    ]);
  });

  test('an alignment period without an aligner is ignored, proto names are taken', async () => {
    const station = createStation();
    station.serve({});
    station.at = 10_000;
    const listed = await station.ask({
      'aggregation.alignment_period': '60s',
      'aggregation.per_series_aligner': '0',
    });
    expect(listed.timeSeries).toHaveLength(1);
  });
});

test('controls of the handler spoil as many answers as asked and no more', async () => {
  const station = createStation();
  for (const revision of ['web-1', 'web-2']) station.serve({ revision });
  station.at = 10_000;

  station.controls.partial(1);
  const partial = await station.ask();
  expect(partial.executionErrors).toHaveLength(1);
  expect(totals(partial)).toEqual({ 'web-1 200': 1 });
  const whole = await station.ask();
  expect(whole).not.toHaveProperty('executionErrors');
  expect(totals(whole)).toEqual({ 'web-1 200': 1, 'web-2 200': 1 });

  station.controls.notANumber(1);
  const mean = async (): Promise<unknown> =>
    (await station.ask({ filter: LATENCY })).timeSeries![0]!.points![0]!.value.distributionValue;
  expect(await mean()).toMatchObject({ mean: 'NaN' });
  expect(await mean()).toMatchObject({ mean: 30 });
});
