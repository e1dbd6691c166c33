import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  billed,
  jobNotices,
  runnerOf,
  stageSpans,
  startSpan,
  wholeSpan,
} from '../../src/core/forecast/spans.ts';
import { dueOf, patienceEnd } from '../../src/core/rollout/deadlines.ts';
import type { Plan, Stage } from '../../src/core/types.ts';
import { MINUTE, TIMING, aPlan } from './build.ts';

const HOUR = 60 * MINUTE;

function stage(percent: number, bake: number, more: Partial<Stage> = {}): Stage {
  return { percent, bake: bake * MINUTE, least: bake * MINUTE, gate: false, ...more };
}

function drive(stages: Plan['stages'], more: Partial<Plan> = {}) {
  return { plan: aPlan({ stages, smoke: null, ...more }), timing: TIMING };
}

describe('how long it takes', () => {
  test('a stage is over when its data have arrived, or when its patience is used up', () => {
    const [span] = stageSpans(drive([stage(5, 10)]));
    expect(span!.earliest).toBe(13 * MINUTE);
    // Ten minutes, three until the data are there, fifteen of no_data_timeout; suspicion: 4 + 26 + 2.
    expect(span!.latest).toBe(32 * MINUTE);
  });

  test('a long patience for data outlasts suspicion', () => {
    const [span] = stageSpans(drive([stage(5, 10)], { noDataTimeout: 2 * HOUR }));
    expect(span!.latest).toBe(133 * MINUTE);
  });

  test('an adaptive stage may end at its first duration', () => {
    const [span] = stageSpans(drive([stage(5, 15, { least: 8 * MINUTE })]));
    expect(span!.earliest).toBe(11 * MINUTE);
  });

  test('however short a stage is, a verdict takes its rows', () => {
    const [span] = stageSpans(drive([stage(5, 1)]));
    // Of errors alone: four rows, and the delay.
    expect(span!.earliest).toBe(7 * MINUTE);
    const latency = { criteria: [{ metric: 'latency', max: null, maxIncrease: 0.1 }] } as const;
    const judging = { ...aPlan().judging, ...latency };
    expect(stageSpans(drive([stage(5, 1)], { judging }))[0]!.earliest).toBe(10 * MINUTE);
  });

  test('the whole is the start and its stages, and every gate as long as it may be held', () => {
    const stages = [stage(5, 10), stage(50, 10, { gate: true })] as const;
    expect(wholeSpan(drive(stages), 100)).toEqual({
      earliest: 26 * MINUTE,
      latest: 10 * MINUTE + 2 * 32 * MINUTE + 24 * HOUR,
    });
    expect(wholeSpan(drive(stages), 0)).toEqual({ earliest: 0, latest: 10 * MINUTE });
  });

  test('the start is as long as its probes and its warm-up, which is not before a hold at 0 %', () => {
    const smoke = { ...aPlan().smoke!, probes: 50, rate: 10, warmUp: 30_000 };
    const start = startSpan(drive([stage(5, 10)], { smoke }), 100);
    expect(start).toEqual({ earliest: 35_000, latest: 10 * MINUTE + 35_000 });
    expect(startSpan(drive([stage(5, 10)], { smoke }), 0).earliest).toBe(5_000);
    expect(wholeSpan(drive([stage(5, 10)], { smoke }), 100).earliest).toBe(13 * MINUTE + 35_000);
  });

  test('latest is never before earliest, and never after the deadline in the record', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(600), fc.nat(600), fc.boolean()), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 7 * 24 * 60 }),
        (given, patience) => {
          const all = given.map(([a, b, gate], i) =>
            stage(i + 1, Math.max(a, b), { least: Math.min(a, b) * MINUTE, gate }),
          );
          const [first, ...rest] = all;
          const driven = drive([first!, ...rest], { noDataTimeout: patience * MINUTE });
          for (const [index, { earliest, latest }] of stageSpans(driven).entries()) {
            expect(earliest).toBeLessThanOrEqual(latest);
            expect(latest).toBeGreaterThanOrEqual(patienceEnd(driven, index + 1, 0));
            expect(latest).toBeLessThanOrEqual(dueOf(driven, index + 1, 0));
          }
          const { earliest, latest } = wholeSpan(driven, 100);
          const runner = runnerOf(driven, 100);
          expect(runner.least).toBeLessThanOrEqual(runner.most);
          const gates = all.filter(({ gate }) => gate).length;
          expect(runner.jobs).toBe(gates + 1);
          // Rounding up costs less than a minute for each job, and none is free.
          expect(runner.least).toBeGreaterThanOrEqual(earliest / MINUTE);
          expect(runner.least).toBeLessThanOrEqual(earliest / MINUTE + runner.jobs);
          const working = (latest - gates * driven.plan.holdFor) / MINUTE;
          expect(runner.most).toBeGreaterThanOrEqual(working);
          expect(runner.most).toBeLessThanOrEqual(working + runner.jobs);
        },
      ),
    );
  });
});

describe('billed runner minutes', () => {
  test.each([
    [0, 1],
    [1, 1],
    [MINUTE, 1],
    [MINUTE + 1, 2],
    [39 * MINUTE, 39],
  ])('%i ms are %i', (ms, minutes) => expect(billed(ms)).toBe(minutes));

  test('are not spent at a gate: each job ends there', () => {
    const gated = [stage(5, 10, { gate: true }), stage(50, 10)] as const;
    expect(runnerOf(drive(gated), 100)).toMatchObject({ jobs: 2, least: 26 });
    const last = [stage(5, 10), stage(50, 10, { gate: true })] as const;
    expect(runnerOf(drive(last), 100)).toMatchObject({ jobs: 2, least: 27 });
  });

  test('of deploy are those of the start alone', () => {
    expect(runnerOf(drive([stage(5, 10)]), 0)).toMatchObject({ jobs: 1, least: 1, most: 10 });
  });

  test('with resume are one for each look', () => {
    const long = drive([stage(1, 240), stage(50, 240)]);
    expect(runnerOf(long, 100)).toMatchObject({ least: 486, resumed: 50 });
  });
});

describe('a job that GitHub would end before it is through', () => {
  const long = [stage(10, 180), stage(50, 180)] as const;

  test('is said beforehand, with how long it takes', () => {
    expect(jobNotices(drive(long), 100)).toEqual([
      expect.stringMatching(/^A job of this rollout takes 6 h 6 min at least, .* after 6 h, /),
    ]);
  });

  test('is none where a gate or an adaptive stage ends it sooner, or it stops at 0 %', () => {
    const [first, second] = long;
    expect(jobNotices(drive([{ ...first, gate: true }, second]), 100)).toEqual([]);
    expect(jobNotices(drive([{ ...first, least: 60 * MINUTE }, second]), 100)).toEqual([]);
    expect(jobNotices(drive(long), 0)).toEqual([]);
  });
});
