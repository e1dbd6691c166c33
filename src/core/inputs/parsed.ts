/** The answer of every small parser: a value, or everything that is wrong with the text. */

export type Fault = {
  /** The offending part as it was given; null when the point is that there is none. */
  readonly value: string | null;
  /** What is wrong with it, as the end of a sentence. */
  readonly wrong: string;
  /** What to write instead. */
  readonly advice: string;
};

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly Fault[] };

export function taken<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function refused(value: string | null, wrong: string, advice: string): Parsed<never> {
  return { ok: false, faults: [{ value, wrong, advice }] };
}
