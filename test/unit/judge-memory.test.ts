/** Memory, as the judge sees it: whole looks with stages, not rows that somebody has chosen. */
import { describe, expect, test } from 'vitest';
import { MINUTE } from './build.ts';
import { ERRORS, look, START, table, timed } from './judge-table.ts';
import type { Options, Row } from './judge-table.ts';
import type { ServedStage } from '../../src/core/judging-types.ts';

const STABLE = 42;

/** Stages of 5, 20 and 50 % that begin with these rows, the newest seen being served. */
function stagesFrom(...begin: readonly number[]): readonly [ServedStage, ...ServedStage[]] {
  const [first = 0, ...others] = begin;
  const stage = (row: number, i: number): ServedStage => ({
    percent: [5, 20, 50][i] ?? 50,
    asked: START + row * MINUTE,
    from: START + row * MINUTE,
  });
  return [stage(first, 0), ...others.map((row, i) => stage(row, i + 1))];
}

type Memory = (row: number) => number | null;

/** The verdict, with memory as the two functions say and nothing else amiss. */
function judged(
  rows: number,
  begin: readonly number[],
  memory: { readonly canary: Memory; readonly stable?: Memory },
  options: Options = {},
) {
  const { canary, stable = () => STABLE } = memory;
  const stages = stagesFrom(...begin);
  const percentAt = (row: number): number =>
    stages.findLast(({ asked }) => asked <= START + row * MINUTE)?.percent ?? 5;
  const minutes = table(rows, (i): Row => {
    const own = percentAt(i) * 200;
    return [
      { ...timed(own, own * 0.005), memory: canary(i) },
      { ...timed(20_000 - own, (20_000 - own) * 0.005), memory: stable(i) },
    ];
  });
  return look(minutes, [ERRORS], { stages, warmUp: 3, closed: false, ...options });
}

/** Does any look of a rollout of so many rows undo it for memory? From which row on? */
function undoneAt(...[rows, begin, memory, options]: Parameters<typeof judged>): number | null {
  for (let seen = 1; seen <= rows; seen += 1) {
    const there = begin.filter((row) => row < seen);
    if (there.length > 0 && judged(seen, there, memory, options).reason === 'memory') return seen;
  }
  return null;
}

/** A point up, a point down: what is measured never lies on one line. */
const restless = (memory: (row: number) => number) => (row: number) =>
  memory(row) + (row % 2 === 0 ? 1 : -1);

describe('a canary is not undone for memory that', () => {
  test.each([
    { before: 30, after: 58 },
    { before: 35, after: 58 },
    { before: 45, after: 70 },
  ])('stands at $before points, and at $after from a raise on', ({ before, after }) => {
    const canary = restless((row) => (row < 14 ? before : after));
    expect(undoneAt(60, [0, 14, 28], { canary })).toBeNull();
  });

  test.each([3, 5, 10])(
    'rises to 65 points and stays there, two thirds of it in %i min',
    (minutes) => {
      const canary = restless((row) => 65 - 35 * Math.exp(-row / minutes));
      expect(undoneAt(60, [0, 14, 28], { canary })).toBeNull();
    },
  );

  test('rises to a new level after each raise', () => {
    const canary = restless(
      (row) =>
        45 +
        12 * [14, 28].reduce((sum, at) => sum + (row < at ? 0 : 1 - Math.exp((at - row) / 4)), 0),
    );
    expect(undoneAt(60, [0, 14, 28], { canary })).toBeNull();
  });

  test("grows as the stable revision's does: what both have is not the canary's", () => {
    const grown = restless((row) => 60 + row);
    const stable = restless((row) => 40 + row);
    expect(undoneAt(30, [0], { canary: grown })).not.toBeNull();
    expect(undoneAt(30, [0], { canary: grown, stable })).toBeNull();
  });

  test('grew before its first live stage, whoever called it then', () => {
    const canary = restless((row) => (row < 20 ? 30 + 1.6 * row : 62));
    expect(undoneAt(60, [20, 34], { canary })).toBeNull();
  });

  test('rises in rows of which nobody knows which split was served', () => {
    const [first] = stagesFrom(0);
    const stages = [first, { ...first, percent: 20, asked: START, from: null }] as const;
    const canary = restless((row) => 50 + row);
    expect(judged(30, [0], { canary }).reason).toBe('memory');
    expect(judged(30, [0], { canary }, { stages }).reason).not.toBe('memory');
  });
});

describe('what is allowed', () => {
  const canary = restless((row) => 40 + 0.3 * row);
  const check = (options: Options) =>
    judged(60, [0], { canary, stable: () => 20 }, options).checks.find(
      ({ metric }) => metric === 'memory',
    );

  test('is what max_memory says, and stands in the report', () => {
    expect(check({})).toMatchObject({ verdict: 'unknown', limit: 95 });
    expect(check({ maxMemory: 0.7 })).toMatchObject({
      verdict: 'fail',
      limit: 70,
      why: 'Memory rose from 50 % to 57.3 % of the limit in 30 min and is heading for more than 70 % within 2 h; the stable revision, at 20 %, is not.',
    });
  });

  test('off judges nothing of it', () => {
    expect(check({ maxMemory: null })).toBeUndefined();
    expect(undoneAt(60, [0], { canary: (row) => 30 + row }, { maxMemory: null })).toBeNull();
    expect(undoneAt(60, [0], { canary: (row) => 30 + row })).not.toBeNull();
  });

  test('a canary that fills up and stays there is told of with both numbers', () => {
    const full = judged(60, [0], { canary: restless((row) => 65 - 35 * Math.exp(-row / 5)) });
    expect(full.checks.at(-1)!.why).toBe(
      'Memory 65 % of the limit on the canary against 42 % on the stable revision (last 30 min): not shown to be heading for more than 95 % by itself.',
    );
  });
});

describe('a canary is undone for memory that', () => {
  test('grows through all stages', () => {
    const canary = restless((row) => 40 + 0.9 * row);
    expect(undoneAt(60, [0, 14, 28], { canary })).toBeLessThan(40);
  });

  test('grows, although it stood higher with each raise', () => {
    const canary = restless((row) => 30 + 0.9 * row + (row < 14 ? 0 : 5) + (row < 28 ? 0 : 5));
    expect(undoneAt(60, [0, 14, 28], { canary })).toBeLessThan(45);
  });

  test('grows within one stage, after the warm-up and twelve rows more', () => {
    const canary = restless((row) => 50 + 2 * row);
    expect(undoneAt(60, [0], { canary })).toBe(3 + 12);
    expect(undoneAt(60, [0], { canary }, { warmUp: 8 })).toBe(8 + 12);
    // The first row after a change is never one of them.
    expect(undoneAt(60, [0], { canary }, { warmUp: 0 })).toBe(1 + 12);
  });
});
