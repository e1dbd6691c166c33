/** The one write of a turn: what it sends, and what the process knows after the answer. */
import { awaitsCanary } from '../core/rollout/clone.ts';
import { isFinal } from '../core/rollout/drafts.ts';
import { doomed, rememberWrite } from '../core/rollout/memory.ts';
import type { Decision, Memory } from '../core/decision-types.ts';
import type { Problem } from '../core/problem.ts';
import type { Millis, RecordDraft } from '../core/types.ts';
import type { Errand, Turn } from './loop.ts';
import type { StartPlan } from './ports.ts';

/**
 * A read takes a minute and a half at most, with all its tries and a token. Whoever comes later than
 * this has slept, and looks again (S4).
 */
const FRESH: Millis = 120_000;

export async function write(
  errand: Errand,
  decision: Extract<Decision, { do: 'start' | 'write' }>,
  turn: Turn,
): Promise<Memory> {
  const { ports } = errand;
  const { conflicts, service } = turn;
  if (raises(decision.record) && ports.clock.monotonic() - turn.since > FRESH) {
    const why = 'The service was read too long ago to raise from.';
    errand.observer.remark(`${why} Reading again.`);
    await conflicts.another(service, decision.record, { why });
    return { ...turn.memory, canary: null, clone: null };
  }
  const plan = decision.do === 'start' ? await startPlanOf(errand, decision.record, turn) : null;
  const memory = remembersSending(turn.memory, errand, decision);
  const answer = await ports.cloudRun.write(service, decision.record, plan);
  switch (answer.kind) {
    case 'applied':
      return remembersWriting(memory, errand, decision.record);
    case 'read-again':
      if (answer.isUnderWay === true) {
        turn.kept.underWay = service.version;
        errand.observer.unanswered?.(service.version);
      }
      errand.observer.remark(`The write is read again: ${answer.why}`);
      await conflicts.another(service, decision.record, answer);
      return { ...memory, canary: null, clone: null };
    case 'refused':
      return refused(errand, { record: decision.record, memory, problem: answer.problem });
  }
}

/** What the clone needs is read now, and what the canary needs is kept, for it will be out of force. */
async function startPlanOf(
  { ports }: Errand,
  record: RecordDraft,
  { plan, service, kept }: Turn,
): Promise<StartPlan | null> {
  if (plan === null) return null;
  if (awaitsCanary(record)) kept.copy = await ports.cloudRun.copy(service, record.stable);
  return record.clone === null || kept.copy === null ? plan : { ...plan, copy: kept.copy };
}

/** A request that was sent may arrive at any time, whatever we hear of it. */
function remembersSending(
  memory: Memory,
  errand: Errand,
  decision: Extract<Decision, { do: 'start' | 'write' }>,
): Memory {
  const starts = decision.do === 'start';
  const orders = errand.goal.kind === 'order' || errand.goal.kind === 'reconcile';
  return {
    ...memory,
    drove: memory.drove || orders,
    ownRevision: starts ? 'unknown' : memory.ownRevision,
    ownState: starts ? null : memory.ownState,
    made: starts ? (decision.record.clone ?? memory.made) : memory.made,
  };
}

/** Whoever may start has only cleared the way by ending what somebody else abandoned. */
function remembersWriting(memory: Memory, errand: Errand, record: RecordDraft): Memory {
  const clears = errand.goal.kind === 'drive' && errand.goal.mayStart && isFinal(record);
  return rememberWrite({ ...memory, drove: memory.drove || !clears }, record);
}

type Refused = {
  readonly record: RecordDraft;
  readonly memory: Memory;
  readonly problem: Problem;
};

/** A split that a drive is refused is a reason to undo; anything else is for a person. */
function refused({ goal }: Errand, { record, memory, problem }: Refused): Memory {
  const isReason = goal.kind === 'drive' && problem.code === 'write-refused' && memory.drove;
  if (!raises(record) || !isReason) throw problem;
  return doomed(memory, { reason: 'write-refused', why: problem.summary });
}

function raises(record: RecordDraft): boolean {
  const isSecond = record.clone !== null && record.reason === 'started' && !awaitsCanary(record);
  const isForward = record.phase === 'active' || record.phase === 'promoted';
  return isSecond || (record.stage > 0 && isForward);
}
