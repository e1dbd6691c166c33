/** The one rollout that everything is done to: durability.md, 5.4. */
import { planHash } from '../../src/core/rollout/plan.ts';
import { defaultTag, revisionName } from '../../src/core/rollout/identity.ts';
import type { Caller, Goal } from '../../src/core/decision-types.ts';
import type { Plan } from '../../src/core/types.ts';
import { aSmoke } from '../unit/build.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export const SERVICE = 'web';
export const REF = { project: 'demo', region: 'europe-west1', service: SERVICE };
export const STABLE = 'web-00002-sta';
export const OLD = 'web-00001-old';
/** Made without traffic, by somebody who has the rollout bring it. */
export const BROUGHT = 'web-cbrought-1';
/** Not on a whole minute: windows and sample periods do not fit each other in life either. */
export const BEGIN = Date.UTC(2026, 10, 20, 15, 4, 5, 250);

export const NEXT_IMAGE = 'europe-docker.pkg.dev/demo/app/web:v2';
export const BAKE = 300 * SECOND;
export const SETTLE = 4 * SECOND;
/** From the write that creates a revision to its readiness. */
export const READY = 12 * SECOND;
export const CALL = 300;
export const TIMING = { samplePeriod: MINUTE, ingestDelay: 180 * SECOND };
export const REQUESTS_PER_MINUTE = 6_000;
export const RECONCILE_EVERY = 5 * MINUTE;
export const RESUME_EVERY = 5 * MINUTE;

const RUN = 1_948_273_645;

export type Truth = 'good' | 'bad-from-10' | 'bad-from-50' | 'silent-from-10' | 'bad-then-good';

/** The four of the grid; `bad-then-good` tempts a process to forget its verdict. */
export const TRUTHS: readonly Truth[] = ['good', 'bad-from-10', 'bad-from-50', 'silent-from-10'];

export type Manner = {
  readonly onNoData: Plan['onNoData'];
  readonly onCancel: Plan['onCancel'];
  readonly baseline?: Plan['baseline'];
  /** The canary is there already. */
  readonly brings?: true;
};

/** `run` 0 is the rollout in question; others are other people's. */
function planOf({ brings, ...manner }: Manner, run: number): Plan {
  const plan: Omit<Plan, 'hash'> = {
    change: { image: brings === true ? null : NEXT_IMAGE, edits: [], originLabels: [] },
    ...(brings === true ? { brings: BROUGHT } : {}),
    tag: defaultTag(SERVICE, RUN + run),
    stages: [
      { percent: 10, bake: BAKE, least: BAKE, gate: false },
      { percent: 50, bake: BAKE, least: BAKE, gate: false },
    ],
    judging: {
      criteria: [{ metric: 'error-rate', max: null, maxIncrease: 0.005 }],
      minRequests: 100,
      confidence: 'normal',
      onInconclusive: 'promote',
      warmUp: 3,
      maxMemory: 0.95,
    },
    smoke: aSmoke(),
    deployTimeout: 10 * MINUTE,
    noDataTimeout: 900 * SECOND,
    holdFor: HOUR,
    baseline: 'stable',
    minInstances: null,
    ...manner,
    allowUnfenced: false,
  };
  return { ...plan, hash: planHash(plan) };
}

export function driveOf(manner: Manner, run: number): Extract<Goal, { kind: 'drive' }> {
  return {
    kind: 'drive',
    plan: planOf(manner, run),
    timing: TIMING,
    mayStart: true,
    until: 100,
    pace: 'wait',
    opensGates: false,
  };
}

/** What goes on with a rollout that is held, whoever started it: `resume` for a look, `ramp` to the end. */
export function goOnOf(command: 'resume' | 'ramp'): Extract<Goal, { kind: 'drive' }> {
  return {
    kind: 'drive',
    plan: null,
    timing: TIMING,
    mayStart: false,
    until: 100,
    pace: command === 'resume' ? 'look' : 'wait',
    opensGates: command === 'ramp',
  };
}

export function callerOf(run: number, attempt: number): Caller {
  const id = RUN + run;
  return {
    rolloutId: `683120945-${id}`,
    attempt,
    revision: revisionName(SERVICE, id, attempt),
    commit: '0123456789abcdef0123456789abcdef01234567',
    runUrl: `https://github.com/o/r/actions/runs/${id}`,
    dispatch: null,
  };
}
