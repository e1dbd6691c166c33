/**
 * What failed is known from two sources, and of some rows from the log alone. The log may only ever
 * add evidence for a rollback (judging.md 7.3), so the rows are read in every way that holds for all
 * of them, and whatever speaks most against the canary counts.
 */
import { evidenceOf } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import type { Leader } from './findings.ts';
import { shownIn, windowsOf } from './gate.ts';
import { standsWithoutWorst } from './lone-row.ts';
import { countersOf } from './rows.ts';
import type { Row } from './rows.ts';
import type { Tests } from './tests.ts';
import type { ErrorLog } from '../judging-types.ts';

/** The same rows from one source, and what they come to. */
export type Reading = {
  readonly rows: readonly Row[];
  readonly evidence: Evidence;
  /** Tests with evidence enough whose effect is worth acting on, most evidence first. */
  readonly leaders: readonly Leader[];
};

type Asked = { readonly tests: Tests; readonly stage: number; readonly log: ErrorLog | null };

/** The first one speaks most against the canary: if any convicts it, the first one does. */
export function readingsOf(rows: readonly Row[], asked: Asked): readonly [Reading, ...Reading[]] {
  const whole = read(rows, evidenceOf(rows, asked.tests), asked);
  if (asked.log === null) return [whole];
  const visible = rows.filter((row) => row.visible);
  const isAhead = visible.length < rows.length;
  const counted = visible.map(asCounted);
  const others = [
    ...(isAhead ? [read(visible, evidenceOf(visible, asked.tests), asked)] : []),
    read(counted, evidenceOf(counted, asked.tests, 'counters'), asked),
  ];
  return others.reduce<readonly [Reading, ...Reading[]]>(
    ([most, ...rest], one) => (isWorse(one, most) ? [one, most, ...rest] : [most, ...rest, one]),
    [whole],
  );
}

/** What clears a canary: counters where there are any, and the log only for rows that have none. */
export function countedRows(rows: readonly Row[]): readonly Row[] {
  return rows.map((row) => (row.visible ? asCounted(row) : row));
}

function asCounted(row: Row): Row {
  return { ...row, errors: countersOf(row) };
}

function isWorse(one: Reading, most: Reading): boolean {
  const [convicts, convicted] = [one.leaders.length > 0, most.leaders.length > 0];
  return convicts === convicted ? one.evidence.total > most.evidence.total : convicts;
}

function read(rows: readonly Row[], evidence: Evidence, { tests, stage }: Asked): Reading {
  return { rows, evidence, leaders: leadersOf(rows, evidence, { tests, stage }) };
}

function leadersOf(
  rows: readonly Row[],
  { each, total }: Evidence,
  { tests, stage }: Pick<Asked, 'tests' | 'stage'>,
): readonly Leader[] {
  if (total < tests.limit) return [];
  const windows = windowsOf(rows, stage);
  return tests.list
    .map((test, i) => ({ test, logE: each[i] ?? 0 }))
    .filter(({ logE }) => logE >= tests.limit)
    .toSorted((a, b) => b.logE - a.logE)
    .flatMap(({ test }) => {
      const window = shownIn(test, windows, tests.questions);
      const isProven = window !== null && standsWithoutWorst(test, rows, tests);
      return isProven ? [{ test, window }] : [];
    });
}
