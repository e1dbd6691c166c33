import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { createDeadline, createHttp } from '../../src/edges/http.ts';
import type { Http, HttpAnswer } from '../../src/edges/http.ts';
import { notAnswered, retryWait } from '../../src/edges/http-answer.ts';
import { NEVER, closedPort, loopback } from './loopback.ts';

const http = createHttp({ hurry: NEVER, random: () => 0 });
const TOKEN = 'Bearer ya29.very-secret';

function get(url: string, more: Partial<Parameters<Http['get']>[0]> = {}): Promise<HttpAnswer> {
  return http.get({
    url,
    headers: { authorization: TOKEN },
    deadlineMs: 5_000,
    retry: false,
    ...more,
  });
}

describe('what is sent and what comes back', () => {
  test('method, path, query, headers and body go out as given', async () => {
    const { base, received } = await loopback(() => ({ body: 'ok' }));
    const headers = { authorization: TOKEN, 'content-type': 'application/json' };
    const body = '{ "n": 1.0 }\n';
    await http.put({ url: `${base}/a/b?dryRun=all`, headers, deadlineMs: 5_000, body });
    await http.post({ url: `${base}/c%3Ad`, headers, deadlineMs: 5_000, body: 'ü' });
    await get(`${base}/e`);
    expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'PUT /a/b?dryRun=all',
      'POST /c%3Ad',
      'GET /e',
    ]);
    expect(received[0]!.body).toBe(body);
    expect(received[1]!.body).toBe('ü');
    expect(received[0]!.headers).toMatchObject(headers);
  });

  test('any status is an answer, with headers, text and the server time', async () => {
    const { base } = await loopback(() => ({
      status: 418,
      headers: { 'X-Odd': 'yes', date: 'Fri, 20 Nov 2026 15:04:31 GMT' },
      body: '{"a":1.0}',
    }));
    expect(await get(base)).toMatchObject({
      kind: 'answer',
      status: 418,
      headers: { 'x-odd': 'yes' },
      text: '{"a":1.0}',
      serverTime: Date.UTC(2026, 10, 20, 15, 4, 31),
    });
  });

  test.each(['', 'yesterday', '-5', '2026-11-20', 'Fri, 20 Nov 2026 15:04:31', '1e9'])(
    'row 50: the date %j is no server time',
    async (date) => {
      const { base } = await loopback(() => ({ headers: { date }, body: '' }));
      expect(await get(base)).toMatchObject({ kind: 'answer', serverTime: null });
    },
  );

  test('row 26: a redirect is an answer, and the token stays here', async () => {
    const other = await loopback(() => ({ body: 'stolen' }));
    const { base } = await loopback(() => ({ status: 307, headers: { location: other.base } }));
    expect(await get(base, { retry: true })).toMatchObject({ kind: 'answer', status: 307 });
    const put = { url: base, headers: { authorization: TOKEN }, deadlineMs: 5_000, body: '{}' };
    expect(await http.put(put)).toMatchObject({ kind: 'answer', status: 307 });
    expect(other.received).toEqual([]);
  });

  test('a pinned lookup decides where to connect', async () => {
    const { base, received } = await loopback(() => ({ body: 'here' }));
    const { port } = new URL(base);
    const asked: string[] = [];
    const lookup = async (hostname: string) => {
      asked.push(hostname);
      return { address: '127.0.0.1', family: 4 } as const;
    };
    const url = `http://canary.example.test:${port}/health`;
    const answer = await http.ask({ url, method: 'GET', headers: {}, deadlineMs: 5_000, lookup });
    expect(answer).toMatchObject({ kind: 'answer', text: 'here' });
    expect(asked).toEqual(['canary.example.test']);
    expect(received[0]!.headers.host).toBe(`canary.example.test:${port}`);
  });

  test.each(['HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'])(
    '%s is asked once, without a body, whatever comes back',
    async (method) => {
      const { base, received } = await loopback(() => ({ status: 503, body: 'x' }));
      const lookup = async () => ({ address: '127.0.0.1', family: 4 }) as const;
      const answer = await http.ask({ url: base, method, headers: {}, deadlineMs: 5_000, lookup });
      expect(answer).toMatchObject({ status: 503, text: method === 'HEAD' ? '' : 'x' });
      expect(received.map((one) => [one.method, one.body])).toEqual([[method, '']]);
      // Google's front end refuses a POST that says nothing of its length (RFC 9110, 15.5.12).
      const sized = ['POST', 'PUT', 'PATCH'].includes(method);
      if (sized) expect(received[0]!.headers['content-length']).toBe('0');
      expect(received[0]!.headers['transfer-encoding']).toBeUndefined();
    },
  );

  test('security 5.4: a pinned lookup is not handed to a proxy, which would look up for itself', async () => {
    onTestFinished(() => void vi.unstubAllEnvs());
    const proxy = await loopback(() => ({ body: 'through the proxy' }));
    const target = await loopback(() => ({ body: 'directly' }));
    for (const name of ['HTTP_PROXY', 'http_proxy']) vi.stubEnv(name, proxy.base);
    for (const name of ['NO_PROXY', 'no_proxy']) vi.stubEnv(name, '');
    const url = `http://canary.example.test:${new URL(target.base).port}/`;
    expect(await get(url)).toMatchObject({ text: 'through the proxy' });
    const lookup = async () => ({ address: '127.0.0.1', family: 4 }) as const;
    const pinned = { url, method: 'GET', headers: {}, deadlineMs: 5_000, lookup };
    expect(await http.ask(pinned)).toMatchObject({ text: 'directly' });
    expect(proxy.received).toHaveLength(1);
  });
});

describe('row 27: the other side cannot keep us', () => {
  test('a body of 100 MB is given up at 8 MiB', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'a');
    let sent = 0;
    const { base } = await loopback((_request, { response }) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && sent < 100) {
          sent += 1;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
      return null;
    });
    const answer = await get(base, { retry: true });
    expect(answer).toEqual({ kind: 'no-answer', why: 'the answer is larger than 8 MiB' });
    expect(sent).toBeLessThan(50);
  });

  test('a gzip bomb is given up at 8 MiB unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const { base } = await loopback((_request, { response }) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(bomb);
      return null;
    });
    expect(bomb.length).toBeLessThan(100_000);
    expect(await get(base)).toEqual({ kind: 'no-answer', why: 'the answer is larger than 8 MiB' });
  });

  test('a body that drips ends at the deadline', async () => {
    const { base } = await loopback((_request, { response }) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(drip));
      return null;
    });
    const answer = await get(base, { deadlineMs: 200 });
    expect(answer).toEqual({ kind: 'no-answer', why: 'there was no complete answer in time' });
  });

  test('a body that breaks off is no answer', async () => {
    const { base } = await loopback((_request, { response }) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"half":', () => response.destroy());
      return null;
    });
    expect(await get(base)).toMatchObject({ kind: 'no-answer' });
  });

  test('a call that was called off ends at once', async () => {
    const { base } = await loopback(() => null);
    const off = new AbortController();
    const waiting = get(base, { retry: true, signal: off.signal, deadlineMs: 60_000 });
    off.abort();
    expect(await waiting).toMatchObject({ kind: 'no-answer' });
  });
});

describe('repeating', () => {
  test.each([429, 500, 502, 503, 504])('a read is repeated after %i', async (status) => {
    const { base, received } = await loopback((_request, { index }) =>
      index < 2 ? { status } : { body: 'at last' },
    );
    expect(await get(base, { retry: true })).toMatchObject({ status: 200, text: 'at last' });
    expect(received).toHaveLength(3);
  });

  test.each([400, 401, 403, 404, 409])('a read is not repeated after %i', async (status) => {
    const { base, received } = await loopback(() => ({ status }));
    expect(await get(base, { retry: true })).toMatchObject({ status });
    expect(received).toHaveLength(1);
  });

  test('a read is repeated after a cut connection', async () => {
    const { base, received } = await loopback((_request, { index, response }) => {
      if (index > 0) return { body: 'back' };
      response.destroy();
      return null;
    });
    expect(await get(base, { retry: true })).toMatchObject({ text: 'back' });
    expect(received).toHaveLength(2);
  });

  test('eight tries are enough, and the last answer is handed back', async () => {
    const { base, received } = await loopback(() => ({ status: 503, body: 'busy' }));
    expect(await get(base, { retry: true })).toMatchObject({ status: 503, text: 'busy' });
    expect(received).toHaveLength(8);
  });

  test('nothing is repeated unless asked for', async () => {
    const { base, received } = await loopback(() => ({ status: 503 }));
    await get(base);
    expect(received).toHaveLength(1);
  });

  test.each(['put', 'post'] as const)('a %s is sent exactly once', async (method) => {
    const { base, received } = await loopback((_request, { index, response }) => {
      if (index === 0) return { status: 503, headers: { 'retry-after': '0' } };
      response.destroy();
      return null;
    });
    const request = { url: base, headers: {}, deadlineMs: 5_000, body: '{}' };
    expect(await http[method](request)).toMatchObject({ status: 503 });
    expect(await http[method](request)).toMatchObject({ kind: 'no-answer' });
    expect(received).toHaveLength(2);
  });

  test('the wait asked for is kept', async () => {
    const times: number[] = [];
    const { base } = await loopback((_request, { index }) => {
      times.push(performance.now());
      return index === 0 ? { status: 429, headers: { 'retry-after': '1' } } : { body: '' };
    });
    await get(base, { retry: true });
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990);
  });
});

describe('row 11: how long to wait', () => {
  const now = 'Fri, 20 Nov 2026 15:04:00 GMT';
  const limited = (retryAfter: string | undefined, date = now): HttpAnswer => ({
    kind: 'answer',
    status: 429,
    headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
    text: '',
    serverTime: date === '' ? null : Date.parse(date),
  });
  test.each([
    ['30', 30_000],
    ['Fri, 20 Nov 2026 15:04:20 GMT', 20_000],
    ['Fri, 20 Nov 2026 15:03:20 GMT', 0],
    ['Fri, 20 Nov 2036 15:03:20 GMT', 60_000],
    [undefined, 0],
    ['', 0],
    ['0', 0],
    ['1000000000', 60_000],
    ['99999999999999999999', 0],
    ['1e9', 0],
    ['-5', 0],
    ['soon', 0],
  ])('Retry-After %j without jitter is %i ms', (retryAfter, expected) => {
    expect(retryWait(limited(retryAfter), 1, 0)).toBe(expected);
  });

  test('a date means nothing without the clock it belongs to', () => {
    expect(retryWait(limited('Fri, 20 Nov 2026 15:04:20 GMT', ''), 1, 0)).toBe(0);
  });

  test('jitter comes on top, so that those who wait together do not come back together', () => {
    expect(retryWait(limited('30'), 1, 0.5)).toBe(30_500);
    expect(retryWait(limited('60'), 1, 0.5)).toBe(60_000);
  });

  test('the back-off grows by 1.3 from 1 s to 10 s, with full jitter', () => {
    const waits = [1, 2, 3, 20].map((failures) =>
      Math.round(retryWait(limited(undefined), failures, 1)),
    );
    expect(waits).toEqual([1_000, 1_300, 1_690, 10_000]);
    expect(retryWait({ kind: 'no-answer', why: '' }, 3, 0)).toBe(0);
  });
});

describe('a cancelled run hurries', () => {
  test('a call in flight has two seconds left', async () => {
    const hurry = new AbortController();
    const hurried = createHttp({ hurry: hurry.signal, random: () => 0 });
    const { base, received } = await loopback(() => {
      hurry.abort();
      return null;
    });
    const started = performance.now();
    const request = { url: base, headers: {}, deadlineMs: 20_000, body: '{}' };
    expect(await hurried.put(request)).toMatchObject({ kind: 'no-answer' });
    expect(performance.now() - started).toBeLessThan(3_500);
    expect(performance.now() - started).toBeGreaterThan(1_900);
    expect(received).toHaveLength(1);
  });

  test('a call that begins later has two seconds, all its tries together', async () => {
    const hurried = createHttp({ hurry: AbortSignal.abort(), random: () => 1 });
    const { base, received } = await loopback(() => ({ status: 503 }));
    const started = performance.now();
    const request = { url: base, headers: {}, deadlineMs: 20_000, retry: true };
    expect(await hurried.get(request)).toMatchObject({ kind: 'answer', status: 503 });
    expect(performance.now() - started).toBeLessThan(2_500);
    expect(received.length).toBeGreaterThan(1);
  });

  test('a polite pause ends, and the answer still comes', async () => {
    const hurry = new AbortController();
    const hurried = createHttp({ hurry: hurry.signal, random: () => 0 });
    const { base } = await loopback((_request, { index, response }) => {
      if (index > 0) return { body: 'now' };
      response.on('finish', () => setTimeout(() => hurry.abort(), 50));
      return { status: 429, headers: { 'retry-after': '30' } };
    });
    const started = performance.now();
    const request = { url: base, headers: {}, deadlineMs: 20_000, retry: true };
    expect(await hurried.get(request)).toMatchObject({ text: 'now' });
    expect(performance.now() - started).toBeLessThan(2_500);
  });

  test('other work is waited for no longer than allowed', async () => {
    const never = new Promise<string>(() => {});
    expect(await createDeadline(NEVER)(never, 50)).toEqual({ done: false });
    expect(await createDeadline(NEVER)(Promise.resolve('x'), 50)).toEqual({
      done: true,
      value: 'x',
    });
    const started = performance.now();
    expect(await createDeadline(AbortSignal.abort())(never, 60_000)).toEqual({ done: false });
    expect(performance.now() - started).toBeLessThan(3_000);
    await expect(createDeadline(NEVER)(Promise.reject(new Error('no')), 50)).rejects.toThrow('no');
  });
});

describe('security 2.3: nothing of a request comes out with a failure', () => {
  test('not the header, the query or the body', async () => {
    const closed = await closedPort();
    const cut = await loopback((_request, { response }) => {
      response.destroy();
      return null;
    });
    const unknown = 'http://no-such-host.invalid';
    const garbage = await loopback((_request, { response }) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end('this is not gzip');
      return null;
    });
    for (const base of [closed, cut.base, unknown, garbage.base]) {
      const request = {
        url: `${base}/p?key=hidden-query`,
        headers: { authorization: TOKEN },
        deadlineMs: 5_000,
        body: 'hidden-body',
      };
      const answer = await http.put(request);
      expect(answer.kind).toBe('no-answer');
      const shown = inspect(answer, { depth: null, showHidden: true }) + JSON.stringify(answer);
      expect(shown).not.toMatch(/very-secret|hidden/);
    }
  });

  test('row 28: a proxy that is not there is a refused connection', async () => {
    onTestFinished(() => void vi.unstubAllEnvs());
    for (const name of ['HTTPS_PROXY', 'https_proxy']) vi.stubEnv(name, await closedPort());
    expect(await get('https://us-central1-run.googleapis.com/', { retry: true })).toEqual({
      kind: 'no-answer',
      why: 'the connection was refused',
    });
  });

  test('a host that nobody knows is told apart: there may be no such region', () => {
    expect(notAnswered('ENOTFOUND').answer).toMatchObject({ cause: 'unknown-host' });
    expect(notAnswered('ECONNREFUSED').answer).not.toHaveProperty('cause');
  });

  test('a refused connection is said in plain words', async () => {
    expect(await get(await closedPort())).toEqual({
      kind: 'no-answer',
      why: 'the connection was refused',
    });
  });
});
