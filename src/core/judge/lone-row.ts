/**
 * One bad minute is no regression, however bad, unless half of it failed (judging.md 12.3: bursts,
 * and an outage that one side's points show a row earlier). So the evidence is looked at once more
 * without the row that speaks most against the canary.
 */
import { evidenceOf } from './evidence.ts';
import type { Row } from './rows.ts';
import { looksAt } from './tests.ts';
import type { Test, Tests } from './tests.ts';

/** What the other rows must still say: measured, see docs/judging.md. */
const STILL = Math.log(8);

/** Would the test also speak against the canary if its worst row had never been? */
export function standsWithoutWorst(test: Test, rows: readonly Row[], tests: Tests): boolean {
  const others = withoutWorst(test, rows);
  if (others === null) return true;
  const logE = evidenceOf(others, tests, 'without one').each[tests.list.indexOf(test)] ?? 0;
  return logE >= STILL;
}

/** ln E of all tests together, without the worst row of the one that has most to say. */
export function totalWithoutWorst(
  { each, total }: { readonly each: readonly number[]; readonly total: number },
  rows: readonly Row[],
  tests: Tests,
): number {
  const loudest = tests.list[each.indexOf(Math.max(...each))];
  const others = loudest === undefined ? null : withoutWorst(loudest, rows);
  return others === null ? total : evidenceOf(others, tests, 'without one').total;
}

/** null: no row says anything, or one says that the canary is down. */
function withoutWorst(test: Test, rows: readonly Row[]): readonly Row[] | null {
  let worst: Row | null = null;
  let most = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    const ratios = looksAt(test, row) ? test.logRatios(row) : null;
    if (ratios === null) continue;
    if (test.lifts(row)) return null;
    const says = Math.max(...ratios);
    if (says > most) [worst, most] = [row, says];
  }
  return worst === null ? null : rows.filter((row) => row !== worst);
}
