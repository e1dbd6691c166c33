/** What a start would do first, found out without a write, and not done. */
import type { Request } from '../core/inputs/inputs.ts';
import { Problem } from '../core/problem.ts';
import { decideFirst } from '../core/rollout/first.ts';
import type { FirstDecision } from '../core/rollout/first.ts';
import { decide } from '../core/rollout/machine.ts';
import { EMPTY_MEMORY, notice, rememberOwn } from '../core/rollout/memory.ts';
import type { Caller, Decision, Goal, Memory } from '../core/decision-types.ts';
import type { Plan, ServiceSnapshot } from '../core/types.ts';
import { deployFirst, refuseShut } from '../engine/first-deploy.ts';
import type { FirstErrand } from '../engine/first-deploy.ts';
import type { Ending, Ports } from '../engine/loop.ts';

type Asking = { readonly caller: Caller; readonly ports: Ports };

const NOTHING = 'Nothing was changed: dry_run is true.';

/** What the first decision would be stopped by is how the dry run ends, too. */
export async function dryEnding(
  goal: Extract<Goal, { kind: 'drive' }>,
  service: ServiceSnapshot,
  { caller, ports }: Asking,
): Promise<Ending> {
  const state = await ports.revisions.state(goal.plan?.brings ?? caller.revision);
  const { version } = service;
  const fresh: Memory = { ...EMPTY_MEMORY, version, fence: 'proved' };
  const memory = notice(rememberOwn(fresh, state), caller, service);
  const first = decide({ goal, caller, service, memory });
  const known = { service, memory: EMPTY_MEMORY };
  if (first.do === 'stop') return { ...known, outcome: first.outcome, why: first.why };
  return { ...known, outcome: 'planned', why: plannedText(first) };
}

function plannedText(first: Exclude<Decision, { do: 'stop' }>): string {
  if (first.do === 'start') return NOTHING;
  const way =
    first.do === 'write' && first.record.phase !== 'active'
      ? 'A rollout is open that nobody has seen through; a run would end it first'
      : 'A rollout of this run is open; a run would go on with it';
  return `${way}. ${NOTHING}`;
}

/** Nothing of it is left to a post step: there is no revision to go back to. */
export function firstOf(
  work: FirstErrand,
  { deploysFirst, isDryRun }: Pick<Request, 'deploysFirst' | 'isDryRun'>,
): { readonly deployFirst?: (plan: Plan) => Promise<Ending | null> } {
  if (!deploysFirst) return {};
  return { deployFirst: (plan) => (isDryRun ? dryFirst(plan, work) : deployFirst(work, plan)) };
}

/** null: the service has a revision that works, so it is a canary that is planned. */
export async function dryFirst(
  plan: Plan,
  asking: Pick<FirstErrand, 'caller' | 'ports' | 'isHosted'>,
): Promise<Ending | null> {
  const { caller, ports } = asking;
  const service = await readOrNone(ports);
  const memory = {
    cancelled: false,
    sent: false,
    fence: 'proved',
    waited: 0,
    probe: null,
  } as const;
  const first = decideFirst({ service, caller, plan, memory });
  if (first.do === 'canary') return null;
  const known = { service, memory: EMPTY_MEMORY };
  if (first.do === 'deploy') refuseShut(asking, { service, plan });
  if (first.do !== 'stop') {
    return { ...known, outcome: 'planned', why: `${firstText(first, service)} ${NOTHING}` };
  }
  if (service === null) throw new Problem('service-missing', { summary: first.why, advice: '' });
  return { ...known, outcome: first.outcome, why: first.why };
}

function firstText(
  first: Exclude<FirstDecision, { do: 'stop' | 'canary' }>,
  service: ServiceSnapshot | null,
): string {
  switch (first.do) {
    case 'prove-fence':
    case 'deploy':
      return `A run would ${service === null ? 'make the service' : 'give the service its first revision'}.`;
    case 'probe':
      return `The first revision, ${first.revision}, is there already; a run would ask it whether it works.`;
    case 'wait':
      return `A run would wait for what is under way: ${first.why}.`;
  }
}

async function readOrNone(ports: Ports): Promise<ServiceSnapshot | null> {
  try {
    return await ports.cloudRun.read();
  } catch (error) {
    if (error instanceof Problem && error.code === 'service-missing') return null;
    throw error;
  }
}
