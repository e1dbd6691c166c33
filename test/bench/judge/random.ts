/**
 * Random numbers that depend on a key alone: whoever asks for a minute, in whatever order and in
 * whatever process, sees the same one.
 */
import { createHash } from 'node:crypto';

/** Numbers in [0, 1). */
export type Random = () => number;

/** A key from a text: 32 bits. */
export function keyOf(text: string): number {
  return createHash('sha256').update(text).digest().readInt32BE(0);
}

/** The sequence that belongs to a key of whole numbers (sfc32 of PractRand, seeded by a mixed key). */
export function randomOf(...key: readonly number[]): Random {
  let [a, b, c] = [0x243f6a88, 0x85a308d3 | 0, 0x13198a2e];
  for (const part of key) {
    a = mixed(a ^ part);
    b = mixed(b + Math.imul(part, 0x9e3779b1) + a);
    c = mixed(c ^ (b + part));
  }
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 12; round += 1) next();
  return next;
}

/** Every bit of the answer depends on every bit of the number (finaliser of MurmurHash3). */
function mixed(number: number): number {
  let one = number | 0;
  one = Math.imul(one ^ (one >>> 16), 0x85ebca6b);
  one = Math.imul(one ^ (one >>> 13), 0xc2b2ae35);
  return one ^ (one >>> 16);
}

/** Box and Muller; 1 − u keeps the logarithm away from zero. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
