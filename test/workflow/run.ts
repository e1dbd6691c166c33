/** One run of a workflow: jobs in the order of their needs, gates, attempts, and what is billed. */
import { holds, interpolate, valueOf } from './expression.ts';
import type { Scope, Status } from './expression.ts';
import type { Job, Workflow } from './file.ts';
import type { Groups } from './groups.ts';
import { playJob } from './job.ts';
import type { GithubContext, Hands, Played, Result } from './job.ts';
import { Gates } from './gates.ts';
import type { Environment } from './gates.ts';
import { ancestorsOf, inOrder } from './graph.ts';
import { legsOf } from './matrix.ts';
import type { Leg } from './matrix.ts';

export type Host = {
  /** Milliseconds; what jobs are billed by. */
  readonly now: () => number;
  /** A wait timer of an environment. */
  readonly wait: (minutes: number) => Promise<void>;
  readonly hands: Hands;
};

/** Of a repository. */
export type Settings = {
  readonly environments: Readonly<Record<string, Environment>>;
  readonly vars: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
};

export type Started = {
  readonly id: number;
  readonly workflow: Workflow;
  readonly github: GithubContext;
  readonly inputs: Readonly<Record<string, unknown>>;
};

export type Around = {
  readonly host: Host;
  readonly settings: Settings;
  readonly groups: Groups;
  /** Told of the end of every attempt. */
  readonly over: (run: Run, result: Result) => void;
};

const MINUTE = 60_000;
const NOT_PLAYED = { outputs: {} } as const;

export class Run {
  readonly id: number;
  readonly workflow: Workflow;
  attempt = 0;
  /** Of every job on a runner so far, rounded up to whole minutes. */
  billedMinutes = 0;
  finished: Promise<Result> = Promise.resolve('skipped');
  readonly #started: Started;
  readonly #around: Around;
  readonly #done = new Map<string, Played>();
  readonly #gates: Gates;
  #cancel = new AbortController();
  #lose = new AbortController();

  constructor(started: Started, around: Around) {
    this.id = started.id;
    this.workflow = started.workflow;
    this.#started = started;
    this.#around = around;
    this.#gates = new Gates(around.settings.environments, around.host.wait);
  }

  get github(): GithubContext {
    return { ...this.#started.github, run_attempt: String(this.attempt) };
  }

  /** What wait timers took, which nobody pays. */
  get waitedMinutes(): number {
    return this.#gates.waitedMinutes;
  }

  resultOf(job: string): Result | null {
    return this.#done.get(job)?.result ?? null;
  }

  outputsOf(job: string): Readonly<Record<string, string>> {
    return this.#done.get(job)?.outputs ?? {};
  }

  /** Environments whose reviewers are asked. */
  get waitingFor(): readonly string[] {
    return this.#gates.waitingFor;
  }

  start(): this {
    this.#begin(this.workflow.jobs.map(({ id }) => id));
    return this;
  }

  /** "Re-run failed jobs": those, and whatever needs them; the results of others stay. */
  rerunFailed(): this {
    const { jobs } = this.workflow;
    const again = new Set(
      jobs.map(({ id }) => id).filter((id) => /fail|cancel/.test(this.resultOf(id) ?? '')),
    );
    for (const { id, needs } of inOrder(jobs)) {
      if (needs.some((need) => again.has(need))) again.add(id);
    }
    if (again.size === 0) throw new Error('GitHub has no failed job to re-run.');
    this.#begin([...again]);
    return this;
  }

  cancel(): void {
    this.#cancel.abort();
  }

  /** The machines of the jobs that run go away. */
  lose(): void {
    this.#lose.abort();
  }

  approve(environment: string): void {
    this.#gates.decide(environment, true);
  }

  reject(environment: string): void {
    this.#gates.decide(environment, false);
  }

  #begin(ids: readonly string[]): void {
    this.attempt += 1;
    this.#cancel = new AbortController();
    this.#lose = new AbortController();
    for (const id of ids) this.#done.delete(id);
    this.finished = this.#play(new Set(ids)).then((result) => {
      this.#around.over(this, result);
      return result;
    });
  }

  async #play(ids: ReadonlySet<string>): Promise<Result> {
    const scope = this.#scope([], { success: true, failure: false, cancelled: false });
    return this.#inGroup(this.workflow.concurrency, scope, async () => {
      const playing = new Map<string, Promise<void>>();
      for (const job of inOrder(this.workflow.jobs)) {
        if (!ids.has(job.id)) continue;
        const needed = Promise.all(job.needs.map(async (need) => playing.get(need)));
        playing.set(
          job.id,
          needed.then(async () => {
            this.#done.set(job.id, await this.#playOne(job));
          }),
        );
      }
      await Promise.all(playing.values());
      const results = this.workflow.jobs.map(({ id }) => this.resultOf(id));
      const worst: Result = results.includes('failure') ? 'failure' : 'success';
      return this.#cancel.signal.aborted ? 'cancelled' : worst;
    });
  }

  async #inGroup(
    concurrency: Workflow['concurrency'],
    scope: Scope,
    work: () => Promise<Result>,
  ): Promise<Result> {
    if (concurrency === null) return work();
    const named = { ...concurrency, group: interpolate(concurrency.group, scope) };
    const ticket = await this.#around.groups.enter(named, () => this.cancel(), this.#cancel.signal);
    if (ticket === null) return 'cancelled';
    try {
      return await work();
    } finally {
      ticket.leave();
    }
  }

  async #playOne(job: Job): Promise<Played> {
    const scope = this.#scope(job.needs, this.#statusBefore(job));
    if (!holds(job.if, scope)) {
      return { result: this.#cancel.signal.aborted ? 'cancelled' : 'skipped', ...NOT_PLAYED };
    }
    const isForced = this.#cancel.signal.aborted;
    const stop = new AbortController();
    const cancel = AbortSignal.any(isForced ? [stop.signal] : [stop.signal, this.#cancel.signal]);
    const legs = legsOf(valueOf(job.matrix, scope));
    const played = await Promise.all(
      legs.map(async (leg) => {
        const one = await this.#playLeg(job, leg, cancel);
        if (one.result === 'failure' && job.failFast) stop.abort();
        return one;
      }),
    );
    const results = played.map(({ result }) => result);
    return {
      result: (['failure', 'cancelled'] as const).find((one) => results.includes(one)) ?? 'success',
      outputs: Object.assign({}, ...played.map(({ outputs }) => outputs)),
    };
  }

  async #playLeg(job: Job, leg: Leg, cancel: AbortSignal): Promise<Played> {
    const scope = this.#scope(job.needs, { success: true, failure: false, cancelled: false });
    const contexts = { ...scope.contexts, matrix: leg, github: { ...this.github, job: job.id } };
    const full = { ...scope, contexts };
    let played: Played = { result: 'cancelled', ...NOT_PLAYED };
    const result = await this.#inGroup(job.concurrency, full, async () => {
      const gate = await this.#pass(job, full, cancel);
      if (gate !== 'success') return gate;
      const { host } = this.#around;
      const lost = this.#lose.signal;
      const begin = host.now();
      const env = { ...this.workflow.env, ...job.env };
      const { permissions, steps, outputs } = job;
      const work = { job: job.id, steps, outputs, env, permissions, contexts, cancel, lost };
      played = await playJob(work, host.hands);
      this.billedMinutes += Math.max(1, Math.ceil((host.now() - begin) / MINUTE));
      return played.result;
    });
    return { ...played, result };
  }

  /** No runner is there yet. */
  async #pass({ environment }: Job, scope: Scope, cancel: AbortSignal): Promise<Result> {
    if (environment === null) return 'success';
    return this.#gates.pass(interpolate(environment, scope), cancel);
  }

  /** https://docs.github.com/actions/reference/workflows-and-actions/expressions#status-check-functions */
  #statusBefore(job: Job): Status {
    const results = ancestorsOf(job, this.workflow.jobs).map((id) => this.resultOf(id));
    const cancelled = this.#cancel.signal.aborted;
    return {
      success: !cancelled && results.every((result) => result === 'success'),
      failure: results.includes('failure'),
      cancelled,
    };
  }

  #scope(needs: readonly string[], status: Status): Scope {
    const { vars, secrets } = this.#around.settings;
    const needed = needs.map((id) => {
      const { result, outputs } = this.#done.get(id) ?? { result: 'skipped', outputs: {} };
      return [id, { result, outputs }];
    });
    const github = this.github;
    const { inputs } = this.#started;
    return {
      contexts: { github, inputs, vars, secrets, needs: Object.fromEntries(needed) },
      status,
    };
  }
}
