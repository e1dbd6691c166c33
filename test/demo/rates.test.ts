import { expect, test } from 'vitest';
import type { LoadStats } from '../sandbox/traffic/load.ts';
import { errorsIn, keepRecent, lostIn, ratesOf } from './rates.ts';
import type { Sample } from './rates.ts';

type Served = LoadStats['revisions'][string];

const answers = (ok: number, failed: number, meanLatencyMs: number): Served => ({
  requests: ok + failed,
  statuses: { 200: ok, 500: failed },
  meanLatencyMs,
});

/** `unknown` answers came from no revision, `broken` requests had none at all. */
function stats(
  revisions: Record<string, Served>,
  { unknown = 0, broken = 0 }: { unknown?: number; broken?: number } = {},
): LoadStats {
  const known = Object.values(revisions).reduce((sum, { requests }) => sum + requests, 0);
  const answered = known + unknown;
  return {
    sent: answered + broken,
    answered,
    failed: broken,
    inFlight: 0,
    statuses: {},
    revisions,
  };
}

const at = (ms: number): Sample => ({ at: ms, stats: stats({}) });

test('a rate is the difference of two counts over the time between them', () => {
  const { revisions } = ratesOf([
    { at: 1_000, stats: stats({ a: answers(100, 0, 40) }) },
    { at: 3_000, stats: stats({ a: answers(115, 5, 50) }) },
  ]);
  // 120 × 50 − 100 × 40 = 2000 ms more, over 20 requests.
  expect(revisions.get('a')).toEqual({ perSecond: 10, errors: 0.25, meanLatencyMs: 100 });
});

test('a revision that was not there before counts from nothing', () => {
  const { revisions } = ratesOf([
    { at: 0, stats: stats({}) },
    { at: 2_000, stats: stats({ b: answers(4, 0, 30) }) },
  ]);
  expect(revisions.get('b')).toEqual({ perSecond: 2, errors: 0, meanLatencyMs: 30 });
});

test('no answer in the window is no error rate, not one of zero', () => {
  const same = stats({ a: answers(7, 1, 30) });
  const { revisions } = ratesOf([
    { at: 0, stats: same },
    { at: 2_000, stats: same },
  ]);
  expect(revisions.get('a')).toEqual({ perSecond: 0, errors: null, meanLatencyMs: null });
});

test('one sample is no rate yet', () => {
  const only = { at: 0, stats: stats({ a: answers(7, 1, 30) }) };
  expect(ratesOf([only])).toEqual({ revisions: new Map(), lostPerSecond: 0 });
  expect(ratesOf([])).toEqual({ revisions: new Map(), lostPerSecond: 0 });
});

test('requests that no revision answered are lost, refused or broken off alike', () => {
  const before = stats({ a: answers(10, 0, 30) }, { unknown: 1, broken: 2 });
  const after = stats({ a: answers(20, 0, 30) }, { unknown: 4, broken: 3 });
  expect(lostIn(before)).toBe(3);
  expect(
    ratesOf([
      { at: 0, stats: before },
      { at: 2_000, stats: after },
    ]).lostPerSecond,
  ).toBe(2);
});

test('only 5xx answers are errors', () => {
  expect(errorsIn({ 200: 5, 404: 4, 499: 8, 500: 3, 503: 2 })).toBe(5);
});

test('samples from before the window are forgotten, but for the one that covers its start', () => {
  const kept = keepRecent([at(0), at(900), at(1_100), at(2_000)], at(3_000));
  expect(kept.map((sample) => sample.at)).toEqual([900, 1_100, 2_000, 3_000]);
  expect(keepRecent([at(0)], at(100)).map((sample) => sample.at)).toEqual([0, 100]);
});
