/**
 * One turn of a process: read → notice → decide → one act. What engine/loop.ts does with its ports is
 * done here with the service of the model; the rules are the shipped ones. process.test.ts holds the
 * two against each other.
 */
import {
  EMPTY_MEMORY,
  notice,
  rememberCanary,
  rememberClone,
  rememberLook,
  rememberOwn,
  rememberProbe,
  rememberWait,
  rememberWarmUp,
} from '../../src/core/rollout/memory.ts';
import type { Decision, Memory, RevisionState } from '../../src/core/decision-types.ts';
import type { Verdict } from '../../src/core/judging-types.ts';
import type { ServiceSnapshot } from '../../src/core/types.ts';
import type { Role } from './cast.ts';
import type { Design, Mind, Request } from './design.ts';
import { foundBy } from './found.ts';
import { meantBy } from './meant.ts';
import { afterSending, requestFor } from './sending.ts';
import { healthOf, snapshotOf, stateOf } from './service.ts';
import type { Service } from './service.ts';
import { BELIEFS, judgementOf, relevant, timelessMemory } from './time.ts';
import type { Belief } from './time.ts';
import type { Learnt } from './truth.ts';

export type Turn =
  | {
      readonly kind: 'over';
      readonly what: string;
      readonly outcome: string;
      readonly why: string;
      /** An answer was lost, and it cannot do without. */
      readonly lost: boolean;
    }
  | {
      readonly kind: 'on';
      readonly what: string;
      readonly mind: Mind;
      readonly learnt: Learnt | null;
      /** What a probe or a look came to; null: neither, or Monitoring did not answer. */
      readonly said: Verdict | null;
      /** An answer was lost. */
      readonly lost: boolean;
    }
  | {
      readonly kind: 'send';
      readonly what: string;
      readonly mind: Mind;
      readonly request: Request;
      /** What it has found out by deciding on it. */
      readonly learnt: Learnt | null;
    };

export const NEW_MIND: Mind = {
  memory: timelessMemory(EMPTY_MEMORY),
  own: null,
  meant: null,
  doom: null,
  rest: [],
};

export type Process = { readonly role: Role; readonly index: number; readonly design: Design };

export type Look = { readonly service: Service; readonly belief: Belief };

/** Every way in which the next turn can go. */
export function turnsOf(process: Process, mind: Mind, service: Service): readonly Turn[] {
  const different = new Map<string, Turn>();
  for (const turn of BELIEFS.flatMap((belief) => turnsAt(process, mind, { service, belief }))) {
    const key = JSON.stringify({ ...turn, what: '' });
    if (!different.has(key)) different.set(key, turn);
  }
  return [...different.values()];
}

export function turnsAt(process: Process, mind: Mind, look: Look): readonly Turn[] {
  const { design, role } = process;
  const { caller } = role;
  const goal = role.goal.kind === 'clean-up' ? { ...role.goal, doom: mind.doom } : role.goal;
  const read = snapshotOf(look.service, look.belief);
  const own = design.recall(mind.own, read.record);
  const seen = design.see({ ...read, record: own ?? read.record }, goal);
  const noticed = relevant(notice(mind.memory, caller, seen), goal);
  const decision = design.decide({ goal, caller, service: seen, memory: noticed });
  const memory = design.keeps(noticed, goal, decision);
  const meant = mind.meant ?? meantBy(goal, read);
  const turns = act({ process, look, seen, decision, mind: { ...mind, own, memory, meant } });
  const found = foundBy(caller, { goal, memory: noticed, decision });
  return turns.map((turn) => ({
    ...turn,
    ...(turn.kind === 'send' ? { learnt: found } : {}),
    what: `${turn.what} (${look.belief})`,
  }));
}

export type Acting<D extends Decision = Decision> = {
  readonly process: Process;
  readonly look: Look;
  readonly seen: ServiceSnapshot;
  readonly decision: D;
  readonly mind: Mind;
};

function act(acting: Acting): readonly Turn[] {
  const { decision, mind, look } = acting;
  const { memory } = mind;
  const on = (what: string, next: Memory) => [goOn(acting, { what, memory: next })];
  switch (decision.do) {
    case 'stop': {
      const { outcome, why } = decision;
      return [{ kind: 'over', what: `stops, ${outcome}: ${why}`, outcome, why, lost: false }];
    }
    case 'prove-fence':
      return on('proves the fence', { ...memory, fence: 'proved' });
    case 'look-for': {
      const next = rememberOwn(memory, stateOf(look.service, decision.revision));
      return on(`finds its own revision ${next.ownRevision}`, next);
    }
    case 'inspect':
      return inspect({ ...acting, decision });
    case 'wait':
      return on('waits', rememberWait(memory));
    case 'probe':
      return probe({ ...acting, decision });
    case 'warm-up':
      return on('warms the canary up', rememberWarmUp(memory, decision.atMost));
    case 'observe':
      return observe({ ...acting, decision });
    case 'start':
    case 'write':
      return [send({ ...acting, decision })];
  }
}

/** Where the answer is lost, the canary counts as starting; an order is given up. */
function inspect(acting: Acting<Extract<Decision, { do: 'inspect' }>>): readonly Turn[] {
  const { decision, mind, look, process } = acting;
  const { health, digest } = stateOf(look.service, decision.revision);
  const said = typeof health === 'string' ? health : 'failed';
  const unknown: RevisionState = { health: 'pending', digest: null };
  const what = `cannot learn how ${decision.revision} is`;
  const { record } = acting.seen;
  const isClone = typeof record !== 'string' && record.clone === decision.revision;
  const remember = isClone ? rememberClone : rememberCanary;
  const lost = isClone ? { clone: unknown } : { canary: unknown };
  return [
    goOn(acting, {
      what: `finds ${decision.revision} ${said}`,
      memory: remember(mind.memory, { health, digest }),
    }),
    process.role.goal.kind === 'order'
      ? { kind: 'over', what, outcome: 'failed', why: what, lost: true }
      : goOn(acting, { what, memory: { ...mind.memory, ...lost }, lost: true }),
  ];
}

type Result = {
  readonly what: string;
  readonly memory: Memory;
  readonly learnt?: Learnt | null;
  readonly said?: Verdict | null;
  readonly lost?: boolean;
};

function goOn(acting: Acting, result: Result): Turn {
  const { what, memory, learnt = null, said = null, lost = false } = result;
  const mind = { ...acting.mind, memory: timelessMemory(memory) };
  return { kind: 'on', what, mind, learnt, said, lost };
}

function probe(acting: Acting<Extract<Decision, { do: 'probe' }>>): readonly Turn[] {
  const { decision, mind, look } = acting;
  const canary = decision.revision;
  const reached =
    look.service.tagged?.revision === canary && healthOf(look.service, canary) === 'ready';
  const ok = rememberProbe(mind.memory, null);
  const failed = rememberProbe(mind.memory, 'failed');
  return [
    goOn(acting, {
      what: 'probes: ok',
      memory: ok,
      learnt: reached ? { kind: 'proof', canary, percent: 0 } : null,
      said: 'pass',
    }),
    goOn(acting, {
      what: 'probes: failed',
      memory: failed,
      learnt: failOf(acting, canary),
      said: 'fail',
    }),
  ];
}

/** null: Monitoring does not answer. */
const ANSWERS: readonly (Verdict | null)[] = ['pass', 'unknown', 'fail', null];

function observe(acting: Acting<Extract<Decision, { do: 'observe' }>>): readonly Turn[] {
  const { decision, mind, process, seen } = acting;
  const { closed, early, canary } = decision;
  return ANSWERS.map((said) => {
    const verdict = process.design.judged(said);
    const judgement = verdict === null ? null : judgementOf(verdict);
    return goOn(acting, {
      what: `looks, ${closed ? 'closed' : 'open'} window: ${said ?? 'no answer'}`,
      memory: rememberLook(mind.memory, judgement, { at: seen.readAt, closed: closed || early }),
      learnt: said === 'fail' ? failOf(acting, canary) : proofOf(acting, said),
      said,
    });
  });
}

/** Data tell of what was really served, whatever the process takes for served. */
function proofOf(
  { look, decision }: Acting<Extract<Decision, { do: 'observe' }>>,
  said: Verdict | null,
) {
  const percent = look.service.served[decision.canary] ?? 0;
  const proves = (decision.closed || decision.early) && said === 'pass' && percent > 0;
  return proves ? ({ kind: 'proof', canary: decision.canary, percent } as const) : null;
}

function failOf({ process }: Acting, canary: string): Learnt {
  const { rolloutId, attempt } = process.role.caller;
  return { kind: 'fail', rolloutId, attempt, canary };
}

function send(acting: Acting<Extract<Decision, { do: 'start' | 'write' }>>): Turn {
  const { process, look, mind } = acting;
  const { design } = process;
  const request = requestFor(acting);
  const [first, ...rest] = design.requests(request, look.service);
  const memory = afterSending(process.role, mind.memory, request);
  const next = { ...mind, memory: timelessMemory(design.memoryAfter(memory)), rest };
  const { phase, stage, canary, reason } = request.record;
  const what = `decides on ${phase}, stage ${stage} of ${canary}: ${reason}`;
  return { kind: 'send', what, mind: next, request: first!, learnt: null };
}
