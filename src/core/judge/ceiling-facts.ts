/** Whether each limit on the canary alone is kept, over a whole stage. */
import { percentileOf, seenIn } from './gate.ts';
import type { Row } from './rows.ts';
import { keeps } from './tests.ts';
import type { Test, Tests } from './tests.ts';

export type CeilingFact = {
  readonly test: Test;
  readonly state: 'kept' | 'exceeded' | 'broken' | 'unmeasured';
  readonly baselineKeeps: boolean;
};

export function ceilingFacts(own: readonly Row[], tests: Tests): readonly CeilingFact[] {
  return tests.list.flatMap((test): readonly CeilingFact[] => {
    const { ceiling } = test;
    if (ceiling === null) return [];
    const { allowed } = ceiling;
    const canary = seenIn(test, own, 'canary');
    const baselineKeeps = keeps(seenIn(test, own, 'baseline'), allowed);
    if (canary === null) return [{ test, state: 'unmeasured', baselineKeeps }];
    if (keeps(canary, allowed)) {
      const state = isBelow(test, own) ? 'kept' : 'exceeded';
      return [{ test, state, baselineKeeps }];
    }
    const isBroken = baselineKeeps && isBeyondDoubt(canary, test, tests.limit);
    return [{ test, state: isBroken ? 'broken' : 'exceeded', baselineKeeps }];
  });
}

/**
 * Between a limit and the next bound of the histogram nobody knows how many requests are above it: then
 * the percentile that people are shown decides. It proves nothing, so it undoes nothing.
 */
function isBelow(test: Test, own: readonly Row[]): boolean {
  const slowness = percentileOf(test, own, 'canary');
  return slowness === null || slowness <= (test.ceiling?.max ?? Infinity);
}

/** Chernoff's bound on seeing so many events if exactly the allowed part were. */
function isBeyondDoubt(
  { events, requests }: { readonly events: number; readonly requests: number },
  { ceiling, burst }: Test,
  limit: number,
): boolean {
  const expected = (ceiling?.allowed ?? 0) * requests;
  if (expected === 0) return events > 0;
  return (events * Math.log(events / expected) - (events - expected)) / burst >= limit;
}
