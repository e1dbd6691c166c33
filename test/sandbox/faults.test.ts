import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Fault } from './faults.ts';
import { type OpenServer, openServer } from './server.ts';

let site: OpenServer;
let base: string;
/** Effects on the "service": one per call that got through. */
let effects: number[];

beforeEach(async () => {
  effects = [];
  site = openServer(Date.now, [
    () => ({ status: 200, body: { effect: effects.push(Date.now()) } }),
  ]);
  base = await site.server.listen();
});
afterEach(() => site.server.close());

const call = (method = 'GET', path = '/thing') => fetch(`${base}${path}`, { method });
const meet = (fault: Fault) => site.faults.add({ match: {}, fault });

test('without a fault the effect happens once and is answered', async () => {
  expect(await (await call()).json()).toEqual({ effect: 1 });
});

test('status: the answer is replaced and nothing happens', async () => {
  meet({ kind: 'status', status: 429, headers: { 'retry-after': '30' }, body: { error: {} } });
  const answer = await call();
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '30']);
  expect(effects).toHaveLength(0);
});

test('status: a text is sent as HTML', async () => {
  meet({ kind: 'status', status: 503, body: '<html>busy</html>' });
  const answer = await call();
  expect([answer.headers.get('content-type'), await answer.text()]).toEqual([
    'text/html',
    '<html>busy</html>',
  ]);
});

test('status, applied: the answer is replaced, though it happened', async () => {
  meet({ kind: 'status', status: 500, applied: true });
  expect([(await call()).status, effects.length]).toEqual([500, 1]);
});

test('drop: nothing happens and the connection breaks', async () => {
  meet({ kind: 'drop' });
  await expect(call()).rejects.toThrow('fetch failed');
  expect(effects).toHaveLength(0);
});

test('lost: it happens and the connection breaks', async () => {
  meet({ kind: 'lost' });
  await expect(call()).rejects.toThrow('fetch failed');
  expect(effects).toHaveLength(1);
  expect(site.journal.entries()[0]).toMatchObject({
    fault: 'lost',
    status: null,
    effects: [200],
  });
});

test('late: the connection breaks now, and it happens later', async () => {
  meet({ kind: 'late', ms: 60 });
  const from = Date.now();
  await expect(call()).rejects.toThrow('fetch failed');
  expect(effects).toHaveLength(0);
  await expect.poll(() => effects.length).toBe(1);
  expect((effects[0] ?? 0) - from).toBeGreaterThanOrEqual(59);
});

test('dup: it happens twice and the second answer is seen', async () => {
  meet({ kind: 'dup' });
  expect(await (await call()).json()).toEqual({ effect: 2 });
});

test('empty: it happens, and the answer has no body', async () => {
  meet({ kind: 'empty' });
  const answer = await call();
  expect([answer.status, await answer.text(), effects.length]).toEqual([200, '', 1]);
});

test('truncated: it happens, and half the JSON arrives in a well-formed answer', async () => {
  meet({ kind: 'truncated' });
  const answer = await call();
  expect([answer.status, await answer.text(), effects.length]).toEqual([200, '{"effe', 1]);
});

test.each(['before', 'after'] as const)('delay: the time passes %s the effect', async (when) => {
  meet({ kind: 'delay', ms: 60, when });
  const from = Date.now();
  await call();
  expect(Date.now() - from).toBeGreaterThanOrEqual(59);
  expect((effects[0] ?? 0) - from >= 59).toBe(when === 'before');
});

test('a fault meets only calls that match it', async () => {
  const match = { method: 'PUT', pathIncludes: '/services/web?dryRun' };
  site.faults.add({ match, fault: { kind: 'status', status: 503 } });
  expect((await call('PUT', '/services/web')).status).toBe(200);
  expect((await call('GET', '/services/web?dryRun=all')).status).toBe(200);
  expect((await call('PUT', '/services/web?dryRun=all')).status).toBe(503);
});

test('a fault lets `skip` calls pass, meets `times`, and is then used up', async () => {
  site.faults.add({ match: {}, fault: { kind: 'status', status: 503 }, skip: 1, times: 2 });
  const seen = [];
  for (let index = 0; index < 4; index += 1) seen.push((await call()).status);
  expect(seen).toEqual([200, 503, 503, 200]);
  expect(site.faults.pending()).toEqual([]);
});

test('one call meets one fault, in the order they were given', async () => {
  meet({ kind: 'status', status: 500 });
  meet({ kind: 'status', status: 503 });
  expect([(await call()).status, (await call()).status]).toEqual([500, 503]);
});

test('faults are given and taken back over HTTP', async () => {
  const post = (body: object) =>
    fetch(`${base}/_sandbox/faults`, { method: 'POST', body: JSON.stringify(body) });
  const plan = { match: { method: 'GET' }, fault: { kind: 'status', status: 418 }, times: 2 };
  expect((await post(plan)).status).toBe(200);
  expect((await call()).status).toBe(418);
  await fetch(`${base}/_sandbox/faults`, { method: 'DELETE' });
  expect((await call()).status).toBe(200);
});

test.each([
  {},
  { fault: { kind: 'explode' } },
  { fault: { kind: 'status' } },
  { fault: { kind: 'late' } },
  { fault: { kind: 'delay', ms: 5 } },
  { fault: { kind: 'delay', ms: -1, when: 'after' } },
])('what is not a fault is refused: %j', async (plan) => {
  const body = JSON.stringify(plan);
  expect((await fetch(`${base}/_sandbox/faults`, { method: 'POST', body })).status).toBe(400);
  expect(site.faults.pending()).toEqual([]);
});
