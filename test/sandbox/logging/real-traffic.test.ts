import { afterEach, expect, test } from 'vitest';

import { createSite, spec, until } from '../traffic/fixture.ts';
import type { Site } from '../traffic/fixture.ts';
import { startLoad } from '../traffic/load.ts';
import { createArchive } from './fixture.ts';
import type { Archive } from './fixture.ts';

let site: Site;
afterEach(() => site.stop());

async function siteWith(images: Readonly<Record<string, string>>): Promise<Archive> {
  site = createSite({ seed: 3 });
  for (const [revision, tag] of Object.entries(images)) {
    await site.traffic.runtime.start(spec(revision, tag));
  }
  const archive = createArchive({ now: Date.now });
  site.traffic.onLogged((entry) => archive.record(entry));
  return archive;
}

/** All entries, by revision and status. */
async function counted(archive: Archive): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  const { entries = [] } = await archive.list({ pageSize: 1_000 });
  for (const { resource, httpRequest } of entries) {
    const key = `${resource.labels['revision_name']} ${httpRequest.status}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

test('the log of real traffic is what the clients counted themselves', async () => {
  const archive = await siteWith({ 'web-1': 'healthy', 'web-2': 'errors-30' });
  site.split = { 'web-1': 60, 'web-2': 40 };
  const url = await site.traffic.urlFor('web', null);
  const load = startLoad({ url, requestsPerSecond: 150, poisson: true, seed: 2 });
  await until('200 answers', () => load.stats().answered >= 200);
  const { revisions } = await load.stop();
  expect(await counted(archive)).toEqual({
    'web-1 200': revisions['web-1']!.requests,
    'web-2 200': revisions['web-2']!.statuses['200'],
    'web-2 500': revisions['web-2']!.statuses['500'],
  });
});

test('a request that finds no instance is logged, though no metric counts it', async () => {
  const archive = await siteWith({ 'web-1': 'crash' });
  site.split = { 'web-1': 100 };
  const answer = await fetch(await site.traffic.urlFor('web', null));
  expect(answer.status).toBe(503);
  expect(await counted(archive)).toEqual({ 'web-1 503': 1 });
  expect(site.entries).toEqual([]);
});

test('a revision whose metrics are lost is logged all the same', async () => {
  const archive = await siteWith({ 'web-1': 'silent' });
  site.split = { 'web-1': 100 };
  await (await fetch(`${await site.traffic.urlFor('web', null)}/cart?token=secret`)).text();
  expect(await counted(archive)).toEqual({ 'web-1 200': 1 });
  expect(site.entries).toEqual([]);
});

test('entries end when their requests do', async () => {
  const archive = await siteWith({ 'web-1': 'slow-200' });
  site.split = { 'web-1': 100 };
  await (await fetch(await site.traffic.urlFor('web', null))).text();
  const [entry] = (await archive.list()).entries ?? [];
  const took = Date.parse(entry!.receiveTimestamp) - Date.parse(entry!.timestamp);
  expect(took).toBeGreaterThanOrEqual(200);
});
