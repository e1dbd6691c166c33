/** Evidence over rows, averaged over how much worse the canary is and since when (judging.md 5). All in ln. */

export type Accumulated = {
  /** How many rows it rests on. */
  readonly rows: number;
  /** ln of the prior share of "not worse until now". */
  readonly rest: number;
  /** ln of what each alternative has come to. */
  readonly parts: readonly number[];
  /** ln E. */
  readonly total: number;
};

/** first: of this test; changed: first row after a change of percent. */
export type Onset = 'first' | 'changed' | 'any';

/** The prior for a regression to begin with this row. */
const BEGINS: Readonly<Record<Onset, number>> = { first: 0.8, changed: 0.1, any: 1 / 60 };

/**
 * A fixed prior per row would use itself up in hours, and a healthy past would hide what comes late.
 * One that thins out with the rows is a prior, too: it leaves 1 in 24 after a day.
 */
function beginning(onset: Onset, rows: number): number {
  return onset === 'any' ? Math.min(BEGINS.any, 1 / rows) : BEGINS[onset];
}

export function UNTOUCHED(alternatives: number): Accumulated {
  return {
    rows: 0,
    rest: 0,
    parts: Array.from({ length: alternatives }, () => Number.NEGATIVE_INFINITY),
    total: 0,
  };
}

export function accumulate(
  before: Accumulated,
  row: { readonly logRatios: readonly number[]; readonly onset: Onset; readonly capped: boolean },
  terms: { readonly priors: readonly number[]; readonly cap: number },
): Accumulated {
  const rows = before.rows + 1;
  const begins = beginning(row.onset, rows);
  const starting = before.rest + Math.log(begins);
  const rest = before.rest + Math.log1p(-begins);
  const parts = row.logRatios.map((ratio, i) => {
    const staked = starting + Math.log(terms.priors[i] ?? 0);
    const evidence = row.capped ? Math.min(ratio, terms.cap) : ratio;
    return logSum(before.parts[i] ?? Number.NEGATIVE_INFINITY, staked) + evidence;
  });
  return { rows, rest, parts, total: logSum(rest, logSumExp(parts)) };
}

/** ln of the sum of what the values are logarithms of. ln 0 is −∞ and stays so. */
export function logSumExp(values: readonly number[]): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > most) most = value;
  if (most === Number.NEGATIVE_INFINITY) return most;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - most);
  return most + Math.log(sum);
}

function logSum(a: number, b: number): number {
  const most = Math.max(a, b);
  return most === Number.NEGATIVE_INFINITY ? most : most + Math.log1p(Math.exp(-Math.abs(a - b)));
}
