/** Absolute limits, as tools without a baseline have them (benchmark.md, 6). */
import { quantileOf } from '../../../src/core/judge/histogram.ts';
import type { PastMinute } from '../../../src/core/judging-types.ts';
import { pastSum } from './peers-rows.ts';
import type { Sum } from './peers-rows.ts';

export type Limits = { readonly errorRate: number; readonly p99Ms: number };

/** What the documents of the tools show. */
export const USUAL_LIMITS: Limits = { errorRate: 0.01, p99Ms: 500 };

/** Set by somebody who has looked at the service. */
export function fittedLimits(history: readonly PastMinute[]): Limits {
  const { requests, errors, latency } = pastSum(history);
  const p99 = latency === null ? null : quantileOf(latency, 0.99);
  return {
    errorRate: Math.max(USUAL_LIMITS.errorRate, requests === 0 ? 0 : (2 * errors) / requests),
    p99Ms: p99 === null ? USUAL_LIMITS.p99Ms : 1.5 * p99,
  };
}

/** null: there is nothing to measure it on. */
export function p99Of({ latency }: Sum): number | null {
  return latency === null ? null : quantileOf(latency, 0.99);
}
