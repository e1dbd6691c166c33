/** read → decide → do exactly one thing → read again. Nothing learnt here is needed to be safe. */
import { judge } from '../core/judge/judge.ts';
import { evidenceFrom, historyBefore, lookOf } from '../core/rollout/look.ts';
import { decide } from '../core/rollout/machine.ts';
import {
  EMPTY_MEMORY,
  notice,
  rememberCanary,
  rememberClone,
  rememberDecision,
  rememberLook,
  rememberOwn,
  rememberWait,
} from '../core/rollout/memory.ts';
import { isPassing } from '../core/problem.ts';
import { planFor } from '../core/rollout/plan.ts';
import type { Caller, Decision, Doom, Goal, Memory, Outcome } from '../core/decision-types.ts';
import type { Looked } from '../core/trace/trace-types.ts';
import type { TemplateCopy } from '../core/template-types.ts';
import type { Millis, Plan, ServiceSnapshot } from '../core/types.ts';
import { Conflicts } from './conflicts.ts';
import { harmless } from './harmless.ts';
import { Idleness } from './idleness.ts';
import { readPatiently } from './patience.ts';
import { mayHaveArrived, stopped } from './under-way.ts';
import { write } from './write.ts';
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
  /** What was measured and what the judge said of it; left out by who does not keep it. */
  looked?(look: Looked): void;
  /** The first reason to undo, the moment that it is found; left out by who leaves nothing behind. */
  doomed?(doom: Doom): void;
  /** A write was sent from this version of the service that may still arrive; left out as above. */
  unanswered?(version: string): void;
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
  /** Version of that service from which a write was sent that may still arrive; left out: there is none. */
  readonly underWay?: string;
};

export type Turn = {
  readonly service: ServiceSnapshot;
  /** Monotonic, from before that was asked for. */
  readonly since: Millis;
  readonly memory: Memory;
  readonly conflicts: Conflicts;
  /** What the drive follows; null for everything else. */
  readonly plan: Plan | null;
  readonly kept: Kept;
};

export type Kept = {
  /** What the second write of a start is made from: without it, there is none. */
  copy: TemplateCopy | null;
  /** Version from which the last write was sent that nobody has answered. */
  underWay: string | null;
  hasLookedAgain: boolean;
};

/** @throws Problem when the errand cannot be finished; the record on the service is intact then. */
export async function runLoop(given: Errand): Promise<Ending> {
  const errand = { ...given, observer: harmless(given.observer) };
  const conflicts = new Conflicts(errand.ports.clock);
  const idleness = new Idleness(errand.ports.clock);
  const kept: Kept = { copy: null, underWay: null, hasLookedAgain: false };
  let memory = EMPTY_MEMORY;
  let known: Known = { last: null, sent: null };
  for (;;) {
    const read = await readPatiently(errand, known);
    if (read === null) {
      const why = 'The service does not exist any more.';
      return { outcome: 'gone', why, service: null, memory };
    }
    const { service, since } = read;
    memory = notice({ ...memory, cancelled: errand.cancel.aborted }, errand.caller, service);
    const decision = decide({ goal: errand.goal, caller: errand.caller, service, memory });
    idleness.check(service, decision);
    if (decision.do === 'stop') {
      if (await mayHaveArrived(errand, service, kept)) continue;
      const ending = stopped(decision, { service, memory, kept });
      errand.observer.turn(service, memory, { ...decision, why: ending.why });
      return ending;
    }
    errand.observer.turn(service, memory, decision);
    const plan = errand.goal.kind === 'drive' ? planFor(errand.goal, service) : null;
    known = { last: service, sent: 'record' in decision ? decision.record : null };
    const found = rememberDecision(memory, errand.goal, decision);
    tellDoom(errand, memory, found);
    memory = await act(errand, decision, { service, since, memory: found, conflicts, plan, kept });
    tellDoom(errand, found, memory);
  }
}

function tellDoom({ observer }: Errand, before: Memory, { doom }: Memory): void {
  if (before.doom === null && doom !== null) observer.doomed?.(doom);
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
      return inspect(errand, decision.revision, turn);
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

async function inspect(
  errand: Errand,
  revision: string,
  { memory, service }: Pick<Turn, 'memory' | 'service'>,
): Promise<Memory> {
  const { record } = service;
  const isClone = typeof record !== 'string' && record.clone === revision;
  try {
    const state = await errand.ports.revisions.state(revision);
    return isClone ? rememberClone(memory, state) : rememberCanary(memory, state);
  } catch (error) {
    // A person's order is not held up, and not refused for a reason that nobody knows.
    if (!isPassing(error) || errand.goal.kind === 'order') throw error;
    errand.observer.remark(`${error.summary} Asking again.`);
    await errand.ports.clock.sleep(RETRY_PAUSE, errand.cancel);
    const unknown = { health: 'pending', digest: null } as const;
    return isClone ? { ...memory, clone: unknown } : { ...memory, canary: unknown };
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
  const { canary, baseline, stable, to, closed, early, stage } = decision;
  const at = service.readAt;
  const served = memory.stage?.servedSince ?? null;
  const seen = { at, served, closed, early, timing };
  const whole = typeof service.record === 'string' ? null : lookOf(service.record, stage, seen);
  if (whole === null) return rememberLook(memory, null, { at, closed });
  try {
    const history = pastOf(service, samplePeriod);
    const from = evidenceFrom(whole, to);
    const window = { from, to, now: at, samplePeriod, history };
    const { judging } = plan;
    const readsMemory = judging.maxMemory !== null;
    const query = { canary, baseline, stable, ...window, readsMemory };
    const observation = await ports.metrics.observe(query, cancel);
    const judgement = judge(observation, judging, whole);
    const { index } = memory.stage ?? { index: 0 };
    observer.looked?.({ at, stage: index, observation, judging, look: whole, judgement });
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

const RETRY_PAUSE = 2_000;
