/** Each different value once: states are rows of small numbers, and numbers compare quickly. */
export class Intern<T> {
  readonly values: T[] = [];
  readonly #ids = new Map<string, number>();
  readonly #keyOf: (value: T) => string;

  constructor(keyOf: (value: T) => string = JSON.stringify) {
    this.#keyOf = keyOf;
  }

  id(value: T): number {
    const key = this.#keyOf(value);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    this.#ids.set(key, this.values.length);
    return this.values.push(value) - 1;
  }

  at(id: number): T {
    return this.values[id]!;
  }
}

/** A function of two numbers, computed once for each pair. */
export function remembered<T>(compute: (a: number, b: number) => T): (a: number, b: number) => T {
  const known = new Map<number, T>();
  return (a, b) => {
    const key = a * 0x4000000 + b;
    const before = known.get(key);
    if (before !== undefined) return before;
    const value = compute(a, b);
    known.set(key, value);
    return value;
  };
}
