/** A security guard of the sources, with a version of it that guards nothing. */

export type Guard = {
  readonly what: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** The tests of which at least one must fail. */
  readonly tests: readonly string[];
};

type Row = readonly [what: string, from: string, to: string];

export function guardsOf(
  file: string,
  tests: readonly string[],
  rows: readonly Row[],
): readonly Guard[] {
  return rows.map(([what, from, to]) => ({ what, file, from, to, tests }));
}
