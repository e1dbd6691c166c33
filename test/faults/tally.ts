/** What a suite has shown, added up. */
import type { Exposure } from './exposure.ts';
import type { Continuation } from './life.ts';
import type { Schedule, Shown } from './schedule.ts';

export type Tally = {
  schedules: number;
  apiCalls: number;
  violations: number;
  /** One schedule of each kind of violation. */
  readonly examples: Map<string, Schedule>;
  readonly exposures: Record<Continuation, Exposure[]>;
  /** ms from the first bad datum that was read to the canary at 0 %. */
  readonly reactions: number[];
};

export const CONTINUATIONS: readonly Continuation[] = ['re-run', 'reconcile', 'resume'];

const MOST_EXAMPLES = 30;

export function emptyTally(): Tally {
  return {
    schedules: 0,
    apiCalls: 0,
    violations: 0,
    examples: new Map(),
    exposures: { 're-run': [], reconcile: [], resume: [] },
    reactions: [],
  };
}

export function count(tally: Tally, schedule: Schedule, shown: Shown): void {
  tally.schedules += 1;
  tally.apiCalls += shown.calls;
  tally.violations += shown.violations.length;
  for (const { promise, text } of shown.violations) {
    const key = `${promise}: ${text}`;
    if (tally.examples.size < MOST_EXAMPLES && !tally.examples.has(key)) {
      tally.examples.set(key, schedule);
    }
  }
  tally.exposures[schedule.continuation].push(...shown.exposures);
  if (shown.reaction !== null) tally.reactions.push(shown.reaction);
}

export function add(into: Tally, part: Tally): void {
  into.schedules += part.schedules;
  into.apiCalls += part.apiCalls;
  into.violations += part.violations;
  for (const [key, schedule] of part.examples) into.examples.set(key, schedule);
  for (const way of CONTINUATIONS) {
    for (const time of part.exposures[way]) into.exposures[way].push(time);
  }
  for (const time of part.reactions) into.reactions.push(time);
}

/** In seconds; null: nothing was measured. */
export function quantile(times: readonly number[], share: number): number | null {
  const sorted = times.toSorted((a, b) => a - b);
  const time = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return time === undefined ? null : Math.round(time / 100) / 10;
}
