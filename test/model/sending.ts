/** A write as it is sent, and what a process makes of the answer: as engine/loop.ts does. */
import { doomed, rememberWrite } from '../../src/core/rollout/memory.ts';
import { awaitsCanary } from '../../src/core/rollout/clone.ts';
import { isFinal } from '../../src/core/rollout/drafts.ts';
import { planFor, writePlan } from '../../src/core/rollout/plan.ts';
import { writeRecord } from '../../src/core/rollout/record.ts';
import { splitOf } from '../../src/core/rollout/traffic.ts';
import type { Decision, Memory } from '../../src/core/decision-types.ts';
import type { RecordDraft, RolloutRecord } from '../../src/core/types.ts';
import type { Role } from './cast.ts';
import type { Answer, Mind, Request } from './design.ts';
import type { Acting, Process } from './process.ts';
import { canonical } from './service.ts';
import { timeless, timelessMemory } from './time.ts';

export function requestFor(acting: Acting<Extract<Decision, { do: 'start' | 'write' }>>): Request {
  const { decision, process, look, mind } = acting;
  const record = timeless(decision.record);
  const split = splitOf(record);
  return {
    by: process.index,
    record,
    text: writeRecord(stamped(record)),
    plan: decision.do === 'start' ? frozen(acting) : null,
    split: split === 'as-found' ? look.service.asked : canonical(split),
    creates: decision.do === 'start' && record.brought !== true ? madeBy(record) : null,
    starts: decision.do === 'start' ? madeBy(record) : null,
    overdue: isOverdue(acting),
    digest: mind.memory.canary?.digest ?? null,
    cancelled: mind.memory.cancelled,
    meant: mind.meant,
    blind: false,
  };
}

/** With a clone there are two starts. */
function madeBy({ canary, clone, changedAt }: RecordDraft): string {
  return clone !== null && awaitsCanary({ clone, changedAt }) ? clone : canary;
}

function frozen({ process, seen }: Acting): string | null {
  const { goal } = process.role;
  const plan = goal.kind === 'drive' ? planFor(goal, seen) : null;
  return plan === null ? null : writePlan(plan);
}

/** What the write stamps is nothing that anything is decided from. */
export function stamped(record: RecordDraft): RolloutRecord {
  return { ...record, transition: 1, generation: 1, writeId: '0'.repeat(16) };
}

function isOverdue({ process, seen }: Acting): boolean {
  const { goal } = process.role;
  const { record } = seen;
  if (typeof record === 'string') return false;
  const dead =
    goal.kind === 'reconcile' &&
    record.phase === 'active' &&
    goal.dead?.rolloutId === record.owner &&
    goal.dead.attempt >= record.attempt;
  return dead || seen.readAt > record.due;
}

/** A request that was sent may arrive at any time. */
export function afterSending({ goal }: Role, memory: Memory, { starts, record }: Request): Memory {
  return {
    ...memory,
    drove: memory.drove || goal.kind === 'order' || goal.kind === 'reconcile',
    ownRevision: starts === null ? memory.ownRevision : 'unknown',
    ownState: starts === null ? memory.ownState : null,
    made: starts === null ? memory.made : (record.clone ?? memory.made),
  };
}

export type AfterAnswer =
  | { readonly kind: 'over' }
  | { readonly kind: 'on'; readonly mind: Mind }
  | { readonly kind: 'send'; readonly mind: Mind; readonly request: Request };

type Sent = { readonly mind: Mind; readonly request: Request };

export function answered(process: Process, sent: Sent, answer: Answer): AfterAnswer {
  const { design, role } = process;
  const { request } = sent;
  if (answer === 'denied') return { kind: 'over' };
  if (answer === 'refused') return afterRefusal(process, sent);
  if (design.sendsAgain(answer)) return { kind: 'send', mind: sent.mind, request };
  const memory = afterWriting(role, sent, answer);
  const mind = { ...sent.mind, memory };
  const own = design.ownAfter(answer, mind.own, request);
  const [next, ...rest] = mind.rest;
  if (answer === 'applied' && next !== undefined) {
    return { kind: 'send', mind: { ...mind, own, rest }, request: next };
  }
  return { kind: 'on', mind: { ...mind, own, rest: [] } };
}

/** Whoever may start has only cleared the way by ending what somebody else abandoned. */
function afterWriting({ goal }: Role, { mind, request }: Sent, answer: Answer): Memory {
  const { memory } = mind;
  if (answer !== 'applied') return { ...memory, canary: null, clone: null };
  const clears = goal.kind === 'drive' && goal.mayStart && isFinal(request.record);
  return rememberWrite({ ...memory, drove: memory.drove || !clears }, request.record);
}

/** A split that a drive is refused is a reason to undo; any other refusal ends the process. */
function afterRefusal({ role }: Process, { mind, request }: Sent): AfterAnswer {
  const { record } = request;
  const isSecond = record.clone !== null && request.creates === record.canary;
  const isForward = record.phase === 'active' || record.phase === 'promoted';
  const raises = isSecond || (record.stage > 0 && isForward);
  if (!raises || !mind.memory.drove || role.goal.kind !== 'drive') return { kind: 'over' };
  const memory = timelessMemory(doomed(mind.memory, { reason: 'write-refused', why: '' }));
  return { kind: 'on', mind: { ...mind, memory, rest: [] } };
}
