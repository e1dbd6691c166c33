/**
 * A service in memory, in virtual time. It keeps the rules of the real one: writes are fenced by
 * version, what is asked for is served only some time later, metrics arrive late.
 */
import { Problem } from '../../src/core/problem.ts';
import { planHash, readPlan, writePlan } from '../../src/core/rollout/plan.ts';
import { awaitsCanary } from '../../src/core/rollout/clone.ts';
import { readRecord, writeRecord } from '../../src/core/rollout/record.ts';
import { splitOf } from '../../src/core/rollout/traffic.ts';
import type { TrafficHour } from '../../src/core/forecast/requests.ts';
import type { CanaryHealth } from '../../src/core/decision-types.ts';
import type { Cell, Minute, PastMinute } from '../../src/core/judging-types.ts';
import type {
  Entrance,
  Plan,
  RecordDraft,
  RolloutRecord,
  ServiceSnapshot,
  Split,
  Tag,
} from '../../src/core/types.ts';
import type { Ports } from '../../src/engine/loop.ts';
import type {
  Doctor,
  Foresight,
  ObservationQuery,
  ProbeResult,
  WriteAnswer,
} from '../../src/engine/ports.ts';
import { MINUTE, NOW, STABLE, TIMING } from '../unit/build.ts';

export type CanaryBehaviour = {
  /** Share of failed requests at a given share of the traffic; null: no request reaches it. */
  readonly errorRate: (percent: number) => number | null;
  readonly startsIn: number;
  readonly starts: CanaryHealth;
  readonly probe: ProbeResult;
};

/** With the hash that it is frozen and found again by. */
export function sealed(plan: Plan): Plan {
  return { ...plan, hash: planHash(plan) };
}

/** Finds nothing out, as where nothing more may be asked. */
export const KNOWS_NOTHING: Doctor = {
  neighbours: async () => [],
  mayActAs: async () => null,
  checkLog: async () => undefined,
};

export const GOOD: CanaryBehaviour = {
  errorRate: () => 0.001,
  startsIn: 20_000,
  starts: 'ready',
  probe: { ok: true, status: 200, why: 'Answered 200.' },
};

export type Sent = { readonly record: RecordDraft; readonly at: number; readonly applied: boolean };

/** Thrown by a fault: the process is dead. */
export class Crash extends Error {}

export type Fault = (
  call: string,
  index: number,
) => 'before' | 'after' | 'lost' | 'conflict' | null;

export class World {
  now = NOW;
  asked: Split = { [STABLE]: 100 };
  served: Split = { [STABLE]: 100 };
  annotation: string | undefined;
  planText: string | undefined;
  tags: Tag[] = [];
  version = 1;
  generation = 50;
  lastModifier: string | null = null;
  followsLatest = false;
  fenced = true;
  entrance: Entrance = { ingress: 'all', hasProxy: false, hasAddresses: true };
  monitoring: 'up' | 'down' | 'denied' = 'up';
  readonly revisions = new Map<string, { readyAt: number }>();
  readonly writes: Sent[] = [];
  readonly calls: string[] = [];
  fault: Fault = () => null;
  /** Runs before each call: an outsider's chance. */
  meanwhile: (index: number) => void = () => undefined;
  #settleAt: number | null = null;
  readonly #history: readonly PastMinute[];
  readonly canary: CanaryBehaviour;
  readonly requestsPerMinute: number;

  constructor(canary: CanaryBehaviour = GOOD, requestsPerMinute = 6_000) {
    this.canary = canary;
    this.requestsPerMinute = requestsPerMinute;
    const cell = this.#cell(100, 0.001);
    this.#history = Array.from({ length: cell === null ? 0 : 180 }, (_, i) => i - 180).flatMap(
      (ago) => (cell === null ? [] : [{ start: NOW + ago * MINUTE, cell, share: 1 }]),
    );
  }

  /** The outsider: console, gcloud, Terraform. */
  setTraffic(split: Split): void {
    this.asked = split;
    this.lastModifier = 'outsider@example.com';
    this.#changed(4_000);
  }

  /** LATEST means what has everything: nothing moves, until another revision is the latest. */
  followLatest(): void {
    this.followsLatest = true;
    this.setTraffic(this.asked);
  }

  get record(): RolloutRecord | 'none' | 'unreadable' {
    return readRecord(this.annotation);
  }

  ports(): Ports {
    return {
      cloudRun: {
        read: () => this.#call('read', () => this.#snapshot()),
        write: (from, next, plan) =>
          this.#call<WriteAnswer>('write', () => this.#write(from, next, plan), {
            kind: 'read-again',
            why: 'no answer',
          }),
        copy: () => this.#call('copy', () => ({ clone: {}, before: {} })),
        differs: async (_, { edits }) => edits.length > 0,
        proveFence: () => this.#call('prove', () => this.fenced),
      },
      revisions: {
        state: (revision) =>
          this.#call('revision', () => ({ health: this.#health(revision), digest: null })),
        missingPermissions: () => this.#call('permissions', () => []),
      },
      metrics: {
        timing: () => this.#call('timing', () => ({ ...TIMING, notice: null })),
        observe: (query) => this.#call('observe', () => this.#observe(query)),
      },
      prober: {
        probe: () => this.#call('probe', () => this.canary.probe),
        warmUp: (_, atMost) =>
          this.#call('warm-up', () => {
            this.now += atMost;
            return { why: 'Warm-up: 1 request was sent.' };
          }),
      },
      clock: {
        sleep: async (ms, signal) => {
          this.now += signal.aborted ? 0 : ms;
        },
        monotonic: () => this.now,
      },
    };
  }

  /** Has always had as many requests as now, and accepts whatever is asked. */
  foresight(): Foresight {
    const commit = 'a'.repeat(40);
    return {
      rehearse: () => this.#call('rehearse', () => ({ kind: 'accepted' })),
      changes: () => this.#call('changes', () => ({ changes: [], base: commit, head: null })),
      traffic: (window) => this.#call('traffic', () => ({ ...window, hours: this.#hours(window) })),
      history: () => this.#call('history', () => (this.monitoring === 'up' ? this.#history : null)),
      commits: async (base, head) => ({ base, head, url: `https://example/${base}`, log: null }),
    };
  }

  #hours({ hour, from, to }: Parameters<Foresight['traffic']>[0]): TrafficHour[] {
    const requests = (this.requestsPerMinute * hour) / MINUTE;
    return Array.from({ length: (to - from) / hour }, (_, i) => ({
      start: from + i * hour,
      requests,
    }));
  }

  async #call<T>(name: string, effect: () => T, lost?: T): Promise<T> {
    const index = this.calls.push(name) - 1;
    this.now += 300;
    this.meanwhile(index);
    const fault = this.fault(name, index);
    if (fault === 'before') throw new Crash();
    if (fault === 'conflict' && lost !== undefined) return lost;
    const answer = effect();
    if (fault === 'after') throw new Crash();
    if (fault === 'lost' && lost !== undefined) return lost;
    if (fault === 'lost') throw new Problem('unreachable', { summary: 'No answer.', advice: '' });
    return answer;
  }

  #snapshot(): ServiceSnapshot {
    if (this.#settleAt !== null && this.now >= this.#settleAt) {
      this.served = this.asked;
      this.#settleAt = null;
    }
    const settled = this.#settleAt === null;
    return {
      readAt: Math.floor(this.now / 1000) * 1000,
      version: String(this.version),
      generation: this.generation,
      // Every write counts as a generation here, also one of annotations alone.
      observed: settled,
      ready: settled ? 'yes' : 'pending',
      latestCreated: [...this.revisions.keys()].at(-1) ?? STABLE,
      latestReady: STABLE,
      followsLatest: this.followsLatest,
      asked: this.asked,
      served: this.served,
      tags: this.tags,
      url: 'https://web.example',
      entrance: this.entrance,
      image: 'web:v1',
      scaling: { minInstances: null, isManual: false },
      runsAs: 'web@p.iam.gserviceaccount.com',
      lastModifier: this.lastModifier,
      birth: null,
      first: null,
      record: this.record,
      plan: this.#plan(),
    };
  }

  #write(from: ServiceSnapshot, next: RecordDraft, plan: Plan | null): WriteAnswer {
    const applied = !this.fenced || from.version === String(this.version);
    this.writes.push({ record: next, at: this.now, applied });
    if (!applied) return { kind: 'read-again', why: 'conflict' };
    const before = this.record;
    this.annotation = writeRecord({
      ...next,
      transition: typeof before === 'string' ? 1 : before.transition + 1,
      generation: from.generation + 1,
      writeId: String(this.writes.length).padStart(16, '0'),
    });
    if (plan !== null) this.planText = writePlan(plan);
    this.lastModifier = 'us@example.com';
    const split = splitOf(next);
    if (split !== 'as-found') {
      this.asked = split;
      this.followsLatest = false;
    }
    if (plan !== null) {
      const made = awaitsCanary(next) ? next.clone! : next.canary;
      this.revisions.set(made, { readyAt: this.now + this.canary.startsIn });
      const tag = { tag: next.tag, revision: next.canary, url: 'https://tag.example' };
      this.tags = awaitsCanary(next) ? [] : [tag];
    }
    this.#changed(4_000);
    return { kind: 'applied' };
  }

  #plan(): Plan | null {
    const { record } = this;
    return typeof record === 'string' ? null : readPlan(this.planText, record.planHash);
  }

  #changed(settleIn: number): void {
    this.version += 1;
    this.generation += 1;
    this.#settleAt = this.now + settleIn;
  }

  #health(revision: string): CanaryHealth {
    const created = this.revisions.get(revision);
    if (created === undefined) return revision === STABLE ? 'ready' : 'gone';
    return this.now >= created.readyAt ? this.canary.starts : 'pending';
  }

  #observe(query: ObservationQuery) {
    if (this.monitoring !== 'up') {
      const code = this.monitoring === 'down' ? 'unreachable' : 'denied';
      throw new Problem(code, { summary: 'Monitoring does not answer.', advice: '' });
    }
    const minutes: Minute[] = [];
    const first = Math.ceil(query.from / MINUTE) * MINUTE;
    for (let start = first; start + MINUTE <= query.to; start += MINUTE) {
      const percent = this.served[query.canary] ?? 0;
      minutes.push({
        start,
        canary: this.#cell(percent, this.canary.errorRate(percent)),
        baseline: this.#cell(this.served[query.baseline] ?? 0, 0.001),
      });
    }
    const { from, to } = query;
    return { from, to, minutes, history: this.#history, log: null, complete: true };
  }

  #cell(percent: number, errorRate: number | null): Cell | null {
    const requests = Math.round((this.requestsPerMinute * percent) / 100);
    if (errorRate === null || requests === 0) return null;
    const errors = Math.round(requests * errorRate);
    return { requests, errors, clientErrors: 0, latency: null, memory: null };
  }
}
