/**
 * Flagger's canary analysis (fluxcd/flagger 15bd6ad5, pkg/controller/scheduler.go and
 * scheduler_metrics.go): a minute without values fails like a bad one, failed checks add up for as
 * long as the analysis lasts, and the weight rises only after a check that passed. Kind to it: it
 * rolls back with the last failed check, where the source waits for its next tick.
 */
import type { Cell, PastMinute } from '../../../src/core/judging-types.ts';
import { USUAL_LIMITS, fittedLimits, p99Of } from './peers-limits.ts';
import type { Limits } from './peers-limits.ts';
import { peer } from './peers-rows.ts';
import type { Rule } from './types.ts';

/** The default is 1, the documents use 5 to 10. */
const THRESHOLD = 5;

export const FLAGGER = flagger('Flagger (99 %, 500 ms, threshold 5)', () => USUAL_LIMITS);
export const FLAGGER_FITTED = flagger('Flagger, fitted to the service', fittedLimits);

function flagger(name: string, limitsOf: (history: readonly PastMinute[]) => Limits): Rule {
  return peer(name, ({ history }) => {
    const limits = limitsOf(history);
    let failures = 0;
    return (fresh) => {
      const row = fresh.at(-1);
      if (row === undefined) return 'wait';
      if (isWithin(row.canary, limits)) return 'pass';
      failures += 1;
      return failures >= THRESHOLD ? 'fail' : 'wait';
    };
  });
}

function isWithin(canary: Cell | null, { errorRate, p99Ms }: Limits): boolean {
  if (canary === null) return false;
  const p99 = p99Of(canary);
  return canary.errors <= errorRate * canary.requests && p99 !== null && p99 <= p99Ms;
}
