/**
 * The set of states seen, in the order in which they were found, each with the state it was found
 * from. Rows of numbers are kept whole, so that two states are the same only if they are equal.
 */
const CHUNK = 1 << 16;
const FREE = -1;

export class States {
  readonly width: number;
  size = 0;
  readonly #rows: Uint32Array[] = [];
  readonly #parents: Int32Array[] = [];
  #table = new Int32Array(1 << 18).fill(FREE);

  constructor(width: number) {
    this.width = width;
  }

  /** Whether it is new. */
  add(row: Uint32Array, parent: number): boolean {
    if (this.size * 2 > this.#table.length) this.#grow();
    const mask = this.#table.length - 1;
    let place = hash(row, 0, this.width) & mask;
    for (;;) {
      const held = this.#table[place]!;
      if (held === FREE) break;
      if (this.#equals(held, row)) return false;
      place = (place + 1) & mask;
    }
    this.#table[place] = this.size;
    this.#append(row, parent);
    return true;
  }

  read(index: number, into: Uint32Array): void {
    const chunk = this.#rows[index >>> 16]!;
    const start = (index & (CHUNK - 1)) * this.width;
    for (let i = 0; i < this.width; i += 1) into[i] = chunk[start + i]!;
  }

  parent(index: number): number {
    return this.#parents[index >>> 16]![index & (CHUNK - 1)]!;
  }

  #append(row: Uint32Array, parent: number): void {
    const at = this.size & (CHUNK - 1);
    if (at === 0) {
      this.#rows.push(new Uint32Array(CHUNK * this.width));
      this.#parents.push(new Int32Array(CHUNK));
    }
    this.#rows.at(-1)!.set(row, at * this.width);
    this.#parents.at(-1)![at] = parent;
    this.size += 1;
  }

  #equals(index: number, row: Uint32Array): boolean {
    const chunk = this.#rows[index >>> 16]!;
    const start = (index & (CHUNK - 1)) * this.width;
    for (let i = 0; i < this.width; i += 1) if (chunk[start + i] !== row[i]) return false;
    return true;
  }

  #grow(): void {
    const table = new Int32Array(this.#table.length * 2).fill(FREE);
    const mask = table.length - 1;
    for (let index = 0; index < this.size; index += 1) {
      const start = (index & (CHUNK - 1)) * this.width;
      let place = hash(this.#rows[index >>> 16]!, start, this.width) & mask;
      while (table[place] !== FREE) place = (place + 1) & mask;
      table[place] = index;
    }
    this.#table = table;
  }
}

function hash(numbers: Uint32Array, start: number, width: number): number {
  let mixed = 0x811c9dc5;
  for (let i = start; i < start + width; i += 1) {
    mixed = Math.imul(mixed ^ numbers[i]!, 0x9e3779b1);
    mixed ^= mixed >>> 15;
  }
  return mixed ^ (mixed >>> 13);
}
