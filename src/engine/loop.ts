/** read → decide → do exactly one thing → read again. Nothing learnt here is needed to be safe. */
import { judge } from '../core/judge/judge.ts';
import { evidenceFrom, historyBefore, lookOf } from '../core/rollout/look.ts';
import { decide } from '../core/rollout/machine.ts';
import {
  EMPTY_MEMORY,
  doomed,
  notice,
  rememberCanary,
  rememberLook,
  rememberOwn,
  rememberWait,
  rememberWrite,
} from '../core/rollout/memory.ts';
import { isFinal } from '../core/rollout/drafts.ts';
import { Problem } from '../core/problem.ts';
import { planFor } from '../core/rollout/plan.ts';
import type { Caller, Decision, Goal, Memory, Outcome } from '../core/decision-types.ts';
import type { Millis, Plan, RecordDraft, ServiceSnapshot } from '../core/types.ts';
import { Conflicts } from './conflicts.ts';
import { harmless } from './harmless.ts';
import { Idleness } from './idleness.ts';
import { readPatiently } from './patience.ts';
import type { Known } from './patience.ts';
import { probe, warmUp } from './proving.ts';
import type { Clock, CloudRun, Metrics, ObservationQuery, Prober, Revisions } from './ports.ts';

export type Ports = {
  readonly cloudRun: CloudRun;
  readonly revisions: Revisions;
  readonly metrics: Metrics;
  readonly prober: Prober;
  readonly clock: Clock;
};

/** Told of everything, asked for nothing. */
export interface Observer {
  turn(service: ServiceSnapshot, memory: Memory, decision: Decision): void;
  /** Something worth a line in the log that changed no decision. */
  remark(text: string): void;
}

export type Errand = {
  readonly goal: Goal;
  readonly caller: Caller;
  readonly ports: Ports;
  readonly observer: Observer;
  /** Fires when the run is cancelled. It ends waits and looks, never a write. */
  readonly cancel: AbortSignal;
};

export type Ending = {
  readonly outcome: Outcome;
  readonly why: string;
  /** null: the service is gone. */
  readonly service: ServiceSnapshot | null;
  readonly memory: Memory;
};

export type Turn = {
  readonly service: ServiceSnapshot;
  readonly memory: Memory;
  readonly conflicts: Conflicts;
  /** What the drive follows; null for everything else. */
  readonly plan: Plan | null;
};

/** @throws Problem when the errand cannot be finished; the record on the service is intact then. */
export async function runLoop(given: Errand): Promise<Ending> {
  const errand = { ...given, observer: harmless(given.observer) };
  const conflicts = new Conflicts(errand.ports.clock);
  const idleness = new Idleness(errand.ports.clock);
  let memory = EMPTY_MEMORY;
  let known: Known = { last: null, sent: null };
  for (;;) {
    const service = await readPatiently(errand, known);
    if (service === null) {
      return { outcome: 'gone', why: 'The service does not exist any more.', service, memory };
    }
    memory = notice({ ...memory, cancelled: errand.cancel.aborted }, errand.caller, service);
    const decision = decide({ goal: errand.goal, caller: errand.caller, service, memory });
    idleness.check(service, decision);
    errand.observer.turn(service, memory, decision);
    if (decision.do === 'stop') {
      return { outcome: decision.outcome, why: decision.why, service, memory };
    }
    const plan = errand.goal.kind === 'drive' ? planFor(errand.goal, service) : null;
    known = { last: service, sent: 'record' in decision ? decision.record : null };
    memory = await act(errand, decision, { service, memory, conflicts, plan });
  }
}

async function act(
  errand: Errand,
  decision: Exclude<Decision, { do: 'stop' }>,
  turn: Turn,
): Promise<Memory> {
  const { ports } = errand;
  const { memory, service } = turn;
  switch (decision.do) {
    case 'prove-fence': {
      const proved = await ports.cloudRun.proveFence(service);
      return { ...memory, fence: proved ? 'proved' : 'absent' };
    }
    case 'look-for':
      return rememberOwn(memory, await ports.revisions.state(decision.revision));
    case 'inspect':
      return inspect(errand, decision.revision, memory);
    case 'start':
    case 'write':
      return write(errand, decision, turn);
    case 'probe':
      return probe(errand, decision, turn);
    case 'warm-up':
      return warmUp(errand, decision, turn);
    case 'observe':
      return look(errand, decision, turn);
    case 'wait':
      await ports.clock.sleep(decision.atMost, errand.cancel);
      return rememberWait(memory);
  }
}

async function inspect(errand: Errand, revision: string, memory: Memory): Promise<Memory> {
  try {
    return rememberCanary(memory, await errand.ports.revisions.state(revision));
  } catch (error) {
    // A person's order is not held up, and not refused for a reason that nobody knows.
    if (!isPassing(error) || errand.goal.kind === 'order') throw error;
    errand.observer.remark(`${error.summary} Asking again.`);
    await errand.ports.clock.sleep(RETRY_PAUSE, errand.cancel);
    return { ...memory, canary: { health: 'pending', digest: null } };
  }
}

async function look(
  errand: Errand,
  decision: Extract<Decision, { do: 'observe' }>,
  turn: Turn,
): Promise<Memory> {
  const { goal, ports, cancel, observer } = errand;
  const { memory, service, plan } = turn;
  if (goal.kind !== 'drive' || plan === null) return memory;
  const { timing } = goal;
  const { samplePeriod } = timing;
  const { canary, baseline, to, closed, early, stage } = decision;
  const at = service.readAt;
  const served = memory.stage?.servedSince ?? null;
  const seen = { at, served, closed, early, timing };
  const whole = typeof service.record === 'string' ? null : lookOf(service.record, stage, seen);
  if (whole === null) return rememberLook(memory, null, { at, closed });
  try {
    const history = pastOf(service, samplePeriod);
    const from = evidenceFrom(whole, to);
    const window = { from, to, now: at, samplePeriod, history };
    const query = { canary, baseline, ...window, readsLog: true };
    const observation = await ports.metrics.observe(query, cancel);
    const judgement = judge(observation, plan.judging, whole);
    return rememberLook(memory, judgement, { at, closed: closed || early });
  } catch (error) {
    if (!cancel.aborted) {
      if (!isPassing(error)) throw error;
      observer.remark(`${error.summary} No data for this look.`);
    }
    return rememberLook(memory, null, { at, closed });
  }
}

/** The stable revision's noise is learnt from the time before the canary had users. */
function pastOf({ record }: ServiceSnapshot, samplePeriod: Millis): ObservationQuery['history'] {
  const to = typeof record === 'string' ? undefined : record.changedAt[1];
  return to === undefined ? null : historyBefore(to, samplePeriod);
}

async function write(
  errand: Errand,
  decision: Extract<Decision, { do: 'start' | 'write' }>,
  turn: Turn,
): Promise<Memory> {
  const { ports } = errand;
  const { conflicts, service, plan } = turn;
  const starts = decision.do === 'start';
  const memory = remembersSending(turn.memory, errand, starts);
  const answer = await ports.cloudRun.write(service, decision.record, starts ? plan : null);
  switch (answer.kind) {
    case 'applied':
      return remembersWriting(memory, errand, decision.record);
    case 'read-again':
      errand.observer.remark(`The write is read again: ${answer.why}`);
      await conflicts.another(service, decision.record, answer.why);
      return { ...memory, canary: null };
    case 'refused':
      return refused(decision.record, memory, answer.problem);
  }
}

/** A request that was sent may arrive at any time, whatever we hear of it. */
function remembersSending(memory: Memory, errand: Errand, starts: boolean): Memory {
  const orders = errand.goal.kind === 'order' || errand.goal.kind === 'reconcile';
  return {
    ...memory,
    drove: memory.drove || orders,
    ownRevision: starts ? 'unknown' : memory.ownRevision,
    ownState: starts ? null : memory.ownState,
  };
}

/** Whoever may start has only cleared the way by ending what somebody else abandoned. */
function remembersWriting(memory: Memory, errand: Errand, record: RecordDraft): Memory {
  const clears = errand.goal.kind === 'drive' && errand.goal.mayStart && isFinal(record);
  return rememberWrite({ ...memory, drove: memory.drove || !clears }, record);
}

/** A split that the service will not take is a reason to undo; anything else is for a person. */
function refused(record: RecordDraft, memory: Memory, problem: Problem): Memory {
  const raises = record.stage > 0 && (record.phase === 'active' || record.phase === 'promoted');
  if (!raises || problem.code !== 'write-refused' || !memory.drove) throw problem;
  return doomed(memory, { reason: 'write-refused', why: problem.summary });
}

const RETRY_PAUSE = 2_000;

/** Not an answer to rely on, but no reason to end a rollout either. */
function isPassing(error: unknown): error is Problem {
  return error instanceof Problem && (error.code === 'unreachable' || error.code === 'bad-answer');
}
