/** One run of a workflow: jobs in the order of their needs, gates, attempts, and what is billed. */
import { holds, interpolate, valueOf } from './expression.ts';
import type { Scope, Status } from './expression.ts';
import type { Job, Workflow } from './file.ts';
import type { Groups } from './groups.ts';
import { playJob } from './job.ts';
import type { GithubContext, Hands, Played, Result } from './job.ts';
import { legsOf } from './matrix.ts';
import type { Leg } from './matrix.ts';

export type Host = {
  /** Milliseconds; what jobs are billed by. */
  readonly now: () => number;
  /** A wait timer of an environment. */
  readonly wait: (minutes: number) => Promise<void>;
  readonly hands: Hands;
};

export type Environment = { readonly waitMinutes?: number; readonly hasReviewers?: true };

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

type Done = Played & { readonly attempt: number };
type Review = { readonly job: string; readonly decide: (approved: boolean) => void };

const MINUTE = 60_000;
const NOT_PLAYED = { outputs: {} } as const;

export class Run {
  readonly id: number;
  readonly workflow: Workflow;
  attempt = 0;
  /** Of every job on a runner so far, rounded up to whole minutes. */
  billedMinutes = 0;
  /** What wait timers took, which nobody pays. */
  waitedMinutes = 0;
  finished: Promise<Result> = Promise.resolve('skipped');
  readonly #started: Started;
  readonly #around: Around;
  readonly #done = new Map<string, Done>();
  readonly #reviews = new Map<string, Review>();
  #cancel = new AbortController();
  #lose = new AbortController();

  constructor(started: Started, around: Around) {
    this.id = started.id;
    this.workflow = started.workflow;
    this.#started = started;
    this.#around = around;
  }

  get github(): GithubContext {
    return { ...this.#started.github, run_attempt: String(this.attempt) };
  }

  resultOf(job: string): Result | null {
    return this.#done.get(job)?.result ?? null;
  }

  outputsOf(job: string): Readonly<Record<string, string>> {
    return this.#done.get(job)?.outputs ?? {};
  }

  /** Environments whose reviewers are asked. */
  get waitingFor(): readonly string[] {
    return [...this.#reviews.keys()];
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

  rerunAll(): this {
    return this.start();
  }

  cancel(): void {
    this.#cancel.abort();
  }

  /** The machines of the jobs that run go away. */
  lose(): void {
    this.#lose.abort();
  }

  approve(environment: string): void {
    this.#decide(environment, true);
  }

  reject(environment: string): void {
    this.#decide(environment, false);
  }

  #decide(environment: string, approved: boolean): void {
    const review = this.#reviews.get(environment);
    if (review === undefined) throw new Error(`Nobody is asked about ${environment}.`);
    this.#reviews.delete(environment);
    review.decide(approved);
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
        const needed = Promise.all(job.needs.map((need) => playing.get(need)));
        playing.set(
          job.id,
          needed.then(async () => {
            this.#done.set(job.id, { ...(await this.#playOne(job)), attempt: this.attempt });
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
      const gate = job.environment === null ? 'success' : await this.#pass(job, full, cancel);
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

  /** The rules of the environment that a job names; no runner is there yet. */
  async #pass(job: Job, scope: Scope, cancel: AbortSignal): Promise<Result> {
    const name = interpolate(job.environment ?? '', scope);
    const environment = this.#around.settings.environments[name];
    if (environment === undefined) throw new Error(`The repository has no environment ${name}.`);
    const { waitMinutes = 0, hasReviewers = false } = environment;
    const isCancelled = new Promise<Result>((done) => {
      if (cancel.aborted) done('cancelled');
      cancel.addEventListener('abort', () => done('cancelled'));
    });
    if (hasReviewers) {
      const review = new Promise<Result>((done) => {
        const decide = (approved: boolean): void => done(approved ? 'success' : 'failure');
        this.#reviews.set(name, { job: job.id, decide });
      });
      const decided = await Promise.race([review, isCancelled]);
      this.#reviews.delete(name);
      if (decided !== 'success') return decided;
    }
    if (waitMinutes === 0) return 'success';
    const waited = this.#around.host.wait(waitMinutes).then((): Result => 'success');
    const result = await Promise.race([waited, isCancelled]);
    if (result === 'success') this.waitedMinutes += waitMinutes;
    return result;
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

function ancestorsOf(job: Job, jobs: readonly Job[]): readonly string[] {
  const parents = jobs.filter(({ id }) => job.needs.includes(id));
  return [...job.needs, ...parents.flatMap((parent) => ancestorsOf(parent, jobs))];
}

/** Each behind what it needs. */
function inOrder(jobs: readonly Job[]): readonly Job[] {
  const sorted: Job[] = [];
  const place = (job: Job, above: readonly string[]): void => {
    if (above.includes(job.id)) throw new Error(`${job.id} needs itself`);
    for (const need of job.needs) {
      const found = jobs.find(({ id }) => id === need);
      if (found === undefined) throw new Error(`${job.id} needs ${need}, which is no job`);
      place(found, [...above, job.id]);
    }
    if (!sorted.includes(job)) sorted.push(job);
  };
  for (const job of jobs) place(job, []);
  return sorted;
}
