import { describe, expect, test } from 'vitest';

import type { ProbeMethod, SmokeLine } from '../../src/core/smoke-types.ts';
import { aSmoke } from '../unit/build.ts';
import { canary, SMOKE } from './canary-fixture.ts';
import type { Scripted } from './scripted-server.ts';

function line(method: ProbeMethod, path: string, status: number | null = null): SmokeLine {
  return { method, path, statuses: status === null ? null : [{ from: status, to: status }] };
}

describe('the request', () => {
  test('is a GET of the path and query on the tag URL, without any token', async () => {
    const { probe, asked, port } = await canary(() => ({}));
    await probe();
    // The first answer is not counted.
    expect(asked).toHaveLength(1 + SMOKE.probes);
    for (const { method, path, query, headers } of asked) {
      expect(`${method} ${path}?${query.toString()}`).toBe('GET /healthz?deep=1');
      expect(headers.host).toBe(`127.0.0.1:${port}`);
      expect(headers).not.toHaveProperty('authorization');
      expect(headers).not.toHaveProperty('cookie');
    }
  });

  test.each(['//evil.example/x', '/@evil.example', '/\\evil.example', '/..//x', '/#x', '/\t/x'])(
    'the path %j cannot lead to another host',
    async (path) => {
      const { probe, asked, port } = await canary(() => ({}));
      expect((await probe({ lines: [line('GET', path)] })).ok).toBe(true);
      expect(new Set(asked.map(({ headers }) => headers.host))).toEqual(
        new Set([`127.0.0.1:${port}`]),
      );
    },
  );

  test.each(['', 'healthz', '@evil.example/', '.evil.example', ':1/', 'http://evil.example/'])(
    'the path %j does not begin with "/" and is not asked',
    async (path) => {
      const { probe, asked } = await canary(() => ({}));
      for (const lines of [[line('GET', path)], [line('GET', '/'), line('POST', path)]] as const) {
        const result = await probe({ lines });
        expect(result).toMatchObject({ ok: false, status: null });
        expect(result.why).toContain('smoke_path');
      }
      expect(asked).toEqual([]);
    },
  );

  test('a path in the tag URL is not part of the probe', async () => {
    const { probe, asked, base } = await canary(() => ({}));
    await probe({}, { url: `${base}/else?x=1#y` });
    expect(new Set(asked.map(({ path }) => path))).toEqual(new Set(['/healthz']));
  });

  test('what may be asked again shares the probes; what changes something is sent once, at the end', async () => {
    const { probe, asked } = await canary(() => ({}));
    const lines = [line('POST', '/a'), line('GET', '/b'), line('HEAD', '/c'), line('DELETE', '/d')];
    const [first, ...rest] = lines;
    const result = await probe({ lines: [first!, ...rest], probes: 7 });
    expect(result.why).toMatch(/^9 of 9 smoke probes of POST \/a, \/b, HEAD \/c and DELETE \/d on/);
    const names = asked.map(({ method, path, body }) => `${method} ${path}${body}`);
    expect(names.slice(0, -2).toSorted()).toEqual([
      ...Array.from({ length: 5 }, () => 'GET /b'),
      ...Array.from({ length: 3 }, () => 'HEAD /c'),
    ]);
    expect(names.slice(-2)).toEqual(['POST /a', 'DELETE /d']);
  });

  test('with nothing that may be asked again a GET finds out whether anybody answers', async () => {
    const { probe, asked } = await canary(({ method }) => ({
      status: method === 'GET' ? 405 : 201,
    }));
    expect((await probe({ lines: [line('POST', '/echo')] })).ok).toBe(true);
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /echo',
      'POST /echo',
    ]);
  });

  test('they come at the rate that was asked for, not all at once', async () => {
    let now = 0;
    const at: number[] = [];
    const clock = {
      monotonic: () => now,
      sleep: async (ms: number) => {
        now += ms;
      },
    };
    const http = {
      ask: async () => {
        at.push(now);
        return { kind: 'answer', status: 200, headers: {}, text: '', serverTime: null } as const;
      },
    };
    const { probe } = await canary(() => ({}));
    await probe({ probes: 5, rate: 4 }, { clock, http });
    expect(at).toEqual([0, 0, 250, 500, 750, 1_000]);
  });

  test('no more than 20 are under way at once', async () => {
    let most = 0;
    let open = 0;
    const { probe, http } = await canary(() => ({}));
    const slow = {
      ask: async (request: Parameters<typeof http.ask>[0]) => {
        open += 1;
        most = Math.max(most, open);
        const answer = await http.ask(request);
        open -= 1;
        return answer;
      },
    };
    const clock = { monotonic: () => 0, sleep: async () => {} };
    expect((await probe({ probes: 200, rate: 100 }, { clock, http: slow })).ok).toBe(true);
    expect(most).toBe(20);
  });
});

describe('the answer', () => {
  test.each([200, 204, 299, 304])('status %i is accepted', async (status) => {
    const { probe } = await canary(() => ({ status }));
    const result = await probe();
    expect(result).toMatchObject({ ok: true, status });
    expect(result.why).toMatch(
      /^10 of 10 smoke probes of \/healthz on the canary passed, half of them within \d+ ms\.$/,
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
    expect(result.why).toContain(`of /healthz on the canary was answered ${status}`);
    expect(result.why).toContain(word);
    expect(result.why).not.toContain('hostile');
    expect(result.why).not.toContain('deep=1');
  });

  test('a status is judged by the plan alone, whatever it usually means', async () => {
    const { probe } = await canary(() => ({ status: 403 }));
    expect((await probe({ statuses: [{ from: 403, to: 403 }] })).ok).toBe(true);
  });

  test('a path may have a status of its own', async () => {
    const { probe } = await canary(({ path }) => ({ status: path === '/none' ? 204 : 200 }));
    expect((await probe({ lines: [line('GET', '/'), line('GET', '/none', 204)] })).ok).toBe(true);
    const swapped = await probe({ lines: [line('GET', '/', 204), line('GET', '/none')] });
    expect(swapped.why).toMatch(/^The smoke probe of \/ on the canary was answered 200, and never/);
  });

  test('a redirect is not followed, accepted or not', async () => {
    const other = await canary(() => ({}));
    const { probe } = await canary(() => ({
      status: 302,
      headers: { location: `${other.base}/stolen` },
    }));
    expect((await probe()).ok).toBe(false);
    expect((await probe({ statuses: [{ from: 200, to: 399 }] })).ok).toBe(true);
    expect(other.asked).toEqual([]);
  });

  test.each([
    [1024 * 1024, true],
    [1024 * 1024 + 1, false],
  ])('an answer of %i bytes: accepted is %s', async (size, ok) => {
    const { probe } = await canary(() => ({ body: 'x'.repeat(size) }));
    expect((await probe({ probes: 3 })).ok).toBe(ok);
  });

  test('an answer of more than 8 MiB is not read to its end', async () => {
    const { probe } = await canary(() => ({ body: 'x'.repeat(9 * 1024 * 1024) }));
    const result = await probe({ probes: 3 });
    expect(result).toMatchObject({ ok: false, status: null });
    expect(result.why).toContain('larger than 8 MiB');
  });

  test('the revision in the header must be the canary, to the letter', async () => {
    const { probe } = await canary(() => ({ headers: { 'X-Revision': 'web-22' } }));
    const result = await probe({ revisionHeader: 'x-Revision' });
    expect(result).toMatchObject({ ok: false, status: 200 });
    expect(result.why).toContain('x-Revision does not say web-2,');
  });

  test('an answer without the header proves nothing', async () => {
    const { probe } = await canary(() => ({}));
    expect((await probe({ revisionHeader: 'x-revision' })).ok).toBe(false);
  });

  test('a tag that still leads to the revision before is given a moment', async () => {
    const { probe } = await canary((_, index) => ({
      headers: { 'x-revision': index < 2 ? 'web-1' : 'web-2' },
    }));
    expect((await probe({ revisionHeader: 'X-REVISION' })).why).toMatch(/^10 of 10 /);
  });

  test('the text must be in every answer that has a body', async () => {
    const { probe } = await canary(({ path }) => ({
      status: path === '/none' ? 204 : 200,
      body: path === '/none' ? '' : '{"ready": true}',
    }));
    const lines = [line('GET', '/'), line('HEAD', '/'), line('GET', '/none', 204)] as const;
    expect((await probe({ lines, body: '"ready": true' })).ok).toBe(true);
    const result = await probe({ lines, body: '"READY": true' });
    expect(result).toMatchObject({ ok: false, status: 200 });
    expect(result.why).toMatch(/^The smoke probe of \/ .*without the text of smoke_body/);
    expect(result.why).not.toContain('ready');
  });

  test('what Identity-Aware Proxy answers is not the canary, a login page included', async () => {
    const { probe } = await canary(() => ({
      status: 302,
      headers: { 'x-goog-iap-generated-response': 'true', location: 'https://accounts.example/' },
    }));
    const result = await probe({ statuses: [{ from: 200, to: 399 }], auth: 'none' });
    expect(result.ok).toBe(false);
    expect(result.why).toContain('Identity-Aware Proxy');
  });
});

describe('the verdict', () => {
  const failing = (count: number) => (_: unknown, index: number) =>
    // The first answer and one good probe come before.
    ({ status: index > 1 && index < 2 + count ? 500 : 200 });

  test.each([
    [50, 4, true],
    [50, 5, false],
    [10, 2, true],
    [10, 3, false],
  ])('of %i probes %i failed: passed is %s', async (probes, failed, ok) => {
    const { probe, asked } = await canary(failing(failed));
    const result = await probe({ probes });
    expect(result.ok).toBe(ok);
    if (ok) {
      expect(result.why).toContain(`${probes - failed} of ${probes} smoke probes`);
      expect(result.why).toContain(`Not too many failed: answered 500 (${failed}×).`);
      expect(asked).toHaveLength(probes + 1);
    } else {
      expect(result.why).toContain(`where ${failed} are too many: answered 500 (${failed}×). Look`);
      // No need to send the rest.
      expect(asked.length).toBeLessThanOrEqual(probes);
    }
  });

  test('a path that never passes fails at once, however many others do', async () => {
    const { probe, asked } = await canary(({ path }) => ({ status: path === '/bad' ? 500 : 200 }));
    const lines = ['/1', '/2', '/3', '/4', '/bad'].map((path) => line('GET', path));
    const result = await probe({ lines: [lines[0]!, ...lines.slice(1)], probes: 100, rate: 20 });
    expect(result).toMatchObject({ ok: false, status: 500 });
    expect(result.why).toBe(
      'The smoke probe of /bad on the canary was answered 500, and never passed in 3 tries. Look at the logs of the canary.',
    );
    expect(asked.length).toBeLessThan(40);
  });

  test('a path with fewer probes than tries gets the tries', async () => {
    const { probe, asked } = await canary((_, index) => ({ status: index === 2 ? 200 : 500 }));
    expect((await probe({ probes: 1 })).ok).toBe(true);
    expect(asked).toHaveLength(3);
  });

  test('what is sent once has one try, and no more is sent after it failed', async () => {
    const { probe, asked } = await canary(({ path }) => ({ status: path === '/a' ? 500 : 200 }));
    const lines = [line('GET', '/'), line('POST', '/a'), line('POST', '/b')] as const;
    const result = await probe({ lines });
    expect(result.why).toBe(
      'The smoke probe of POST /a on the canary was answered 500. Look at the logs of the canary.',
    );
    expect(asked.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  test('nothing that changes something is sent to a canary that has failed', async () => {
    const { probe, asked } = await canary(() => ({ status: 500 }));
    expect((await probe({ lines: [line('GET', '/'), line('POST', '/a')] })).ok).toBe(false);
    expect(asked.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  test('a canary too slow to be asked in two minutes has not passed', async () => {
    let now = 0;
    const clock = { sleep: async () => {}, monotonic: () => now };
    const { probe } = await canary(({ path }, index) => {
      now += index === 0 ? 0 : 130_000;
      return { status: path === '/1' ? 200 : 500 };
    });
    const lines = [line('GET', '/1'), line('GET', '/2')] as const;
    const result = await probe({ lines, probes: 2 }, { clock });
    expect(result.ok).toBe(false);
    expect(result.why).toContain('The smoke probe of /2 on the canary');
  });
});

describe('patience', () => {
  test.each<[string, Scripted | null]>([
    ['404', { status: 404 }],
    ['503', { status: 503 }],
    ['no answer', null],
  ])('%s may pass: it is tried three times before anything counts', async (_, bad) => {
    const { probe } = await canary((_, index) => (index < 2 ? bad : {}));
    expect((await probe()).why).toMatch(/^10 of 10 /);
  });

  test.each<[string, Scripted | null, number | null]>([
    ['404', { status: 404 }, 404],
    ['503', { status: 503 }, 503],
    ['no answer', null, null],
  ])('%s that stays is a failure', async (_, bad, status) => {
    const { probe, asked } = await canary(() => bad);
    expect(await probe()).toMatchObject({ ok: false, status });
    expect(asked.length).toBeGreaterThanOrEqual(3);
    expect(asked.length).toBeLessThanOrEqual(3 + 3 + 1);
  });

  test('429 is an instance that is not there yet: it has as long as a container may take to start', async () => {
    let now = 0;
    const clock = {
      monotonic: () => now,
      sleep: async (ms: number) => {
        now += ms;
      },
    };
    const late = await canary(() => ({ status: now < 200_000 ? 429 : 200 }));
    expect((await late.probe({}, { clock })).ok).toBe(true);
    now = 0;
    const never = await canary(() => ({ status: 429 }));
    const result = await never.probe({}, { clock });
    expect(result.why).toBe(
      'The smoke probe of /healthz on the canary was answered 429. Look at the logs of the canary.',
    );
    expect(now).toBeGreaterThan(230_000);
    expect(now).toBeLessThanOrEqual(240_000);
  });

  test('a try has ten seconds, and less when the time is nearly over', async () => {
    let now = 0;
    const deadlines: number[] = [];
    const clock = { sleep: async () => {}, monotonic: () => now };
    const http = {
      ask: async ({ deadlineMs }: { readonly deadlineMs: number }) => {
        deadlines.push(deadlineMs);
        now += 78_000;
        return { kind: 'no-answer', why: 'there was no complete answer in time' } as const;
      },
    };
    const { probe } = await canary(() => ({}));
    await probe({}, { clock, http });
    expect(deadlines).toEqual([10_000, 10_000, 10_000, 6_000]);
  });

  test('a cancelled run does not wait for the next try', async () => {
    const cancel = new AbortController();
    const { probe, asked } = await canary(() => {
      cancel.abort();
      return { status: 503 };
    });
    const result = await probe({}, { signal: cancel.signal });
    expect(result).toMatchObject({ ok: false, status: null });
    expect(result.why).toContain('cancelled');
    expect(asked).toHaveLength(1);
  });

  test('a cancelled run sends no more probes and hangs up on those under way', async () => {
    const cancel = new AbortController();
    const { probe, asked } = await canary((_, index) => {
      if (index === 5) cancel.abort();
      return index < 5 ? {} : 'hang';
    });
    const result = await probe({ probes: 100, rate: 20 }, { signal: cancel.signal });
    expect(result.why).toContain('cancelled');
    expect(asked.length).toBeLessThan(12);
  });
});

describe('a warm-up', () => {
  function virtualClock() {
    let now = 0;
    return {
      monotonic: () => now,
      sleep: async (ms: number) => {
        now += ms;
      },
    };
  }

  test('asks at the rate for as long as it is told, and judges nothing', async () => {
    const clock = virtualClock();
    const { warmUp, asked } = await canary((_, index) => ({ status: index === 0 ? 200 : 500 }));
    expect(await warmUp({ rate: 10 }, 3_000, { clock })).toEqual({
      why: 'Warm-up: 30 requests were sent to web-2, 30 were answered. None is judged.',
    });
    expect(clock.monotonic()).toBe(2_900);
    expect(asked).toHaveLength(1 + 30);
  });

  test('never sends what changes something', async () => {
    const { warmUp, asked } = await canary(() => ({}));
    const lines = [line('POST', '/a'), line('GET', '/b'), line('HEAD', '/c')] as const;
    await warmUp({ lines }, 2_000, { clock: virtualClock() });
    expect(new Set(asked.map(({ method, path }) => `${method} ${path}`))).toEqual(
      new Set(['GET /b', 'HEAD /c']),
    );
  });

  test('ends when the run is cancelled', async () => {
    const cancel = new AbortController();
    const { warmUp, asked } = await canary((_, index) => {
      if (index === 3) cancel.abort();
      return {};
    });
    await warmUp({ rate: 10 }, 60_000, { signal: cancel.signal });
    expect(asked.length).toBeLessThan(10);
  });

  test('of a canary that cannot be reached says why, and that is all', async () => {
    const { warmUp } = await canary(() => null);
    const { why } = await warmUp(aSmoke(), 2_000);
    expect(why).toMatch(/^No warm-up: The smoke probe of \/ on the canary got no answer/);
  });
});
