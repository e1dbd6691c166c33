/** What a start would do first, found out without a write, and not done. */
import type { Request } from '../core/inputs/inputs.ts';
import { Problem } from '../core/problem.ts';
import { decideFirst, firstDoom } from '../core/rollout/first.ts';
import type { FirstDecision } from '../core/rollout/first.ts';
import { decide } from '../core/rollout/machine.ts';
import { EMPTY_MEMORY, notice, rememberOwn } from '../core/rollout/memory.ts';
import type { Caller, Decision, Goal, Memory } from '../core/decision-types.ts';
import type { Acceptance } from '../core/forecast/forecast-types.ts';
import { acceptanceText } from '../core/forecast/forecast-text.ts';
import type { FirstDeployment } from '../core/service-types.ts';
import type { Plan, ServiceSnapshot } from '../core/types.ts';
import { deployFirst, readOrNone, refuseShut } from '../engine/first-deploy.ts';
import type { FirstErrand } from '../engine/first-deploy.ts';
import { noService } from '../engine/first-refusal.ts';
import type { Ending, Ports } from '../engine/loop.ts';
import type { Preflight } from '../engine/preflight.ts';

type Asking = { readonly caller: Caller; readonly ports: Ports };

const NOTHING = 'Nothing was changed: dry_run is true.';

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
function fenceText(acceptance: Acceptance | null, plan: Plan | null): string {
  const isDoubtful = acceptance?.kind === 'untried' && acceptance.fence === 'absent';
  return isDoubtful && plan?.allowUnfenced !== true ? `${UNFENCED} ` : '';
}

const UNFENCED =
  'A run may be refused here: the service did not refuse a wrong version in a dry run. A run tries that once more with a write of what is there already; if that is taken, it begins only with allow_unfenced: true.';

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
export async function dryFirst(plan: Plan, asking: DryErrand): Promise<Ending | null> {
  const { caller, ports } = asking;
  const { service, at } = await readOrNone(ports);
  const memory = {
    cancelled: false,
    sent: false,
    fence: 'proved',
    waited: 0,
    probe: null,
  } as const;
  const first = decideFirst({ service, caller, plan, memory });
  if (first.do === 'canary') return null;
  // What is not there is shown all the same, like every plan.
  const shown = service ?? (at === null ? null : noService(at));
  const known = { service: shown, memory: EMPTY_MEMORY };
  if (first.do === 'deploy') {
    const said = await rehearsedFirst(asking, { service, plan, first: first.first });
    return { ...known, outcome: 'planned', why: `${firstText(first, service)} ${said} ${NOTHING}` };
  }
  if (first.do !== 'stop') {
    return { ...known, outcome: 'planned', why: `${firstText(first, service)} ${NOTHING}` };
  }
  if (service === null) throw new Problem('service-missing', { summary: first.why, advice: '' });
  const told = { ...EMPTY_MEMORY, doom: firstDoom(first) };
  return { service, memory: told, outcome: first.outcome, why: first.why };
}

type DryErrand = Pick<FirstErrand, 'caller' | 'ports' | 'isHosted'>;

type Rehearsed = {
  readonly service: ServiceSnapshot | null;
  readonly plan: Plan;
  readonly first: FirstDeployment;
};

/** @throws Problem with what the first write would be refused for. */
async function rehearsedFirst(asking: DryErrand, start: Rehearsed): Promise<string> {
  const { service, plan, first } = start;
  refuseShut(asking, start);
  const { firsts } = asking.ports;
  const acceptance = await firsts.rehearseFirst(service, first, plan.change);
  if (service === null) await expectNotMade(asking, first);
  return `${fenceText(acceptance, plan)}${acceptanceText(acceptance).join(' ')}`;
}

/** What is not there has no version that could be wrong: the word of the API is all there is. */
async function expectNotMade({ ports }: DryErrand, first: FirstDeployment): Promise<void> {
  const made = (await readOrNone(ports)).service?.first ?? null;
  if (made?.rolloutId !== first.rolloutId || made.attempt !== first.attempt) return;
  throw new Problem('ended', {
    summary: `Cloud Run has made the service with ${first.revision}, though it was asked in a dry run.`,
    advice: 'Delete the service if it is not wanted.',
  });
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
