/** The request log as a source of errors: what is asked, and what becomes of the answers. */
import { describe, expect, test } from 'vitest';

import { at } from './monitoring-answers.ts';
import { Problem } from '../../src/core/problem.ts';
import { createErrorLogs } from '../../src/edges/logging.ts';
import { entry, holding, logging, row, windowOf } from './logging-server.ts';
import type { Entry } from './logging-server.ts';

describe('the question', () => {
  test('is one read of the request log of one service: server errors, and no more fields than needed', async () => {
    const { look, asked } = await logging(holding([]));
    await look(5);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      method: 'POST',
      path: '/v2/entries:list',
      headers: { authorization: 'Bearer t1', 'content-type': 'application/json' },
      body: {
        resourceNames: ['projects/acme-shop'],
        filter: [
          'logName="projects/acme-shop/logs/run.googleapis.com%2Frequests"',
          'resource.type="cloud_run_revision"',
          'resource.labels.service_name="web"',
          'resource.labels.location="europe-west1"',
          'httpRequest.status>=500',
          'receiveTimestamp>="2026-11-20T15:04:00.000Z"',
          'receiveTimestamp<"2026-11-20T15:08:00.000Z"',
          'timestamp>="2026-11-20T14:04:00.000Z"',
        ].join(' AND '),
        orderBy: 'timestamp asc',
        pageSize: 1_000,
      },
    });
    expect(asked[0]?.query.get('fields')).not.toMatch(/requestUrl|remoteIp|userAgent|payload/i);
  });

  test.each([
    ['project', { project: 'acme"shop' }],
    ['region', { region: 'europe" OR logName="x' }],
    ['service', { service: 'web\\' }],
  ])('a %s that is no name is never asked about', async (subject, over) => {
    const ref = { project: 'acme-shop', region: 'europe-west1', service: 'web', ...over };
    const create = () =>
      createErrorLogs({
        http: { get: unasked, put: unasked, post: unasked },
        tokens: { header: unasked, invalidate: () => undefined },
        endpoint: 'https://logging.googleapis.com',
        ref,
        clock: { monotonic: () => 0 },
        onNotice: () => undefined,
      });
    expect(create).toThrow(Problem);
    try {
      create();
    } catch (error) {
      expect(error instanceof Problem && error.findings.map((one) => one.subject)).toEqual([
        subject,
      ]);
    }
  });
});

const unasked = () => Promise.reject(new Error('Nothing is asked.'));

describe('rows', () => {
  test('hold what each side logged in them; a row without an error is a row of zeros', async () => {
    const { look, notices } = await logging(
      holding([
        ...row(0, 3),
        ...row(0, 2, { revision: 'web-1' }),
        ...row(2, 7, { revision: 'web-1' }),
      ]),
    );
    expect(await look(4)).toEqual({
      minutes: [
        { start: at(0), canary: 3, baseline: 2, capped: false },
        { start: at(1), canary: 0, baseline: 0, capped: false },
        { start: at(2), canary: 0, baseline: 7, capped: false },
      ],
    });
    expect(notices).toEqual([]);
  });

  test('the newest half row is left alone, and so is a row that reaches into it', async () => {
    const { look, asked } = await logging(holding(row(3, 5)));
    expect((await look(4.4))?.minutes).toHaveLength(3);
    expect(windowOf(asked[0]!).to).toBe(at(3));
    expect((await look(4.5))?.minutes.at(-1)).toMatchObject({ start: at(3), canary: 5 });
  });

  test('a request belongs to the row in which it ended: its entry bears the time of its start', async () => {
    const { look } = await logging(holding([entry(2.5, { status: 504, took: 300 })]));
    expect((await look(4))?.minutes.map(({ canary }) => canary)).toEqual([0, 0, 1]);
  });

  test('lie on the grid of the measured rows', async () => {
    const { look } = await logging(holding([entry(0.2), entry(0.4), entry(1.2), entry(1.3)]));
    const minutes = [{ start: at(0.25), canary: null, baseline: null }];
    expect((await look(5, { minutes }))?.minutes).toMatchObject([
      { start: at(0.25), canary: 2 },
      { start: at(1.25), canary: 1 },
      { start: at(2.25), canary: 0 },
      { start: at(3.25), canary: 0 },
    ]);
  });

  test('lie on the grid of the history while nothing is measured yet, and move with it', async () => {
    const { look } = await logging(holding([entry(0.4), entry(1.2), entry(2.1)]));
    const past = [{ start: at(-3.5), cell: { ...cellOf(0) }, share: 1 }];
    const counted = async (minutes: Parameters<typeof look>[1]) =>
      (await look(5, { past, ...minutes }))?.minutes.map(({ start, canary }) => [start, canary]);
    expect(await counted({ minutes: [] })).toEqual([
      [at(0.5), 1],
      [at(1.5), 1],
      [at(2.5), 0],
      [at(3.5), 0],
    ]);
    const minutes = [{ start: at(0.1), canary: null, baseline: null }];
    expect(await counted({ minutes })).toEqual([
      [at(0.1), 1],
      [at(1.1), 1],
      [at(2.1), 1],
      [at(3.1), 0],
    ]);
  });

  test('what was logged before the window is no part of it', async () => {
    const { look } = await logging(holding([entry(-0.5), entry(0.5), entry(1.5)]));
    const minutes = [{ start: at(1), canary: null, baseline: null }];
    expect((await look(4, { from: at(1), minutes }))?.minutes).toMatchObject([
      { start: at(1), canary: 1 },
      { start: at(2), canary: 0 },
    ]);
  });

  test.each<[string, Entry]>([
    ['another revision', entry(0.5, { revision: 'web-22' })],
    ['another service', entry(0.5, { labels: { service_name: 'api' } })],
    ['another region', entry(0.5, { labels: { location: 'europe-west2' } })],
    ['another log', entry(0.5, { over: { logName: 'projects/acme-shop/logs/x' } })],
    ['a client error', entry(0.5, { status: 499 })],
    ['another time', entry(99)],
  ])('an entry of %s that was not asked for is not counted', async (_, stray) => {
    const { look } = await logging(() => ({ body: { entries: [entry(0.5), stray] } }));
    expect((await look(4))?.minutes.map(({ canary }) => canary)).toEqual([1, 0, 0]);
  });

  test('an entry that is there twice counts once', async () => {
    const once = entry(0.5);
    const { look } = await logging(() => ({ body: { entries: [once, entry(0.5), once] } }));
    expect((await look(4))?.minutes[0]?.canary).toBe(2);
  });

  test('one id at two times is two entries', async () => {
    const entries = [entry(0.5, { insertId: 'a' }), entry(0.6, { insertId: 'a' })];
    const { look } = await logging(holding(entries));
    expect((await look(4))?.minutes[0]?.canary).toBe(2);
  });
});

const cellOf = (errors: number) => ({
  requests: 100,
  errors,
  clientErrors: 0,
  latency: null,
  memory: null,
});

describe('reading on', () => {
  test('each whole row is read once', async () => {
    const { look, asked } = await logging(holding([...row(0, 2), ...row(3, 4), ...row(4, 1)]));
    await look(4);
    await look(5);
    const log = await look(6);
    expect(asked.map(windowOf)).toEqual([
      { from: at(0), to: at(3) },
      { from: at(3), to: at(4) },
      { from: at(4), to: at(5) },
    ]);
    expect(log?.minutes.map(({ canary }) => canary)).toEqual([2, 0, 0, 4, 1]);
  });

  test('nothing new, nothing asked', async () => {
    const { look, asked } = await logging(holding(row(0, 2)));
    const first = await look(4);
    expect(await look(4.4)).toEqual(first);
    expect(asked).toHaveLength(1);
  });

  test('a window that begins later is a part of what was read', async () => {
    const { look, asked } = await logging(holding([...row(0, 2), ...row(2, 3)]));
    await look(5);
    const minutes = [{ start: at(2), canary: null, baseline: null }];
    expect((await look(5, { from: at(2), minutes }))?.minutes).toMatchObject([
      { start: at(2), canary: 3 },
      { start: at(3) },
    ]);
    expect(asked).toHaveLength(1);
  });

  test('a window that begins earlier is read from its beginning', async () => {
    const { look, asked } = await logging(holding([...row(-2, 2), ...row(0, 3)]));
    await look(4);
    const minutes = [{ start: at(-2), canary: null, baseline: null }];
    const log = await look(4, { from: at(-2), minutes });
    expect(log?.minutes.map(({ canary }) => canary)).toEqual([2, 0, 3, 0, 0]);
    expect(asked.map(windowOf)[1]).toEqual({ from: at(-2), to: at(3) });
  });

  test('another rollout is another log', async () => {
    const { look } = await logging(holding([...row(0, 2), ...row(0, 4, { revision: 'web-3' })]));
    expect((await look(4))?.minutes[0]?.canary).toBe(2);
    expect((await look(4, { canary: 'web-3' }))?.minutes[0]?.canary).toBe(4);
  });
});

describe('pages', () => {
  test('are followed to the last one, with the same question', async () => {
    const { look, asked } = await logging(holding([...row(0, 5), ...row(2, 4)], 2));
    expect((await look(4))?.minutes.map(({ canary }) => canary)).toEqual([5, 0, 4]);
    expect(asked.map(({ body }) => body.pageToken)).toEqual([undefined, '2', '4', '6', '8']);
    expect(new Set(asked.map(({ body }) => body.filter)).size).toBe(1);
  });

  test('may be empty and yet not the last one', async () => {
    const { look } = await logging((asked, index) =>
      index < 3 ? { body: { nextPageToken: `${index}` } } : holding(row(1, 6))(noToken(asked), 0),
    );
    expect((await look(4))?.minutes.map(({ canary }) => canary)).toEqual([0, 6, 0]);
  });

  test('of more than 5,000 entries in a row: the rest of that row is not worth reading', async () => {
    const { look, asked } = await logging(
      holding([...row(0, 3), ...row(1, 7_000), ...row(2, 4, { revision: 'web-1' })]),
    );
    const log = await look(4);
    expect(log?.minutes).toMatchObject([
      { canary: 3, baseline: 0, capped: false },
      { canary: 5_000, baseline: 0, capped: true },
      { canary: 0, baseline: 4, capped: false },
    ]);
    expect(asked.length).toBeLessThanOrEqual(20);
    await look(5);
    expect(windowOf(asked.at(-1)!)).toEqual({ from: at(3), to: at(4) });
  });

  test('of exactly 5,000 entries in a row are all of them', async () => {
    const { look } = await logging(holding(row(0, 5_000)));
    expect((await look(4))?.minutes[0]).toMatchObject({ canary: 5_000, capped: false });
  });

  test('without end are not followed for ever, and nothing is taken from them', async () => {
    const { look, asked, notices } = await logging((_, index) => ({
      body: { nextPageToken: `page ${index}` },
    }));
    expect(await look(4)).toBeNull();
    expect(asked).toHaveLength(20);
    expect(notices).toEqual([expect.stringContaining('more errors than one look may read')]);
  });

  test('that are slow are not waited for: the look has other things to do', async () => {
    const { look, asked, clock } = await logging((_, index) => {
      clock.now += 8_000;
      return { body: { nextPageToken: `page ${index}` } };
    });
    expect(await look(4)).toBeNull();
    expect(asked).toHaveLength(3);
  });

  test('that were too many for one look are read on at the next, and the log is used then', async () => {
    const all = Array.from({ length: 8 }, (_, minute) => row(minute, 3_000)).flat();
    const { look, asked } = await logging(holding(all));
    expect(await look(9)).toBeNull();
    expect(asked).toHaveLength(20);
    const log = await look(9);
    expect(log?.minutes.map(({ canary }) => canary)).toEqual(Array(8).fill(3_000));
    expect(windowOf(asked[20]!).from).toBe(at(5));
  });
});

const noToken = (asked: Parameters<ReturnType<typeof holding>>[0]) => ({
  ...asked,
  body: { ...asked.body, pageToken: '0' },
});
