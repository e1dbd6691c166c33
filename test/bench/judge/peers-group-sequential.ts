/**
 * A group-sequential test with a spending function of O'Brien and Fleming's kind, looked at so often
 * that the boundary is the continuous one (Lan & DeMets 1983). Rows are strata, so a common outage
 * does not count; independence of requests is taken for granted.
 */
import type { Counts } from '../../../src/core/judge/count-evidence.ts';
import { failed, pastSum, peer, slow, slowBucket } from './peers-rows.ts';
import type { Sum } from './peers-rows.ts';
import { SLOW_PART } from './peers-z.ts';
import { FIXED } from './schedule.ts';

/** A Brownian motion ever gets above it until time 1 with probability 0.5 %, the part of each metric. */
export const BOUNDARY = 2.807;

export const GROUP_SEQUENTIAL = peer(
  "Group-sequential (Lan–DeMets, O'Brien–Fleming), 1 %",
  ({ history, percents }) => {
    const past = pastSum(history);
    const perRow = past.requests / Math.max(1, history.length);
    const bucket = slowBucket(past, SLOW_PART);
    const errors = stratified(plannedVariance(pastRate(past), perRow, percents));
    const slower = stratified(plannedVariance(SLOW_PART, perRow, percents));
    return (fresh) => {
      for (const { canary, baseline } of fresh) {
        if (canary === null || baseline === null) continue;
        errors.add(failed({ canary, baseline }));
        if (bucket !== null) slower.add(slow({ canary, baseline }, bucket));
      }
      return errors.isOver() || slower.isOver() ? 'fail' : 'pass';
    };
  },
);

/** Half an error more: a service without one has a rate all the same. */
function pastRate({ requests, errors }: Sum): number {
  return (errors + 0.5) / (requests + 1);
}

/** Of the score over all rows of the plan, if every stage takes as long as planned. */
export function plannedVariance(rate: number, perRow: number, percents: readonly number[]): number {
  const perRequest = percents.reduce((sum, percent) => sum + percent * (100 - percent), 0) / 1e4;
  return FIXED.bake * perRow * perRequest * rate * (1 - rate);
}

/** Mantel and Haenszel's score over strata, with its information as part of what was planned. */
export function stratified(planned: number): { add(stratum: Counts): void; isOver(): boolean } {
  let [score, variance] = [0, 0];
  return {
    add({ canary, canaryOf, baseline, baselineOf }) {
      const all = canaryOf + baselineOf;
      const events = canary + baseline;
      if (all < 2) return;
      score += canary - (events * canaryOf) / all;
      variance += (canaryOf * baselineOf * events * (all - events)) / (all * all * (all - 1));
    },
    isOver() {
      const fraction = Math.min(1, variance / planned);
      return score / Math.sqrt(variance) > BOUNDARY / Math.sqrt(fraction);
    },
  };
}
