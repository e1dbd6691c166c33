import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import type { Call } from './contract.ts';
import { type OpenServer, openServer } from './server.ts';

let site: OpenServer;
afterEach(() => site.server.close());

/** A handler that shows the call it got. */
const mirror = (call: Call) =>
  call.path.startsWith('/mirror')
    ? { status: 200, body: { ...call, query: [...call.query] } }
    : null;

test('the handlers are asked in order, and the first answer counts', async () => {
  site = openServer(Date.now, [
    () => null,
    () => ({ status: 201, body: 'first' }),
    () => ({ status: 202 }),
  ]);
  const answer = await fetch(await site.server.listen());
  expect([answer.status, await answer.text()]).toEqual([201, 'first']);
});

test('a path nobody knows is 404', async () => {
  site = openServer(Date.now, [() => null]);
  expect((await fetch(await site.server.listen())).status).toBe(404);
});

test('the Date header is the clock of the sandbox', async () => {
  site = openServer(() => Date.UTC(2026, 10, 20, 15, 4, 31), [mirror]);
  const answer = await fetch(`${await site.server.listen()}/mirror`);
  expect(answer.headers.get('date')).toBe('Fri, 20 Nov 2026 15:04:31 GMT');
});

test('a call holds the encoded path, the query, the body and the base as the client named it', async () => {
  site = openServer(Date.now, [mirror]);
  const base = await site.server.listen();
  const answer = await fetch(`${base}/mirror/a%2Fb?x=1&x=2`, { method: 'POST', body: 'ü' });
  expect(await answer.json()).toMatchObject({
    method: 'POST',
    path: '/mirror/a%2Fb',
    query: [
      ['x', '1'],
      ['x', '2'],
    ],
    body: 'ü',
    base,
    host: new URL(base).host,
  });
});

test('an absolute request line, as a proxy gets it, names the host that was meant', async () => {
  site = openServer(Date.now, [mirror]);
  const { port } = new URL(await site.server.listen());
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  const target = 'http://us-central1-run.sandbox.test:18080/mirror?alt=json';
  socket.write(`GET ${target} HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n`);
  const answer = await text(socket);
  expect(JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1))).toMatchObject({
    host: 'us-central1-run.sandbox.test:18080',
    base: 'http://us-central1-run.sandbox.test:18080',
    path: '/mirror',
    query: [['alt', 'json']],
  });
});

test('several addresses lead to the same handlers', async () => {
  site = openServer(Date.now, [mirror]);
  const bases = [await site.server.listen(), await site.server.listen()];
  expect(new Set(bases).size).toBe(2);
  for (const base of bases) expect((await fetch(`${base}/mirror`)).status).toBe(200);
});

test('an address may speak TLS, beside the plain one', async () => {
  site = openServer(Date.now, [mirror]);
  const base = await site.server.listen({ tls: await selfSigned() });
  expect(base).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  const answer = get(`${base}/mirror`, { rejectUnauthorized: false });
  const [message]: IncomingMessage[] = await once(answer, 'response');
  expect(JSON.parse(await text(message!))).toMatchObject({ base, path: '/mirror' });
});

test('a body above 8 MiB breaks the connection', async () => {
  site = openServer(Date.now, [mirror]);
  const base = await site.server.listen();
  const body = 'x'.repeat(8 * 1024 * 1024 + 1);
  await expect(fetch(`${base}/mirror`, { method: 'POST', body })).rejects.toThrow('fetch failed');
  expect(site.journal.entries()).toHaveLength(0);
});

test('a mistake in a handler is told as one of the sandbox', async () => {
  site = openServer(Date.now, [
    () => {
      throw new Error('wrong');
    },
  ]);
  const answer = await fetch(await site.server.listen());
  expect([answer.status, await answer.json()]).toEqual([
    500,
    { sandbox: expect.stringContaining('Error: wrong') },
  ]);
});

async function selfSigned(): Promise<{ key: string; cert: string }> {
  const words =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout - -out - -days 1 -subj /CN=localhost';
  const { stdout } = await promisify(execFile)('openssl', words.split(' '));
  const at = stdout.indexOf('-----BEGIN CERTIFICATE-----');
  return { key: stdout.slice(0, at), cert: stdout.slice(at) };
}
