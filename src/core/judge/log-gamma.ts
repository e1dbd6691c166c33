/**
 * Logarithms of the gamma function and of rising factorials (judging.md 9). A difference of two
 * plain ln Γ loses its last digits where they are huge, so what is small is computed by itself.
 */

/** From here on Stirling's series, cut after seven terms, is exact to the last digit. */
const LARGE = 10;
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** Below, (1 + t) ln(1 + t) − t would be the difference of two nearly equal numbers. */
const SMALL = 0.1;

/** ln Γ(x), x > 0. */
export function logGamma(x: number): number {
  let shifted = x;
  let product = 1;
  for (; shifted < LARGE; shifted += 1) product *= shifted;
  const stirling = (shifted - 0.5) * Math.log(shifted) - shifted + HALF_LOG_TWO_PI;
  return stirling + correction(shifted) - Math.log(product);
}

/** ln Γ(a + k) − ln Γ(a), a > 0, k ≥ 0: for a whole k the logarithm of a (a + 1) … (a + k − 1). */
export function logRising(a: number, k: number): number {
  return k * Math.log(a) + risingExcess(a, k);
}

/** By how much logRising(a, k) exceeds k ln a. Small for a large a, and exact there. */
export function risingExcess(a: number, k: number): number {
  if (k === 0 || a === Infinity) return 0;
  let shifted = a;
  let above = 1;
  let below = 1;
  for (; shifted < LARGE; shifted += 1) {
    above *= shifted + k;
    below *= shifted;
  }
  const t = k / shifted;
  const excess =
    t < SMALL ? excessOfSmall(shifted, t) : excessOfLarge(shifted, t) - 0.5 * Math.log1p(t);
  const rest = excess + correction(shifted + k) - correction(shifted);
  return shifted === a ? rest : rest + k * Math.log(shifted / a) - Math.log(above / below);
}

function excessOfLarge(a: number, t: number): number {
  return a * ((1 + t) * Math.log1p(t) - t);
}

/** a ((1 + t) ln(1 + t) − t) − ½ ln(1 + t) with ln(1 + t) = 2 artanh(w), all terms positive but the last. */
function excessOfSmall(a: number, t: number): number {
  const w = t / (2 + t);
  const s = w * w;
  const series =
    w * s * (1 / 3 + s * (1 / 5 + s * (1 / 7 + s * (1 / 9 + s * (1 / 11 + s * (1 / 13))))));
  return (2 * a * (s + (1 + w) * series)) / (1 - w) - (w + series);
}

/** What Stirling's formula leaves out. */
function correction(x: number): number {
  const s = 1 / (x * x);
  const tail = 1 / 1188 - s * (691 / 360360 - s * (1 / 156));
  return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * tail)))) / x;
}
