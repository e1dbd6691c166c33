import { describe, expect, test } from 'vitest';

import { Problem } from '../../src/core/problem.ts';
import { monitoring } from './monitoring-client.ts';
import type { Scripted } from './scripted-server.ts';

/** A MetricDescriptor (metric.proto), cut to what is read, and a field of no interest. */
const descriptor = (metadata: unknown): Scripted => ({
  body: { type: 'run.googleapis.com/request_count', metricKind: 'DELTA', metadata },
});
const duration = (samplePeriod: unknown, ingestDelay: unknown) =>
  descriptor({ launchStage: 'GA', samplePeriod, ingestDelay });
const USUAL = { samplePeriod: 60_000, ingestDelay: 180_000 };

test('both descriptors are read, the slashes of their names as they are', async () => {
  const { read, asked } = await monitoring(() => duration('60s', '180s'));
  expect(await read()).toEqual({ ...USUAL, notice: null });
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /v3/projects/acme-shop/metricDescriptors/run.googleapis.com/request_count',
    'GET /v3/projects/acme-shop/metricDescriptors/run.googleapis.com/request_latencies',
  ]);
});

test('the slower metric counts, field by field', async () => {
  const { read } = await monitoring(({ path }) =>
    path.endsWith('request_count') ? duration('10s', '240s') : duration('30s', '120s'),
  );
  expect(await read()).toEqual({ samplePeriod: 30_000, ingestDelay: 240_000, notice: null });
});

test('what the service says is believed, also when it is quick', async () => {
  const { read } = await monitoring(() => duration('1s', '2s'));
  expect(await read()).toEqual({ samplePeriod: 1_000, ingestDelay: 2_000, notice: null });
});

test.each([
  ['0.5s', 500],
  ['1.0005s', 1_001],
  ['3.000000001s', 3_001],
  ['86400s', 86_400_000],
])('a delay of %s is %d ms', async (text, ms) => {
  const { read } = await monitoring(() => duration('1s', text));
  expect(await read()).toEqual({ samplePeriod: 1_000, ingestDelay: ms, notice: null });
});

test('no delay is a delay of zero, not a missing one', async () => {
  const { read } = await monitoring(() => duration('1s', '0s'));
  expect(await read()).toEqual({ samplePeriod: 1_000, ingestDelay: 0, notice: null });
});

describe('the usual timing stands in, with a notice', () => {
  test.each<[string, unknown]>([
    ['a missing delay', undefined],
    ['a number', 180],
    ['no unit', '180'],
    ['minutes', '3m'],
    ['a negative delay', '-3s'],
    ['NaN', 'NaNs'],
    ['an exponent', '1e2s'],
    ['more than a day', '86401s'],
    ['null', null],
  ])('%s', async (_, ingestDelay) => {
    const { read } = await monitoring(() => duration('30s', ingestDelay));
    const { notice, ...rest } = await read();
    expect(rest).toEqual({ samplePeriod: 30_000, ingestDelay: 180_000 });
    expect(notice).toContain('180 s');
  });

  test('a sample period of zero', async () => {
    const { read } = await monitoring(() => duration('0s', '1s'));
    expect(await read()).toMatchObject({ samplePeriod: 60_000, ingestDelay: 1_000 });
  });

  test.each<[string, Scripted | null]>([
    ['no metadata', descriptor(undefined)],
    ['metadata that are no object', descriptor('60s')],
    ['an HTML page', { body: '<html>' }],
    ['404', { status: 404 }],
    ['503', { status: 503 }],
    ['no answer', null],
  ])('%s', async (_, answer) => {
    const { read } = await monitoring(() => answer);
    const { notice, ...rest } = await read();
    expect(rest).toEqual(USUAL);
    expect(notice).toContain('run.googleapis.com/request_count');
  });

  test('one unreadable descriptor is enough', async () => {
    const { read } = await monitoring(({ path }) =>
      path.endsWith('request_count') ? duration('1s', '2s') : { status: 404 },
    );
    const { notice, ...rest } = await read();
    expect(rest).toEqual(USUAL);
    expect(notice).toContain('run.googleapis.com/request_latencies');
  });
});

describe('permissions', () => {
  const date = { date: 'Fri, 20 Nov 2026 15:04:00 GMT' };

  test('descriptors may be denied as long as series can be read', async () => {
    const { read, asked } = await monitoring(({ path }) =>
      path.endsWith('/timeSeries') ? { body: {} } : { status: 403, headers: date },
    );
    const { notice, ...rest } = await read();
    expect(rest).toEqual(USUAL);
    expect(notice).toContain('monitoring.metricDescriptors.get');
    const check = asked.find(({ path }) => path === '/v3/projects/acme-shop/timeSeries');
    expect(check?.query.get('interval.endTime')).toBe('2026-11-20T15:04:00.000Z');
  });

  test('without a time of the server there is no window to try, and the usual timing stands', async () => {
    const { read, asked } = await monitoring(() => ({ status: 403, headers: { date: 'today' } }));
    expect(await read()).toMatchObject(USUAL);
    expect(asked).toHaveLength(2);
  });

  test('whoever may not read series either hears it before the rollout', async () => {
    const { read } = await monitoring(() => ({ status: 403, headers: date }));
    const problem = await read().then(
      () => expect.unreachable(),
      (error: unknown) => error,
    );
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ code: 'denied' });
    expect(String(problem)).toContain('monitoring.timeSeries.list');
  });

  test('a refused token is not a missing descriptor', async () => {
    const { read } = await monitoring(() => ({ status: 401 }));
    await expect(read()).rejects.toMatchObject({ code: 'bad-credentials' });
  });
});
