import { describe, expect, test } from 'vitest';

import { callOf, createArchive, REQUESTS } from './fixture.ts';
import type { Archive, Listed } from './fixture.ts';

const statuses = ({ entries = [] }: Listed) => entries.map(({ httpRequest }) => httpRequest.status);

test('an entry looks as Cloud Run writes it: it bears the time of the start, and is received at the end', async () => {
  const archive = createArchive();
  archive.at = 2_000;
  archive.serve({ status: 503, latencyMs: 1_500.25 });
  expect(await archive.list()).toEqual({
    entries: [
      {
        insertId: expect.stringMatching(/^[0-9a-f]{24}$/),
        httpRequest: {
          requestMethod: 'GET',
          requestUrl: 'https://web.sandbox.example/cart',
          status: 503,
          userAgent: 'visitor',
          remoteIp: '203.0.113.7',
          latency: '1.500250000s',
          protocol: 'HTTP/1.1',
        },
        resource: {
          type: 'cloud_run_revision',
          labels: {
            project_id: 'demo',
            service_name: 'web',
            revision_name: 'web-1',
            location: 'us-central1',
            configuration_name: 'web',
          },
        },
        timestamp: '2026-11-20T12:00:00.499750000Z',
        severity: 'ERROR',
        logName: 'projects/demo/logs/run.googleapis.com%2Frequests',
        trace: expect.stringMatching(/^projects\/demo\/traces\/[0-9a-f]{32}$/),
        receiveTimestamp: '2026-11-20T12:00:02.000000000Z',
      },
    ],
  });
});

test('nothing found: the key is absent, not empty', async () => {
  expect(await createArchive().list()).toEqual({});
});

test('ids differ, and severity follows the status', async () => {
  const archive = createArchive();
  for (const status of [200, 404, 500]) archive.serve({ status });
  const { entries = [] } = await archive.list();
  expect(new Set(entries.map(({ insertId }) => insertId)).size).toBe(3);
  expect(entries.map(({ severity }) => severity).toSorted()).toEqual(['ERROR', 'INFO', 'WARNING']);
});

describe('who may read', () => {
  test('nobody without a token', async () => {
    const { handler } = createArchive();
    expect(await handler({ ...callOf('/v2/entries:list'), headers: {} })).toMatchObject({
      status: 401,
      body: { error: { status: 'UNAUTHENTICATED' } },
    });
  });

  test('a caller without the permission is told its name, and it can be granted', async () => {
    let isGranted = false;
    const archive = createArchive({ holds: () => isGranted });
    expect(await archive.ask()).toMatchObject({
      status: 403,
      body: {
        error: {
          status: 'PERMISSION_DENIED',
          message: 'Permission logging.logEntries.list denied (or the resource may not exist).',
        },
      },
    });
    isGranted = true;
    expect((await archive.ask()).status).toBe(200);
  });

  test('another project is one without permission', async () => {
    const resourceNames = ['projects/demo', 'projects/other'];
    expect((await createArchive().ask({ resourceNames })).status).toBe(403);
  });

  test('other paths and methods belong to somebody else', async () => {
    const { handler } = createArchive();
    expect(await handler(callOf('/v2/entries:write'))).toBeNull();
    expect(await handler({ ...callOf('/v2/entries:list'), method: 'GET' })).toBeNull();
  });
});

describe('the filter', () => {
  async function busy(): Promise<Archive> {
    const archive = createArchive();
    for (const [at, revision, status] of [
      [1_000, 'web-1', 200],
      [2_000, 'web-2', 500],
      [3_000, 'web-1', 503],
      [4_000, 'web-2', 404],
    ] as const) {
      archive.at = at;
      archive.serve({ revision, status });
    }
    return archive;
  }
  test.each([
    ['', [200, 500, 503, 404]],
    [REQUESTS, [200, 500, 503, 404]],
    ['logName="projects/demo/logs/run.googleapis.com%2Fstderr"', []],
    ['httpRequest.status>=500', [500, 503]],
    ['httpRequest.status>500', [503]],
    ['httpRequest.status<404', [200]],
    ['httpRequest.status<=404', [200, 404]],
    ['httpRequest.status=404', [404]],
    ['httpRequest.status!=200', [500, 503, 404]],
    ['resource.labels.revision_name="web-2"', [500, 404]],
    ['resource.labels.colour="red"', []],
    ['resource.labels.colour!="red"', [200, 500, 503, 404]],
    ['resource.type="cloud_run_revision" severity=ERROR', [500, 503]],
    ['resource.type="CLOUD_RUN_REVISION" AND severity="error"', [500, 503]],
    ['timestamp>="2026-11-20T12:00:02Z"', [503, 404]],
    ['receiveTimestamp>="2026-11-20T12:00:02Z"', [500, 503, 404]],
    ['receiveTimestamp<"2026-11-20T12:00:03Z"', [200, 500]],
    ['receiveTimestamp>"2026-11-20T12:00:02.999999999Z"', [503, 404]],
    ['receiveTimestamp<"2026-11-20T13:00:03.000000001+01:00"', [200, 500, 503]],
  ])('%s', async (filter, found) => {
    expect(statuses(await (await busy()).list({ filter }))).toEqual(found);
  });

  test.each([
    ['an unknown field', 'resource.labels.a.b="x"', 'no field'],
    ['another payload', 'textPayload:"x"', 'syntax error'],
    ['OR', 'severity=ERROR OR severity=INFO', 'expected a field, found "OR"'],
    ['NOT', 'NOT severity=ERROR', 'expected a field, found "NOT"'],
    ['AND at the end', 'severity=ERROR AND', 'found "the end"'],
    ['no value', 'severity=', 'expected a value'],
    ['no comparison', 'severity', 'expected a comparison'],
    ['two comparisons', 'severity==ERROR', 'expected a value'],
    ['a quote left open', 'severity="ERROR', 'syntax error'],
    ['a time that is none', 'timestamp>="yesterday"', 'is no time'],
    ['a status that is none', 'httpRequest.status>="5xx"', 'is no number'],
  ])('refuses %s', async (_, filter, why) => {
    const answer = await createArchive().ask({ filter });
    expect(answer).toMatchObject({ status: 400, body: { error: { status: 'INVALID_ARGUMENT' } } });
    expect(JSON.stringify(answer.body).replaceAll('\\"', '"')).toContain(why);
  });
});

describe('a question the API refuses is refused', () => {
  test.each<[string, unknown, string]>([
    ['no JSON', '{', 'Invalid JSON payload'],
    ['a list', '[]', 'Invalid JSON payload'],
    ['an unknown field', { colour: 'red' }, 'Unknown name "colour"'],
    ['no resource', { resourceNames: [] }, 'resource_names'],
    ['resources that are no texts', { resourceNames: [7] }, 'resource_names'],
    ['a filter that is no text', { filter: 7 }, 'a text was expected'],
    ['an unknown order', { orderBy: 'severity' }, 'order_by'],
    ['a negative page size', { pageSize: -1 }, 'page_size'],
    ['too large a page', { pageSize: 1_001 }, 'page_size'],
    ['half a page', { pageSize: 0.5 }, 'page_size'],
    ['a token made up', { pageToken: 'made-up' }, 'page_token'],
  ])('%s', async (_, body, why) => {
    const answer = await createArchive().ask(body);
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 400 } } });
    expect(JSON.stringify(answer.body)).toContain(why.replaceAll('"', '\\"'));
  });
});

describe('pages', () => {
  async function pages(archive: Archive, body: object): Promise<readonly Listed[]> {
    const read: Listed[] = [];
    let pageToken = '';
    do {
      const page = await archive.list({ ...body, pageToken });
      read.push(page);
      pageToken = page.nextPageToken ?? '';
    } while (pageToken !== '');
    return read;
  }

  function busy(): Archive {
    const archive = createArchive();
    for (archive.at of Array.from({ length: 7 }, (_, i) => i * 10)) archive.serve();
    return archive;
  }

  test('add up to the whole, oldest first or newest first', async () => {
    const archive = busy();
    const whole = (await archive.list()).entries ?? [];
    const read = await pages(archive, { pageSize: 3, orderBy: 'timestamp asc' });
    expect(read.map(({ entries }) => entries?.length)).toEqual([3, 3, 1]);
    expect(read.flatMap(({ entries = [] }) => entries)).toEqual(whole);
    const newest = await pages(archive, { pageSize: 5, orderBy: 'timestamp desc' });
    expect(newest.flatMap(({ entries = [] }) => entries)).toEqual(whole.toReversed());
  });

  test('hold 50 entries if nothing is said', async () => {
    const archive = createArchive();
    for (let i = 0; i < 60; i += 1) archive.serve();
    expect((await archive.list()).entries).toHaveLength(50);
  });

  test('belong to the moment and the question of the first', async () => {
    const archive = busy();
    const { nextPageToken: pageToken = '' } = await archive.list({ pageSize: 4 });
    archive.at = 1_000;
    archive.serve();
    expect((await archive.list({ pageSize: 4, pageToken })).entries).toHaveLength(3);
    const other = { pageSize: 4, pageToken, filter: 'severity=ERROR' };
    await expect(archive.list(other)).rejects.toThrow('page_token');
  });
});

describe('a selection of fields', () => {
  test('is all that is sent', async () => {
    const archive = createArchive();
    archive.serve();
    archive.serve();
    const fields = 'entries(insertId,resource/labels/revision_name,httpRequest(status,latency))';
    const listed = await archive.list({ pageSize: 1 }, { fields });
    expect(listed).toEqual({
      entries: [
        {
          insertId: expect.any(String),
          resource: { labels: { revision_name: 'web-1' } },
          httpRequest: { status: 500, latency: '0.030000000s' },
        },
      ],
    });
    expect(await archive.list({ pageSize: 1 }, { fields: 'nextPageToken' })).toEqual({
      nextPageToken: expect.any(String),
    });
  });

  test.each(['', 'entries(', 'entries)', 'entries(,)', 'entries//x', 'entries;x', 'a,'])(
    'like "%s" is none',
    async (fields) => {
      expect((await createArchive().ask({}, { fields })).status).toBe(400);
    },
  );
});

describe('controls', () => {
  test('delay the receipt of one revision from then on', async () => {
    const archive = createArchive();
    archive.serve({ revision: 'web-1' });
    archive.controls.delay('web-2', 5_000);
    for (const revision of ['web-1', 'web-2']) archive.serve({ revision });
    archive.at = 4_999;
    expect((await archive.list()).entries).toHaveLength(2);
    archive.at = 5_000;
    const { entries = [] } = await archive.list();
    const late = entries.filter(({ resource }) => resource.labels['revision_name'] === 'web-2');
    expect(late.map((entry) => entry.receiveTimestamp)).toEqual(['2026-11-20T12:00:05.000000000Z']);
  });

  test('exclude a share of the entries', async () => {
    const archive = createArchive();
    archive.controls.exclude(0.75);
    for (let i = 0; i < 40; i += 1) archive.serve();
    expect((await archive.list()).entries).toHaveLength(10);
    archive.controls.exclude(1);
    archive.serve();
    expect((await archive.list()).entries).toHaveLength(10);
  });

  test('refuse as many reads as asked for the quota, and no more', async () => {
    const archive = createArchive();
    archive.controls.limit(1);
    expect(await archive.ask()).toMatchObject({
      status: 429,
      body: { error: { status: 'RESOURCE_EXHAUSTED' } },
    });
    expect((await archive.ask()).status).toBe(200);
  });
});
