import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { detectableIn } from '../../src/core/forecast/detectable.ts';
import type { Watched } from '../../src/core/forecast/detectable.ts';
import { smallestExcluded } from '../../src/core/judge/guards.ts';
import { decided } from '../../src/core/judge/judge.ts';
import { noiseOf } from '../../src/core/judge/noise.ts';
import type { Cell, PastMinute } from '../../src/core/judging-types.ts';
import { seededRandom } from '../sandbox/traffic/random.ts';
import { MINUTE } from './build.ts';
import { plan } from './given-inputs.ts';

const JUDGING = plan().judging;

function cell(requests: number, errors: number): Cell {
  return { requests, errors, clientErrors: 0, latency: null, memory: null };
}

function history(perMinute: number, rate: number, random?: () => number): PastMinute[] {
  return Array.from({ length: 180 }, (_, i) => ({
    start: (i - 180) * MINUTE,
    cell: cell(perMinute, random ? drawn(perMinute, rate, random) : Math.round(perMinute * rate)),
    share: 1,
  }));
}

function drawn(requests: number, rate: number, random: () => number): number {
  return Array.from({ length: requests }).filter(() => random() < rate).length;
}

function watched(percent: number, minutes: number, perMinute: number): Watched {
  const requests = (perMinute * minutes * percent) / 100;
  return { percent, nextPercent: 100, span: minutes * MINUTE, requests };
}

const basis = (past: readonly PastMinute[]) => ({
  history: past,
  judging: JUDGING,
  samplePeriod: MINUTE,
});

/** What the judge says of a stage in which the canary fails so much more, with whole counts. */
function verdictOn(
  { percent, span, requests }: Watched,
  past: readonly PastMinute[],
  rates: readonly [number, number],
) {
  const rows = span / MINUTE;
  const each = Math.round(requests / rows);
  const others = Math.round((each * (100 - percent)) / percent);
  let failed = [0, 0];
  const minutes = Array.from({ length: rows }, (_, row) => {
    const upTo = [each, others].map((n, i) => Math.round(n * (row + 1) * rates[i]!));
    const [canary, baseline] = upTo.map((n, i) => n - failed[i]!);
    failed = upTo;
    return {
      start: row * MINUTE,
      canary: cell(each, canary!),
      baseline: cell(others, baseline!),
    };
  });
  return decided(
    { from: 0, to: span, minutes, history: past, log: null, complete: true },
    JUDGING,
    {
      samplePeriod: MINUTE,
      stages: [{ percent, asked: 0, from: 0 }],
      nextPercent: 100,
      closed: true,
      early: false,
      lapsed: false,
    },
  ).verdict;
}

describe('the smallest regression that a stage shows', () => {
  test.each([
    [5, 10, 6000, 0.001],
    [5, 10, 600, 0],
    [20, 10, 3000, 0.02],
    [50, 10, 600, 0.005],
  ])('is one that the judge undoes, and a smaller one it does not: %i %% of %i min', (...given) => {
    const [percent, minutes, perMinute, rate] = given;
    const past = history(perMinute, rate);
    const stage = watched(percent, minutes, perMinute);
    const { proves } = detectableIn(stage, basis(past));
    expect(proves).toBeGreaterThan(0);
    expect(verdictOn(stage, past, [rate + 1.2 * proves!, rate])).toBe('fail');
    expect(verdictOn(stage, past, [rate + 0.8 * proves!, rate])).not.toBe('fail');
  });

  test.each([
    [5, 10, 2000, 0.01],
    [20, 10, 1000, 0.002],
    [50, 10, 400, 0],
  ])('is within a fifth of what stages of real chance rule out: %i %% of %i min', (...given) => {
    const [percent, minutes, perMinute, rate] = given;
    const random = seededRandom(11);
    const past = history(perMinute, rate, random);
    const stage = watched(percent, minutes, perMinute);
    const { excludes } = detectableIn(stage, basis(past));
    const { errorRate, burst, errorVariance: variance } = noiseOf(past, { latencyTolerance: 1.12 });
    const canaryOf = stage.requests / minutes;
    const baselineOf = perMinute - canaryOf;
    const seen = Array.from({ length: 101 }, () => {
      const rows = Array.from({ length: minutes }, () => ({
        canary: drawn(canaryOf, rate, random),
        canaryOf,
        baseline: drawn(baselineOf, rate, random),
        baselineOf,
      }));
      return smallestExcluded(rows, { errorRate, burst, variance }) ?? Infinity;
    }).toSorted((a, b) => a - b);
    const median = seen[50]!;
    expect(excludes! / median).toBeGreaterThan(0.8);
    expect(excludes! / median).toBeLessThan(1.25);
  });

  test('is none where no request is expected, and where the comparison is off', () => {
    const past = history(600, 0);
    const none = detectableIn({ ...watched(5, 10, 600), requests: 0 }, basis(past));
    expect(none).toMatchObject({ proves: null, excludes: null });
    const off = {
      ...JUDGING,
      criteria: JUDGING.criteria.filter(({ metric }) => metric === 'latency'),
    };
    const { proves } = detectableIn(watched(5, 10, 600), { ...basis(past), judging: off });
    expect(proves).toBeNull();
  });

  test('is known, and larger, for a service without history', () => {
    const known = detectableIn(watched(5, 10, 6000), basis(history(6000, 0.001)));
    const unknown = detectableIn(watched(5, 10, 6000), basis([]));
    expect(unknown.excludes).not.toBeNull();
    expect(unknown.proves).not.toBeNull();
    expect(known.asked).toBe(0.0025);
  });

  test('never grows with the requests', () => {
    const past = history(6000, 0.002);
    fc.assert(
      fc.property(
        fc.constantFrom(1, 5, 20, 50),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 200, max: 1e5 }),
        (percent, minutes, perMinute) => {
          const fewer = detectableIn(watched(percent, minutes, perMinute), basis(past));
          const more = detectableIn(watched(percent, minutes, 4 * perMinute), basis(past));
          expect(more.excludes ?? 1).toBeLessThanOrEqual(fewer.excludes ?? 1);
          // Whole counts are rounded, and the search stops at a hundredth.
          expect(more.proves ?? 1).toBeLessThanOrEqual(1.05 * (fewer.proves ?? 1));
        },
      ),
      { numRuns: 20 },
    );
  });
});
