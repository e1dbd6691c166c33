/** What the tally comes to: lines for people, and the last line for programs. */
import type { Exposure } from './exposure.ts';
import { CONTINUATIONS, quantile } from './tally.ts';
import type { Tally } from './tally.ts';

/** A bad canary has lost its traffic so many seconds after the look that could show it, half the time. */
export const MEDIAN_OWN = 5;

/** Those of a rollout whose own job goes on with it; the looks of `resume` come at a pace of their own. */
export function figuresOf({ schedules, apiCalls, violations, exposures }: Tally) {
  const { total, poll, own } = partsOf([...exposures['re-run'], ...exposures.reconcile]);
  return {
    schedules,
    apiCalls,
    violations,
    medianSecondsToRestore: quantile(total, 0.5),
    p99SecondsToRestore: quantile(total, 0.99),
    medianSecondsOfPoll: quantile(poll, 0.5),
    p99SecondsOfPoll: quantile(poll, 0.99),
    medianSecondsOwn: quantile(own, 0.5),
    p99SecondsOwn: quantile(own, 0.99),
  };
}

function partsOf(exposures: readonly Exposure[]) {
  return {
    total: exposures.map(({ poll, own }) => poll + own),
    poll: exposures.map(({ poll }) => poll),
    own: exposures.map(({ own }) => own),
  };
}

export function timeLines({ exposures, reactions }: Tally): readonly string[] {
  const lines = CONTINUATIONS.flatMap((way) => {
    const { total, poll, own } = partsOf(exposures[way]);
    return [
      `From the first bad datum readable to 0 %, ${way}: ${timesText(total)}`,
      `  of it the poll interval: ${timesText(poll)}`,
      `  and the engine's own time: ${timesText(own)}`,
    ];
  });
  return [...lines, `From the first bad datum read to 0 %: ${timesText(reactions)}`];
}

function timesText(times: readonly number[]): string {
  const [p50, p99, worst] = [0.5, 0.99, 1].map((share) => quantile(times, share));
  return `p50 ${p50} s, p99 ${p99} s, worst ${worst} s (${times.length} times)`;
}
