/** Traffic so thin that most minutes have one side only, or none: chance is no finding. */
import { describe, expect, test } from 'vitest';
import type { Cell, Minute } from '../../src/core/judging-types.ts';
import { logNormal, seededRandom } from '../sandbox/traffic/random.ts';
import { MINUTE } from './build.ts';
import { BOUNDS, ERRORS, LATENCY, START, cell, look, table, timed } from './judge-table.ts';

type Traffic = { readonly percent: number; readonly perMinute: number; readonly minutes: number };

const THIN: readonly Traffic[] = [
  { percent: 50, perMinute: 1.2, minutes: 180 },
  { percent: 50, perMinute: 2, minutes: 240 },
  { percent: 95, perMinute: 6, minutes: 60 },
  { percent: 99, perMinute: 60, minutes: 60 },
];

function thin({ percent, perMinute, minutes }: Traffic, seed: number): readonly Minute[] {
  const random = seededRandom(seed);
  return Array.from({ length: minutes }, (_, i) => {
    const counts = { canary: new Map<number, number>(), baseline: new Map<number, number>() };
    // A sum of many small chances: close enough to Poisson.
    for (let draw = 0; draw < 500; draw += 1) {
      if (random() >= perMinute / 500) continue;
      const side = counts[random() < percent / 100 ? 'canary' : 'baseline'];
      const latency = logNormal(random, { median: 150, sigma: 0.4 });
      const bucket = BOUNDS.filter((bound) => bound <= latency).length;
      side.set(bucket, (side.get(bucket) ?? 0) + 1);
    }
    const start = START + i * MINUTE;
    return { start, canary: cellOf(counts.canary), baseline: cellOf(counts.baseline) };
  });
}

function cellOf(buckets: ReadonlyMap<number, number>): Cell | null {
  const requests = [...buckets.values()].reduce((sum, count) => sum + count, 0);
  const counts = Array.from({ length: BOUNDS.length + 1 }, (_, i) => buckets.get(i) ?? 0);
  return requests === 0 ? null : cell(requests, 0, { bounds: BOUNDS, counts });
}

/** How 30 healthy rollouts of one stage end. */
function reasonsOf(traffic: Traffic, criteria = [ERRORS, LATENCY]): readonly string[] {
  const { percent, minutes: lasts } = traffic;
  return Array.from({ length: 30 }, (_, seed) => {
    const rows = thin(traffic, seed);
    return look(rows, criteria, { percent, lasts, warmUp: 3, minRequests: 20 }).reason;
  });
}

describe('a healthy canary beside hardly any traffic', () => {
  test.each(THIN)(
    'is not said to get the wrong share: $percent % of $perMinute a minute',
    (one) => {
      expect(reasonsOf(one, [ERRORS])).not.toContain('split');
    },
  );

  test.each(THIN)('does not lack latencies: $percent % of $perMinute a minute', (one) => {
    expect(new Set(reasonsOf(one))).toEqual(new Set(['inconclusive']));
  });
});

test('minutes after the last one of the stable revision tell nothing of the split', () => {
  const rows = (baseline: Cell | null) =>
    table(20, (i) => [cell(100), i < 10 || i === 19 ? cell(100) : baseline]);
  const options = { percent: 50, closed: false };
  expect(look(rows(null), [ERRORS], options).reason).toBe('split');
  expect(look(rows(null).slice(0, 19), [ERRORS], options).reason).not.toBe('split');
});

test('latencies are missing where both sides answer and one has none, however thin', () => {
  const untimed = (i: number) => (i % 3 === 0 ? timed(30) : cell(30));
  const rows = table(20, (i) => [timed(30), untimed(i)]);
  expect(look(rows, [ERRORS, LATENCY], { percent: 50 }).reason).toBe('data-missing');
});
