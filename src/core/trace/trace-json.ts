/** What a process has seen and decided, as the part of the report from which it can be judged again. */
import { fingerprint, Tables, timeOf } from './tables.ts';
import type { Queries, Trace, TracedLook, Transition } from './trace-types.ts';
import type { Check } from '../judging-types.ts';
import type { Plan } from '../types.ts';

/** How much of a trace is written; the newest of it. */
export type Extent = {
  readonly looks: number;
  /** Looks with all that they were judged from. */
  readonly data: number;
};

export function extentOf({ looks }: Trace): Extent {
  return { looks: looks.length, data: looks.filter(({ data }) => data !== null).length };
}

/** A process that has read of another rollout first, such as one that it ended, says nothing of that. */
export function tracedJson(
  trace: Trace,
  about: { readonly rolloutId: string; readonly queries: Queries | null },
  extent: Extent,
) {
  const { plan, looks, transitions, forgotten } = trace;
  const shown = looks.slice(looks.length - extent.looks);
  const whole = extentOf(trace);
  const tables = new Tables();
  const oldest = shown.filter(({ data }) => data !== null).at(-extent.data);
  const from = extent.data === 0 || oldest === undefined ? shown.length : shown.indexOf(oldest);
  return {
    inputs: plan === null ? null : inputsOf(plan),
    queries: about.queries,
    transitions: transitions
      .filter(({ rolloutId }) => rolloutId === about.rolloutId)
      .map((one) => transitionOf(one)),
    looks: shown.map((look, i) => lookOf(look, i < from ? null : tables)),
    tables: tables.written(),
    leftOut: {
      transitions: forgotten.transitions,
      looks: forgotten.looks + whole.looks - extent.looks,
      data: whole.data - extent.data,
    },
  };
}

/** What decides. What a revision is made from stays out: it holds the values of variables. */
function inputsOf(plan: Plan): object {
  const { stages, judging, deployTimeout, noDataTimeout, holdFor, hash } = plan;
  const { onNoData, onCancel, baseline, minInstances, allowUnfenced } = plan;
  return {
    stages,
    judging,
    probed: plan.smoke !== null,
    deployTimeout,
    noDataTimeout,
    holdFor,
    onNoData,
    onCancel,
    baseline,
    minInstances,
    allowUnfenced,
    planHash: hash,
  };
}

function transitionOf(one: Transition): object {
  const { transition, at, phase, stage, percent, reason, owner, attempt } = one;
  return { transition, at: timeOf(at), phase, stage, percent, reason, owner, attempt };
}

function lookOf(traced: TracedLook, tables: Tables | null): object {
  const { at, stage, percent, from, to, closed, data, checks, why, ...said } = traced;
  return {
    at: timeOf(at),
    stage,
    percent,
    window: { from: timeOf(from), to: timeOf(to) },
    closed,
    ...said,
    why,
    data:
      data === null || tables === null
        ? null
        : {
            ...tables.add(data),
            judging: data.judging,
            checks: checks.map(numbersOf),
            checksum: fingerprint(data, traced),
          },
  };
}

function numbersOf({ metric, verdict, canary, baseline, limit, logEvidence }: Check): object {
  return { metric, verdict, canary, baseline, limit, logEvidence };
}
