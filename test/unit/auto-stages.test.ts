import { expect, test } from 'vitest';
import { AUTO_RAMP, autoStages } from '../../src/core/rollout/auto-stages.ts';
import { MINUTE } from './build.ts';

const CLOUD_RUN = { samplePeriod: MINUTE, ingestDelay: 3 * MINUTE };

function percents(requestsPerPeriod: number | null, minRequests = 20): number[] {
  return autoStages(CLOUD_RUN, requestsPerPeriod, minRequests).map(({ percent }) => percent);
}

test.each([
  ['2000 req/s', 120_000, [1, 5, 25, 50]],
  ['20 req/s', 1_200, [1, 5, 25, 50]],
  ['2 req/s', 120, [5, 25, 50]],
  ['0.2 req/s', 12, [25, 50]],
  ['next to nothing', 0.5, [50]],
  ['nothing', 0, [50]],
])('a stage that %s cannot fill is left out, but for the last', (_, requests, expected) => {
  expect(percents(requests)).toEqual(expected);
});

test('more requests asked for leave more stages out', () => {
  expect(percents(1_200, 200)).toEqual([5, 25, 50]);
});

test('traffic that nobody knows leaves no stage out', () => {
  expect(percents(null)).toEqual([1, 5, 25, 50]);
});

test('stages are counted in sample periods, so a service measured quicker is judged quicker', () => {
  const quick = autoStages({ samplePeriod: 1_000, ingestDelay: 0 }, null, 20);
  expect(quick.map(({ bake, least }) => [bake, least])).toEqual(
    AUTO_RAMP.map(({ bake, least }) => [bake / 60, least / 60]),
  );
});
