/** The stable revision before the canary had users: read once, whole or not at all. */
import { describe, expect, test } from 'vitest';

import { at, counts, distribution, int, latencies, point } from './monitoring-answers.ts';
import type { SeriesSpec } from './monitoring-answers.ts';
import { monitoring } from './monitoring-client.ts';
import type { Asked, Scripted } from './scripted-server.ts';

const PAST = { from: at(-180), to: at(0) };
const isOfPast = ({ query }: Asked) => query.get('interval.endTime') === '2026-11-20T15:04:00.000Z';
const isAbout = (asked: Asked, metric: string) =>
  asked.query.get('filter')?.includes(`/${metric}"`) === true;

const stable = (spec: SeriesSpec) => counts({ revision: 'web-1', ...spec });
const ERRORS = { response_code: '503', response_code_class: '5xx' };

const NOTHING = { body: {} };

/** What is counted in the past, and how long it took; the rollout itself has one row. */
async function past(
  counted: (nth: number) => Scripted | null,
  measured: () => Scripted | null = () => NOTHING,
) {
  let nth = 0;
  const edge = await monitoring((asked) => {
    const isCount = isAbout(asked, 'request_count');
    if (isOfPast(asked)) return isCount ? counted((nth += 1)) : measured();
    return isCount ? { body: { timeSeries: [counts({ points: [point(0, int(10))] })] } } : NOTHING;
  });
  const look = (history: typeof PAST | null = PAST) => edge.observe(undefined, { history });
  return { ...edge, look, reads: () => nth };
}

describe('history', () => {
  test('is the table of the stable revision, with its part of all requests', async () => {
    const counted = [
      stable({ points: [point(-1, int(60)), point(-2, int(97))] }),
      stable({ labels: ERRORS, points: [point(-2, int(3))] }),
      counts({ revision: 'web-0', points: [point(-1, int(20)), point(-3, int(8))] }),
      counts({ revision: 'web-2', points: [point(-1, int(20))] }),
      counts({ revision: 'web-1', service: 'api', points: [point(-1, int(900))] }),
    ];
    const measured = [latencies({ revision: 'web-1', points: [point(-1, distribution([0, 5]))] })];
    const edge = await past(
      () => ({ body: { timeSeries: counted } }),
      () => ({ body: { timeSeries: measured } }),
    );
    const { history, complete } = await edge.look();
    const quiet = { clientErrors: 0, latency: null, memory: null };
    expect(history).toEqual([
      { start: at(-2), share: 1, cell: { ...quiet, requests: 100, errors: 3 } },
      {
        start: at(-1),
        share: 0.6,
        cell: {
          ...quiet,
          requests: 60,
          errors: 0,
          latency: { bounds: [1, 2, 4, 8], counts: [0, 5, 0, 0, 0] },
        },
      },
    ]);
    expect([complete, edge.notices]).toEqual([true, []]);
  });

  test('a row in which nobody asked for anything has no part in it', async () => {
    const edge = await past(() => ({
      body: { timeSeries: [stable({ points: [point(-1, int(0))] })] },
    }));
    expect((await edge.look()).history).toMatchObject([{ share: 0, cell: { requests: 0 } }]);
  });

  test('rows lie where those of the stable revision do, whenever another one was sampled', async () => {
    const edge = await past(() => ({
      body: {
        timeSeries: [
          stable({ points: [point(-4.75, int(10))] }),
          counts({ revision: 'web-0', points: [point(-5, int(30))] }),
        ],
      },
    }));
    expect((await edge.look()).history).toMatchObject([{ start: at(-4.75), share: 0.25 }]);
  });

  test('is read once, and is the same array at every look', async () => {
    const edge = await past(() => ({
      body: { timeSeries: [stable({ points: [point(-1, int(5))] })] },
    }));
    const first = await edge.look();
    const second = await edge.look();
    expect(second.history).toBe(first.history);
    expect(edge.reads()).toBe(1);
  });

  test('of another window is another one', async () => {
    const edge = await past(() => ({ body: {} }));
    await edge.look();
    await edge.look({ ...PAST, from: at(-60) });
    expect(edge.reads()).toBe(2);
  });

  test.each([
    ['not asked for', null],
    ['of no length', { from: at(0), to: at(0) }],
  ])('%s, nothing is read and nothing said', async (_, window) => {
    const edge = await past(() => ({ status: 500 }));
    expect((await edge.look(window)).history).toEqual([]);
    expect([edge.reads(), edge.notices]).toEqual([0, []]);
  });

  test('nothing before this rollout is an empty history, not a missing one', async () => {
    const edge = await past(() => ({ body: {} }));
    await edge.look();
    expect([(await edge.look()).history, edge.notices]).toEqual([[], []]);
    expect(edge.reads()).toBe(1);
  });
});

describe('a history that cannot be read whole is none, and the look is as complete as it was', () => {
  const points = [point(-1, int(5))];
  test.each<[string, Scripted | null]>([
    ['403', { status: 403 }],
    ['429', { status: 429 }],
    ['500', { status: 500 }],
    ['a closed connection', null],
    ['no JSON', { body: '{' }],
    ['execution errors', { body: { timeSeries: [stable({ points })], executionErrors: [{}] } }],
    ['an unreadable count', { body: { timeSeries: [stable({ points: [point(-1, int('x'))] })] } }],
    ['a point of two rows', { body: { timeSeries: [stable({ points: [point(-2, int(5), 2)] })] } }],
  ])('%s', async (_, answer) => {
    const edge = await past(() => answer);
    expect(await edge.look()).toMatchObject({ history: [], complete: true, log: null });
    expect(await edge.look()).toMatchObject({ minutes: [{ canary: { requests: 10 } }] });
    expect(edge.notices).toEqual([expect.stringContaining('its noise is assumed, not measured')]);
    // One try a look, and again at the next one.
    expect(edge.reads()).toBe(2);
    expect(edge.loggedFor).toEqual([]);
  });

  test('latencies that are missing make it one, too', async () => {
    const edge = await past(
      () => NOTHING,
      () => ({ status: 503 }),
    );
    expect(await edge.look()).toMatchObject({ history: [], complete: true });
    expect(edge.notices).toHaveLength(1);
  });

  test('the next look asks again', async () => {
    const edge = await past((nth) =>
      nth === 1 ? { status: 503 } : { body: { timeSeries: [stable({ points })] } },
    );
    expect((await edge.look()).history).toEqual([]);
    expect((await edge.look()).history).toHaveLength(1);
  });
});

describe('the request log', () => {
  const SERVED = { body: { timeSeries: [stable({ points: [point(-1, int(5))] })] } };

  test('is asked for the rows that were measured and those of the past', async () => {
    const log = { minutes: [{ start: at(0), canary: 1, baseline: 0, capped: false }] };
    const edge = await monitoring(
      (asked) => (isAbout(asked, 'request_count') ? SERVED : { body: {} }),
      {},
      async () => log,
    );
    const observation = await edge.observe(undefined, { history: PAST, from: at(-5) });
    expect(observation.log).toBe(log);
    expect(edge.loggedFor).toMatchObject([
      { canary: 'web-2', baseline: 'web-1', from: at(-5), now: at(13), minutes: [{}], past: [{}] },
    ]);
  });

  test('is not asked for where there is no past to trust it by', async () => {
    const edge = await monitoring((asked) =>
      isAbout(asked, 'request_count') ? SERVED : { body: {} },
    );
    const found = await edge.observe(undefined, { history: null, from: at(-5) });
    expect([found.log, found.minutes.length, edge.loggedFor]).toEqual([null, 1, []]);
  });

  test('is not asked for when the observation is only a part', async () => {
    const edge = await monitoring((asked) =>
      isAbout(asked, 'request_count') ? { body: { executionErrors: [{}] } } : { body: {} },
    );
    const { log, complete } = await edge.observe(undefined, { history: PAST });
    expect([log, complete, edge.loggedFor]).toEqual([null, false, []]);
  });
});
