/** How a stage divides the requests of a service: between two revisions, or two of three. */
import type { ServedStage } from '../judging-types.ts';
import type { Percent } from '../types.ts';

export type Shares = { readonly canary: Percent; readonly baseline: Percent };

/** undefined: before the canary has any. */
export function sharesOf(stage: ServedStage | undefined): Shares {
  const canary = stage?.percent ?? 0;
  return { canary, baseline: stage?.baselinePercent ?? 100 - canary };
}

/** Of all requests to the service, those that either of the two is to get: 0…1. */
export function bothOf({ canary, baseline }: Shares): number {
  return (canary + baseline) / 100;
}
