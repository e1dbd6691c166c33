/**
 * How far the canary's values lie above the baseline's, by Mann and Whitney's test as Kayenta has it
 * (spinnaker/kayenta a69573be, kayenta-mannwhitney: R's wilcox.test with exact = FALSE): the shifts
 * at which the normal approximation, corrected for ties and continuity, crosses a quantile.
 */
import { brentRoot } from './peers-root.ts';

export type Shift = {
  readonly lower: number;
  readonly upper: number;
  /** Hodges and Lehmann's. */
  readonly estimate: number;
};

/** Of a two-sided interval of 98 %. */
const QUANTILE = 2.3263478740408408;

/** null: all values are tied, and the source throws. */
export function shiftOf(canary: readonly number[], baseline: readonly number[]): Shift | null {
  const x = Float64Array.from(canary).sort();
  const y = Float64Array.from(baseline).sort();
  const least = x[0]! - y.at(-1)!;
  const most = x.at(-1)! - y[0]!;
  const [highest, lowest] = [deviate(x, y, least), deviate(x, y, most)];
  if (Number.isNaN(highest) || Number.isNaN(lowest)) return null;
  const crossing = (z: number): number =>
    brentRoot(
      (shift) => deviate(x, y, shift) - z,
      { x: least, y: highest - z },
      { x: most, y: lowest - z },
    );
  const bound = (z: number): number => {
    if (highest <= z) return least;
    return lowest >= z ? most : crossing(z);
  };
  return { lower: bound(QUANTILE), upper: bound(-QUANTILE), estimate: crossing(0) };
}

/** The standardised rank sum of x − shift among y, both ascending. NaN: all are tied. */
function deviate(x: Float64Array, y: Float64Array, shift: number): number {
  const all = x.length + y.length;
  let [i, j, ranks, ties] = [0, 0, 0, 0];
  while (i < x.length || j < y.length) {
    const fromX = i < x.length ? x[i]! - shift : Number.POSITIVE_INFINITY;
    const value = j < y.length ? Math.min(fromX, y[j]!) : fromX;
    const [firstX, before] = [i, i + j];
    while (i < x.length && x[i]! - shift === value) i += 1;
    while (j < y.length && y[j] === value) j += 1;
    const group = i + j - before;
    ranks += (i - firstX) * (before + (group + 1) / 2);
    ties += group ** 3 - group;
  }
  const pairs = x.length * y.length;
  const above = ranks - (x.length * (x.length + 1)) / 2 - pairs / 2;
  const variance = (pairs / 12) * (all + 1 - ties / (all * (all - 1)));
  return variance === 0 ? Number.NaN : (above - Math.sign(above) / 2) / Math.sqrt(variance);
}
