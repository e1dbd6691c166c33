/**
 * Rows → how much likelier they are if the canary is worse (judging.md 5). Always from the whole
 * table. What all rows up to one say is kept by the identity of the rows: a table that has grown by
 * one row costs one row.
 */
import { accumulate, logSumExp, UNTOUCHED } from './accumulate.ts';
import type { Accumulated } from './accumulate.ts';
import type { Counts } from './count-evidence.ts';
import type { Row } from './rows.ts';
import { looksAt } from './tests.ts';
import type { Tests } from './tests.ts';

export type Evidence = {
  /** ln E of each test, in their order. */
  readonly each: readonly number[];
  /** ln E of all together. */
  readonly total: number;
  /** Whether any row has said something to it, test by test. */
  readonly heard: readonly boolean[];
};

/** After some rows. */
type State = {
  readonly each: readonly Accumulated[];
  /** The change of percent before the last row of each test; null: it has had none. */
  readonly changes: readonly (number | null)[];
  readonly loudest: readonly Loudest[];
};

/** Index of the row that speaks most against the canary in one test. null: none says anything, or one says that it is down. */
type Loudest = { readonly index: number | null; readonly says: number; readonly isDown: boolean };

type Step = { readonly row: Row; readonly state: State };

/** The same rows, told in different ways, would push one another out of what is kept. */
export type Lane = 'log' | 'counters' | 'without one';

/** The rows seen last in each lane, with what they and all before them say. */
const kept = new WeakMap<Tests, Readonly<Record<Lane, Step[]>>>();

const SILENT: Loudest = { index: null, says: Number.NEGATIVE_INFINITY, isDown: false };

export function evidenceOf(rows: readonly Row[], tests: Tests, lane: Lane = 'log'): Evidence {
  const { each, changes } = stateAfter(rows, tests, stepsOf(tests)[lane]);
  const totals = each.map(({ total }) => total);
  return {
    each: totals,
    total: together(totals, tests),
    heard: changes.map((change) => change !== null),
  };
}

/** The row that speaks most against the canary in that test. null: none does, or one says that it is down. */
export function loudestOf(rows: readonly Row[], tests: Tests, test: number): Row | null {
  const { loudest } = known(rows, tests) ?? stateAfter(rows, tests, []);
  const { index, isDown } = loudest[test] ?? SILENT;
  return index === null || isDown ? null : (rows[index] ?? null);
}

/** What is kept of these rows in either lane that they are told in. */
function known(rows: readonly Row[], tests: Tests): State | null {
  const { log, counters } = stepsOf(tests);
  const lane = [log, counters].find((steps) => sameAs(rows, steps) === rows.length);
  return lane?.[rows.length - 1]?.state ?? null;
}

function together(each: readonly number[], { list }: Tests): number {
  return logSumExp(each.map((logE, i) => Math.log(list[i]?.share ?? 0) + logE));
}

function stepsOf(tests: Tests): Readonly<Record<Lane, Step[]>> {
  const found = kept.get(tests);
  if (found !== undefined) return found;
  const made = { log: [], counters: [], 'without one': [] };
  kept.set(tests, made);
  return made;
}

/** Only what has changed since the last time is worked out anew, and all that follows it. */
function stateAfter(rows: readonly Row[], tests: Tests, steps: Step[]): State {
  const same = sameAs(rows, steps);
  let state = steps[same - 1]?.state ?? startOf(tests);
  for (const [i, row] of rows.slice(same).entries()) {
    const index = same + i;
    state = nextState(state, { row, index }, tests);
    steps.length = index;
    steps.push({ row, state });
  }
  return state;
}

/** How many of the first rows say what they said. */
function sameAs(rows: readonly Row[], steps: readonly Step[]): number {
  const most = Math.min(rows.length, steps.length);
  for (let i = 0; i < most; i += 1) {
    const [row, step] = [rows[i], steps[i]];
    if (row === undefined || step === undefined || !saysTheSame(step.row, row)) return i;
  }
  return most;
}

function startOf({ list }: Tests): State {
  return {
    each: list.map(({ priors }) => UNTOUCHED(priors.length)),
    changes: list.map(() => null),
    loudest: list.map(() => SILENT),
  };
}

/** The log may count again what is the same row of Monitoring, and the guess of a row's requests changes. */
function saysTheSame(a: Row, b: Row): boolean {
  return (
    a.source === b.source &&
    a.stage === b.stage &&
    a.change === b.change &&
    a.since === b.since &&
    a.visible === b.visible &&
    isSame(a.errors, b.errors)
  );
}

function nextState(
  state: State,
  { row, index }: { readonly row: Row; readonly index: number },
  { list, limit }: Tests,
): State {
  const each: Accumulated[] = [];
  const changes: (number | null)[] = [];
  const loudest: Loudest[] = [];
  for (const [i, test] of list.entries()) {
    const before = state.each[i] ?? UNTOUCHED(test.priors.length);
    const lastChange = state.changes[i] ?? null;
    const most = state.loudest[i] ?? SILENT;
    const logRatios = looksAt(test, row) ? test.logRatios(row) : null;
    if (logRatios === null) {
      each.push(before);
      changes.push(lastChange);
      loudest.push(most);
      continue;
    }
    const onset = lastChange === null ? 'first' : lastChange === row.change ? 'any' : 'changed';
    const capped = !test.lifts(row);
    const terms = { priors: test.priors, cap: limit };
    each.push(accumulate(before, { logRatios, onset, capped }, terms));
    changes.push(row.change);
    loudest.push(louder(most, { index, says: Math.max(...logRatios), isDown: !capped }));
  }
  return { each, changes, loudest };
}

/** Of two that say as much the earlier. */
function louder(most: Loudest, next: Loudest): Loudest {
  const isDown = most.isDown || next.isDown;
  const { index, says } = next.says > most.says ? next : most;
  return { index, says, isDown };
}

function isSame(a: Counts | null, b: Counts | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.canary === b.canary &&
    a.canaryOf === b.canaryOf &&
    a.baseline === b.baseline &&
    a.baselineOf === b.baselineOf
  );
}
