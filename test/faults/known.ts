/**
 * What was made of a text, for the next schedule that comes to the same text. Virtual time is the same
 * in all of them, so nine texts in ten have been there before.
 */

/** Two halves of this many; the older one is forgotten as a whole. */
const HALF = 2_000;

export class Known<T> {
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  get(text: string): T | undefined {
    const young = this.#young.get(text);
    if (young !== undefined) return young;
    const old = this.#old.get(text);
    if (old !== undefined) this.set(text, old);
    return old;
  }

  set(text: string, value: T): void {
    if (this.#young.size >= HALF) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(text, value);
  }

  /** What `make` throws is not remembered. */
  of(text: string, make: (text: string) => T): T {
    const known = this.get(text);
    if (known !== undefined) return known;
    const made = make(text);
    this.set(text, made);
    return made;
  }
}
