/**
 * Exact samplers: no normal approximation, so that the tails a judge is measured by are the true
 * ones. Large means by transformed rejection (W. Hörmann, The generation of binomial random
 * variates, 1993; The transformed rejection method for generating Poisson random variables, 1993).
 */
import { normal } from './random.ts';
import type { Random } from './random.ts';

/** Above this mean rejection is faster than adding up probabilities. */
const MANY = 10;

export function poisson(random: Random, mean: number): number {
  if (mean <= 0) return 0;
  if (mean < MANY) return countUp(random(), Math.exp(-mean), (k) => mean / (k + 1));
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const logMean = Math.log(mean);
  const scale = Math.log(1.1239 + 1.1328 / (b - 3.4));
  const quick = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random() - 0.5;
    const v = 1 - random();
    const edge = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / edge + b) * u + mean + 0.43);
    if (edge >= 0.07 && v <= quick) return k;
    if (k < 0 || (edge < 0.013 && v > edge)) continue;
    const height = Math.log(v) + scale - Math.log(a / (edge * edge) + b);
    if (height <= k * logMean - mean - logFactorial(k)) return k;
  }
}

export function binomial(random: Random, n: number, chance: number): number {
  if (n <= 0 || chance <= 0) return 0;
  if (chance >= 1) return n;
  if (chance > 0.5) return n - binomial(random, n, 1 - chance);
  const odds = chance / (1 - chance);
  if (n * chance < MANY) {
    const none = Math.exp(n * Math.log1p(-chance));
    return countUp(random(), none, (k) => (odds * (n - k)) / (k + 1));
  }
  return binomialByRejection(random, n, chance);
}

function binomialByRejection(random: Random, n: number, chance: number): number {
  const odds = chance / (1 - chance);
  const deviation = Math.sqrt(n * chance * (1 - chance));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * chance;
  const centre = n * chance + 0.5;
  const quick = 0.92 - 4.2 / b;
  const scale = (2.83 + 5.1 / b) * deviation;
  const mode = Math.floor((n + 1) * chance);
  const logOdds = Math.log(odds);
  const atMode = logFactorial(mode) + logFactorial(n - mode);
  for (;;) {
    const u = random() - 0.5;
    const v = 1 - random();
    const edge = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / edge + b) * u + centre);
    if (edge >= 0.07 && v <= quick) return k;
    if (k < 0 || k > n) continue;
    const height = Math.log((v * scale) / (a / (edge * edge) + b));
    const bound = atMode - logFactorial(k) - logFactorial(n - k) + (k - mode) * logOdds;
    if (height <= bound) return k;
  }
}

/** Inversion: adds up P(0), P(1), … until `u` is reached; `step(k)` is P(k + 1) / P(k). */
function countUp(u: number, none: number, step: (k: number) => number): number {
  let k = 0;
  let chance = none;
  let left = u - chance;
  while (left >= 0 && chance > 1e-18) {
    chance *= step(k);
    left -= chance;
    k += 1;
  }
  return k;
}

/** Mean shape × scale (G. Marsaglia, W. W. Tsang, A simple method for generating gamma variables, 2000). */
export function gamma(random: Random, shape: number, scale: number): number {
  if (shape < 1) {
    return gamma(random, shape + 1, scale) * (1 - random()) ** (1 / shape);
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v * scale;
  }
}

/** Spreads `n` over buckets with these chances, which add up to 1. */
export function multinomial(random: Random, n: number, chances: ArrayLike<number>): number[] {
  const counts = Array.from({ length: chances.length }, () => 0);
  let left = n;
  let rest = 1;
  for (let i = 0; i < chances.length - 1 && left > 0; i += 1) {
    const chance = chances[i]!;
    if (chance <= 0) continue;
    const count = binomial(random, left, Math.min(1, chance / rest));
    counts[i] = count;
    left -= count;
    rest -= chance;
  }
  counts[chances.length - 1]! += left;
  return counts;
}

const LOG_FACTORIALS = Array.from({ length: 16 }, (_, n) => {
  let product = 1;
  for (let i = 2; i <= n; i += 1) product *= i;
  return Math.log(product);
});

const HALF_LOG_TWO_PI = Math.log(2 * Math.PI) / 2;

/** Stirling's series: 2e-12 from 16 on. */
export function logFactorial(n: number): number {
  if (n < 16) return LOG_FACTORIALS[n]!;
  const x = n + 1;
  const square = x * x;
  const correction = (1 / 12 - (1 / 360 - 1 / (1260 * square)) / square) / x;
  return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + correction;
}
