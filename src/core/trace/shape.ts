/**
 * What a stranger's JSON must look like. Every fault is noted with its place, and a value of the
 * right type goes on in its stead: the reader throws all of it away if there was a fault.
 */
export type Shape<T> = (value: unknown, faults: Faults) => T;

const MOST_TOLD = 20;

export class Faults {
  readonly #path: (string | number)[] = [];
  readonly #told: string[] = [];
  #others = 0;

  get any(): boolean {
    return this.#told.length > 0;
  }

  /** At most so many that a person can still read them, and how many more there are. */
  get told(): readonly string[] {
    return this.#others === 0 ? this.#told : [...this.#told, `and ${this.#others} more`];
  }

  /** `wrong`: the end of a sentence. No value of a stranger is ever quoted. */
  note(wrong: string): void {
    if (this.#told.length === MOST_TOLD) this.#others += 1;
    else this.#told.push(`${pathText(this.#path)} ${wrong}`);
  }

  within<T>(step: string | number, read: () => T): T {
    this.#path.push(step);
    try {
      return read();
    } finally {
      this.#path.pop();
    }
  }
}

function pathText(path: readonly (string | number)[]): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  return text === '' ? 'The report' : text.slice(1);
}

export function number(from: number, to: number, kind: 'whole' | 'any' = 'whole'): Shape<number> {
  return (value, faults) => {
    const isOne = typeof value === 'number' && value >= from && value <= to;
    if (isOne && (kind === 'any' || Number.isSafeInteger(value))) return value;
    faults.note(`is not a ${kind === 'whole' ? 'whole ' : ''}number from ${from} to ${to}`);
    return from;
  };
}

export function boolean(value: unknown, faults: Faults): boolean {
  if (typeof value !== 'boolean') faults.note('is neither true nor false');
  return value === true;
}

/** Name of something that this version knows. */
export function word<T extends string>(known: (text: string) => text is T, fallback: T): Shape<T> {
  return (value, faults) => {
    if (typeof value === 'string' && known(value)) return value;
    faults.note('is not a word that this version knows');
    return fallback;
  };
}

export function text(form: RegExp): Shape<string> {
  return (value, faults) => {
    if (typeof value === 'string' && form.test(value)) return value;
    faults.note('is not a text of its form');
    return '';
  };
}

/** Epoch milliseconds. Only exactly as it is written, so that nothing is lost on the way. */
export function instant(value: unknown, faults: Faults): number {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(at) && new Date(at).toISOString() === value) return at;
  faults.note('is not a time such as 2026-11-21T10:00:00.000Z');
  return 0;
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, faults) => (value === null ? null : shape(value, faults));
}

export function list<T>(shape: Shape<T>, most: number): Shape<readonly T[]> {
  return (value, faults) => {
    if (!Array.isArray(value)) {
      faults.note('is not a list');
      return [];
    }
    if (value.length > most) {
      faults.note(`has more than ${most} entries`);
      return [];
    }
    return value.map((one: unknown, i) => faults.within(i, () => shape(one, faults)));
  };
}

export type Fields<T> = { readonly [K in keyof T]: Shape<T[K]> };

/** Fields of its own, whatever else it has: later versions add some. */
export function object<T extends object>(fields: Fields<T>): Shape<T> {
  return (value, faults) => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isObject) faults.note('is not an object');
    // One fault is enough where nothing can be inside.
    const inner = isObject ? faults : new Faults();
    const found: Partial<T> = {};
    for (const name in fields) {
      const own: unknown =
        isObject && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
      found[name] = inner.within(name, () => fields[name](own, inner));
    }
    if (!isWhole(found, fields)) throw new Error('a field was not read');
    return found;
  };
}

function isWhole<T extends object>(found: Partial<T>, fields: Fields<T>): found is T {
  return Object.keys(fields).every((name) => Object.hasOwn(found, name));
}
