/** The exact interval of a share (C. Clopper, E. Pearson, 1934). */
import { logFactorial } from './samplers.ts';

export type Interval = { readonly from: number; readonly to: number };

/** 95 %: each end is cut off at 2.5 %. */
export function clopperPearson(events: number, trials: number): Interval {
  if (trials === 0) return { from: 0, to: 1 };
  const cut = 0.025;
  return {
    from: events === 0 ? 0 : solve((p) => 1 - atMost(events - 1, trials, p) < cut),
    to: events === trials ? 1 : solve((p) => atMost(events, trials, p) > cut),
  };
}

/** The largest chance for which this holds, where it holds for all smaller ones. */
function solve(holds: (p: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(X ≤ k) of a binomial. */
export function atMost(k: number, n: number, p: number): number {
  if (p <= 0 || k >= n) return 1;
  if (p >= 1) return 0;
  let sum = 0;
  for (let i = k; i >= 0; i -= 1) {
    const ways = logFactorial(n) - logFactorial(i) - logFactorial(n - i);
    const term = Math.exp(ways + i * Math.log(p) + (n - i) * Math.log1p(-p));
    sum += term;
    if (i < n * p && term < 1e-18 * sum) break;
  }
  return Math.min(1, sum);
}
