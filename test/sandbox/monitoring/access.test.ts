import { describe, expect, test } from 'vitest';

import { callOf, COUNT, createStation } from './fixture.ts';

const LIST = '/v3/projects/demo/timeSeries';
const INTERVAL = {
  'interval.startTime': '2026-11-20T12:00:00Z',
  'interval.endTime': '2026-11-20T12:00:03Z',
};

describe('who may read', () => {
  const descriptor = '/v3/projects/demo/metricDescriptors/run.googleapis.com/request_count';

  test.each([LIST, descriptor])('nobody without a token: %s', async (path) => {
    const { handler } = createStation();
    expect(await handler({ ...callOf(path), headers: {} })).toMatchObject({
      status: 401,
      body: { error: { status: 'UNAUTHENTICATED' } },
    });
  });

  test.each([
    [LIST, 'monitoring.timeSeries.list'],
    [descriptor, 'monitoring.metricDescriptors.get'],
  ])('a caller without the permission is told its name: %s', async (path, permission) => {
    const lacking = new Set([permission]);
    const station = createStation({ holds: (one) => !lacking.has(one) });
    expect(await station.get(path)).toEqual({
      status: 403,
      body: {
        error: {
          code: 403,
          status: 'PERMISSION_DENIED',
          message: `Permission ${permission} denied (or the resource may not exist).`,
        },
      },
    });
    lacking.clear();
    expect((await station.get(path, { filter: COUNT, ...INTERVAL })).status).toBe(200);
  });

  test('another project is one without permission', async () => {
    expect((await createStation().get('/v3/projects/other/timeSeries')).status).toBe(403);
  });

  test('other paths and methods belong to somebody else', async () => {
    const { handler } = createStation();
    expect(await handler(callOf('/v2/projects/demo/timeSeries'))).toBeNull();
    expect(await handler(callOf('/v3/projects/demo/alertPolicies'))).toBeNull();
    expect(await handler({ ...callOf(LIST), method: 'POST' })).toBeNull();
  });
});

describe('a metric descriptor', () => {
  const at = (type: string): string => `/v3/projects/demo/metricDescriptors/${type}`;

  test('announces period and delay, so that a client need not know them', async () => {
    const station = createStation({ samplePeriodMs: 1_500, ingestDelayMs: 180_000 });
    const answer = await station.get(at('run.googleapis.com/request_count'));
    expect(answer.body).toMatchObject({
      name: 'projects/demo/metricDescriptors/run.googleapis.com/request_count',
      type: 'run.googleapis.com/request_count',
      labels: [{ key: 'response_code' }, { key: 'response_code_class' }],
      metricKind: 'DELTA',
      valueType: 'INT64',
      unit: '1',
      metadata: { samplePeriod: '1.500s', ingestDelay: '180s' },
    });
  });

  test('of latencies is a distribution in milliseconds', async () => {
    const answer = await createStation().get(at('run.googleapis.com/request_latencies'));
    expect(answer.body).toMatchObject({ valueType: 'DISTRIBUTION', unit: 'ms' });
  });

  test('is not found under encoded slashes or another name', async () => {
    const station = createStation();
    expect((await station.get(at('run.googleapis.com%2Frequest_count'))).status).toBe(400);
    expect((await station.get(at('run.googleapis.com/nothing'))).status).toBe(404);
  });
});
