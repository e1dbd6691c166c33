/** What the start of a canary would do first, found out without a write, and not done. */
import { decide } from '../core/rollout/machine.ts';
import { EMPTY_MEMORY, notice, rememberOwn } from '../core/rollout/memory.ts';
import type { Caller, Decision, Goal, Memory } from '../core/decision-types.ts';
import type { Acceptance } from '../core/forecast/forecast-types.ts';
import type { Plan } from '../core/types.ts';
import type { Ending, Ports } from '../engine/loop.ts';
import type { Preflight } from '../engine/preflight.ts';

type Asking = { readonly caller: Caller; readonly ports: Ports };

export const NOTHING_CHANGED = 'Nothing was changed: dry_run is true.';

/** What the first decision would be stopped by is how the dry run ends, too. */
export async function dryEnding(
  goal: Extract<Goal, { kind: 'drive' }>,
  { service, acceptance }: Pick<Preflight, 'service' | 'acceptance'>,
  { caller, ports }: Asking,
): Promise<Ending> {
  const state = await ports.revisions.state(goal.plan?.brings ?? caller.revision);
  const { version } = service;
  const fresh: Memory = { ...EMPTY_MEMORY, version, fence: 'proved' };
  const memory = notice(rememberOwn(fresh, state), caller, service);
  const first = decide({ goal, caller, service, memory });
  const known = { service, memory: EMPTY_MEMORY };
  if (first.do === 'stop') return { ...known, outcome: first.outcome, why: first.why };
  const doubt = fenceText(acceptance, goal.plan);
  return { ...known, outcome: 'planned', why: `${doubt}${plannedText(first)}` };
}

/** Only a write shows whether there is a fence, and a dry run makes none. */
export function fenceText(acceptance: Acceptance | null, plan: Plan | null): string {
  const isDoubtful = acceptance?.kind === 'untried' && acceptance.fence === 'absent';
  return isDoubtful && plan?.allowUnfenced !== true ? `${UNFENCED} ` : '';
}

const UNFENCED =
  'A run may be refused here: the service did not refuse a wrong version in a dry run. A run tries that once more with a write of what is there already; if that is taken, it begins only with allow_unfenced: true.';

function plannedText(first: Exclude<Decision, { do: 'stop' }>): string {
  if (first.do === 'start') return NOTHING_CHANGED;
  const way =
    first.do === 'write' && first.record.phase !== 'active'
      ? 'A rollout is open that nobody has seen through; a run would end it first'
      : 'A rollout of this run is open; a run would go on with it';
  return `${way}. ${NOTHING_CHANGED}`;
}
