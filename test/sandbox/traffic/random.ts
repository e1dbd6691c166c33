import { createHash } from 'node:crypto';

/** Numbers in [0, 1). */
export type Random = () => number;

/** A seeded sequence (a Weyl counter, each value mixed by multiplication and shifts). */
export function seededRandom(seed: number): Random {
  let counter = seed >>> 0;
  return () => {
    counter = (counter + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(counter ^ (counter >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

export function seedFrom(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0);
}

export function logNormal(random: Random, o: { median: number; sigma: number }): number {
  // Box and Muller; 1 − u keeps the logarithm away from zero.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return o.median * Math.exp(o.sigma * normal);
}

export function exponential(random: Random, mean: number): number {
  return -Math.log(1 - random()) * mean;
}

/** Weights need not add up to 100; null: nothing has a weight. */
export function pick<T extends { readonly percent: number }>(
  rows: readonly T[],
  random: Random,
): T | null {
  const total = rows.reduce((sum, row) => sum + row.percent, 0);
  let left = random() * total;
  for (const row of rows) {
    left -= row.percent;
    if (left < 0) return row;
  }
  return null;
}
