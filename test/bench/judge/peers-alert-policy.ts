/**
 * Alert policies on the canary, which is what Cloud Deploy's analysis of alert policies asks (its
 * documentation of AlertPolicyCheck). The policy is ours: a window of five minutes that has been bad
 * for five minutes. No data closes an incident.
 */
import type { PastMinute } from '../../../src/core/judging-types.ts';
import { USUAL_LIMITS, fittedLimits, p99Of } from './peers-limits.ts';
import type { Limits } from './peers-limits.ts';
import { peer, sumOf } from './peers-rows.ts';
import type { Rule } from './types.ts';

const WINDOW = 5;
const POLLS = 5;

export const ALERT_POLICY = alertPolicy('Alert policy 1 % / 500 ms, 5 min', () => USUAL_LIMITS);
export const ALERT_POLICY_FITTED = alertPolicy('Alert policy, fitted to the service', fittedLimits);

function alertPolicy(name: string, limitsOf: (history: readonly PastMinute[]) => Limits): Rule {
  return peer(name, ({ history }) => {
    const { errorRate, p99Ms } = limitsOf(history);
    let badInARow = 0;
    return (_, { visible }) => {
      const window = sumOf(visible.slice(-WINDOW).map(({ canary }) => canary));
      const isBad = window.errors > errorRate * window.requests || (p99Of(window) ?? 0) > p99Ms;
      badInARow = isBad ? badInARow + 1 : 0;
      return badInARow >= POLLS ? 'fail' : 'pass';
    };
  });
}
