/** Stage 0: what the probes say so far (judging.md 6.8). */
import { smokeFailures } from './guards.ts';
import { isRepeatable } from '../smoke-line.ts';
import type { Smoke } from '../smoke-types.ts';

/** A path that fails as often, and has never passed, is broken: 1 in 1,000,000 if 1 % fail. */
const TRIES = 3;

/** One counted probe. `line`: its index in the smoke test. */
export type Tried = { readonly line: number; readonly ok: boolean };

export type SmokeRuling =
  | { readonly kind: 'never'; readonly line: number; readonly tries: number }
  | {
      readonly kind: 'too-many';
      readonly failed: number;
      readonly of: number;
      /** As many are enough. */
      readonly limit: number;
    };

/** The lines to ask, in order: each path that may be asked again has its share. */
export function smokeSchedule({ lines, probes }: Smoke): readonly number[] {
  const repeatable = lines.flatMap((line, index) => (isRepeatable(line) ? [index] : []));
  const rounds = Array.from({ length: probes }, (_, turn) => repeatable[turn % repeatable.length]);
  return rounds.flatMap((index) => index ?? []);
}

/**
 * null: nothing is proved against the canary. As often as `planned` it is asked; failures that are
 * too many of so many are too many before the last of them was sent.
 */
export function smokeRuling(tried: readonly Tried[], planned: number): SmokeRuling | null {
  for (const line of new Set(tried.map((one) => one.line))) {
    const own = tried.filter((one) => one.line === line);
    if (own.length >= TRIES && !own.some(({ ok }) => ok)) {
      return { kind: 'never', line, tries: own.length };
    }
  }
  const failed = tried.filter(({ ok }) => !ok).length;
  const limit = smokeFailures(Math.max(planned, tried.length));
  if (limit === null || failed < limit) return null;
  return { kind: 'too-many', failed, of: tried.length, limit };
}

/** The paths that have not passed yet and must be asked again: every one of them is required. */
export function unproved({ lines }: Smoke, tried: readonly Tried[]): readonly number[] {
  return lines.flatMap((line, index) =>
    isRepeatable(line) && !tried.some((one) => one.line === index && one.ok) ? [index] : [],
  );
}
