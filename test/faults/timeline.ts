/** Virtual time: a queue of events. Time moves on once no process has anything left to do. */

export type Event = {
  readonly at: number;
  readonly order: number;
  /** null: taken back. */
  run: (() => void) | null;
};

const TICK = Promise.resolve();

export class Timeline {
  now: number;
  readonly #heap: Event[] = [];
  #order = 0;
  #running = 0;

  constructor(now: number) {
    this.now = now;
  }

  at(time: number, run: () => void): Event {
    const event = { at: Math.max(time, this.now), order: this.#order++, run };
    this.#heap.push(event);
    this.#up(this.#heap.length - 1);
    return event;
  }

  /** A process has begun to run; time stands still until it waits again. */
  enter(): void {
    this.#running += 1;
  }

  leave(): void {
    this.#running -= 1;
  }

  /** true: nothing is left to happen; false: it still goes on at `end`. */
  async run(end: number): Promise<boolean> {
    for (;;) {
      await this.#settled();
      const next = this.#pop();
      if (next === null) return true;
      if (next.at > end) return false;
      this.now = next.at;
      next.run?.();
    }
  }

  /** The service model answers some things a few microtasks later, so there are always a few. */
  async #settled(): Promise<void> {
    for (let ticks = 0; ticks < 4 || this.#running > 0; ticks += 1) await TICK;
  }

  #pop(): Event | null {
    for (;;) {
      const first = this.#heap[0];
      const last = this.#heap.pop();
      if (first === undefined || last === undefined) return null;
      if (last !== first) {
        this.#heap[0] = last;
        this.#down();
      }
      if (first.run !== null) return first;
    }
  }

  #up(from: number): void {
    let child = from;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfLater(parent, child)) return;
      child = parent;
    }
  }

  #down(): void {
    let parent = 0;
    for (;;) {
      const left = 2 * parent + 1;
      const right = left + 1;
      if (left >= this.#heap.length) return;
      const child = right < this.#heap.length && this.#isLater(left, right) ? right : left;
      if (!this.#swapIfLater(parent, child)) return;
      parent = child;
    }
  }

  #swapIfLater(a: number, b: number): boolean {
    if (!this.#isLater(a, b)) return false;
    const [x, y] = [this.#heap[a]!, this.#heap[b]!];
    this.#heap[a] = y;
    this.#heap[b] = x;
    return true;
  }

  #isLater(a: number, b: number): boolean {
    const [x, y] = [this.#heap[a]!, this.#heap[b]!];
    return x.at > y.at || (x.at === y.at && x.order > y.order);
  }
}
