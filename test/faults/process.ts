/** One process of ours in virtual time: it runs, it waits, it is cancelled, it dies. */
import type { Caller } from '../../src/core/decision-types.ts';
import type { Event, Timeline } from './timeline.ts';

/**
 * main may start and drives; taker goes on with what is held (`resume`, `ramp`); post, reconcile and order
 * are the goals of the same names.
 */
export type Role = 'main' | 'taker' | 'post' | 'reconcile' | 'order';

export type Identity = {
  readonly id: number;
  readonly role: Role;
  readonly caller: Caller;
};

/** What a cancel leaves of a wait: so many ms more, and then this instead. */
type Hurry<T> = { readonly within: number; readonly settle: () => T };

export class Process {
  readonly id: number;
  readonly role: Role;
  readonly caller: Caller;
  /** Server time of the cancel; null: not cancelled. */
  cancelledAt: number | null = null;
  isDead = false;
  /** How far this runner's own clock has been moved. */
  skew = 0;
  /** How long this runner has stood still, in all. */
  paused = 0;
  /** When it last asked for the service: with that a turn of the loop begins. */
  turn = 0;
  onCancel: () => void = () => undefined;
  onDeath: () => void = () => undefined;
  readonly #timeline: Timeline;
  readonly #controller = new AbortController();
  #isRunning = false;
  #waiting: { event: Event; hurry: (() => void) | null } | null = null;

  constructor(timeline: Timeline, identity: Identity) {
    this.#timeline = timeline;
    this.id = identity.id;
    this.role = identity.role;
    this.caller = identity.caller;
  }

  get drives(): boolean {
    return this.role === 'main' || this.role === 'taker';
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Not called for a process that died: nobody hears of its end. */
  start<T>(work: () => Promise<T>, over: (result: T | Error) => void): void {
    this.#begin();
    const end = (result: T | Error) => {
      if (this.isDead) return;
      this.isDead = true;
      this.#pause();
      over(result);
    };
    work().then(end, (error: unknown) => {
      end(error instanceof Error ? error : new Error(String(error)));
    });
  }

  /** Waits until `time`. A process that dies meanwhile never goes on. */
  wait<T>(time: number, settle: () => T, hurry: Hurry<T> | null): Promise<T> {
    if (this.isDead) return new Promise(() => undefined);
    this.#pause();
    const { promise, resolve } = Promise.withResolvers<T>();
    const wakeAt = (at: number, value: () => T): Event =>
      this.#timeline.at(at, () => {
        this.#waiting = null;
        const answer = value();
        // The cancel that comes with an answer finds the process running.
        if (this.isDead) return;
        this.#begin();
        resolve(answer);
      });
    const waiting = { event: wakeAt(time, settle), hurry: null as (() => void) | null };
    this.#waiting = waiting;
    if (hurry === null) return promise;
    waiting.hurry = () => {
      const latest = this.#timeline.now + hurry.within;
      if (waiting.event.at <= latest) return;
      waiting.event.run = null;
      waiting.event = wakeAt(latest, hurry.settle);
    };
    if (this.cancelledAt !== null) waiting.hurry();
    return promise;
  }

  cancel(): void {
    if (this.cancelledAt !== null || this.isDead) return;
    this.cancelledAt = this.#timeline.now;
    this.#controller.abort();
    this.#waiting?.hurry?.();
    this.onCancel();
  }

  /** At once, wherever it is. Requests that it has sent are on their way all the same. */
  die(): void {
    if (this.isDead) return;
    this.isDead = true;
    if (this.#waiting !== null) this.#waiting.event.run = null;
    this.#waiting = null;
    this.#pause();
    this.onDeath();
  }

  #begin(): void {
    this.#isRunning = true;
    this.#timeline.enter();
  }

  #pause(): void {
    if (this.#isRunning) this.#timeline.leave();
    this.#isRunning = false;
  }
}
