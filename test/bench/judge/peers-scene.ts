/** Rollouts whose rows are written down, played by the loop of the benchmark. */
import type { Counts } from '../../../src/core/judge/count-evidence.ts';
import type { Cell, PastMinute } from '../../../src/core/judging-types.ts';
import { ENVIRONMENTS } from './environments.ts';
import { play } from './loop.ts';
import type { Ending } from './loop.ts';
import { createRollout } from './rollout.ts';
import type { Rule } from './types.ts';
import { instantOf } from './wire.ts';

export type Row = { readonly canary: Cell | null; readonly baseline: Cell | null };

export const PROMOTED = { outcome: 'promoted', minutes: 60 };

export function rolledBackAt(minutes: number): Pick<Ending, 'outcome' | 'minutes'> {
  return { outcome: 'rolled-back', minutes };
}

const BOUNDS = [50, 100, 200, 400, 800];

/** Requests of which so many fail; the others per bucket of the bounds above, all in the second by default. */
export function cell(requests: number, errors = 0, buckets?: readonly number[]): Cell {
  const counts = [...(buckets ?? [0, requests - errors])];
  while (counts.length <= BOUNDS.length) counts.push(0);
  const latency = errors === requests ? null : { bounds: BOUNDS, counts };
  return { requests, errors, clientErrors: 0, latency, memory: null };
}

/** One past minute a row. */
export function past(...cells: readonly Cell[]): readonly PastMinute[] {
  return cells.map((one, i) => ({ start: instantOf(i - cells.length), cell: one, share: 1 }));
}

const QUIET = createRollout(
  { environment: ENVIRONMENTS[0]!, fault: null, load: { perSecond: 0.2, errorRate: 0.0001 } },
  1,
  0,
);

/** What the rule makes of these rows; a row becomes visible three minutes after its own. */
export function ended(
  rule: Rule,
  rowAt: (minute: number, percent: number) => Row,
  history: readonly PastMinute[] = past(cell(1000, 1)),
): Pick<Ending, 'outcome' | 'minutes'> {
  const rollout = {
    ...QUIET,
    history,
    row: ({ minute, percent }: { readonly minute: number; readonly percent: number }) => ({
      start: instantOf(minute),
      ...rowAt(minute, percent),
    }),
  };
  const { outcome, minutes } = play(rollout, rule);
  return { outcome, minutes };
}

export function countsOf(
  [canary, canaryOf]: readonly [number, number],
  [baseline, baselineOf]: readonly [number, number],
): Counts {
  return { canary, canaryOf, baseline, baselineOf };
}

/** One request in twenty is slow, and one in two hundred fails; so does a good canary in `canaryAt`. */
export const USUAL = past(cell(2000, 10, [0, 1890, 100]));
export const FAILING = cell(1000, 60, [0, 893, 47]);
export const SLOWER = cell(1000, 5, [0, 845, 150]);

/** A canary that is as good as the baseline in the minutes for which this says null. */
export function canaryAt(bad: (minute: number) => Cell | null): (minute: number) => Row {
  return (minute) => ({
    canary: bad(minute) ?? cell(1000, 5, [0, 945, 50]),
    baseline: cell(10_000, 50, [0, 9450, 500]),
  });
}
