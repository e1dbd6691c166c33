/**
 * Who is started when: the job, its post step, the re-run, the reconcile or the resume every five
 * minutes, a second workflow, a ramp from elsewhere, a person's order.
 */
import type { Doom, Goal, Outcome } from '../../src/core/decision-types.ts';
import { Problem } from '../../src/core/problem.ts';
import { runCleanUp } from '../../src/engine/clean-up.ts';
import { runLoop } from '../../src/engine/loop.ts';
import type { Ending } from '../../src/engine/loop.ts';
import type { Break } from './breaks.ts';
import { openPorts } from './ports.ts';
import { Process } from './process.ts';
import type { Role } from './process.ts';
import {
  BEGIN,
  RECONCILE_EVERY,
  RESUME_EVERY,
  SECOND,
  callerOf,
  driveOf,
  goOnOf,
} from './settings.ts';
import type { Manner } from './settings.ts';
import type { PeopleKind, World } from './world.ts';
import { ROLLOUT } from './written.ts';

/** In the last one the job only deploys, and each `resume` is a run of its own. */
export type Continuation = 're-run' | 'reconcile' | 'resume';

/** How a process came to its end; a killed one says nothing. */
export type End = {
  readonly role: Role;
  readonly run: number;
  readonly attempt: number;
  readonly how: Outcome | 'crashed' | 'killed' | `problem:${string}`;
};

type Job = { readonly run: number; readonly attempt: number };

/** For its post step. */
type Left = { doom: Doom | null; underWay: string | null };

const PERSON = 30 * SECOND;
/** SIGINT 7.5 s, SIGTERM 2.5 s, then the kill. */
const GRACE = 10 * SECOND;
/** Runs of other workflows. */
const [RIVAL, ORDER, RAMP, RECONCILE, RESUMES] = [1, 2, 3, 9, 100];
/** Somebody pressing "Re-run" gets these results again, or would be refused. */
const SETTLED: ReadonlySet<string> = new Set(
  'promoted held released gone refused hands-off busy fenced'.split(' '),
);

export class Life {
  readonly ends: End[] = [];
  readonly #world: World;
  readonly #manner: Manner;
  readonly #continuation: Continuation;
  readonly #broken: Break;
  /** Each fault costs attempts; then one goes through. */
  readonly #most: number;
  readonly #gaveUp = new Set<number>();
  #processes = 0;
  #attempts = 1;
  #isArmed = false;
  #resumes = 0;

  constructor(
    world: World,
    way: {
      readonly manner: Manner;
      readonly continuation: Continuation;
      readonly broken: Break;
      /** Attempts that a person would make before giving up. */
      readonly most: number;
    },
  ) {
    this.#most = way.most;
    this.#world = world;
    this.#manner = way.manner;
    this.#continuation = way.continuation;
    this.#broken = way.broken;
    world.cloud.onWrite = (write) => {
      world.oracle.wrote(write);
      this.#arm();
    };
    world.onPeople = (kind, process) => {
      if (kind === 'zombie') this.#takeForDead(process);
      else this.#later(kind === 'ramp' ? PERSON : SECOND, () => this.#come(kind));
    };
  }

  /** The promise that somebody brings every rollout to an end. */
  get liveness(): 'L1' | 'L2' {
    return this.#continuation === 're-run' ? 'L2' : 'L1';
  }

  drive(job: Job): void {
    const whole = driveOf(this.#manner, job.run);
    const isDeploy = this.#continuation === 'resume' && job.run === 0;
    const goal = this.#broken.goal(isDeploy ? { ...whole, until: 0 } : whole);
    this.#work('main', job, goal);
  }

  /** A job with its post step. */
  #work(role: Role, job: Job, goal: Goal): void {
    const left: Left = { doom: null, underWay: null };
    this.#start(role, { ...job, goal, left }, (process, end) => {
      // Somebody else is on it already, unless the lost one has come back and opened something.
      if (this.#gaveUp.has(process.id) && !this.isOpen()) return;
      const isCut = end.how === 'killed' || end.how.startsWith('problem:');
      if (isCut || left.underWay !== null || end.how === 'gone') this.#cleanUp(job, left);
      else this.#goOn(job, end);
    });
  }

  #cleanUp(job: Job, left: Left): void {
    const { doom } = left;
    const legacy = doom === null ? null : { reason: doom.reason, rollout: doom.rollout };
    const goal: Goal = { kind: 'clean-up', reason: 'cancelled', doom: legacy };
    this.#start('post', { ...job, goal, left }, (_, end) => this.#goOn(job, end));
  }

  #come(kind: Exclude<PeopleKind, 'zombie'>): void {
    switch (kind) {
      case 'rival':
        return this.drive({ run: RIVAL, attempt: 1 });
      case 'ramp':
      case 'rampNow':
        return this.#work('taker', { run: RAMP, attempt: 1 }, goOnOf('ramp'));
      case 'abort':
        return this.#order('rollback');
      case 'promote':
        return this.#order('promote');
    }
  }

  #order(order: 'promote' | 'rollback'): void {
    const goal: Goal = { kind: 'order', order, by: 'somebody', seen: null, toPrevious: false };
    this.#start('order', { run: ORDER, attempt: 1, goal }, () => undefined);
  }

  /** GitHub has lost the runner; it comes back later without anybody knowing. */
  #takeForDead(process: Process): void {
    const isOurs = process.caller.rolloutId === callerOf(0, 1).rolloutId;
    if (process.role !== 'main' || !isOurs) return;
    this.#gaveUp.add(process.id);
    const job = { run: 0, attempt: process.caller.attempt };
    this.#later(120 * SECOND, () => this.#goOn(job, { role: 'main', ...job, how: 'crashed' }));
  }

  #goOn({ run, attempt }: Job, end: End): void {
    if (this.#continuation !== 're-run' || run !== 0 || this.#attempts === this.#most) return;
    if (SETTLED.has(end.how) && end.role === 'main') return;
    if (end.how === 'rolled-back' && end.role === 'main' && this.#isJudged()) return;
    // Whoever re-runs a job for the second time waits until the API answers again.
    const { clearsAt, timeline } = this.#world;
    const outage = attempt > 1 ? clearsAt - timeline.now : 0;
    this.#attempts += 1;
    const next = { run, attempt: this.#attempts };
    this.#later(Math.max(PERSON, outage), () => this.drive(next));
  }

  /** Its own verdict is no reason to try the same again. */
  #isJudged(): boolean {
    return /"reason":"(fail:|unknown-at|not-)/.test(this.#world.oracle.text ?? '');
  }

  /** Whoever comes on a schedule comes as long as there is something open. */
  #arm(): void {
    const isOn = this.#continuation !== 're-run' && this.#broken.reconciles;
    if (!isOn || this.#isArmed || !this.isOpen()) return;
    this.#isArmed = true;
    const { timeline } = this.#world;
    const every = this.#continuation === 'resume' ? RESUME_EVERY : RECONCILE_EVERY;
    const first = BEGIN + every / 2;
    const passed = Math.max(0, timeline.now - first);
    timeline.at(first + (Math.floor(passed / every) + 1) * every, () => {
      this.#isArmed = false;
      if (!this.isOpen()) return;
      if (this.#continuation === 'resume') this.#resume();
      else this.#reconcile();
    });
  }

  #reconcile(): void {
    const goal: Goal = { kind: 'reconcile', dead: null };
    this.#start('reconcile', { run: RECONCILE, attempt: 1, goal }, () => this.#arm());
  }

  /** The next one comes whether or not this one is over by then. */
  #resume(): void {
    this.#resumes += 1;
    this.#work('taker', { run: RESUMES + this.#resumes, attempt: 1 }, goOnOf('resume'));
    this.#arm();
  }

  /** Our record is there as we left it, and says that there is more to come. */
  isOpen(): boolean {
    const { cloud, oracle } = this.#world;
    const { status, text } = cloud.get();
    if (status !== 200 || oracle.text === null) return false;
    return (
      cloud.service().metadata.annotations[ROLLOUT] === oracle.text &&
      /"phase":"(active|held)"/.test(oracle.text) &&
      text !== ''
    );
  }

  #start(
    role: Role,
    job: Job & { readonly goal: Goal; readonly left?: Left },
    over: (process: Process, end: End) => void,
  ): void {
    const { run, attempt, goal, left = { doom: null, underWay: null } } = job;
    const { timeline } = this.#world;
    const caller = this.#broken.caller(callerOf(run, attempt));
    const process = new Process(timeline, { id: this.#processes++, role, caller });
    let isKilled = false;
    const finish = (how: End['how']) => {
      const end = { role, run, attempt, how };
      this.ends.push(end);
      over(process, end);
    };
    process.onDeath = () => finish(isKilled ? 'killed' : 'crashed');
    process.onCancel = () =>
      this.#later(GRACE, () => {
        isKilled = true;
        process.die();
      });
    const ports = this.#broken.ports(openPorts(this.#world, process, this.#broken.sending));
    const doomed = (doom: Doom) => void (left.doom = doom);
    const unanswered = (version: string) => void (left.underWay = version);
    const observer = { turn: () => undefined, remark: () => undefined, doomed, unanswered };
    const errand = { goal, caller, ports, observer, cancel: process.signal };
    process.start(
      () => (role === 'post' ? runCleanUp(errand, left.underWay) : runLoop(errand)),
      (result) => {
        if (!(result instanceof Error)) left.underWay = result.underWay ?? null;
        finish(howOf(result));
      },
    );
  }

  #later(ms: number, run: () => void): void {
    this.#world.timeline.at(this.#world.timeline.now + ms, run);
  }
}

function howOf(result: Ending | Error): End['how'] {
  if (!(result instanceof Error)) return result.outcome;
  if (result instanceof Problem) return `problem:${result.code}`;
  throw result;
}
