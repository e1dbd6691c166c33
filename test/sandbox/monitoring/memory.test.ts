import { expect, test } from 'vitest';

import { createStation, T0 } from './fixture.ts';
import type { Station } from './fixture.ts';

const MEMORY = 'metric.type="run.googleapis.com/container/memory/utilizations"';

async function uses(station: Station) {
  const { timeSeries = [] } = await station.ask({ filter: MEMORY });
  return timeSeries.map(({ resource, points = [] }) => [
    resource.labels['revision_name'],
    points.map(({ value }) => value.distributionValue?.mean),
  ]);
}

test('memory use is a distribution of shares of the limit, per revision and container', async () => {
  const station = createStation();
  station.at = 400;
  for (const status of [200, 500]) station.serve({ status });
  station.at = 10_000;
  expect((await station.ask({ filter: MEMORY })).timeSeries).toMatchObject([
    {
      metric: {
        type: 'run.googleapis.com/container/memory/utilizations',
        labels: { container_name: 'app' },
      },
      resource: { labels: { revision_name: 'web-1', service_name: 'web' } },
      metricKind: 'DELTA',
      valueType: 'DISTRIBUTION',
      unit: '10^2.%',
      points: [
        {
          interval: { startTime: '2026-11-20T12:00:00Z', endTime: '2026-11-20T12:00:01Z' },
          value: { distributionValue: { count: '1', mean: 0.4 } },
        },
      ],
    },
  ]);
});

test('it is what a test says of each revision, at the end of each period', async () => {
  const station = createStation();
  station.controls.memory('web-2', (atMs) => (atMs - T0) / 10_000);
  for (station.at of [500, 1_500, 2_500]) {
    for (const revision of ['web-1', 'web-2']) station.serve({ revision });
  }
  station.at = 20_000;
  expect(await uses(station)).toEqual([
    ['web-1', [0.4, 0.4, 0.4]],
    ['web-2', [0.3, 0.2, 0.1]],
  ]);
});

test('it grows as the instances say, up to the limit', async () => {
  const station = createStation({ grownBy: (_, atMs) => (atMs - T0) / 4_000 });
  for (station.at of [500, 1_500, 2_500]) station.serve({});
  station.at = 20_000;
  expect(await uses(station)).toEqual([['web-1', [1, 0.9, 0.65]]]);
});

test('a count is in the bucket of its mean, the full ones in the last', async () => {
  const station = createStation();
  const levels = [0, 0.25, 1.2];
  station.controls.memory('web-1', (atMs) => levels[(atMs - T0) / 1_000 - 1] ?? 0);
  for (station.at of [500, 1_500, 2_500]) station.serve({});
  station.at = 20_000;
  const { timeSeries } = await station.ask({ filter: MEMORY });
  const values = timeSeries?.[0]?.points?.map(({ value }) => value.distributionValue);
  const buckets = values?.map((value) => value?.bucketCounts.indexOf('1'));
  expect(buckets).toEqual([101, 26, 1]);
});

test('without requests there is no instance, and no point', async () => {
  const station = createStation();
  station.at = 10_000;
  expect(await uses(station)).toEqual([]);
});

test('its descriptor can be read, and it has no class of answers', async () => {
  const station = createStation();
  const path =
    '/v3/projects/demo/metricDescriptors/run.googleapis.com/container/memory/utilizations';
  expect((await station.get(path)).body).toMatchObject({
    unit: '10^2.%',
    labels: [{ key: 'container_name' }],
  });
  const filter = `${MEMORY} AND metric.labels.response_code_class="5xx"`;
  await expect(station.ask({ filter })).rejects.toThrow('valid combination');
});
