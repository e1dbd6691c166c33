import { describe, expect, test } from 'vitest';

import type { Smoke } from '../../src/core/types.ts';
import { createClock } from '../../src/edges/clock.ts';
import { createHttp } from '../../src/edges/http.ts';
import { createProber } from '../../src/edges/probe.ts';
import type { ProbeOptions } from '../../src/edges/probe.ts';
import { scriptedServer } from './scripted-server.ts';
import type { Asked, Scripted } from './scripted-server.ts';

const never = new AbortController().signal;
const SMOKE: Smoke = {
  path: '/healthz?deep=1',
  statuses: [
    { from: 200, to: 299 },
    { from: 304, to: 304 },
  ],
  revisionHeader: null,
};

/** A hundred times quicker than the real one. */
function quickClock() {
  const real = createClock();
  return {
    sleep: (ms: number, signal: AbortSignal) => real.sleep(ms / 100, signal),
    monotonic: () => real.monotonic() * 100,
  };
}

async function canary(answer: (asked: Asked, index: number) => Scripted | null) {
  const { base, port, asked } = await scriptedServer(answer);
  const http = createHttp({ hurry: never, random: () => 0 });
  const probe = (smoke: Partial<Smoke> = {}, over: Partial<ProbeOptions> & { url?: string } = {}) =>
    createProber({ http, clock: quickClock(), loopbackAllowed: true, ...over }).probe(
      { url: over.url ?? base, revision: 'web-2', smoke: { ...SMOKE, ...smoke } },
      never,
    );
  return { base, port, asked, probe };
}

describe('the request', () => {
  test('is one GET of the path and query on the tag URL, without any token', async () => {
    const { probe, asked, port } = await canary(() => ({}));
    await probe();
    expect(asked).toHaveLength(1);
    const { method, path, query, headers } = asked[0]!;
    expect(`${method} ${path}?${query.toString()}`).toBe('GET /healthz?deep=1');
    expect(headers.host).toBe(`127.0.0.1:${port}`);
    expect(headers).not.toHaveProperty('authorization');
    expect(headers).not.toHaveProperty('cookie');
  });

  test.each(['//evil.example/x', '/@evil.example', '/\\evil.example', '/..//x', '/#x', '/\t/x'])(
    'the path %j cannot lead to another host',
    async (path) => {
      const { probe, asked, port } = await canary(() => ({}));
      expect((await probe({ path })).ok).toBe(true);
      expect(asked.map(({ headers }) => headers.host)).toEqual([`127.0.0.1:${port}`]);
    },
  );

  test.each(['', 'healthz', '@evil.example/', '.evil.example', ':1/', 'http://evil.example/'])(
    'the path %j does not begin with "/" and is not asked',
    async (path) => {
      const { probe, asked } = await canary(() => ({}));
      const result = await probe({ path });
      expect(result).toMatchObject({ ok: false, status: null });
      expect(result.why).toContain('smoke_path');
      expect(asked).toEqual([]);
    },
  );

  test('a path in the tag URL is not part of the probe', async () => {
    const { probe, asked, base } = await canary(() => ({}));
    await probe({}, { url: `${base}/else?x=1#y` });
    expect(asked.map(({ path }) => path)).toEqual(['/healthz']);
  });
});

describe('the answer', () => {
  test.each([200, 204, 299, 304])('status %i is accepted', async (status) => {
    const { probe } = await canary(() => ({ status }));
    const result = await probe();
    expect(result).toMatchObject({ ok: true, status });
    expect(result.why).toMatch(
      new RegExp(
        `^The smoke probe of /healthz on the canary was answered ${status} in \\d+ ms\\.$`,
      ),
    );
  });

  test.each([
    [301, 'Redirects'],
    [400, 'logs'],
    [401, 'run.invoker'],
    [403, 'run.invoker'],
    [404, 'ingress'],
    [500, 'logs'],
    [503, 'logs'],
  ])('status %i is not, and the advice speaks of %s', async (status, word) => {
    const { probe } = await canary(() => ({ status, body: 'hostile ::error::' }));
    const result = await probe();
    expect(result).toMatchObject({ ok: false, status });
    expect(result.why).toContain(`answered ${status}. `);
    expect(result.why).toContain(word);
    expect(result.why).not.toContain('hostile');
    expect(result.why).not.toContain('deep=1');
  });

  test('a status is judged by the plan alone, whatever it usually means', async () => {
    const { probe } = await canary(() => ({ status: 403 }));
    expect((await probe({ statuses: [{ from: 403, to: 403 }] })).ok).toBe(true);
  });

  test('a redirect is not followed, accepted or not', async () => {
    const other = await canary(() => ({}));
    const { probe, asked } = await canary(() => ({
      status: 302,
      headers: { location: `${other.base}/stolen` },
    }));
    expect((await probe()).ok).toBe(false);
    expect((await probe({ statuses: [{ from: 200, to: 399 }] })).ok).toBe(true);
    expect(asked).toHaveLength(2);
    expect(other.asked).toEqual([]);
  });

  test.each([
    [1024 * 1024, true],
    [1024 * 1024 + 1, false],
  ])('an answer of %i bytes: accepted is %s', async (size, ok) => {
    const { probe } = await canary(() => ({ body: 'x'.repeat(size) }));
    expect((await probe()).ok).toBe(ok);
  });

  test('the revision in the header must be the canary, to the letter', async () => {
    const { probe, asked } = await canary(() => ({ headers: { 'X-Revision': 'web-22' } }));
    const result = await probe({ revisionHeader: 'x-Revision' });
    expect(result).toMatchObject({ ok: false, status: 200 });
    expect(result.why).toContain('x-Revision does not say web-2:');
    expect(asked).toHaveLength(3);
  });

  test('an answer without the header proves nothing', async () => {
    const { probe } = await canary(() => ({}));
    expect((await probe({ revisionHeader: 'x-revision' })).ok).toBe(false);
  });

  test('a tag that still leads to the revision before is given a moment', async () => {
    const { probe } = await canary((_, index) => ({
      headers: { 'x-revision': index === 0 ? 'web-1' : 'web-2' },
    }));
    expect((await probe({ revisionHeader: 'X-REVISION' })).ok).toBe(true);
  });
});

describe('patience', () => {
  test.each<[string, Scripted | null]>([
    ['404', { status: 404 }],
    ['503', { status: 503 }],
    ['no answer', null],
  ])('%s may pass: it is tried three times, and the third may be good', async (_, bad) => {
    const { probe, asked } = await canary((_, index) => (index < 2 ? bad : {}));
    expect((await probe()).ok).toBe(true);
    expect(asked).toHaveLength(3);
  });

  test.each<[string, Scripted | null, number | null]>([
    ['404', { status: 404 }, 404],
    ['503', { status: 503 }, 503],
    ['no answer', null, null],
  ])('%s three times is a failure', async (_, bad, status) => {
    const { probe, asked } = await canary(() => bad);
    expect(await probe()).toMatchObject({ ok: false, status });
    expect(asked).toHaveLength(3);
  });

  test.each([301, 400, 401, 403, 500, 502])('status %i does not pass by itself', async (status) => {
    const { probe, asked } = await canary(() => ({ status }));
    expect((await probe()).ok).toBe(false);
    expect(asked).toHaveLength(1);
  });

  test('all tries together have a minute', async () => {
    let now = 0;
    const clock = { sleep: async () => {}, monotonic: () => now };
    const { probe, asked } = await canary(() => {
      now += 29_000;
      return { status: 503 };
    });
    expect((await probe({}, { clock })).ok).toBe(false);
    expect(asked).toHaveLength(2);
  });

  test('one try has ten seconds, and less when the minute is nearly over', async () => {
    let now = 0;
    const deadlines: number[] = [];
    const clock = { sleep: async () => {}, monotonic: () => now };
    const http = {
      ...createHttp({ hurry: never, random: () => 0 }),
      get: async ({ deadlineMs }: { readonly deadlineMs: number }) => {
        deadlines.push(deadlineMs);
        now += 27_000;
        return { kind: 'no-answer', why: 'nothing' } as const;
      },
    };
    const { probe } = await canary(() => ({}));
    await probe({}, { clock, http });
    expect(deadlines).toEqual([10_000, 10_000, 6_000]);
  });

  test('a cancelled run does not wait for the next try', async () => {
    const cancel = new AbortController();
    const { base, asked } = await canary(() => {
      cancel.abort();
      return { status: 503 };
    });
    const http = createHttp({ hurry: never, random: () => 0 });
    const prober = createProber({ http, clock: createClock(), loopbackAllowed: true });
    const target = { url: base, revision: 'web-2', smoke: SMOKE };
    const result = await prober.probe(target, cancel.signal);
    expect(result).toMatchObject({ ok: false, status: null });
    expect(result.why).toContain('cancelled');
    expect(asked).toHaveLength(1);
  });
});
