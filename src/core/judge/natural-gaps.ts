/** How much of what a side was to get chance alone may leave in rows where it got nothing. */

/** A row that may be empty by chance: with which, and how many requests would be missing then. */
export type Gap = {
  readonly size: number;
  /** ln of the chance. */
  readonly lnChance: number;
};

/** As far as e^x is a number. */
const LARGEST_EXPONENT = 700;
/** Halvings of a bracket. */
const ROUNDS = 60;

/** Rows are empty independently of each other. */
export class NaturalGaps {
  readonly mean: number;
  readonly #gaps: readonly Gap[];

  constructor(gaps: readonly Gap[]) {
    this.#gaps = gaps.filter(({ size }) => size > 0);
    this.mean = this.#gaps.reduce((sum, { size, lnChance }) => sum + size * Math.exp(lnChance), 0);
  }

  /**
   * May so many requests, at most those of all rows, be missing at this chance or a greater one? By
   * Chernoff's bound (1952), which never calls a coincidence rarer than it is.
   */
  mayReach(missing: number, chance: number): boolean {
    if (missing <= this.mean) return true;
    // The exponent is concave in the tilt: its slope changes its sign once, where the bound is least.
    let [low, high] = [0, LARGEST_EXPONENT / missing];
    while (this.#tilted(high) < missing && high < LARGEST_EXPONENT) high *= 2;
    for (let round = 0; round < ROUNDS; round += 1) {
      const middle = (low + high) / 2;
      if (this.#tilted(middle) < missing) low = middle;
      else high = middle;
    }
    return this.#lnBound(missing, low) > Math.log(chance);
  }

  /** Of requests missing, were each row's chance multiplied by e^(tilt × size). */
  #tilted(tilt: number): number {
    return this.#gaps.reduce((sum, { size, lnChance }) => {
      const lnEmpty = lnChance + tilt * size;
      return sum + size / (1 + Math.exp(lnFull(lnChance) - lnEmpty));
    }, 0);
  }

  #lnBound(missing: number, tilt: number): number {
    return this.#gaps.reduce((sum, { size, lnChance }) => {
      const lnEmpty = lnChance + tilt * size;
      const full = lnFull(lnChance);
      const [least, most] = [Math.min(lnEmpty, full), Math.max(lnEmpty, full)];
      return sum + most + Math.log1p(Math.exp(least - most));
    }, -tilt * missing);
  }
}

/** ln of the chance that a row is not empty. */
function lnFull(lnChance: number): number {
  return Math.log(-Math.expm1(lnChance));
}
