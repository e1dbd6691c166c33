/** Noise of one revision over time: how much its blocks of rows differ beyond chance (judging.md 3.2, 3.3). */
import { logMidpoints, totalOf } from './histogram.ts';
import type { Histogram } from '../judging-types.ts';

export type Counted = { readonly requests: number; readonly events: number };

/** Noise variance per row, and on how many pairs of blocks it rests; 0 with fewer than 6. */
export type Wobble = { readonly wobble: number; readonly pairs: number };

/** A squared difference, and the part of its mean that is chance. */
type Difference = { readonly square: number; readonly chance: number };

/** Block j is compared with block j − 2: with rows of a minute, 20 minutes earlier. */
const BLOCK = { rows: 10, apart: 2, pairs: 6, events: 20, requests: 50 };
/** Of a squared standard normal. */
const MEDIAN_SQUARE = 0.455;
const BURST = { rows: 30, blocks: 3, weight: 2, ofWobble: 0.2 };

export function countWobbleOf(rows: readonly Counted[]): Wobble {
  const blocks = blocksOf(rows, BLOCK.rows).map((block) => ({
    requests: sum(block.map(({ requests }) => requests)),
    events: sum(block.map(({ events }) => events)),
  }));
  return wobbleOf(
    pairsOf(blocks).flatMap(([before, after]) => {
      const { spread, surplus } = compared(before, after);
      const isEnough = before.events + after.events >= BLOCK.events && spread > 0;
      return isEnough ? [{ square: (surplus / spread) ** 2, chance: 2 / spread }] : [];
    }),
  );
}

/** null: a row without latencies. */
export function latencyWobbleOf(rows: readonly (Histogram | null)[]): Wobble {
  const blocks = blocksOf(rows, BLOCK.rows).map(logLatencyOf);
  return wobbleOf(
    pairsOf(blocks).flatMap(([before, after]) => {
      const isEnough = Math.min(before.requests, after.requests) >= BLOCK.requests;
      const chance = before.variance / before.requests + after.variance / after.requests;
      return isEnough ? [{ square: (before.mean - after.mean) ** 2, chance }] : [];
    }),
  );
}

/**
 * Variance of error counts relative to independent ones, from neighbouring rows: the median of the
 * blocks that have enough errors. null: too few have.
 */
export function burstIndexOf(rows: readonly Counted[], wobble: number): number | null {
  const indices = blocksOf(rows, BURST.rows).flatMap((block) => {
    const pairs = blocksOf(block, 2).flatMap(([before, after]) => {
      if (before === undefined || after === undefined) return [];
      const pair = compared(before, after);
      return pair.spread > 0 ? [pair] : [];
    });
    const weight = sum(pairs.map(({ spread }) => spread));
    const squares = sum(pairs.map(({ surplus }) => surplus ** 2));
    // The rate itself moves from row to row; that is no burst.
    const moved = BURST.ofWobble * wobble * sum(pairs.map(({ spread }) => spread ** 2));
    return weight >= BURST.weight ? [(squares - moved) / weight] : [];
  });
  if (indices.length < BURST.blocks) return null;
  return indices.sort((a, b) => a - b)[Math.floor(indices.length / 2)] ?? null;
}

/** The later one's events beyond its part of both, and the variance of that if only chance acts. NaN without requests. */
function compared(before: Counted, after: Counted) {
  const events = before.events + after.events;
  const requests = before.requests + after.requests;
  const part = after.requests / requests;
  return { spread: events * part * (1 - part), surplus: after.events - events * part };
}

/** Mean and variance of the log latency, all rows together; NaN without requests. */
function logLatencyOf(rows: readonly (Histogram | null)[]) {
  let [requests, total, squares] = [0, 0, 0];
  for (const row of rows) {
    const middles = row === null ? [] : logMidpoints(row.bounds);
    for (const [i, count] of (row?.counts ?? []).entries()) {
      const middle = middles[i] ?? 0;
      total += count * middle;
      squares += count * middle * middle;
    }
    requests += row === null ? 0 : totalOf(row);
  }
  const mean = total / requests;
  return { requests, mean, variance: squares / requests - mean * mean };
}

function wobbleOf(differences: readonly Difference[]): Wobble {
  const pairs = differences.length;
  if (pairs < BLOCK.pairs) return { wobble: 0, pairs };
  // Two blocks differ; the mean of a block varies as much less as it has rows.
  return { wobble: (beyondChance(differences) / 2) * BLOCK.rows, pairs };
}

/** Variance of the differences less what chance gives them; medians, so that one incident is none. */
function beyondChance(differences: readonly Difference[]): number {
  const square = median(differences.map((difference) => difference.square));
  const chance = median(differences.map((difference) => difference.chance));
  return Math.max(0, square / MEDIAN_SQUARE - chance);
}

/** Whole blocks only. */
function blocksOf<T>(rows: readonly T[], length: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.floor(rows.length / length) }, (_, block) =>
    rows.slice(block * length, (block + 1) * length),
  );
}

function pairsOf<T>(blocks: readonly T[]): readonly (readonly [T, T])[] {
  return blocks.slice(BLOCK.apart).flatMap((after, i) => {
    const before = blocks[i];
    return before === undefined ? [] : [[before, after] as const];
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = 0, high = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
