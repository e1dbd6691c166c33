import { afterEach, expect, test } from 'vitest';
import { type OpenServer, openServer } from './server.ts';

let site: OpenServer;
afterEach(() => site.server.close());

async function open() {
  site = openServer(() => 1_000, [(call) => ({ status: call.path === '/bad' ? 500 : 200 })]);
  return site.server.listen();
}

test('requests stand in the order of arrival, with what was sent and answered', async () => {
  const base = await open();
  await fetch(`${base}/one?a=1`, { method: 'PUT', body: '{"x":1}' });
  await fetch(`${base}/bad`);
  expect(site.journal.entries()).toMatchObject([
    { seq: 0, at: 1_000, method: 'PUT', path: '/one', query: 'a=1', body: '{"x":1}', status: 200 },
    { seq: 1, at: 1_000, method: 'GET', path: '/bad', query: '', body: '', status: 500 },
  ]);
});

test('a token is never kept, but two tokens can be told apart', async () => {
  const base = await open();
  for (const authorization of ['Bearer secret-1', 'Bearer secret-2', 'Bearer secret-1']) {
    await fetch(base, { headers: { authorization } });
  }
  await fetch(base);
  const [first, second, third, none] = site.journal.entries().map((entry) => entry.token);
  expect([first === third, first === second, none]).toEqual([true, false, null]);
  expect(JSON.stringify(site.journal.entries())).not.toContain('secret');
});

test('the body of a token exchange is not kept', async () => {
  const base = await open();
  await fetch(base, { method: 'POST', body: new URLSearchParams({ subject_token: 'secret' }) });
  expect(site.journal.entries()[0]?.body).toBe('');
});

test('the journal can be read over HTTP, from a place on, and does not hold its own reading', async () => {
  const base = await open();
  await fetch(`${base}/one`);
  await fetch(`${base}/two`);
  const answer = await fetch(`${base}/_sandbox/journal?from=1`);
  expect(await answer.json()).toMatchObject({ entries: [{ seq: 1, path: '/two' }] });
  expect(site.journal.entries()).toHaveLength(2);
});

test('waitFor sees what was, and what comes', async () => {
  const base = await open();
  const coming = site.journal.waitFor((entry) => entry.status === 500, 5_000);
  await fetch(`${base}/bad`);
  expect((await coming).path).toBe('/bad');
  expect((await site.journal.waitFor((entry) => entry.path === '/bad', 0)).seq).toBe(0);
});

test('waitFor skips what stands before the place it is told', async () => {
  const base = await open();
  await fetch(`${base}/one`);
  const later = site.journal.waitFor((entry) => entry.path === '/one', 5_000, 1);
  await fetch(`${base}/one`);
  expect((await later).seq).toBe(1);
});

test('waitFor gives up after its deadline', async () => {
  await open();
  await expect(site.journal.waitFor(() => true, 1)).rejects.toThrow('No such request within 1 ms.');
});
