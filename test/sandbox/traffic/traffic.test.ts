import { afterEach, expect, test } from 'vitest';

import { startDependency } from './dependency.ts';
import { createSite, spec, until } from './fixture.ts';
import type { Site } from './fixture.ts';
import { startLoad } from './load.ts';
import type { TrafficOptions } from './traffic.ts';

let site: Site = createSite();

/** A site whose revisions (name → tag of the image) have been started. */
async function siteWith(
  images: Readonly<Record<string, string>>,
  o: Partial<TrafficOptions> = {},
): Promise<Site> {
  site = createSite(o);
  for (const [revision, tag] of Object.entries(images)) {
    await site.traffic.runtime.start(spec(revision, tag));
  }
  return site;
}

afterEach(() => site.stop());

async function ask(tag: string | null = null, path = '/'): Promise<Response> {
  const answer = await fetch((await site.traffic.urlFor('web', tag)) + path);
  await answer.text();
  return answer;
}

test('a URL stays the same, and each tag has its own', async () => {
  const { traffic } = await siteWith({});
  const urls = [await traffic.urlFor('web', null), await traffic.urlFor('web', 'canary')];
  expect(urls).toEqual([await traffic.urlFor('web', null), await traffic.urlFor('web', 'canary')]);
  expect(urls[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(urls[0]).not.toBe(urls[1]);
});

test('the split is honoured, and the log agrees with the clients about every request', async () => {
  const { traffic, entries } = await siteWith({ 'web-1': 'healthy', 'web-2': 'errors-30' });
  site.split = { 'web-1': 80, 'web-2': 20 };
  const url = await traffic.urlFor('web', null);
  const load = startLoad({ url, requestsPerSecond: 300, poisson: true, seed: 4 });
  await until('1,000 answers', () => load.stats().answered >= 1_000);
  const seen = await load.stop();

  expect(seen).toMatchObject({ failed: 0, inFlight: 0 });
  const share = (seen.revisions['web-2']?.requests ?? 0) / seen.answered;
  // Three standard deviations of a share of 20 %.
  expect(Math.abs(share - 0.2)).toBeLessThan(3 * Math.sqrt((0.2 * 0.8) / seen.answered));
  for (const [revision, { requests, statuses }] of Object.entries(seen.revisions)) {
    const logged = entries.filter((entry) => entry.revision === revision);
    expect(logged).toHaveLength(requests);
    expect(logged.filter(({ status }) => status === 500)).toHaveLength(statuses['500'] ?? 0);
  }
  expect(entries).toHaveLength(seen.answered);
});

test('a new split is used for the very next request', async () => {
  await siteWith({ 'web-1': 'healthy', 'web-2': 'healthy' });
  for (const revision of ['web-1', 'web-2', 'web-1']) {
    site.split = { [revision]: 100 };
    expect((await ask()).headers.get('x-revision')).toBe(revision);
  }
});

test('a request is logged with its way in, its revision and how long it took', async () => {
  let clock = 5_000;
  const { entries } = await siteWith({ 'web-1': 'median-20_slow-100' }, { now: () => clock });
  site.tags = { canary: 'web-1' };
  clock = 7_000;
  expect((await ask('canary', '/a%20b?secret=1')).status).toBe(200);
  expect(entries).toHaveLength(1);
  const { latencyMs, ...entry } = entries[0]!;
  expect(entry).toEqual({
    service: 'web',
    tag: 'canary',
    revision: 'web-1',
    method: 'GET',
    path: '/a%20b',
    status: 200,
    endedAt: 7_000,
  });
  expect(latencyMs).toBeGreaterThan(100);
});

test('a body goes through to the revision and a status comes back', async () => {
  await siteWith({ 'web-1': 'errors-100' });
  site.split = { 'web-1': 100 };
  const url = await site.traffic.urlFor('web', null);
  const answer = await fetch(url, { method: 'POST', body: 'x'.repeat(200_000) });
  expect(answer.status).toBe(500);
  expect(await answer.json()).toMatchObject({ revision: 'web-1' });
  expect(site.entries[0]).toMatchObject({ method: 'POST', status: 500 });
});

test('a request that reaches no container is refused and not logged', async () => {
  await siteWith({ 'web-1': 'healthy', 'web-2': 'crash' });
  expect((await ask()).status).toBe(404);
  expect((await ask('nobody')).status).toBe(404);
  site.split = { 'web-2': 100 };
  expect((await ask()).status).toBe(503);
  site.split = { 'never-started': 100 };
  expect((await ask()).status).toBe(503);
  expect(site.entries).toEqual([]);
});

test('a process that dies breaks its request, and the next one gets a new instance', async () => {
  await siteWith({ 'web-1': 'dies-under-load-3' });
  site.split = { 'web-1': 100 };
  const statuses: number[] = [];
  for (let i = 0; i < 6; i++) statuses.push((await ask()).status);
  expect(statuses).toEqual([200, 200, 503, 200, 200, 503]);
  expect(site.entries.map(({ status }) => status)).toEqual(statuses);
});

test('the start of a new instance is not part of the latency', async () => {
  await siteWith({ 'web-1': 'dies-under-load-2_median-1' });
  site.split = { 'web-1': 100 };
  await ask();
  await ask();
  const before = performance.now();
  expect((await ask()).status).toBe(200);
  const asSeen = performance.now() - before;
  expect(site.entries[2]!.latencyMs).toBeLessThan(asSeen - 20);
});

test('a hanging revision is cut off with 504, counted when it ends', async () => {
  await siteWith({ 'web-1': 'hang' }, { requestTimeoutMs: 200 });
  site.split = { 'web-1': 100 };
  expect((await ask()).status).toBe(504);
  expect(site.entries).toMatchObject([{ status: 504 }]);
  expect(site.entries[0]!.latencyMs).toBeGreaterThan(190);
});

test('a revision that depends on another service waits for it, and fails with it', async () => {
  const dependency = await startDependency();
  try {
    site = createSite();
    await site.traffic.runtime.start(spec('web-1', 'depends_median-1', dependency.env));
    site.split = { 'web-1': 100 };
    expect((await ask()).status).toBe(200);
    const asked: string[] = [];
    dependency.behave((revision) => {
      asked.push(revision);
      return { status: 503, delayMs: 100 };
    });
    expect((await ask()).status).toBe(500);
    expect(asked).toEqual(['web-1']);
    expect(site.entries.at(-1)!.latencyMs).toBeGreaterThan(95);
  } finally {
    await dependency.stop();
  }
  expect((await ask()).status).toBe(500);
});

test('the requests of a silent revision are answered and leave no trace', async () => {
  await siteWith({ 'web-1': 'silent' });
  site.split = { 'web-1': 100 };
  expect((await ask()).status).toBe(200);
  expect(site.entries).toEqual([]);
});

test('a load sends at the rate it was asked for, evenly or not, and counts what it sees', async () => {
  await siteWith({ 'web-1': 'median-1' });
  site.split = { 'web-1': 100 };
  const url = await site.traffic.urlFor('web', null);
  for (const poisson of [false, true]) {
    const before = performance.now();
    const load = startLoad({ url, requestsPerSecond: 200, poisson, seed: 9 });
    await until('300 sent', () => load.stats().sent >= 300);
    const seconds = (performance.now() - before) / 1_000;
    const stats = await load.stop();
    // Three standard deviations of a Poisson count of 300, as a share: 17 %.
    expect(Math.abs(stats.sent / seconds / 200 - 1)).toBeLessThan(0.17);
    expect(stats.statuses).toEqual({ '200': stats.sent });
    expect(stats.revisions['web-1']?.meanLatencyMs).toBeGreaterThan(0);
  }
});

test('a load turns away from five hundred that wait, so a machine that falls behind can come back', async () => {
  await siteWith({ 'web-1': 'hang' });
  site.split = { 'web-1': 100 };
  const url = await site.traffic.urlFor('web', null);
  const begun = performance.now();
  const load = startLoad({ url, requestsPerSecond: 2_000, poisson: false, seed: 1 });
  await until('a thousand were due', () => performance.now() > begun + 500);
  await until('as many as may wait do', () => load.stats().inFlight >= 500);
  expect(load.stats()).toMatchObject({ sent: 500, inFlight: 500 });
  await load.stop();
}, 20_000);

test('a stopped load hangs up on answers that never come; each is counted once, when it ends', async () => {
  await siteWith({ 'web-1': 'hang' });
  site.split = { 'web-1': 100 };
  const url = await site.traffic.urlFor('web', null);
  const load = startLoad({ url, requestsPerSecond: 100, poisson: false, seed: 1 });
  await until('ten under way', () => load.stats().inFlight >= 10);
  expect(site.entries).toEqual([]);
  const stats = await load.stop();
  expect(stats).toMatchObject({ answered: 0, failed: stats.sent, inFlight: 0, statuses: {} });
  await until('all are logged', () => site.entries.length >= stats.sent);
  await site.stop();
  expect(site.entries.map(({ status }) => status)).toEqual(Array(stats.sent).fill(499));
}, 20_000);
