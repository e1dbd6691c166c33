/** The chance of a split of events, if each is equally likely to have hit any request. */
import type { Counts } from '../../src/core/judge/count-evidence.ts';
import { logGamma } from '../../src/core/judge/log-gamma.ts';

export function logHypergeometric({ canary, canaryOf, baseline, baselineOf }: Counts): number {
  return (
    logChoose(canaryOf, canary) +
    logChoose(baselineOf, baseline) -
    logChoose(canaryOf + baselineOf, canary + baseline)
  );
}

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}
