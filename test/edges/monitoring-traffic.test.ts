import { describe, expect, test } from 'vitest';
import { createHttp } from '../../src/edges/http.ts';
import { readTraffic } from '../../src/edges/monitoring-traffic.ts';
import { NEVER } from './loopback.ts';
import { scriptedServer } from './scripted-server.ts';
import type { Scripted } from './scripted-server.ts';

const HOUR = 3_600_000;
const TO = Date.parse('2026-11-21T15:00:00Z');
const WINDOW = { hour: HOUR, from: TO - 168 * HOUR, to: TO };

async function read(answer: Scripted) {
  const { base: endpoint, asked } = await scriptedServer(() => answer);
  const http = createHttp({ hurry: NEVER, random: () => 0 });
  const tokens = { header: async () => 'Bearer t', invalidate: () => undefined };
  const ref = { project: 'acme-shop', region: 'europe-west1', service: 'web' };
  const past = readTraffic({ http, tokens, endpoint, ref }, WINDOW, NEVER);
  return { asked, past };
}

const point = (hoursAgo: number, int64Value: string) => ({
  interval: {
    startTime: new Date(TO - (hoursAgo + 1) * HOUR).toISOString(),
    endTime: new Date(TO - hoursAgo * HOUR).toISOString(),
  },
  value: { int64Value },
});

describe('a week of traffic', () => {
  test('is read in hourly sums of the whole service', async () => {
    const points = [point(0, '42'), point(3, '7')];
    const { asked, past } = await read({ body: { timeSeries: [{ points }], unit: '1' } });
    expect(await past).toEqual({
      ...WINDOW,
      hours: [
        { start: TO - HOUR, requests: 42 },
        { start: TO - 4 * HOUR, requests: 7 },
      ],
    });
    const query = Object.fromEntries(asked[0]!.query);
    expect(query).toMatchObject({
      'interval.startTime': '2026-11-14T15:00:00.000Z',
      'interval.endTime': '2026-11-21T15:00:00.000Z',
      'aggregation.alignmentPeriod': '3600s',
      'aggregation.perSeriesAligner': 'ALIGN_SUM',
      'aggregation.crossSeriesReducer': 'REDUCE_SUM',
    });
    expect(query['filter']).not.toContain('revision_name');
  });

  test('of a service without any is empty, which is not unknown', async () => {
    const { past } = await read({ body: {} });
    expect(await past).toMatchObject({ hours: [] });
  });

  test.each([
    ['a second series', { timeSeries: [{ points: [] }, { points: [] }] }],
    ['a further page', { timeSeries: [], nextPageToken: 'more' }],
    ['a part', { timeSeries: [], executionErrors: [{ code: 14 }] }],
    ['a count that is none', { timeSeries: [{ points: [point(0, '-1')] }] }],
    ['an hour of another week', { timeSeries: [{ points: [point(400, '1')] }] }],
    ['no list', { timeSeries: 'none' }],
  ])('is not known from %s', async (_, body) => {
    const { past } = await read({ body });
    await expect(past).rejects.toMatchObject({ code: 'bad-answer' });
  });

  test.each([
    [403, 'denied'],
    [503, 'unreachable'],
  ])('is not known after %i', async (status, code) => {
    const { past } = await read({ status, body: {} });
    await expect(past).rejects.toMatchObject({ code });
  });
});
