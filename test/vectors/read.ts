/** The vectors of the judge: inputs and answers computed with 50 digits, independently of the code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Histogram } from '../../src/core/judging-types.ts';

type Tolerance = { readonly relative: number; readonly absolute: number };
type Group = { readonly cases: readonly unknown[]; readonly tolerance?: Tolerance };

/** Buckets by index; what is not named is 0. */
export type Buckets = Readonly<Record<string, number>>;
export type CountRow = { readonly k_c: number; readonly n_c: number } & {
  readonly k_b: number;
  readonly n_b: number;
};

const file = JSON.parse(
  readFileSync(join(import.meta.dirname, 'judging-vectors.json'), 'utf8'),
) as { readonly default_tolerance: Tolerance; readonly groups: Readonly<Record<string, Group>> };

export const groups = Object.keys(file.groups);

/** A group that is not there, or is empty, would assert nothing. */
// The caller says what a case of the group looks like.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function casesOf<T>(group: string): readonly (T & { readonly id: string })[] {
  const { cases } = file.groups[group] ?? { cases: [] };
  if (cases.length === 0) throw new Error(`There are no vectors named ${group}.`);
  return cases as readonly (T & { readonly id: string })[];
}

/** The whole group, for what stands beside its cases. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function groupOf<T>(group: string): T {
  return file.groups[group] as T;
}

/** Within the tolerance that the group states. */
export function expectClose(group: string, actual: number | null | undefined, expected: number) {
  const { relative, absolute } = file.groups[group]?.tolerance ?? file.default_tolerance;
  expect(typeof actual).toBe('number');
  const distance = Math.abs(Number(actual) - expected);
  expect(distance, `${actual} instead of ${expected}`).toBeLessThanOrEqual(
    absolute + relative * Math.abs(expected),
  );
}

/** 35 bounds at powers of √2 milliseconds. */
export const ROOT_TWO_BOUNDS: readonly number[] = Array.from(
  { length: 35 },
  (_, i) => 2 ** (i / 2),
);

export function histogramOf(buckets: Buckets): Histogram {
  return {
    bounds: ROOT_TWO_BOUNDS,
    counts: Array.from({ length: ROOT_TWO_BOUNDS.length + 1 }, (_, i) => buckets[i] ?? 0),
  };
}

export function countsOf({ k_c, n_c, k_b, n_b }: CountRow) {
  return { canary: k_c, canaryOf: n_c, baseline: k_b, baselineOf: n_b };
}
