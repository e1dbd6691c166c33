/** Designs that people really write, each with the promise that it breaks. The explorer must catch all of them. */
import {
  FRESH,
  GATED,
  HOLD,
  approvedOrder,
  approvedRamp,
  attempt,
  cleanUp,
  deploy,
  order,
  ramp,
  reconcile,
  resume,
  secondDeploy,
  secondWorkflow,
} from './cast.ts';
import type { Role } from './cast.ts';
import { SHIPPED } from './design.ts';
import type { Design } from './design.ts';
import { explore } from './explore.ts';
import type { Violation } from './explore.ts';
import * as clones from './mutations-clone.ts';
import * as rules from './mutations-rules.ts';
import * as writes from './mutations-writes.ts';
import type { Safety } from './promises.ts';
import type { Faults, Scope } from './steps.ts';

export type Mutation = { readonly scope: Scope; readonly breaks: Safety };

const PAIR = [attempt(1), attempt(2)];
const WITH_RECONCILE = [attempt(1), reconcile()];
const TWO_RUNS = [attempt(1), secondWorkflow()];
const NO_FAULTS: Faults = { crash: 0, network: 0, outsider: 0, cancel: 0 };
/** Far more than any of them needs. */
const MOST_STATES = 2_000_000;

type Hooks = Partial<Omit<Design, 'name'>>;

function mutation(
  named: readonly [name: string, hooks: Hooks],
  breaks: Safety,
  where: { readonly cast: readonly Role[]; readonly faults?: Partial<Faults> },
): Mutation {
  const [name, hooks] = named;
  const design = { ...SHIPPED, ...hooks, name };
  const faults = { ...NO_FAULTS, ...where.faults };
  return { breaks, scope: { design, cast: where.cast, faults, reduced: true } };
}

const OUTSIDER = { outsider: 1 };
const NETWORK = { network: 1 };

export const MUTATIONS: readonly Mutation[] = [
  mutation(['naive', writes.naive], 'S2', { cast: PAIR, faults: OUTSIDER }),
  mutation(['etagOnly', writes.etagOnly], 'S2', { cast: PAIR, faults: OUTSIDER }),
  mutation(['leaseNoFence', writes.leaseNoFence], 'S2', { cast: PAIR, faults: OUTSIDER }),
  mutation(['twoWrites', writes.twoWrites], 'S2', { cast: PAIR, faults: OUTSIDER }),
  mutation(['recordFirst', writes.recordFirst], 'S3', { cast: PAIR }),
  mutation(['resendSameBody', writes.resendSameBody], 'S2', { cast: PAIR, faults: OUTSIDER }),
  mutation(['ack409', writes.ack409], 'S2', { cast: PAIR, faults: OUTSIDER }),
  mutation(['noDriftCheck', rules.noDriftCheck], 'S2', { cast: PAIR, faults: OUTSIDER }),
  mutation(['noLatest', rules.noLatest], 'S2', { cast: [attempt(1)], faults: OUTSIDER }),
  mutation(['staleApproval', rules.noHistory], 'S6', {
    cast: [secondDeploy(), deploy(1), approvedOrder('promote', 2)],
  }),
  mutation(['staleRamp', rules.noHistory], 'S6', {
    cast: [secondDeploy(), deploy(1), approvedRamp(2)],
  }),
  mutation(['noAge', rules.noAge], 'S6', { cast: [secondDeploy(), approvedOrder('promote')] }),
  mutation(['agelessRamp', rules.noAge], 'S6', { cast: [secondDeploy(), approvedRamp()] }),
  mutation(['noMeaning', rules.noMeaning], 'S6', {
    cast: [deploy(1), secondDeploy(), ramp(10)],
  }),
  mutation(['noLegacy', rules.noLegacy], 'S10', {
    cast: [attempt(1, HOLD), cleanUp()],
    faults: { crash: 1 },
  }),
  mutation(['forcedRollback', writes.forcedRollback], 'S7', { cast: PAIR }),
  mutation(['cancelNoOwner', rules.cancelNoOwner], 'S6', {
    cast: [...TWO_RUNS, cleanUp()],
    faults: { crash: 1 },
  }),
  mutation(['nodataPass', rules.nodataPass], 'S4', { cast: PAIR }),
  mutation(['noSettle', rules.noSettle], 'S4', { cast: PAIR }),
  mutation(['rerunRestarts', rules.rerunRestarts], 'S4', { cast: PAIR }),
  mutation(['reconcileBlind', rules.reconcileBlind], 'S2', {
    cast: WITH_RECONCILE,
    faults: OUTSIDER,
  }),
  mutation(['takeBack', rules.takeBack], 'S10', { cast: PAIR }),
  mutation(['takeActive', rules.takeActive], 'S6', { cast: [attempt(1), ramp()] }),
  mutation(['noStarter', rules.noStarter], 'S6', {
    cast: [attempt(1, HOLD), attempt(2, HOLD), ramp()],
  }),
  mutation(['noOvertaken', rules.noOvertaken], 'S6', {
    cast: [deploy(1), deploy(2), ramp(10)],
    faults: NETWORK,
  }),
  mutation(['openGates', rules.openGates], 'S6', { cast: [attempt(1, GATED), resume()] }),
  mutation(['startAgain', rules.startAgain], 'S10', { cast: PAIR, faults: OUTSIDER }),
  mutation(['noLatch', rules.noLatch], 'S10', { cast: PAIR, faults: NETWORK }),
  mutation(['noReasons', rules.noReasons], 'S10', { cast: PAIR, faults: NETWORK }),
  mutation(['noWitness', rules.noWitness], 'S9', {
    cast: PAIR,
    faults: { ...OUTSIDER, ...NETWORK },
  }),
  mutation(['noHistory', rules.noHistory], 'S6', { cast: [...PAIR, secondWorkflow()] }),
  mutation(['stackedCanaries', { ...writes.stacked, decide: rules.startBeside }], 'S8', {
    cast: TWO_RUNS,
  }),
  mutation(['noZeroStage', writes.noZeroStage], 'S5', { cast: PAIR }),
  mutation(['noReadiness', rules.noReadiness], 'S1', { cast: PAIR }),
  mutation(['noDigest', rules.noDigest], 'S12', { cast: PAIR, faults: OUTSIDER }),
  mutation(['heldUnseen', rules.heldUnseen], 'S12', {
    cast: [deploy(1), ramp()],
    faults: OUTSIDER,
  }),
  mutation(['cloneLeft', clones.cloneLeft], 'S3', { cast: [attempt(1, FRESH)] }),
  mutation(['canaryUnasked', clones.canaryUnasked], 'S1', { cast: [attempt(1, FRESH)] }),
  mutation(['canaryOfOthers', clones.canaryOfOthers], 'S6', {
    cast: [attempt(1, FRESH), attempt(2, FRESH)],
  }),
  mutation(['abortAnyway', rules.abortAnyway], 'S14', { cast: [attempt(1), order('rollback')] }),
];

/** The shortest history that breaks the promise; null: not caught. */
export function caught({ scope, breaks }: Mutation): Violation | null {
  const found = explore(scope, { broken: [breaks], states: MOST_STATES });
  return found.violations.find(({ promise }) => promise === breaks) ?? null;
}
