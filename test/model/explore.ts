/** Breadth first over all states, so that the first history found for a broken promise is a shortest one. */
import { historyOf } from './history.ts';
import { PROMISES } from './promises.ts';
import type { Safety } from './promises.ts';
import type { Service } from './service.ts';
import { States } from './states.ts';
import { Steps } from './steps.ts';
import type { Scope } from './steps.ts';

export type Violation = {
  readonly promise: Safety;
  /** One event a line, from the quiet service to the one that breaks the promise. */
  readonly history: readonly string[];
};

export type Found = {
  readonly states: number;
  readonly transitions: number;
  /** Events of the longest among the shortest histories. */
  readonly depth: number;
  /** false: stopped before everything had been seen. */
  readonly whole: boolean;
  /** The shortest for each promise broken. */
  readonly violations: readonly Violation[];
  readonly services: readonly Service[];
};

export type Until = {
  /** Stops as soon as one of these is broken. */
  readonly broken: readonly Safety[];
  readonly states: number;
};

const ANY: Until = { broken: PROMISES, states: Infinity };

export function explore(scope: Scope, until: Until = ANY): Found {
  const steps = new Steps(scope);
  const states = new States(steps.width);
  const seen = visit(steps, states, until);
  return {
    states: states.size,
    ...seen,
    violations: seen.breaches.map(({ promise, from, what }) => ({
      promise,
      history: [...historyOf(steps, states, from), what],
    })),
    services: [...steps.tables.services.values],
  };
}

type Breach = { readonly promise: Safety; readonly from: number; readonly what: string };

function visit(steps: Steps, states: States, until: Until) {
  const row = new Uint32Array(steps.width);
  const breaches: Breach[] = [];
  const isOver = () =>
    states.size >= until.states || breaches.some(({ promise }) => until.broken.includes(promise));
  let [index, transitions, depth, levelEnd] = [0, 0, 0, 1];
  const emit = (what: string, broken: readonly Safety[]) => {
    transitions += 1;
    states.add(steps.next, index);
    for (const promise of broken) {
      if (breaches.some((known) => known.promise === promise)) continue;
      breaches.push({ promise, from: index, what });
    }
  };
  states.add(steps.first(), -1);
  for (; index < states.size && !isOver(); index += 1) {
    if (index === levelEnd) [depth, levelEnd] = [depth + 1, states.size];
    states.read(index, row);
    steps.after(row, emit);
  }
  return { transitions, depth, whole: index === states.size, breaches };
}
