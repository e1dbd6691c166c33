/**
 * One bad minute is no regression, however bad, unless half of it failed (judging.md 12.3: bursts,
 * and an outage that one side's points show a row earlier). So the evidence is looked at once more
 * without the row that speaks most against the canary.
 */
import { evidenceOf, loudestOf } from './evidence.ts';
import type { Row } from './rows.ts';
import type { Test, Tests } from './tests.ts';

/** What the other rows must still say: measured, see docs/judging.md. */
const STILL = Math.log(8);

/** Would the test also speak against the canary if its worst row had never been? */
export function standsWithoutWorst(test: Test, rows: readonly Row[], tests: Tests): boolean {
  const index = tests.list.indexOf(test);
  const others = withoutWorst(index, rows, tests);
  if (others === null) return true;
  const logE = evidenceOf(others, tests, 'without one').each[index] ?? 0;
  return logE >= STILL;
}

/** ln E of all tests together, without the worst row of the one that has most to say. */
export function totalWithoutWorst(
  { each, total }: { readonly each: readonly number[]; readonly total: number },
  rows: readonly Row[],
  tests: Tests,
): number {
  const others = withoutWorst(each.indexOf(Math.max(...each)), rows, tests);
  return others === null ? total : evidenceOf(others, tests, 'without one').total;
}

/** null: no row says anything, or one says that the canary is down. */
function withoutWorst(test: number, rows: readonly Row[], tests: Tests): readonly Row[] | null {
  const worst = loudestOf(rows, tests, test);
  return worst === null ? null : rows.filter((row) => row !== worst);
}
