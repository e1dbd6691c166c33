/** Whatever becomes of the log, a look goes on; and no rollout is judged by two sources in turn. */
import { describe, expect, test } from 'vitest';

import {
  cell,
  entry,
  holding,
  logging,
  pastWith,
  row,
  visibleAt,
  windowOf,
} from './logging-server.ts';
import type { Answerer } from './logging-server.ts';
import { at } from './monitoring-answers.ts';
import type { Scripted } from './scripted-server.ts';

const DENIED = {
  status: 403,
  body: { error: { code: 403, message: 'hostile <text>', status: 'PERMISSION_DENIED' } },
};

describe('who may not read the log', () => {
  test('is told once which role would help, and is not asked about it again', async () => {
    const { look, asked, notices } = await logging(() => DENIED);
    expect([await look(4), await look(5), await look(6)]).toEqual([null, null, null]);
    expect(asked).toHaveLength(1);
    expect(notices).toEqual([expect.stringMatching(/logging\.logEntries\.list.*logging\.viewer/)]);
    expect(notices[0]).not.toContain('hostile');
  });

  test('is not asked in another rollout of this process either', async () => {
    const { look, asked } = await logging(() => DENIED);
    await look(4);
    expect(await look(4, { canary: 'web-3' })).toBeNull();
    expect(asked).toHaveLength(1);
  });

  test('any more uses the counters from then on', async () => {
    const whole = holding(row(0, 2));
    const { look, notices } = await logging((asked, i) => (i === 0 ? whole(asked, i) : DENIED));
    expect(await look(4)).not.toBeNull();
    expect([await look(5), await look(6)]).toEqual([null, null]);
    expect(notices).toEqual([expect.stringContaining('logging.viewer')]);
  });

  test.each([400, 404, 302])('an answer of %i is one for good, too', async (status) => {
    const { look, asked, notices } = await logging(() => ({ status }));
    expect([await look(4), await look(5)]).toEqual([null, null]);
    expect(asked).toHaveLength(1);
    expect(notices).toEqual([expect.stringContaining(`Cloud Logging answered ${status}.`)]);
  });
});

describe('a token', () => {
  test('that is stale is replaced once', async () => {
    const log = holding(row(0, 2));
    const { look, asked, notices } = await logging((one, i) =>
      one.headers.authorization === 'Bearer t1' ? { status: 401 } : log(one, i),
    );
    expect((await look(4))?.minutes[0]?.canary).toBe(2);
    expect(asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer t1', 'Bearer t2']);
    expect(notices).toEqual([]);
  });

  test('that is refused as well is a failure of this look', async () => {
    const { look, asked } = await logging(() => ({ status: 401 }));
    expect([await look(4), await look(5)]).toEqual([null, null]);
    expect(asked).toHaveLength(4);
  });
});

describe('a failure', () => {
  const good = entry(0.5);
  const one = (over: object) => ({ body: { entries: [good, { ...good, ...over }] } });
  test.each<[string, Scripted | null]>([
    ['500', { status: 500 }],
    ['503', { status: 503, body: '<html>' }],
    ['a closed connection', null],
    ['no JSON', { body: '<html>' }],
    ['an empty body', { body: '' }],
    ['truncated JSON', { body: '{"entries":[' }],
    ['a key given twice', { body: '{"entries":[],"entries":[]}' }],
    ['null', { body: 'null' }],
    ['a list', { body: [] }],
    ['entries that are no list', { body: { entries: {} } }],
    ['a page token that is no text', { body: { nextPageToken: 7 } }],
    ['an entry that is no object', { body: { entries: [7] } }],
    ['an entry without an id', one({ insertId: undefined })],
    ['an id that is no text', one({ insertId: 7 })],
    ['no time of receipt', one({ receiveTimestamp: undefined })],
    ['a time of receipt that is none', one({ receiveTimestamp: 'yesterday' })],
    ['a time that is a number', one({ receiveTimestamp: 1_795_000_000 })],
    ['no time stamp', one({ timestamp: undefined })],
    ['no request', one({ httpRequest: undefined })],
    ['a status that is text', one({ httpRequest: { status: '500' } })],
    ['no resource', one({ resource: null })],
    ['no revision', one({ resource: { labels: {} } })],
    ['more than 8 MiB', { body: { entries: ['x'.repeat(9_000_000)] } }],
  ])('%s: nothing is taken from it, and the next look asks again', async (_, answer) => {
    const whole = holding(row(0, 2));
    const { look, asked, notices } = await logging((one, i) => (i === 0 ? answer : whole(one, i)));
    expect(await look(4)).toBeNull();
    expect(notices).toEqual([expect.stringContaining('could not be read')]);
    expect((await look(5))?.minutes[0]?.canary).toBe(2);
    expect(asked).toHaveLength(2);
    expect(windowOf(asked[1]!)).toEqual({ from: at(0), to: at(4) });
  });

  test('of a later page takes the earlier ones with it', async () => {
    const paged = holding(row(0, 4), 2);
    let isDown = true;
    const { look } = await logging((one, i) =>
      one.body.pageToken === '2' && isDown ? { status: 503 } : paged(one, i),
    );
    expect(await look(4)).toBeNull();
    isDown = false;
    expect((await look(4))?.minutes[0]?.canary).toBe(4);
  });

  test('is said once however often it comes', async () => {
    const { look, notices } = await logging(() => ({ status: 503 }));
    for (const now of [4, 5, 6, 7]) expect(await look(now)).toBeNull();
    expect(notices).toHaveLength(1);
  });

  test('of a cancelled run is not even said', async () => {
    const { look, cancel, notices } = await logging(holding([]));
    cancel.abort();
    expect(await look(4)).toBeNull();
    expect(notices).toEqual([]);
  });
});

describe('one source for all rows of a rollout', () => {
  /** Good at first, then down from the second look on. */
  const dying: Answerer = (asked, i) =>
    i === 0 ? holding([...row(0, 2), ...row(2, 1)])(asked, i) : { status: 503 };

  test('what was read is used as long as it covers every row that was measured', async () => {
    const { look, notices } = await logging(dying);
    await look(4);
    const log = await look(6, { minutes: visibleAt(6) });
    expect(log?.minutes.map(({ canary }) => canary)).toEqual([2, 0, 1]);
    expect(notices).toEqual([]);
  });

  test('after that the counters are, and for the rest of the rollout', async () => {
    let isDown = false;
    const whole = holding(row(0, 2));
    const { look, asked, notices } = await logging((one, i) =>
      isDown ? { status: 503 } : whole(one, i),
    );
    await look(4);
    isDown = true;
    expect(await look(7)).toBeNull();
    isDown = false;
    const reads = asked.length;
    expect(await look(8)).toBeNull();
    expect(asked).toHaveLength(reads);
    expect(notices).toEqual([expect.stringContaining('For the rest of this rollout')]);
  });

  test('a log that comes late is taken for all rows from the beginning', async () => {
    let isDown = true;
    const whole = holding([...row(0, 2), ...row(3, 1)]);
    const { look } = await logging((one, i) => (isDown ? { status: 503 } : whole(one, i)));
    await look(6);
    isDown = false;
    expect((await look(7))?.minutes.map(({ canary }) => canary)).toEqual([2, 0, 0, 1, 0, 0]);
  });
});

describe('over the quota of reads', () => {
  const LIMITED = { status: 429, headers: { 'retry-after': '1' } };

  test('it is left alone for a minute and a half, then for twice as long', async () => {
    const { look, asked, notices } = await logging(() => LIMITED);
    const reads: number[] = [];
    for (let now = 4; now <= 10; now += 0.5) {
      expect(await look(now)).toBeNull();
      reads.push(asked.length);
    }
    expect(reads).toEqual([1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3]);
    expect(notices).toEqual([expect.stringContaining('quota')]);
  });

  test('what was read stands meanwhile, and reading goes on where it ended', async () => {
    const whole = holding([...row(0, 2), ...row(4, 3)]);
    const { look, asked } = await logging((one, i) => (i === 1 ? LIMITED : whole(one, i)));
    await look(4);
    expect((await look(5))?.minutes).toHaveLength(3);
    expect((await look(6))?.minutes).toHaveLength(3);
    const log = await look(6.5);
    expect(log?.minutes.map(({ canary }) => canary)).toEqual([2, 0, 0, 0, 3, 0]);
    expect(asked).toHaveLength(3);
  });
});

describe('a log that lacks what the counters have', () => {
  test('before the rollout is not used, and that is said once', async () => {
    const { look, asked, notices } = await logging(
      holding([...row(-2, 4, { revision: 'web-1' }), ...row(0, 9)]),
    );
    const past = pastWith([0, 10, 0]);
    expect([await look(4, { past }), await look(5, { past })]).toEqual([null, null]);
    expect(asked.map(windowOf)).toEqual([{ from: at(-3), to: at(0) }]);
    expect(notices).toEqual([expect.stringContaining('excluded or sampled')]);
  });

  test('before the rollout by less than half is used', async () => {
    const { look, asked } = await logging(
      holding([...row(-2, 5, { revision: 'web-1' }), ...row(0, 9)]),
    );
    const past = pastWith([0, 10, 0]);
    expect((await look(4, { past }))?.minutes[0]?.canary).toBe(9);
    await look(5, { past });
    // The past is asked about once.
    expect(asked.map(windowOf).map(({ from }) => from)).toEqual([at(-3), at(0), at(3)]);
  });

  test.each([
    ['too few errors to tell', pastWith([9])],
    ['no history', []],
  ])('%s: the past is not asked about', async (_, past) => {
    const { look, asked } = await logging(holding([]));
    expect(await look(4, { past })).not.toBeNull();
    expect(asked.map(windowOf)).toEqual([{ from: at(0), to: at(3) }]);
  });

  test('errors of other revisions prove nothing', async () => {
    const { look } = await logging(holding(row(-2, 9, { revision: 'web-0' })));
    expect(await look(4, { past: pastWith([0, 10, 0]) })).toBeNull();
  });

  test('so many errors that they are not read prove enough', async () => {
    const { look } = await logging(holding(row(-1, 6_000, { revision: 'web-1' })));
    expect(await look(4, { past: pastWith([90_000]) })).not.toBeNull();
  });

  test('that cannot be asked yet decides nothing; the next look asks again', async () => {
    const whole = holding([...row(-1, 8, { revision: 'web-1' }), ...row(0, 2)]);
    const { look } = await logging((one, i) => (i === 0 ? { status: 503 } : whole(one, i)));
    const past = pastWith([10]);
    expect(await look(4, { past })).toBeNull();
    expect((await look(5, { past }))?.minutes[0]?.canary).toBe(2);
  });

  test.each(['canary', 'baseline'] as const)(
    'during the rollout, on the side of the %s, is not used any more',
    async (side) => {
      const { look, notices } = await logging(holding([...row(0, 4), ...row(0, 4, STABLE)]));
      const counted = (errors: number) => [
        { start: at(0), canary: cell(4), baseline: cell(4), [side]: cell(errors) },
      ];
      expect(await look(4, { minutes: counted(8) })).not.toBeNull();
      expect(await look(5, { minutes: counted(9) })).toBeNull();
      expect(await look(6, { minutes: counted(4) })).toBeNull();
      expect(notices).toEqual([expect.stringContaining('excluded or sampled')]);
    },
  );

  test('by one or two, at the edge of the window, is used', async () => {
    const { look } = await logging(holding([]));
    const minutes = [{ start: at(0), canary: cell(2), baseline: cell(2) }];
    expect(await look(4, { minutes })).not.toBeNull();
  });
});

const STABLE = { revision: 'web-1' };
