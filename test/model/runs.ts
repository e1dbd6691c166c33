/** Which casts are explored with which faults: a size for CI, and the full one. */
import {
  BRINGING,
  FRESH,
  GATED,
  HOLD,
  approvedOrder,
  approvedRamp,
  attempt,
  cleanUp,
  deploy,
  goBack,
  order,
  promoteAt,
  ramp,
  reconcile,
  reconcileDead,
  resume,
  secondDeploy,
  secondWorkflow,
} from './cast.ts';
import type { Role } from './cast.ts';
import { SHIPPED } from './design.ts';
import type { Faults, Scope } from './steps.ts';

export type Exploration = { readonly name: string; readonly scope: Scope };

const NONE: Faults = { crash: 0, network: 0, outsider: 0, cancel: 0 };

function exploration(
  cast: readonly Role[],
  some: Partial<Faults>,
  reduced: Scope['reduced'] = true,
): Exploration {
  const faults = { ...NONE, ...some };
  const spent = Object.entries(faults).filter(([, times]) => times > 0);
  const withFaults = spent.map(([kind, times]) => `, ${kind} ${times}`).join('');
  const name = `${cast.map((role) => role.name).join(' + ')}${withFaults}`;
  return {
    name: reduced ? name : `${name}, unreduced`,
    scope: { cast, faults, design: SHIPPED, reduced },
  };
}

const first = attempt(1);
const again = attempt(2);
const bringing = attempt(1, BRINGING);

export const CI: readonly Exploration[] = [
  exploration([first, again, reconcile()], {}),
  exploration([first, again], { crash: 1 }),
  exploration([first, again], { network: 1 }),
  exploration([first, reconcile()], { crash: 1, network: 1, outsider: 1 }),
  exploration([attempt(1, HOLD), reconcileDead()], { crash: 1, cancel: 1, network: 1 }, false),
  exploration([first, cleanUp(), again], { crash: 1, cancel: 1 }),
  exploration([attempt(1, HOLD), cleanUp(), order('rollback')], { crash: 1, cancel: 1 }),
  exploration([first, order('promote'), order('rollback')], { cancel: 1 }),
  exploration([first, order('promote')], { network: 1, outsider: 1 }),
  exploration([first, secondWorkflow()], { crash: 1 }),
  exploration([attempt(1, HOLD), ramp()], { crash: 1, network: 1 }),
  exploration([attempt(1, HOLD), ramp()], { outsider: 1 }),
  exploration([attempt(1, GATED), ramp(), resume()], {}),
  exploration([attempt(1, HOLD), resume()], { crash: 1, network: 1 }),
  exploration([deploy(1), ramp(), order('promote')], { outsider: 1 }),
  exploration([deploy(1), secondDeploy(), approvedOrder('promote')], { network: 1 }),
  exploration([deploy(1), secondDeploy(), approvedRamp()], {}),
  exploration([secondDeploy(), deploy(1), approvedOrder('promote', 2)], {}),
  exploration([deploy(1), secondDeploy(), ramp(10)], {}),
  exploration([again, cleanUp(2), first], { crash: 1 }),
  exploration([first, goBack(), promoteAt(10)], { network: 1 }),
  exploration([attempt(1, FRESH), reconcile()], { crash: 1, outsider: 1 }),
  exploration([attempt(1, FRESH), attempt(2, FRESH)], { crash: 1 }),
  exploration([attempt(1, FRESH), cleanUp()], { crash: 1, cancel: 1 }),
  exploration([bringing, attempt(2, BRINGING)], { crash: 1 }),
  exploration([bringing, secondWorkflow(BRINGING)], { crash: 1 }),
  exploration([bringing], { network: 1, outsider: 1 }),
];

/** Some minutes, and less than 2 GB. */
export const FULL: readonly Exploration[] = [
  ...CI,
  exploration([first, again], { crash: 1, network: 1 }),
  exploration([first, order('promote'), order('rollback')], { network: 1, cancel: 1 }),
  exploration([first, secondWorkflow()], { crash: 1, network: 1 }),
  exploration([first, again], { crash: 1, network: 1, outsider: 1 }),
  exploration([first, again, reconcile()], { crash: 1, network: 1 }),
  exploration([first, again, order('rollback')], { cancel: 1 }),
  exploration([first, again, secondWorkflow()], {}),
  exploration([first, secondWorkflow(), order('promote')], {}),
  exploration([attempt(1, HOLD), attempt(2, HOLD), ramp()], {}),
  exploration([deploy(1), deploy(2), ramp(10)], { crash: 1, network: 1 }),
  exploration([attempt(1, FRESH), attempt(2, FRESH)], { crash: 1, network: 1 }),
  exploration([deploy(1, FRESH), ramp(), order('promote')], { outsider: 1 }),
  exploration([attempt(1, HOLD), ramp(), resume(), order('promote')], {}),
  exploration([bringing, attempt(2, BRINGING)], { crash: 1, network: 1 }),
  exploration([bringing, order('promote')], { network: 1, outsider: 1 }),
];
