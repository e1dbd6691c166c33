/** Who acts: a table of roles. A command that is added to the action is a row here. */
import { revisionName } from '../../src/core/rollout/identity.ts';
import type { Caller, Goal } from '../../src/core/decision-types.ts';
import type { Plan } from '../../src/core/types.ts';
import { imageDigest } from './service.ts';
import { BAKE, PATIENCE, TIMING } from './time.ts';

export type Role = {
  readonly name: string;
  readonly caller: Caller;
  readonly goal: Goal;
  /** Begins only when that process has died. */
  readonly after: string | null;
};

type Policy = Pick<Plan, 'onNoData' | 'onCancel'>;

const UNDO: Policy = { onNoData: 'rollback', onCancel: 'rollback' };
export const HOLD: Policy = { onNoData: 'hold', onCancel: 'hold' };

function planFor(run: number, policy: Policy): Plan {
  return {
    change: { image: imageDigest('a') },
    tag: `c-${run}`,
    stages: [
      { percent: 10, bake: BAKE },
      { percent: 90, bake: BAKE },
    ],
    judging: {
      criteria: [{ metric: 'error-rate', max: null, maxIncrease: 0.005 }],
      minRequests: 100,
    },
    smoke: { path: '/', statuses: [{ from: 200, to: 299 }], revisionHeader: null },
    deployTimeout: BAKE + PATIENCE,
    noDataTimeout: PATIENCE,
    holdFor: 60 * PATIENCE,
    ...policy,
    allowUnfenced: false,
    hash: '5be0a1f7',
  };
}

/** Percents of the plan, the implied ones included. */
export const PERCENTS = [0, 10, 90, 100];

function callerOf(run: number, attempt: number): Caller {
  return {
    rolloutId: `1-${run}`,
    attempt,
    revision: revisionName('web', run, attempt),
    commit: '',
    runUrl: '',
  };
}

function role(name: string, caller: Caller, goal: Goal): Role {
  return { name, caller, goal, after: null };
}

function drive(run: number, policy: Policy): Goal {
  const plan = planFor(run, policy);
  return { kind: 'drive', plan, timing: TIMING, mayStart: true, until: 100 };
}

/** A person's errand has a run of its own. */
const ERRAND = callerOf(9, 1);

/** `run`, started, re-run, and re-run once more. */
export function attempt(number: number, policy = UNDO): Role {
  return role(`attempt ${number}`, callerOf(1, number), drive(1, policy));
}

/** `run` of another workflow run. */
export function secondWorkflow(policy = UNDO): Role {
  return role('the second workflow', callerOf(2, 1), drive(2, policy));
}

/** The post step of attempt 1, on the same runner. */
export function cleanUp(onCancel: 'rollback' | 'hold'): Role {
  const goal: Goal = { kind: 'clean-up', onCancel };
  return { ...role('the post step', callerOf(1, 1), goal), after: 'attempt 1' };
}

export function reconcile(): Role {
  return role('reconcile', ERRAND, { kind: 'reconcile', dead: null });
}

/** Told that attempt 1 is over, whether or not it is. */
export function reconcileDead(): Role {
  const dead = { rolloutId: callerOf(1, 1).rolloutId, attempt: 1 };
  return role('reconcile of a dead run', ERRAND, { kind: 'reconcile', dead });
}

export function order(what: 'promote' | 'rollback'): Role {
  return role(`an order to ${what}`, ERRAND, { kind: 'order', order: what, by: 'ann' });
}
