/** Answers of 4xx: on both sides alike, and beside everything else. */
import { expect, test } from 'vitest';
import { ENVIRONMENTS } from './environments.ts';
import { createWorld } from './rollout-world.ts';
import type { Cell } from './types.ts';

function world(name: string, index: number, load: Cell['load']) {
  const environment = ENVIRONMENTS.find((one) => one.name === name)!;
  return createWorld({ environment, fault: null, load }, 1, index);
}

test('two requests in a hundred are answered with 4xx on both sides, whatever else fails', () => {
  for (const name of ['iid', 'real', 'outage', 'harsh']) {
    const sums = { canary: 0, baseline: 0, canaryOf: 0, baselineOf: 0 };
    for (let index = 0; index < 40; index += 1) {
      const one = world(name, index, { perSecond: 200, errorRate: 0.02 });
      for (let minute = 0; minute < 60; minute += 5) {
        const { canary, baseline } = one.minute(minute, 50, 20);
        sums.canary += canary.clientErrors;
        sums.baseline += baseline.clientErrors;
        sums.canaryOf += canary.requests - canary.errors;
        sums.baselineOf += baseline.requests - baseline.errors;
      }
    }
    const [canary, baseline] = [sums.canary / sums.canaryOf, sums.baseline / sums.baselineOf];
    for (const times of [canary / 0.02, baseline / 0.02, canary / baseline]) {
      expect(Math.abs(times - 1)).toBeLessThan(0.1);
    }
  }
});

test('what was drawn before 4xx were is drawn as it was', () => {
  const { canary, baseline } = world('real', 4, { perSecond: 20, errorRate: 0.005 }).minute(
    7,
    5,
    3,
  );
  const sum = (counts: readonly number[]) => counts.reduce((all, one, i) => all + one * i, 0);
  expect(
    [canary, baseline].map(({ requests, errors, latency }) => [requests, errors, sum(latency)]),
  ).toEqual(WAS);
});

/** Minute 7 of that rollout, before its world knew of 4xx. */
const WAS: readonly (readonly number[])[] = [
  [86, 0, 1017],
  [1542, 6, 17845],
];
