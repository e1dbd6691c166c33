import { expect, test } from 'vitest';
import { ENVIRONMENTS, STRESS } from './environments.ts';
import type { Environment } from './environments.ts';
import { FAULTS } from './faults.ts';
import { bucketChances, curveOf, missingPart, slowPart } from './latency-curve.ts';
import { factor, series } from './noise.ts';
import { keyOf, randomOf } from './random.ts';
import { createWorld } from './rollout-world.ts';
import type { Cell } from './types.ts';

function environment(name: string): Environment {
  return [...ENVIRONMENTS, ...STRESS].find((one) => one.name === name)!;
}

function cell(change: Partial<Cell> = {}): Cell {
  const load = { perSecond: 20, errorRate: 0.005 };
  return { environment: environment('real'), fault: null, load, ...change };
}

function fault(name: string) {
  return FAULTS.find((one) => one.name === name)!;
}

test('a key gives one sequence, and a neighbouring key another', () => {
  const draw = (...key: number[]): readonly number[] => {
    const random = randomOf(...key);
    return [random(), random(), random()];
  };
  expect(draw(1, 2, 3)).toEqual(draw(1, 2, 3));
  const all = [
    draw(1, 2, 3),
    draw(1, 2, 4),
    draw(1, 3, 2),
    draw(2, 1, 3),
    draw(1, 2),
    draw(-1, 2, 3),
  ];
  expect(new Set(all.flat()).size).toBe(18);
  expect(keyOf('1 real')).not.toBe(keyOf('2 real'));
});

test('a minute is the same whoever asks first, and whatever was asked before', () => {
  const [one, other] = [createWorld(cell(), 1, 4), createWorld(cell(), 1, 4)];
  const forwards = [0, 1, 30, 59].map((minute) => one.minute(minute, 5, 3));
  const backwards = [59, 30, 1, 0].map((minute) => other.minute(minute, 5, 3));
  expect(backwards.toReversed()).toEqual(forwards);
  expect(other.history).toEqual(one.history);
});

test('another seed, another rollout and another cell are other rollouts', () => {
  const minutes = [
    createWorld(cell(), 1, 0),
    createWorld(cell(), 2, 0),
    createWorld(cell(), 1, 1),
    createWorld(cell({ fault: fault('err x2') }), 1, 0),
  ].map((world) => JSON.stringify(world.minute(7, 5, 7)));
  expect(new Set(minutes).size).toBe(4);
});

test('the percent splits the same minute: its level does not depend on who serves it', () => {
  const world = createWorld(cell({ load: { perSecond: 2000, errorRate: 0.02 } }), 1, 0);
  const [small, half] = [world.minute(9, 1, 9), world.minute(9, 50, 9)];
  expect(half.sharedErrorRate).toBe(small.sharedErrorRate);
  expect(half.sharedLogLatency).toBe(small.sharedLogLatency);
  const all = small.canary.requests + small.baseline.requests;
  expect(small.canary.requests / all).toBeCloseTo(0.01, 2);
  expect(half.canary.requests / (half.canary.requests + half.baseline.requests)).toBeCloseTo(
    0.5,
    2,
  );
});

test('in iid traffic the rates are those of the cell', () => {
  const iid = cell({ environment: environment('iid'), load: { perSecond: 200, errorRate: 0.02 } });
  let [requests, errors] = [0, 0];
  for (let index = 0; index < 40; index += 1) {
    const row = createWorld(iid, 1, index).minute(0, 50, 0);
    requests += row.canary.requests + row.baseline.requests;
    errors += row.canary.errors + row.baseline.errors;
    expect(row.canary.latency.reduce((sum, one) => sum + one, 0)).toBe(
      row.canary.requests - row.canary.errors,
    );
  }
  expect(requests / 40 / 12_000).toBeGreaterThan(0.93);
  expect(requests / 40 / 12_000).toBeLessThan(1.07);
  expect(errors / requests).toBeGreaterThan(0.018);
  expect(errors / requests).toBeLessThan(0.022);
});

test('an outage hits both sides for four to seven minutes', () => {
  const out = cell({
    environment: environment('outage'),
    load: { perSecond: 20, errorRate: 0.0001 },
  });
  for (let index = 0; index < 20; index += 1) {
    const world = createWorld(out, 1, index);
    const bad = Array.from({ length: 60 }, (_, minute) => world.minute(minute, 50, 20)).filter(
      ({ sharedErrorRate }) => sharedErrorRate > 0.04,
    );
    expect(bad.length).toBeGreaterThanOrEqual(4);
    expect(bad.length).toBeLessThanOrEqual(7);
    expect(bad[0]!.minute).toBeGreaterThanOrEqual(6);
    expect(bad[0]!.minute).toBeLessThanOrEqual(45);
    const sums = bad.reduce(
      (sum, { canary, baseline }) => [sum[0]! + canary.errors, sum[1]! + baseline.errors],
      [0, 0],
    );
    expect(Math.min(...sums)).toBeGreaterThan(20);
  }
});

test('a burst is one minute of the canary with at least three more errors', () => {
  const calm = { perSecond: 200, errorRate: 0.0001 };
  const world = createWorld(cell({ environment: environment('burst'), load: calm }), 1, 2);
  const errors = Array.from({ length: 60 }, (_, minute) => world.minute(minute, 25, 20).canary);
  const bad = errors.filter((side) => side.errors / side.requests > 0.015);
  expect(bad.length).toBe(1);
  expect(bad[0]!.errors).toBeGreaterThanOrEqual(3);
});

test('requests are cold after a change of percent and at no other time', () => {
  const cold = cell({
    environment: environment('cold'),
    load: { perSecond: 2000, errorRate: 0.0001 },
  });
  const world = createWorld(cold, 1, 0);
  const slow = (age: number): number => {
    const { latency, requests } = world.minute(20, 50, age).canary;
    return latency.slice(21).reduce((sum, one) => sum + one, 0) / requests;
  };
  expect([slow(0), slow(1), slow(2), slow(3)].map((part) => Math.round(part * 100))).toEqual([
    15, 6, 2, 0,
  ]);
});

test('more of the canary misses the cache right after a change, and less later', () => {
  const caches = environment('caches-2x');
  expect(missingPart(caches, null)).toBeCloseTo(0.3, 12);
  expect(missingPart(caches, 0)).toBeCloseTo(0.6 / 1.3, 12);
  expect(missingPart(caches, 100)).toBeCloseTo(0.3, 6);
  expect(missingPart(environment('real'), 0)).toBe(0);
});

test('buckets hold everybody, and one healthy request in twenty is slow', () => {
  const shape = { mean: Math.log(50), spread: 0.8, tail: 0, cold: 0, missing: 0, missSlower: 0 };
  const chances = bucketChances(curveOf(shape));
  expect(chances.length).toBe(36);
  expect(chances.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 12);
  expect(slowPart(curveOf(shape))).toBeCloseTo(0.05, 4);
  // 50 ms lies between 45.3 and 64 ms: half of all are faster.
  expect(chances.slice(0, 12).reduce((sum, one) => sum + one, 0)).toBeLessThan(0.5);
  expect(chances.slice(0, 13).reduce((sum, one) => sum + one, 0)).toBeGreaterThan(0.5);
});

test('a noise has the deviation and the memory that it is asked for', () => {
  const values = series({ deviation: 0.25, memory: 0.6 }, -180, randomOf(1));
  const all = Array.from({ length: 40_000 }, (_, i) => values(i - 180));
  const square = all.reduce((sum, one) => sum + one * one, 0) / all.length;
  const next = all.slice(1).reduce((sum, one, i) => sum + one * all[i]!, 0) / (all.length - 1);
  expect(Math.sqrt(square)).toBeCloseTo(0.25, 2);
  expect(next / square).toBeCloseTo(0.6, 1);
  const mean = all.reduce((sum, one) => sum + factor(one, 0.25), 0) / all.length;
  expect(mean).toBeCloseTo(1, 2);
});

test('harm is what the true rates say', () => {
  const iid = environment('iid');
  const load = { perSecond: 10, errorRate: 0.01 };
  const world = createWorld(cell({ environment: iid, load, fault: fault('err +10pp') }), 1, 0);
  const requests = world.harm(5, 50, 5) / 0.5 / 0.1;
  expect(requests).toBeGreaterThan(600 * 0.75);
  expect(requests).toBeLessThan(600 * 1.25);
  expect(world.harm(5, 100, 5)).toBeCloseTo(2 * world.harm(5, 50, 5), 9);
  const slow = createWorld(cell({ environment: iid, load, fault: fault('lat x3') }), 1, 0);
  const least = 600 * 0.75 * 0.5;
  // P(slower than the healthy p95) rises from 5 % to P(Z > 1.645 − ln 3 / 0.8) = 39.3 %.
  expect(slow.harm(5, 50, 5)).toBeGreaterThan(least * 0.3426);
  expect(slow.harm(5, 50, 5)).toBeLessThan((least / 0.75) * 1.25 * 0.3426);
  expect(createWorld(cell(), 1, 0).harm(5, 50, 5)).toBe(0);
});

test.each([
  ['err x5', 0, 1, { errorsTimes: 5 }],
  ['crash@20', 19, 50, {}],
  ['crash@20', 20, 1, { errorsPlus: 1 }],
  ['leak', 8, 1, { memory: 7.2 }],
  ['leak', 28, 5, { slower: 0.24, errorsPlus: 0.006, memory: 25.2 }],
  ['leak', 300, 50, { slower: 1.5, errorsPlus: 0.3, memory: 270 }],
  ['scale +3pp', 30, 5, {}],
  ['scale +3pp', 30, 25, { errorsPlus: 0.03, slower: Math.log(1.3) }],
] as const)('%s in minute %d at %d %%', (name, minute, percent, changes) => {
  const harm = fault(name).at(minute, percent);
  const none = { errorsTimes: 1, errorsPlus: 0, slower: 0, tail: 0, memory: 0 };
  for (const [field, value] of Object.entries({ ...none, ...changes })) {
    expect(harm[field as keyof typeof harm]).toBeCloseTo(value, 9);
  }
});

test('twelve faults, of which ten must be caught', () => {
  expect(FAULTS.length).toBe(12);
  expect(FAULTS.filter(({ must }) => !must).map(({ name }) => name)).toEqual([
    'err x1.5',
    'err x2',
  ]);
});

test('the environments are those of the document', () => {
  expect(ENVIRONMENTS.map(({ name }) => name)).toEqual([
    'iid',
    'real',
    'outage',
    'cold',
    'burst',
    'mix',
    'harsh',
  ]);
  const { sharedErrors, ownErrors, burst } = environment('harsh');
  expect([sharedErrors.deviation, ownErrors.deviation, burst]).toEqual([0.4, 0.35, 4]);
  expect(environment('mix').mix).toEqual({ errorsTimes: 1.1, slower: 0.05 });
  expect(environment('bursty-10').burst).toBe(10);
  expect(environment('armlat-10').ownLatency.deviation).toBe(0.1);
  expect(environment('narrow-0.1').spread).toBe(0.1);
  expect(environment('short-60').historyMinutes).toBe(60);
  expect([environment('phase').outage, environment('phase').baselineLate]).toEqual([true, 1]);
  expect(environment('log-late').logLate).toBe(1);
});
