/** What a start would do first, found out without a write, and not done. */
import { Problem } from '../core/problem.ts';
import { decideFirst } from '../core/rollout/first.ts';
import { decide } from '../core/rollout/machine.ts';
import { EMPTY_MEMORY, notice, rememberOwn } from '../core/rollout/memory.ts';
import type { Caller, Decision, Goal, Memory } from '../core/decision-types.ts';
import type { Plan, ServiceSnapshot } from '../core/types.ts';
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

/** null: the service has a revision that works, so it is a canary that is planned. */
export async function dryFirst(plan: Plan, { caller, ports }: Asking): Promise<Ending | null> {
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
  if (first.do !== 'stop') {
    const what = service === null ? 'make the service' : 'give the service its first revision';
    return { ...known, outcome: 'planned', why: `A run would ${what}. ${NOTHING}` };
  }
  if (service === null) throw new Problem('service-missing', { summary: first.why, advice: '' });
  return { ...known, outcome: first.outcome, why: first.why };
}

async function readOrNone(ports: Ports): Promise<ServiceSnapshot | null> {
  try {
    return await ports.cloudRun.read();
  } catch (error) {
    if (error instanceof Problem && error.code === 'service-missing') return null;
    throw error;
  }
}
