/** The shipped loop over the service of the model, with the process of the model beside it. */
import { Problem } from '../../src/core/problem.ts';
import { notice } from '../../src/core/rollout/memory.ts';
import type { Cell } from '../../src/core/judging-types.ts';
import type { RecordDraft, ServiceSnapshot } from '../../src/core/types.ts';
import type { Ports } from '../../src/engine/loop.ts';
import type { WriteAnswer } from '../../src/engine/ports.ts';
import type { Role } from './cast.ts';
import { SHIPPED } from './design.ts';
import type { Answer, Mind } from './design.ts';
import { NEW_MIND, turnsOf } from './process.ts';
import type { Turn } from './process.ts';
import { answered } from './sending.ts';
import { digestOf, healthOf, intrusions, platformSteps, snapshotOf } from './service.ts';
import type { Service } from './service.ts';
import { BELIEFS, TIMING, relevant, timeless, timelessMemory } from './time.ts';
import { written } from './writing.ts';

/** Stops the loop: enough has been compared. */
export class Enough extends Error {}

const TURNS = 60;
/** Past due or out of patience now and then: else no rollout would get anywhere. */
const LIKELY = [
  ...BELIEFS,
  ...Array.from({ length: 20 }, () => ['at once', 'after the bake'] as const).flat(),
];
const ANSWERS: readonly Answer[] = [
  ...Array.from({ length: 15 }, () => 'applied' as const),
  ...(['lost', 'conflict', 'refused', 'denied', 'late'] as const),
];

export class Lockstep {
  readonly role: Role;
  readonly random: (below: number) => number;
  service: Service;
  /** What the process of the model may know by now. */
  minds: readonly Mind[] = [NEW_MIND];
  turns: readonly Turn[] = [];
  compared = 0;
  readonly cancel = new AbortController();

  constructor(role: Role, service: Service, random: (below: number) => number) {
    this.role = role;
    this.service = service;
    this.random = random;
  }

  read(): ServiceSnapshot {
    if (this.compared >= TURNS) throw new Enough();
    const steps = platformSteps(this.service).map(([, next]) => next);
    if (steps.length > 0 && this.random(2) === 0) this.service = steps[this.random(steps.length)]!;
    const others = intrusions(this.service);
    if (this.random(40) === 0) this.service = others[this.random(others.length)]!.next;
    if (this.random(60) === 0) this.#cancel();
    return snapshotOf(this.service, LIKELY[this.random(LIKELY.length)]!);
  }

  /** Called for each turn of the loop, with what it knows and decides. */
  compare(read: ServiceSnapshot, memory: Mind['memory'], decision: { readonly do: string }): void {
    const { caller, goal } = this.role;
    const text = (of: Mind['memory']) => JSON.stringify(timelessMemory(relevant(of, goal)));
    const known = text(memory);
    const same = this.minds.filter((mind) => text(notice(mind.memory, caller, read)) === known);
    if (same.length === 0) throw new Error(`the model does not know ${known} (${decision.do})`);
    const process = this.#process();
    this.turns = same.flatMap((mind) => turnsOf(process, mind, this.service));
    this.minds = different(this.turns.flatMap((turn) => (turn.kind === 'on' ? [turn.mind] : [])));
    this.compared += 1;
  }

  write(next: RecordDraft): WriteAnswer {
    const wanted = JSON.stringify(timeless(next));
    const sends = this.turns.filter((turn) => turn.kind === 'send');
    const same = sends.filter(({ request }) => JSON.stringify(request.record) === wanted);
    const [first] = same;
    if (first === undefined) throw new Error(`the model does not write ${wanted}`);
    const { request } = first;
    const after = written(this.service, request);
    const answer = after === null ? 'refused' : ANSWERS[this.random(ANSWERS.length)]!;
    if (answer === 'applied' || answer === 'lost') this.service = after!;
    const then = same.map((turn) => answered(this.#process(), turn, answer));
    this.minds = different(then.flatMap((after) => (after.kind === 'on' ? [after.mind] : [])));
    if (answer === 'applied') return { kind: 'applied' };
    if (answer === 'refused' || answer === 'denied') {
      const code = answer === 'refused' ? 'write-refused' : 'denied';
      return { kind: 'refused', problem: new Problem(code, { summary: '', advice: '' }) };
    }
    return { kind: 'read-again', why: answer };
  }

  #cancel(): void {
    this.cancel.abort();
    this.minds = this.minds.map((mind) => ({
      ...mind,
      memory: { ...mind.memory, cancelled: true },
    }));
  }

  #process() {
    return { role: this.role, index: 0, design: SHIPPED };
  }
}

function different(minds: readonly Mind[]): readonly Mind[] {
  return [...new Map(minds.map((mind) => [JSON.stringify(mind), mind])).values()];
}

export function portsOf(lockstep: Lockstep): Ports {
  const { random } = lockstep;
  return {
    cloudRun: {
      read: async () => lockstep.read(),
      write: async (_, next) => lockstep.write(next),
      copy: async () => ({ clone: {}, before: {} }),
      differs: async () => false,
      proveFence: async () => true,
    },
    revisions: {
      state: async (revision) => {
        if (random(20) === 0) throw new Problem('unreachable', { summary: '', advice: '' });
        const health = healthOf(lockstep.service, revision);
        const digest = health === 'ready' ? digestOf(lockstep.service, revision) : null;
        if (health === 'starting') return { health: 'pending', digest };
        if (health === 'deleted') return { health: 'gone', digest };
        return { health: health === 'failed' ? { failed: '' } : health, digest };
      },
      missingPermissions: async () => [],
    },
    metrics: {
      timing: async () => ({ ...TIMING, notice: null }),
      observe: async ({ canary: revision, baseline: other, from, to }) => {
        if (random(4) === 0) throw new Problem('unreachable', { summary: '', advice: '' });
        const shareOf = (name: string) => (lockstep.service.served[name] ?? 0) / 100;
        const requests = random(6) === 0 ? 100 : 1_000_000;
        const isBad = random(8) === 0;
        const canary = cellOf(requests * shareOf(revision), isBad ? 0.5 : 0.0001);
        const baseline = cellOf(requests * shareOf(other), 0.0001);
        const periods = Math.max(1, Math.ceil((to - from) / TIMING.samplePeriod));
        const minutes = Array.from({ length: periods }, (_, i) => {
          return { start: from + i * TIMING.samplePeriod, canary, baseline };
        });
        return { from, to, minutes, history: [], log: null, complete: true };
      },
    },
    prober: {
      probe: async () =>
        random(8) === 0 ? { ok: false, status: 500, why: '' } : { ok: true, status: 200, why: '' },
      warmUp: async () => ({ why: '' }),
    },
    clock: { sleep: async () => undefined, monotonic: () => 0 },
  };
}

function cellOf(mean: number, errorRate: number): Cell {
  const requests = Math.round(mean);
  const errors = Math.round(requests * errorRate);
  return { requests, errors, clientErrors: 0, latency: null, memory: null };
}
