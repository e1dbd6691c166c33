/** Who acts: a table of roles. A command that is added to the action is a row here. */
import { revisionName } from '../../src/core/rollout/identity.ts';
import { planHash } from '../../src/core/rollout/plan.ts';
import type { Caller, Goal } from '../../src/core/decision-types.ts';
import type { Percent, Plan } from '../../src/core/types.ts';
import { aSmoke } from '../unit/build.ts';
import { BROUGHT, imageDigest } from './service.ts';
import { BAKE, PATIENCE, TIMING } from './time.ts';

export type Role = {
  readonly name: string;
  readonly caller: Caller;
  readonly goal: Goal;
  /** Begins only when that process has died. */
  readonly after: string | null;
};

/** `gate`: the first stage ends at one. */
type Policy = Pick<Plan, 'onNoData' | 'onCancel' | 'brings'> & {
  readonly gate: boolean;
  readonly baseline?: Plan['baseline'];
};

const UNDO: Policy = { onNoData: 'rollback', onCancel: 'rollback', gate: false };
export const HOLD: Policy = { onNoData: 'hold', onCancel: 'hold', gate: false };
export const GATED: Policy = { ...UNDO, gate: true };
export const FRESH: Policy = { ...UNDO, baseline: 'fresh' };
export const BRINGING: Policy = { ...UNDO, brings: BROUGHT };

function planFor(run: number, { gate, baseline = 'stable', ...policy }: Policy): Plan {
  const plan = {
    change: {
      image: policy.brings === undefined ? imageDigest('a') : null,
      edits: [],
      originLabels: [],
    },
    tag: `c-${run}`,
    stages: [
      { percent: 10, bake: BAKE, least: BAKE, gate },
      { percent: 90, bake: BAKE, least: BAKE, gate: false },
    ],
    judging: {
      criteria: [{ metric: 'error-rate', max: null, maxIncrease: 0.005 }],
      minRequests: 100,
      confidence: 'normal',
      onInconclusive: 'promote',
      warmUp: 3,
      maxMemory: 0.95,
    },
    // Who holds warms up, too: one piece of it.
    smoke: aSmoke({ warmUp: policy.onCancel === 'hold' ? TIMING.samplePeriod : 0 }),
    deployTimeout: BAKE + PATIENCE,
    noDataTimeout: PATIENCE,
    holdFor: 60 * PATIENCE,
    baseline,
    minInstances: null,
    ...policy,
    allowUnfenced: false,
  } satisfies Omit<Plan, 'hash'>;
  return { ...plan, hash: planHash(plan) };
}

/** As a re-run of that rollout would bring it along: its inputs have not changed. */
export function policyOf(hash: string): Policy {
  const known = [HOLD, GATED, FRESH, BRINGING];
  return known.find((policy) => planFor(1, policy).hash === hash) ?? UNDO;
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
    dispatch: null,
  };
}

function role(name: string, caller: Caller, goal: Goal): Role {
  return { name, caller, goal, after: null };
}

function drive(run: number, policy: Policy): Extract<Goal, { kind: 'drive' }> {
  const plan = planFor(run, policy);
  return { ...DRIVE, plan, mayStart: true };
}

const DRIVE = {
  kind: 'drive',
  plan: null,
  timing: TIMING,
  mayStart: false,
  until: 100,
  pace: 'wait',
  opensGates: false,
} as const;

/** A person's errand has a run of its own. */
const ERRAND = callerOf(9, 1);

/** `run`, started, re-run, and re-run once more. */
export function attempt(number: number, policy = UNDO): Role {
  const how = policy.brings === undefined ? '' : ', bringing its canary';
  return role(`attempt ${number}${how}`, callerOf(1, number), drive(1, policy));
}

/** `deploy`, the first time and re-run: it stops, held, at 0 %. */
export function deploy(number: number, policy = UNDO): Role {
  const goal = { ...drive(1, policy), until: 0 };
  return role(`deploy ${number}`, callerOf(1, number), goal);
}

/** `run` of another workflow run. */
export function secondWorkflow(policy = UNDO): Role {
  return role('the second workflow', callerOf(2, 1), drive(2, policy));
}

/** Whether it is to bring a revision that is there already. */
export function isBringing({ goal }: Role): boolean {
  return goal.kind === 'drive' && goal.plan?.brings !== undefined;
}

/** `ramp`, in a run of its own: takes over what is held, opens gates, and starts nothing. */
export function ramp(until: Percent = 100): Role {
  return role('a ramp', callerOf(3, 1), { ...DRIVE, until, opensGates: true });
}

/** `resume`, in a run of its own: one look, and the rollout is held again. */
export function resume(): Role {
  return role('a resume', callerOf(4, 1), { ...DRIVE, pace: 'look' });
}

const CLEAN_UP: Goal = { kind: 'clean-up', reason: 'cancelled', doom: null };

/** The post step of an attempt, on the same runner. */
export function cleanUp(number = 1): Role {
  const name = number === 1 ? 'the post step' : `the post step of attempt ${number}`;
  return { ...role(name, callerOf(1, number), CLEAN_UP), after: `attempt ${number}` };
}

export function reconcile(): Role {
  return role('reconcile', ERRAND, { kind: 'reconcile', dead: null });
}

/** Told that attempt 1 is over, whether or not it is. */
export function reconcileDead(): Role {
  const dead = { rolloutId: callerOf(1, 1).rolloutId, attempt: 1 };
  return role('reconcile of a dead run', ERRAND, { kind: 'reconcile', dead });
}

/** `deploy` of another workflow run. */
export function secondDeploy(): Role {
  return role('the second deploy', callerOf(2, 1), { ...drive(2, UNDO), until: 0 });
}

/** A re-run job of run 1 that waits for an approval: what it was approved for may be over by then. */
export function approvedRamp(run = 1): Role {
  return role('the approved ramp', callerOf(run, 2), { ...DRIVE, opensGates: true });
}

export function approvedOrder(what: 'promote' | 'rollback', run = 1): Role {
  return { ...order(what), name: `the approved order to ${what}`, caller: callerOf(run, 1) };
}

/** For one share of the canary, and no other. */
export function promoteAt(seen: Percent): Role {
  const goal: Goal = { ...ORDER, order: 'promote', seen };
  return role(`an order to promote at ${seen} %`, ERRAND, goal);
}

/** After a promotion. */
export function goBack(): Role {
  const goal: Goal = { ...ORDER, order: 'rollback', toPrevious: true };
  return role('an order to go back', ERRAND, goal);
}

const ORDER = { kind: 'order', by: 'ann', seen: null, toPrevious: false } as const;

export function order(what: 'promote' | 'rollback'): Role {
  const goal: Goal = { ...ORDER, order: what };
  return role(`an order to ${what}`, ERRAND, goal);
}
