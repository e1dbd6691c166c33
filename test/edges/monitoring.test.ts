import { describe, expect, test } from 'vitest';

import { Problem } from '../../src/core/problem.ts';
import { at, counts, distribution, int, latencies, point } from './monitoring-answers.ts';
import { monitoring } from './monitoring-client.ts';
import type { Asked, Scripted } from './scripted-server.ts';

const isCount = (asked: Asked) => asked.query.get('filter')?.includes('request_count') === true;

const problemOf = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('it did not fail'),
    (error: unknown) => (error instanceof Problem ? error : expect.unreachable(String(error))),
  );

describe('the question', () => {
  test('three reads of raw points; nothing but equality in the filter', async () => {
    const { observe, asked } = await monitoring(() => ({ body: {} }));
    await observe();
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v3/projects/acme-shop/timeSeries',
      'GET /v3/projects/acme-shop/timeSeries',
      'GET /v3/projects/acme-shop/timeSeries',
    ]);
    const rest = ' AND resource.type="cloud_run_revision" AND resource.labels.service_name="web"';
    expect(asked.map(({ query }) => Object.fromEntries(query))).toEqual(
      ['request_count', 'request_latencies', 'container/memory/utilizations'].map((metric) => ({
        filter: `metric.type="run.googleapis.com/${metric}"${rest} AND resource.labels.location="europe-west1"`,
        'interval.startTime': '2026-11-20T15:04:00.000Z',
        'interval.endTime': '2026-11-20T15:14:00.000Z',
        view: 'FULL',
        pageSize: '2000',
      })),
    );
    expect(new Set(asked.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer t1']),
    );
  });

  test.each([
    ['project', { project: 'acme"shop' }],
    ['project', { project: '../../v1' }],
    ['region', { region: 'europe" OR metric.type="x' }],
    ['region', { region: 'europe/west1' }],
    ['service', { service: 'web" OR resource.labels.service_name!="web' }],
    ['service', { service: 'web\\' }],
    ['service', { service: '' }],
    ['service', { service: 'web\n' }],
  ])('a %s that is no name is never asked about: %j', async (subject, over) => {
    const { observe, asked } = await monitoring(() => ({ body: {} }), over);
    const problem = await problemOf(observe());
    expect(problem.code).toBe('bad-input');
    expect(problem.findings.map((finding) => finding.subject)).toEqual([subject]);
    expect(asked).toEqual([]);
  });

  test('a project of a domain keeps its colon', async () => {
    const project = 'example.com:shop';
    const { observe, asked } = await monitoring(() => ({ body: {} }), { project });
    await observe();
    expect(decodeURIComponent(asked[0]?.path ?? '')).toBe(
      '/v3/projects/example.com:shop/timeSeries',
    );
  });
});

describe('the answer', () => {
  test('becomes the table of minutes', async () => {
    const errors = { response_code: '500', response_code_class: '5xx' };
    const { observe } = await monitoring((asked) => ({
      body: {
        timeSeries: isCount(asked)
          ? [
              counts({ points: [point(1, int(11)), point(0, int(10))] }),
              counts({ labels: errors, points: [point(1, int(2))] }),
              counts({ revision: 'web-1', points: [point(1, int(201)), point(0, int(200))] }),
              counts({ revision: 'web-22', points: [point(1, int(7))] }),
            ]
          : [latencies({ points: [point(0, distribution([0, 4, 6]))] })],
      },
    }));
    const quiet = { errors: 0, clientErrors: 0, latency: null, memory: null };
    expect(await observe()).toEqual({
      from: at(0),
      to: at(10),
      history: [],
      log: null,
      complete: true,
      minutes: [
        {
          start: at(0),
          canary: {
            ...quiet,
            requests: 10,
            latency: { bounds: [1, 2, 4, 8], counts: [0, 4, 6, 0, 0] },
          },
          baseline: { ...quiet, requests: 200 },
        },
        {
          start: at(1),
          canary: { ...quiet, requests: 13, errors: 2 },
          baseline: { ...quiet, requests: 201 },
        },
      ],
    });
  });

  test.each([
    ['without the field', {}],
    ['with an empty list', { timeSeries: [], nextPageToken: '', executionErrors: [] }],
  ])('no traffic, %s, is complete and empty', async (_, body) => {
    const { observe } = await monitoring(() => ({ body }));
    expect(await observe()).toMatchObject({ minutes: [], complete: true });
  });

  test.each(['request_count', 'request_latencies'])(
    'execution errors of %s make it incomplete',
    async (metric) => {
      const { observe } = await monitoring(({ query }) => ({
        body: query.get('filter')?.includes(metric)
          ? { executionErrors: [{ code: 4, message: 'deadline' }] }
          : {},
      }));
      expect((await observe()).complete).toBe(false);
    },
  );

  test.each(['request_count', 'request_latencies'])(
    'an unreadable point of %s makes it incomplete',
    async (metric) => {
      const bad = { points: [point(0, { doubleValue: 'NaN' })] };
      const { observe } = await monitoring((asked) => ({
        body: {
          timeSeries: [
            isCount(asked) ? counts({ points: [point(0, int(1))] }) : latencies({}),
            ...(asked.query.get('filter')?.includes(metric)
              ? [isCount(asked) ? counts(bad) : latencies(bad)]
              : []),
          ],
        },
      }));
      expect((await observe()).complete).toBe(false);
    },
  );

  test.each<[string, unknown]>([
    ['an HTML page', '<html>'],
    ['an empty body', ''],
    ['truncated JSON', '{"timeSeries":['],
    ['a list', []],
    ['null', 'null'],
    ['series that are no list', { timeSeries: {} }],
    ['a page token that is no text', { nextPageToken: 7 }],
    ['execution errors that are no list', { executionErrors: 'none' }],
  ])('%s with status 200 is a bad answer', async (_, body) => {
    const { observe } = await monitoring(() => ({ body }));
    expect((await problemOf(observe())).code).toBe('bad-answer');
  });
});

describe('pages', () => {
  const page = (minute: number, nextPageToken: string) => ({
    timeSeries: [counts({ points: [point(minute, int(minute + 1))] })],
    nextPageToken,
  });

  test('are followed to the last one', async () => {
    const { observe, asked } = await monitoring((one) => {
      if (!isCount(one)) return { body: {} };
      return { body: one.query.get('pageToken') === null ? page(1, 'a/b+c=&') : page(0, '') };
    });
    const { minutes, complete } = await observe();
    expect(complete).toBe(true);
    expect(minutes.map(({ canary }) => canary?.requests)).toEqual([1, 2]);
    const pages = asked.filter(isCount).map(({ query }) => query);
    expect(pages.map((query) => query.get('pageToken'))).toEqual([null, 'a/b+c=&']);
    expect(new Set(pages.map((query) => query.get('filter'))).size).toBe(1);
  });

  test('without end are not followed for ever, and are incomplete', async () => {
    const { observe, asked } = await monitoring((one) =>
      isCount(one) ? { body: page(0, 'more') } : { body: {} },
    );
    expect((await observe()).complete).toBe(false);
    expect(asked.filter(isCount)).toHaveLength(60);
  });

  test('are small enough to be read, written as widely as Google writes', async () => {
    const { observe, asked } = await monitoring(() => ({ body: {} }));
    await observe();
    const size = Number(asked[0]!.query.get('pageSize'));
    const busy = distribution(Array.from({ length: 67 }, () => 1_234_567));
    const points = Array.from({ length: size }, (_, i) => point(i, busy));
    const text = JSON.stringify({ timeSeries: [latencies({ points })] }, null, 2);
    expect(Buffer.byteLength(text)).toBeLessThan(8 * 1024 * 1024);
  });

  test('a missing page makes it incomplete', async () => {
    const { observe } = await monitoring((one) => {
      if (!isCount(one)) return { body: {} };
      return one.query.get('pageToken') === null ? { body: page(0, 'more') } : { status: 503 };
    });
    expect(await observe()).toMatchObject({ complete: false, minutes: [{ start: at(0) }] });
  });
});

describe('refusals', () => {
  test('a stale token is replaced once', async () => {
    const { observe, asked } = await monitoring(({ headers }) =>
      headers.authorization === 'Bearer t1' ? { status: 401 } : { body: {} },
    );
    expect((await observe()).complete).toBe(true);
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer t1',
      'Bearer t2',
      'Bearer t2',
      'Bearer t2',
    ]);
  });

  test('a fresh token that is refused as well is a problem of the credentials', async () => {
    const { observe, asked } = await monitoring(() => ({ status: 401 }));
    expect((await problemOf(observe())).code).toBe('bad-credentials');
    expect(asked).toHaveLength(2);
  });

  test('403 names the permission and the role, and is not tried again', async () => {
    const body = { error: { code: 403, message: 'hostile <text>', status: 'PERMISSION_DENIED' } };
    const { observe, asked } = await monitoring(() => ({ status: 403, body }));
    const problem = await problemOf(observe());
    expect(problem.code).toBe('denied');
    expect(problem.summary).toContain('monitoring.timeSeries.list');
    expect(problem.advice).toContain('roles/monitoring.viewer');
    expect(JSON.stringify(problem)).not.toContain('hostile');
    expect(asked).toHaveLength(1);
  });

  test.each<[string, Scripted | null, Problem['code']]>([
    ['429', { status: 429 }, 'unreachable'],
    ['500', { status: 500 }, 'unreachable'],
    ['503 with a page', { status: 503, body: '<html>' }, 'unreachable'],
    ['a closed connection', null, 'unreachable'],
    ['400', { status: 400 }, 'bad-answer'],
    ['404', { status: 404 }, 'bad-answer'],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 'bad-answer'],
  ])('%s is "%s"', async (_, answer, code) => {
    const { observe } = await monitoring(() => answer);
    expect((await problemOf(observe())).code).toBe(code);
  });

  test('a cancelled run gets no answer', async () => {
    const { observe, asked } = await monitoring(() => ({ body: {} }));
    const problem = await problemOf(observe(AbortSignal.abort()));
    expect(problem.code).toBe('unreachable');
    expect(asked).toEqual([]);
  });
});
