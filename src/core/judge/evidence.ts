/**
 * Rows → how much likelier they are if the canary is worse (judging.md 5). Always from the whole
 * table. What a row says, and what all rows up to it say, is kept by the identity of the row: a
 * table that has grown by one row costs one row.
 */
import { accumulate, logSumExp, UNTOUCHED } from './accumulate.ts';
import type { Accumulated } from './accumulate.ts';
import type { Counts } from './count-evidence.ts';
import type { Row } from './rows.ts';
import { looksAt } from './tests.ts';
import type { Test, Tests } from './tests.ts';

export type Evidence = {
  /** ln E of each test, in their order. */
  readonly each: readonly number[];
  /** ln E of all together. */
  readonly total: number;
  /** Whether any row has said something to it, test by test. */
  readonly heard: readonly boolean[];
};

/** What one row says to each test, as far as it was asked. */
type Said = {
  readonly errors: Counts | null;
  readonly ratios: (readonly number[] | null | undefined)[];
};

/** After some rows. */
type State = {
  readonly each: readonly Accumulated[];
  /** The change of percent before the last row of each test; null: it has had none. */
  readonly changes: readonly (number | null)[];
};

type Step = { readonly said: Said; readonly row: Row; readonly next: State };

type Kept = {
  readonly start: State;
  readonly said: WeakMap<Row['source'], Said>;
  readonly steps: WeakMap<State, Step>;
};

/** Where the rows' errors come from: rows of both would push one another out. */
type Source = 'log' | 'counters';

const kept: Readonly<Record<Source, WeakMap<Tests, Kept>>> = {
  log: new WeakMap(),
  counters: new WeakMap(),
};

export function evidenceOf(rows: readonly Row[], tests: Tests, source: Source = 'log'): Evidence {
  const memory = keptFor(tests, source);
  let state = memory.start;
  for (const row of rows) state = after(state, row, { tests, memory });
  const each = state.each.map(({ total }) => total);
  const heard = state.changes.map((change) => change !== null);
  return { each, total: together(each, tests), heard };
}

function together(each: readonly number[], { list }: Tests): number {
  return logSumExp(each.map((logE, i) => Math.log(list[i]?.share ?? 0) + logE));
}

function keptFor(tests: Tests, source: Source): Kept {
  const found = kept[source].get(tests);
  if (found !== undefined) return found;
  const start: State = {
    each: tests.list.map(({ priors }) => UNTOUCHED(priors.length)),
    changes: tests.list.map(() => null),
  };
  const made: Kept = { start, said: new WeakMap(), steps: new WeakMap() };
  kept[source].set(tests, made);
  return made;
}

type Asked = { readonly tests: Tests; readonly memory: Kept };

function after(state: State, row: Row, asked: Asked): State {
  const said = saidBy(row, asked.memory);
  const step = asked.memory.steps.get(state);
  if (step !== undefined && step.said === said && isSamePlace(step.row, row)) return step.next;
  const next = nextState(state, row, { said, tests: asked.tests });
  asked.memory.steps.set(state, { said, row, next });
  return next;
}

function isSamePlace(a: Row, b: Row): boolean {
  return a.stage === b.stage && a.change === b.change && a.since === b.since;
}

function nextState(
  state: State,
  row: Row,
  { said, tests }: { readonly said: Said; readonly tests: Tests },
): State {
  const each: Accumulated[] = [];
  const changes: (number | null)[] = [];
  for (const [i, test] of tests.list.entries()) {
    const before = state.each[i] ?? UNTOUCHED(test.priors.length);
    const lastChange = state.changes[i] ?? null;
    const logRatios = looksAt(test, row) ? ratiosOf(test, i, { row, said }) : null;
    if (logRatios === null) {
      each.push(before);
      changes.push(lastChange);
      continue;
    }
    const onset = lastChange === null ? 'first' : lastChange === row.change ? 'any' : 'changed';
    const capped = !test.lifts(row);
    const terms = { priors: test.priors, cap: tests.limit };
    each.push(accumulate(before, { logRatios, onset, capped }, terms));
    changes.push(row.change);
  }
  return { each, changes };
}

function ratiosOf(
  test: Test,
  index: number,
  { row, said }: { readonly row: Row; readonly said: Said },
): readonly number[] | null {
  const found = said.ratios[index];
  if (found !== undefined) return found;
  const ratios = test.logRatios(row);
  said.ratios[index] = ratios;
  return ratios;
}

/** The log may count again what is the same row of Monitoring, and the guess of a row's requests changes. */
function saidBy(row: Row, { said }: Kept): Said {
  const { source, errors } = row;
  const found = said.get(source);
  if (found !== undefined && isSame(found.errors, errors)) return found;
  const made: Said = { errors, ratios: [] };
  said.set(source, made);
  return made;
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
