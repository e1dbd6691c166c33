import { describe, expect, test } from 'vitest';

import { seededRandom } from './random.ts';
import { behaviourOf, grownBy, turnOf } from './revisions.ts';
import type { Behaviour, InstanceState, Turn } from './revisions.ts';

function behaviour(image: string): Behaviour {
  const found = behaviourOf(image);
  if (found === null) throw new Error(`no such image: ${image}`);
  return found;
}

function turns(image: string, count: number, state: Partial<InstanceState> = {}): readonly Turn[] {
  const random = seededRandom(11);
  return Array.from({ length: count }, () =>
    turnOf(behaviour(image), { served: 1_000, ageMs: 0, ...state }, random),
  );
}

function errorShare(all: readonly Turn[]): number {
  return all.filter((turn) => turn.kind === 'answer' && turn.status === 500).length / all.length;
}

function delays(all: readonly Turn[]): readonly number[] {
  return all
    .map((turn) => (turn.kind === 'answer' ? turn.delayMs : Number.NaN))
    .sort((a, b) => a - b);
}

describe('the tag of an image says how its revision behaves', () => {
  const healthy = behaviour('sandbox/app:healthy');

  test.each<[string, Partial<Behaviour>]>([
    ['sandbox/app', {}],
    ['sandbox/app:latest', {}],
    ['sandbox/app:v17', {}],
    ['us-docker.pkg.dev/demo/app/web:healthy', {}],
    ['localhost:5000/app', {}],
    ['localhost:5000/app:crash', { start: 'crashes' }],
    ['sandbox/app:errors', { errorPercent: 5 }],
    ['sandbox/app:errors-0.3', { errorPercent: 0.3 }],
    ['sandbox/app:errors-5_slow-300', { errorPercent: 5, addedMs: 300 }],
    ['sandbox/app:v2_slow-1.5s', { addedMs: 1_500 }],
    ['sandbox/app:median-80', { medianMs: 80 }],
    ['sandbox/app:late-errors-20s', { badAfterMs: 20_000 }],
    ['sandbox/app:late-errors-500ms', { badAfterMs: 500 }],
    ['sandbox/app:tires-30', { badFrom: 30 }],
    ['sandbox/app:flapping', { flapMs: 4_000 }],
    ['sandbox/app:leak-2', { leakMs: 2 }],
    ['sandbox/app:cold-5', { coldRequests: 5 }],
    ['sandbox/app:hang', { hangPercent: 100 }],
    ['sandbox/app:dies-under-load-30', { diesAt: 30 }],
    ['sandbox/app:unauthorized', { refusedPercent: 50 }],
    ['sandbox/app:tail-3', { tailPercent: 3 }],
    ['sandbox/app:gone-4s', { goneAfterMs: 4_000 }],
    ['sandbox/app:memory-1.5', { memoryGrowth: 1.5 }],
    ['sandbox/app:depends_median-80', { asks: 'dependency', medianMs: 80 }],
    ['sandbox/app:no-listen', { start: 'never-listens' }],
    ['sandbox/app:silent', { metrics: 'lost' }],
  ])('%s', (image, difference) => {
    expect(behaviourOf(image)).toEqual({ ...healthy, ...difference });
  });

  test.each([
    'sandbox/app:unheard-of',
    'sandbox/app:errors-101',
    'sandbox/app:errors-5s',
    'sandbox/app:crash-3',
    'sandbox/app:healthy_',
    'sandbox/app:Healthy',
    'sandbox/app@sha256:' + '0'.repeat(64),
    'two words:healthy',
    '',
  ])('there is no image %j', (image) => {
    expect(behaviourOf(image)).toBeNull();
  });
});

describe('a revision behaves as its tag says', () => {
  test('a healthy one never fails, and most of its answers take 20 to 60 ms', () => {
    const all = turns('a:healthy', 5_000);
    expect(errorShare(all)).toBe(0);
    const sorted = delays(all);
    expect(sorted[250]).toBeGreaterThan(17);
    expect(sorted[2_500]).toBeGreaterThan(33);
    expect(sorted[2_500]).toBeLessThan(37);
    expect(sorted[4_750]).toBeLessThan(65);
  });

  test('the share of errors is the share asked for', () => {
    // Three standard deviations of a share of 5 % in 20,000: 0.46 %.
    expect(Math.abs(errorShare(turns('a:errors-5', 20_000)) - 0.05)).toBeLessThan(0.0047);
  });

  test('slow adds to every answer', () => {
    expect(delays(turns('a:slow-300', 100))[0]).toBeGreaterThan(300);
  });

  test('late errors come when the instance is old enough, not before', () => {
    expect(errorShare(turns('a:late-errors-20s', 1_000, { ageMs: 19_999 }))).toBe(0);
    expect(errorShare(turns('a:late-errors-20s', 1_000, { ageMs: 20_000 }))).toBeGreaterThan(0.2);
  });

  test('one that tires fails from a request on, however long that takes', () => {
    expect(errorShare(turns('a:tires-30', 1_000, { served: 28, ageMs: 99_000 }))).toBe(0);
    expect(errorShare(turns('a:tires-30', 1_000, { served: 29 }))).toBeGreaterThan(0.2);
  });

  test('flapping is good and bad in turn', () => {
    const shares = [0, 4_000, 8_000].map((ageMs) =>
      errorShare(turns('a:flapping', 1_000, { ageMs })),
    );
    expect(shares[0]).toBe(0);
    expect(shares[1]).toBeGreaterThan(0.2);
    expect(shares[2]).toBe(0);
  });

  test('a leak makes later requests slower, up to a limit', () => {
    expect(delays(turns('a:leak-1', 10, { served: 400 }))[0]).toBeGreaterThan(400);
    expect(delays(turns('a:leak-1', 10, { served: 1e9 }))[9]).toBeLessThan(6_000);
  });

  test('only the first requests of an instance are cold', () => {
    expect(delays(turns('a:cold-20', 10, { served: 19 }))[0]).toBeGreaterThan(1_500);
    expect(delays(turns('a:cold-20', 10, { served: 20 }))[9]).toBeLessThan(1_500);
  });

  test('a share of the answers refuses the caller, and is no failure', () => {
    const all = turns('a:unauthorized-50', 20_000);
    const refused = all.filter((turn) => turn.kind === 'answer' && turn.status === 401);
    // Three standard deviations of a share of 50 % in 20,000: 1.06 %.
    expect(Math.abs(refused.length / all.length - 0.5)).toBeLessThan(0.0107);
    expect(errorShare(all)).toBe(0);
  });

  test('a tail is five times as slow, and the rest as before', () => {
    const [usual, tailed] = [delays(turns('a:v1', 20_000)), delays(turns('a:tail-5', 20_000))];
    expect(tailed[10_000]! / usual[10_000]!).toBeLessThan(1.1);
    expect(tailed[19_500]! / usual[19_500]!).toBeGreaterThan(2);
  });

  test('memory grows with the age of the instance, in points of its limit', () => {
    expect(grownBy(behaviour('a:memory-2'), 10_000)).toBeCloseTo(0.2);
    expect(grownBy(behaviour('a:v1'), 10_000)).toBe(0);
  });

  test('it dies at the request it was told to, and hangs when told to', () => {
    expect(turns('a:dies-under-load-50', 1, { served: 48 })[0]!.kind).toBe('answer');
    expect(turns('a:dies-under-load-50', 1, { served: 49 })[0]!.kind).toBe('die');
    expect(new Set(turns('a:hang', 20).map(({ kind }) => kind))).toEqual(new Set(['hang']));
  });
});
