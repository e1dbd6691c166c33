/** A rollout that fails for hours: what is remembered of its log, and what is counted. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';

import type { HttpAnswer } from '../../src/edges/http.ts';
import { createErrorLogs } from '../../src/edges/logging.ts';
import type { ErrorLogQuery } from '../../src/engine/ports.ts';
import { MINUTE, at } from './monitoring-answers.ts';
import { QUERY, entry, holding, row, visibleAt, windowOf } from './logging-server.ts';
import type { Answerer, Entry } from './logging-server.ts';

/** The edge with answers that did not travel: so many pages would take too long. */
function reading(answer: Answerer) {
  const post = async ({ body }: { readonly body: string }): Promise<HttpAnswer> => {
    const asked = { body: JSON.parse(body) } as Parameters<Answerer>[0];
    const text = JSON.stringify(answer(asked, 0)?.body);
    return { kind: 'answer', status: 200, headers: {}, text, serverTime: null };
  };
  const unasked = () => Promise.reject(new Error('Nothing is asked.'));
  const logs = createErrorLogs({
    http: { get: unasked, put: unasked, post },
    tokens: { header: async () => 'Bearer t', invalidate: () => undefined },
    endpoint: 'https://logging.googleapis.com',
    ref: { project: 'acme-shop', region: 'europe-west1', service: 'web' },
    clock: { monotonic: () => 0 },
    onNotice: () => undefined,
  });
  const { signal } = new AbortController();
  return async (now: number, query: Partial<ErrorLogQuery> = {}) =>
    logs.read({ ...QUERY, now: at(now), minutes: visibleAt(now), ...query }, signal);
}

function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

test('a thousand errors a minute for two hours are counted, and not all remembered', async () => {
  const look = reading((asked) => ({
    body: { entries: row(Math.round((windowOf(asked).from - at(0)) / MINUTE), 1_000) },
  }));
  const before = heapInUse();
  for (let now = 2; now < 122; now += 1) await look(now);
  const log = await look(122);
  const grown = heapInUse() - before;
  expect(log?.minutes.map(({ canary }) => canary)).toEqual(Array(121).fill(1_000));
  // An entry takes nearly 300 bytes: all of them would be 35 MB.
  expect(grown).toBeLessThan(12e6);
});

/** Delivered again, `later` minutes after it was received first. */
function again(one: Entry, later: number): Entry {
  const received = Date.parse(one.receiveTimestamp) + later * MINUTE;
  return { ...one, receiveTimestamp: new Date(received).toISOString() };
}

test.each([1, 13])(
  'an entry that comes again %d minutes later still counts once',
  async (later) => {
    const once = entry(20.5);
    const look = reading(holding([once, again(once, later), ...row(20, 2), ...row(50, 1)]));
    let errors: readonly number[] = [];
    for (let now = 2; now < 60; now += 1) {
      const log = await look(now);
      errors = log?.minutes.map(({ canary }) => canary) ?? [];
    }
    expect(errors.reduce((sum, one) => sum + one, 0)).toBe(4);
  },
);

test('rows say the same at every look, however old they are', async () => {
  const look = reading(
    holding([
      ...row(3, 4),
      ...row(3, 2, { revision: 'web-1' }),
      ...row(5, 6_000),
      ...row(6, 6_000, { revision: 'web-9' }),
      entry(7),
      entry(7.999),
    ]),
  );
  for (let now = 2; now < 12; now += 1) await look(now);
  const first = (await look(12))?.minutes ?? [];
  expect(first.slice(3, 8)).toEqual([
    { start: at(3), canary: 4, baseline: 2, capped: false },
    { start: at(4), canary: 0, baseline: 0, capped: false },
    { start: at(5), canary: 5_000, baseline: 0, capped: true },
    { start: at(6), canary: 0, baseline: 0, capped: true },
    { start: at(7), canary: 2, baseline: 0, capped: false },
  ]);
  for (let now = 13; now < 50; now += 1) {
    expect((await look(now))?.minutes.slice(0, first.length)).toEqual(first);
  }
});

test('when the grid moves no error is lost: new rows are laid on it entry by entry, old ones whole', async () => {
  const look = reading(holding([...row(2, 8), ...row(30, 4)]));
  await look(40);
  const minutes = visibleAt(40).map((one) => ({ ...one, start: one.start + 0.25 * MINUTE }));
  const moved = await look(40, { minutes });
  const seen = moved?.minutes.flatMap(({ start, canary }) => (canary > 0 ? [[start, canary]] : []));
  expect(seen).toEqual([
    [at(2.25), 8],
    [at(29.25), 1],
    [at(30.25), 3],
  ]);
});
