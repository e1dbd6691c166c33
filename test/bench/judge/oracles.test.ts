import { expect, test } from 'vitest';
import { logMidpoints } from '../../../src/core/judge/histogram.ts';
import { ENVIRONMENTS } from './environments.ts';
import { FAULTS, NO_HARM } from './faults.ts';
import { LOG_BOUNDS, MEDIAN } from './latency-curve.ts';
import { play } from './loop.ts';
import { knowingAll, knowingFault } from './oracle-rows.ts';
import { ORACLE_A, ORACLE_B } from './oracles.ts';
import { createRollout } from './rollout.ts';
import type { Side, TruthRow } from './types.ts';

const [IID, REAL] = [ENVIRONMENTS[0]!, ENVIRONMENTS[1]!];
const EMPTY = Array.from({ length: 36 }, () => 0);
const NOBODY: Side = { requests: 0, errors: 0, clientErrors: 0, latency: EMPTY, memory: 42 };

function row(canary: Partial<Side>, rate = 0.01): TruthRow {
  const shared = { sharedErrorRate: rate, sharedLogLatency: MEDIAN };
  return { minute: 0, share: 0.5, ...shared, canary: { ...NOBODY, ...canary }, baseline: NOBODY };
}

test('without noise oracle A is the binomial likelihood ratio', () => {
  const harm = { ...NO_HARM, errorsTimes: 5 };
  const expected = 3 * Math.log(5) + 97 * Math.log(0.95 / 0.99);
  expect(knowingAll(row({ requests: 100, errors: 3 }), harm, IID)).toBeCloseTo(expected, 12);
  expect(knowingAll(row({}), harm, IID)).toBe(0);
});

test('a crash without noise is certain at the first request that does not fail', () => {
  const crash = { ...NO_HARM, errorsPlus: 1 };
  expect(knowingAll(row({ requests: 5, errors: 5 }), crash, IID)).toBeCloseTo(
    5 * Math.log(100),
    12,
  );
  expect(knowingAll(row({ requests: 5, errors: 4 }), crash, IID)).toBe(-Infinity);
  expect(knowingAll(row({ requests: 5, errors: 4 }), crash, REAL)).toBeGreaterThan(0);
});

test('with noise oracle A allows for bursts and for the wobble of one revision', () => {
  const harm = { ...NO_HARM, errorsTimes: 2 };
  const [a, k] = [1 / 0.2 ** 2, 30 / 3];
  const fit = (m: number): number => k * Math.log(m / (m + a)) + a * Math.log(a / (m + a));
  const found = knowingAll(row({ requests: 1500, errors: 30 }), harm, REAL);
  expect(found).toBeCloseTo(fit(30 / 3) - fit(15 / 3), 12);
});

test('a shift of latency is told by the mean of the log midpoints', () => {
  const middles = logMidpoints(LOG_BOUNDS.map((bound) => Math.exp(bound)));
  const harm = { ...NO_HARM, slower: Math.log(1.5) };
  const latency = EMPTY.map((_, i) => (i === 13 ? 40 : 0));
  const variance = 0.65 / 40 + 0.03 ** 2;
  const expected = (harm.slower * (middles[13]! - MEDIAN) - harm.slower ** 2 / 2) / variance;
  expect(knowingAll(row({ requests: 40, latency }), harm, REAL)).toBeCloseTo(expected, 9);
});

test('a tail speaks in the slow buckets and against itself in the others', () => {
  const harm = { ...NO_HARM, tail: 0.05 };
  const at = (bucket: number): number =>
    knowingAll(
      row({ requests: 10, latency: EMPTY.map((_, i) => (i === bucket ? 10 : 0)) }),
      harm,
      IID,
    );
  expect(at(21)).toBeGreaterThan(5);
  expect(at(10)).toBeLessThan(0);
});

test('oracle B compares the sides and knows nothing of the level', () => {
  const cell = (errors: number) => ({
    requests: 1000,
    errors,
    clientErrors: 0,
    latency: null,
    memory: null,
  });
  const harm = { ...NO_HARM, errorsTimes: 2 };
  const sides = (canary: number, baseline: number) => ({
    canary: cell(canary),
    baseline: cell(baseline),
    truth: row({}, 0.01),
  });
  const odds = 0.02 / 0.98 / (0.01 / 0.99);
  // With as many requests on both sides and rare errors the canary's part is ψ / (1 + ψ).
  const rare = 12 * Math.log((2 * odds) / (1 + odds)) + 6 * Math.log(2 / (1 + odds));
  expect(knowingFault(sides(12, 6), harm, IID)).toBeCloseTo(rare, 1);
  expect(knowingFault(sides(6, 12), harm, IID)).toBeLessThan(0);
  expect(knowingFault(sides(0, 0), harm, REAL)).toBe(0);
});

test('both find a crash as soon as the data can show it, four minutes after it began', () => {
  const crash = FAULTS.find(({ name }) => name === 'crash@20')!;
  const load = { perSecond: 200, errorRate: 0.005 };
  const rollout = createRollout({ environment: REAL, fault: crash, load }, 1, 3);
  for (const oracle of [ORACLE_A, ORACLE_B]) {
    expect(play(rollout, oracle)).toMatchObject({ outcome: 'rolled-back', minutes: 24, onset: 20 });
  }
});

test('of a healthy canary they believe that its errors have doubled, and let it pass', () => {
  const load = { perSecond: 20, errorRate: 0.005 };
  const rollout = createRollout({ environment: REAL, fault: null, load }, 1, 3);
  for (const oracle of [ORACLE_A, ORACLE_B]) {
    expect(play(rollout, oracle)).toMatchObject({ outcome: 'promoted', minutes: 60 });
  }
});
