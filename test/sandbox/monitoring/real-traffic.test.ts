import { expect, test } from 'vitest';

import { createSite, spec, until } from '../traffic/fixture.ts';
import { startLoad } from '../traffic/load.ts';
import { createStation, LATENCY, totals } from './fixture.ts';
import type { Listed } from './fixture.ts';

test('after the delay, metrics of real traffic are what the clients counted themselves', async () => {
  const site = createSite({ seed: 3 });
  try {
    await site.traffic.runtime.start(spec('web-1', 'healthy'));
    await site.traffic.runtime.start(spec('web-2', 'errors-20_slow-50'));
    site.split = { 'web-1': 60, 'web-2': 40 };
    const station = createStation({ now: Date.now });
    site.traffic.onRequest((entry) => station.record(entry));
    const url = await site.traffic.urlFor('web', null);
    const load = startLoad({ url, requestsPerSecond: 150, poisson: true, seed: 2 });
    await until('300 answers', () => load.stats().answered >= 300);
    const seen = await load.stop();
    const interval = {
      'interval.startTime': new Date(Date.now() - 3_600_000).toISOString(),
      'interval.endTime': new Date(Date.now() + 3_600_000).toISOString(),
    };
    const counted = async (): Promise<Readonly<Record<string, number>>> =>
      totals(await station.ask(interval));
    const sum = (numbers: Readonly<Record<string, number>>): number =>
      Object.values(numbers).reduce((a, b) => a + b, 0);
    await until('everything has arrived', async () => sum(await counted()) >= seen.answered);
    expect(await counted()).toEqual({
      'web-1 200': seen.revisions['web-1']!.requests,
      'web-2 200': seen.revisions['web-2']!.statuses['200'],
      'web-2 500': seen.revisions['web-2']!.statuses['500'],
    });
    const listed = await station.ask({ ...interval, filter: LATENCY });
    for (const revision of ['web-1', 'web-2']) {
      // The clients' own time has the proxy's in it, and theirs; on a busy machine that is much.
      const theirs = seen.revisions[revision]!.meanLatencyMs;
      expect(meanLatency(listed, revision)).toBeGreaterThan(0);
      expect(meanLatency(listed, revision)).toBeLessThan(theirs);
    }
    expect(meanLatency(listed, 'web-2')).toBeGreaterThan(50);
  } finally {
    await site.stop();
  }
});

function meanLatency(listed: Listed, revision: string): number {
  let count = 0;
  let total = 0;
  for (const { resource, points = [] } of listed.timeSeries ?? []) {
    if (resource.labels['revision_name'] !== revision) continue;
    for (const { value } of points) {
      const requests = Number(value.distributionValue!.count);
      count += requests;
      total += requests * Number(value.distributionValue!.mean);
    }
  }
  return total / count;
}
