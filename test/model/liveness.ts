/**
 * What still comes about once faults stop. Every process is dead, whatever was under way has arrived
 * (that is one more situation of the same list), and one process more is begun.
 */
import { awaitsCanary, mayStepAside } from '../../src/core/rollout/clone.ts';
import { isFinal } from '../../src/core/rollout/drafts.ts';
import { sameSplit, soleRevision, splitOf } from '../../src/core/rollout/traffic.ts';
import type { RolloutRecord } from '../../src/core/types.ts';
import { attempt, goBack, order, policyOf, promoteAt, reconcile } from './cast.ts';
import type { Role } from './cast.ts';
import type { Design, Mind, Request } from './design.ts';
import { NEW_MIND, turnsAt } from './process.ts';
import type { Turn } from './process.ts';
import { answered } from './sending.ts';
import { BY_HAND, STABLE, digestOf, healthOf, planOf, platformSteps, recordOf } from './service.ts';
import type { Service } from './service.ts';
import type { Belief } from './time.ts';
import { written } from './writing.ts';

export type Wish = 'pass' | 'fail';

/** A process that met no fault. */
export type Run = {
  readonly outcome: string;
  readonly why: string;
  readonly writes: readonly Request[];
  readonly service: Service;
};

const MOST_TURNS = 40;

const ORDERS = [order('promote'), promoteAt(10), order('rollback'), goBack()];

/** outcome "endless": it did not come to an end. */
export function run(
  role: Role,
  design: Design,
  at: { service: Service; belief: Belief; wish: Wish },
): Run {
  const process = { role, index: 0, design };
  const writes: Request[] = [];
  let service = settled(at.service);
  let mind: Mind = NEW_MIND;
  for (let turns = 0; turns < MOST_TURNS; turns += 1) {
    const belief = hasPassed(mind) ? 'at once' : at.belief;
    const turn = wanted(turnsAt(process, mind, { service, belief }), at.wish);
    if (turn.kind === 'over') return { outcome: turn.outcome, why: turn.why, writes, service };
    mind = turn.mind;
    if (turn.kind === 'on') continue;
    const next = written(service, turn.request);
    const after = answered(process, turn, next === null ? 'refused' : 'applied');
    if (after.kind === 'over') return { outcome: 'refused', why: 'The write.', writes, service };
    if (next !== null) writes.push(turn.request);
    mind = after.mind;
    service = settled(next ?? service);
  }
  return { outcome: 'endless', why: '', writes, service };
}

/** A process that meets no fault acts on its look before another is due. */
function hasPassed({ memory }: Mind): boolean {
  return memory.stage?.closed === true && memory.stage.judgement?.verdict === 'pass';
}

function wanted(turns: readonly Turn[], wish: Wish): Turn {
  return turns.find((turn) => turn.kind === 'on' && turn.said === wish) ?? turns[0]!;
}

/** A platform that does its work: a new revision gets ready, what is asked for is served. */
function settled(service: Service): Service {
  const [step] = platformSteps(service);
  return step === undefined ? service : settled(step[1]);
}

/** L1: one reconcile after the deadline ends whatever is open, with one write. */
function brokenByReconcile(service: Service, design: Design): string | null {
  const {
    outcome,
    writes,
    service: after,
  } = run(reconcile(), design, {
    service,
    belief: 'past due',
    wish: 'pass',
  });
  const record = recordOf(after);
  if (outcome === 'endless') return 'L1: a reconcile does not end';
  if (typeof record !== 'string' && !isFinal(record))
    return `L1: a reconcile leaves it ${record.phase}`;
  return writes.length > 1 ? `L1: a reconcile needs ${writes.length} writes` : null;
}

/** S14: whatever an order finds, it ends, with one write at most. */
function brokenByOrder(service: Service, design: Design, role: Role): string | null {
  const { outcome, writes } = run(role, design, {
    service,
    belief: 'after the bake',
    wish: 'pass',
  });
  if (outcome === 'endless') return `S14: ${role.name} does not end`;
  return writes.length > 1 ? `S14: ${role.name} needs ${writes.length} writes` : null;
}

/** L2, L5: a re-run goes on where the record says, starts afresh, or says in one line why not. */
function brokenByRerun(service: Service, design: Design, wish: Wish): string | null {
  const before = settled(service);
  const role = rerunOf(before);
  const ran = run(role, design, { service, belief: 'after the bake', wish });
  const { outcome, why, writes } = ran;
  if (outcome === 'endless') return 'L2: a re-run does not end';
  if (why === '' || why.includes('\n')) return 'L2: the reason is not one line';
  const duty = dutyOf(before, role);
  if (duty.kind === 'leave') {
    const left = writes.length === 0 && duty.outcomes.includes(outcome);
    return left ? null : `L2: ${outcome} with ${writes.length} writes where it has to leave`;
  }
  const [first] = writes;
  if (first === undefined) return `L2: ${outcome} without a write`;
  // Then it may start afresh, or find a split that nothing explains.
  if (duty.kind === 'release') {
    return first.record.phase === 'released' ? null : `L2: ${outcome}, and not released first`;
  }
  // A start that was broken off before its canary, or has lost it, is ended, and begun anew.
  if (duty.kind === 'begin-again') {
    const mayBegin = !Object.hasOwn(before.made, BY_HAND) && first.record.brought !== true;
    return first.record.phase === 'rolled-back' && (writes.length > 1 || !mayBegin)
      ? null
      : `L2: ${outcome}, and not begun anew`;
  }
  if (duty.kind === 'resume' && first.record.stage !== duty.record.stage) {
    return `L2: resumes at stage ${first.record.stage}, not ${duty.record.stage}`;
  }
  if (duty.kind === 'start' && !isOwnStart(first, role)) return 'L5: no fresh start';
  const good = duty.kind !== 'resume' || isWell(before, duty.record);
  const ends = wish === 'pass' && good ? [endOf(role, duty)] : ['rolled-back', 'start-failed'];
  return ends.includes(outcome) ? null : `L2: ${outcome} on ${wish}`;
}

/** With a clone that is the first of the two. */
function isOwnStart({ starts, record }: Request, role: Role): boolean {
  return starts !== null && record.canary === canaryOf(role);
}

function rerunOf(service: Service): Role {
  const record = recordOf(service);
  return attempt(3, policyOf(typeof record === 'string' ? '' : record.planHash));
}

function canaryOf({ goal, caller }: Role): string {
  return (goal.kind === 'drive' ? goal.plan?.brings : undefined) ?? caller.revision;
}

/** At a gate it waits for a person. */
function endOf({ goal }: Role, duty: Duty): string {
  const from = duty.kind === 'resume' ? duty.record.stage : 0;
  const stages = goal.kind === 'drive' ? (goal.plan?.stages ?? []) : [];
  return stages.some(({ gate }, index) => gate && index + 1 >= from) ? 'held' : 'promoted';
}

type Duty =
  | { readonly kind: 'resume'; readonly record: RolloutRecord }
  | { readonly kind: 'release' | 'start' | 'begin-again' }
  | { readonly kind: 'leave'; readonly outcomes: readonly string[] };

function dutyOf(service: Service, role: Role): Duty {
  const { caller, goal } = role;
  const record = recordOf(service);
  if (record === 'unreadable') return { kind: 'leave', outcomes: ['hands-off'] };
  if (record !== 'none' && !isFinal(record)) return openDuty(service, role, record);
  const mine = record !== 'none' && record.rolloutId === caller.rolloutId;
  if (record !== 'none' && mine && record.phase === 'promoted') {
    const isUndone = soleRevision(service.asked) !== record.canary;
    return { kind: 'leave', outcomes: [isUndone ? 'released' : 'promoted'] };
  }
  // Every other run of a cast is a later one.
  if (record !== 'none' && !mine) return { kind: 'leave', outcomes: ['refused'] };
  // Whoever erased the record has left the tag of its canary.
  const plan = goal.kind === 'drive' ? goal.plan : null;
  const isTagTaken = record === 'none' && service.tagged?.tag === plan?.tag;
  const sole = soleRevision(service.asked);
  const isQuiet = sole !== null && sameSplit(service.asked, service.served);
  const latestCreated = Object.keys(service.made).at(-1) ?? STABLE;
  const isAside =
    plan?.baseline !== 'fresh' || mayStepAside({ latestCreated, record }, sole ?? STABLE);
  const isFit = plan?.brings === undefined || mayBring(service, plan.brings);
  return isTagTaken || !isQuiet || !isFit || !isAside
    ? { kind: 'leave', outcomes: ['refused'] }
    : { kind: 'start' };
}

/** Nobody makes it anew, and nothing can be compared with it once it has everything. */
function mayBring(service: Service, revision: string): boolean {
  return healthOf(service, revision) === 'ready' && soleRevision(service.asked) !== revision;
}

function openDuty(service: Service, { caller, goal }: Role, record: RolloutRecord): Duty {
  const mine = record.owner === caller.rolloutId;
  const started = record.rolloutId === caller.rolloutId;
  if (!mine && !(started && record.phase === 'held')) return { kind: 'leave', outcomes: ['busy'] };
  const split = splitOf(record);
  const drifted = service.latest || split === 'as-found' || !sameSplit(split, service.asked);
  if (drifted) return { kind: 'release' };
  // A rollout that another run has started with a plan of its own.
  const plan = goal.kind === 'drive' ? goal.plan : null;
  if (plan?.hash !== record.planHash) return { kind: 'leave', outcomes: ['refused'] };
  const isGone = healthOf(service, record.canary) === 'deleted';
  if (awaitsCanary(record) || isGone) return { kind: 'begin-again' };
  const gate = planOf(service)?.stages[record.stage - 1]?.gate === true;
  const waits = gate && record.phase === 'held' && record.reason === 'reached';
  return waits ? { kind: 'leave', outcomes: ['held'] } : { kind: 'resume', record };
}

/** Its canary is ready, and still what was found, if anything was. */
function isWell(service: Service, { canary, clone, image }: RolloutRecord): boolean {
  if (clone !== null && healthOf(service, clone) !== 'ready') return false;
  const same = !image.includes('@') || image === digestOf(service, canary);
  return healthOf(service, canary) === 'ready' && same;
}

/** Each broken one once, with how many situations of the list break it. */
export function brokenLiveness(services: readonly Service[], design: Design): readonly string[] {
  const broken = services.flatMap((service) => [
    brokenByReconcile(service, design),
    brokenByRerun(service, design, 'pass'),
    brokenByRerun(service, design, 'fail'),
    ...ORDERS.map((role) => brokenByOrder(service, design, role)),
  ]);
  const counted = new Map<string, number>();
  for (const what of broken) if (what !== null) counted.set(what, (counted.get(what) ?? 0) + 1);
  return [...counted].map(([what, times]) => `${what} (${times} situations)`);
}
