/** Memory use is a guard: read into the rows where it can be, and never a reason to doubt the rest. */
import { describe, expect, test } from 'vitest';

import { at, counts, int, memoryUse, point, used } from './monitoring-answers.ts';
import { monitoring } from './monitoring-client.ts';
import type { Asked, Scripted } from './scripted-server.ts';

const isAbout = (asked: Asked, metric: string) =>
  asked.query.get('filter')?.includes(`/${metric}"`) === true;

/** Requests of both revisions in the first two rows, and this answer about memory. */
async function memoryWith(answer: Scripted | null) {
  const requests = { points: [point(1, int(20)), point(0, int(10))] };
  const edge = await monitoring((asked) => {
    if (isAbout(asked, 'container/memory/utilizations')) return answer;
    if (!isAbout(asked, 'request_count')) return { body: {} };
    return { body: { timeSeries: [counts(requests), counts({ ...requests, revision: 'web-1' })] } };
  });
  const observation = await edge.observe();
  return {
    ...edge,
    complete: observation.complete,
    memory: observation.minutes.map(({ canary, baseline }) => [canary?.memory, baseline?.memory]),
    requests: observation.minutes.map(({ canary }) => canary?.requests),
  };
}

const series = (...timeSeries: unknown[]) => ({ body: { timeSeries } });

describe('memory use', () => {
  test('is the mean over the instances in percent of the limit, per revision and row', async () => {
    const { memory, complete } = await memoryWith(
      series(
        memoryUse({ points: [point(1, used(0.5, '4')), point(0, used(0.25))] }),
        memoryUse({ revision: 'web-1', points: [point(1, used(0.125))] }),
        memoryUse({ revision: 'web-22', points: [point(1, used(0.9))] }),
      ),
    );
    expect(memory).toEqual([
      [25, null],
      [50, 12.5],
    ]);
    expect(complete).toBe(true);
  });

  test('of several containers is that of the fullest', async () => {
    const of = (container_name: string, mean: number) =>
      memoryUse({ labels: { container_name }, points: [point(0, used(mean))] });
    const { memory } = await memoryWith(series(of('app', 0.25), of('proxy', 0.75), of('x', 0.5)));
    expect(memory[0]).toEqual([75, null]);
  });

  test('of two points in one row counts by their samples', async () => {
    const points = [point(0.4, used(1, '1'), 0.6), point(0, used(0.5, '3'), 0.4)];
    expect((await memoryWith(series(memoryUse({ points })))).memory[0]).toEqual([62.5, null]);
  });

  test('zero is a measurement; no sample is none', async () => {
    const { memory } = await memoryWith(
      series(memoryUse({ points: [point(1, used(0, '0')), point(0, used(undefined))] })),
    );
    expect(memory).toEqual([
      [0, null],
      [null, null],
    ]);
  });

  test('a row without requests stays absent', async () => {
    const { memory } = await memoryWith(series(memoryUse({ points: [point(5, used(0.5))] })));
    expect(memory).toHaveLength(2);
  });

  test('a point that is part of two rows belongs to none', async () => {
    const points = [point(0, used(0.5), 2)];
    const { memory, complete } = await memoryWith(series(memoryUse({ points })));
    expect([memory[0], complete]).toEqual([[null, null], true]);
  });
});

describe('what cannot be read is null, and the rest is as sound as it was', () => {
  const bad = (value: unknown) => series(memoryUse({ points: [point(0, value)] }));
  test.each<[string, Scripted | null]>([
    ['403', { status: 403 }],
    ['404: there is no such metric', { status: 404 }],
    ['500', { status: 500 }],
    ['429', { status: 429 }],
    ['a closed connection', null],
    ['no JSON', { body: '<html>' }],
    ['a list', { body: [] }],
    ['execution errors', { body: { executionErrors: [{ code: 4 }] } }],
    ['NaN', bad(used('NaN'))],
    ['a negative share', bad(used(-0.1))],
    ['more than any container can use', bad(used(2.5))],
    ['a mean that is text', bad(used('0.5'))],
    ['a count that is no text', bad({ distributionValue: { count: 1, mean: 0.5 } })],
    ['a number instead of a distribution', bad({ doubleValue: 0.5 })],
    ['a gauge', series(memoryUse({ points: [point(0, used(1))], over: { metricKind: 'GAUGE' } }))],
    ['another unit', series(memoryUse({ points: [point(0, used(1))], over: { unit: 'By' } }))],
  ])('%s', async (_, answer) => {
    const { memory, complete, requests, asked } = await memoryWith(answer);
    expect([memory, complete, requests]).toEqual([
      [
        [null, null],
        [null, null],
      ],
      true,
      [10, 20],
    ]);
    // One try: the look is not held up.
    expect(asked.filter((one) => isAbout(one, 'container/memory/utilizations'))).toHaveLength(1);
  });

  test('it is not asked for where nobody judges it', async () => {
    const edge = await monitoring(() => ({ body: {} }));
    await edge.observe(undefined, { readsMemory: false });
    expect(edge.asked.some((one) => isAbout(one, 'container/memory/utilizations'))).toBe(false);
    expect(edge.asked.some((one) => isAbout(one, 'request_count'))).toBe(true);
  });

  test('rows keep their places: memory is no anchor', async () => {
    const edge = await monitoring((asked) => {
      const points = [point(0.25, int(3))];
      if (isAbout(asked, 'request_count')) return series(counts({ points }));
      return series(memoryUse({ points: [point(0, used(0.5))] }));
    });
    const { minutes } = await edge.observe();
    expect(minutes).toMatchObject([{ start: at(0.25), canary: { memory: 50 } }]);
  });
});
