/**
 * Shows the newest of what it is told, one after the other, and gives up in time: a report that was
 * overtaken is never sent, a limit is waited out for a minute at most, and what GitHub has refused
 * once is tried again for the last word only. Nothing comes after that word to put it right, so it is
 * sent once more if nobody has answered. It never throws, and only `flush` makes anybody wait.
 */
import type { Millis } from '../core/types.ts';
import { Failed } from './github-failure.ts';
import type { Failure } from './github-failure.ts';
import { Late, within } from './http-time.ts';
import type { Pressed } from './http-time.ts';

export type LatestOptions<T> = Pressed & {
  /** Throws `Failed`. Whatever else it throws is unexpected. */
  readonly send: (content: T, signal: AbortSignal) => Promise<void>;
  /** What went wrong hours ago need not go wrong still: this is tried all the same, once. */
  readonly isLast: (content: T) => boolean;
  /** At most once; `failure` null: it is not GitHub that failed. */
  readonly complain: (why: string, failure: Failure | null) => void;
};

const PATIENCE: Millis = 10_000;
/** All waiting that GitHub asks for until everything told is shown. */
const LONGEST_LIMIT: Millis = 60_000;
/** Before the last word is sent once more: most outages are over by then, or last for an hour. */
const PAUSE: Millis = 7_000;
/** As long as one report can take. */
export const LONGEST_REPORT: Millis = 2 * PATIENCE + LONGEST_LIMIT;

export class Latest<T> {
  readonly #options: LatestOptions<T>;
  /** What GitHub has surely taken last. */
  #shown: string | null = null;
  #next: { readonly content: T } | null = null;
  #work: Promise<void> | null = null;
  #waited: Millis = 0;
  #isSecondTry = false;
  #hasComplained = false;
  #hasGivenUp = false;
  #isBehind = false;

  constructor(options: LatestOptions<T>) {
    this.#options = options;
  }

  isBehind(): boolean {
    return this.#isBehind;
  }

  /** What is newer replaces what has not been sent yet. */
  tell(content: T): void {
    if (!this.#isWorthSending(content)) return;
    this.#next = { content };
    this.#work ??= this.#drain();
  }

  async flush(patience: Millis = LONGEST_REPORT): Promise<void> {
    const work = this.#work;
    if (work === null) return;
    await within(this.#options, patience, () => work).catch(() => {
      this.complain('there was no time left to show the last report');
    });
  }

  complain(why: string, failure: Failure | null = null): void {
    if (this.#hasComplained) return;
    this.#hasComplained = true;
    this.#options.complain(why, failure);
  }

  #isWorthSending(content: T): boolean {
    return !this.#hasGivenUp || this.#options.isLast(content);
  }

  async #drain(): Promise<void> {
    this.#waited = 0;
    this.#isSecondTry = false;
    while (this.#next !== null) {
      const { content } = this.#next;
      this.#next = null;
      if (this.#isWorthSending(content)) await this.#show(content);
    }
    this.#work = null;
  }

  async #show(content: T): Promise<void> {
    const text = JSON.stringify(content);
    if (text === this.#shown) return;
    // Until GitHub has said so, it is not known which content it holds.
    this.#shown = null;
    this.#isBehind = true;
    try {
      await within(this.#options, PATIENCE, (signal) => this.#options.send(content, signal));
      this.#shown = text;
      this.#isBehind = false;
    } catch (error) {
      const failure = failureIn(error);
      if (failure === null) this.complain('something unexpected happened');
      else if (failure.kind === 'limited') await this.#wait(content, failure);
      else if (failure.kind === 'unanswered') await this.#again(content, failure);
      else this.#fail(failure);
    }
  }

  async #again(content: T, failure: Extract<Failure, { kind: 'unanswered' }>): Promise<void> {
    const { clock, hurry, isLast } = this.#options;
    const isWorthIt = isLast(content) && !this.#isSecondTry && this.#next === null;
    if (isWorthIt && !hurry.aborted && this.#waited + PAUSE <= LONGEST_LIMIT) {
      this.#isSecondTry = true;
      this.#waited += PAUSE;
      await clock.sleep(PAUSE, hurry);
      if (!hurry.aborted) {
        this.#next ??= { content };
        return;
      }
    }
    this.#fail(failure);
  }

  async #wait(content: T, failure: Extract<Failure, { kind: 'limited' }>): Promise<void> {
    const { clock, hurry } = this.#options;
    const { wait } = failure;
    this.#waited += wait;
    const isWorthWaiting = !this.#hasGivenUp && this.#waited <= LONGEST_LIMIT;
    if (isWorthWaiting) await clock.sleep(wait, hurry);
    if (isWorthWaiting && !hurry.aborted) {
      this.#next ??= { content };
      return;
    }
    this.#hasGivenUp = true;
    const seconds = Math.ceil(wait / 1000);
    this.complain(`GitHub asks to wait ${seconds} s because of its rate limit`, failure);
  }

  #fail(failure: Exclude<Failure, { kind: 'limited' }>): void {
    this.#hasGivenUp ||= failure.kind === 'denied';
    this.#isBehind = failure.kind === 'unanswered';
    this.complain(failure.why, failure);
  }
}

function failureIn(error: unknown): Failure | null {
  if (error instanceof Late) return { kind: 'unanswered', why: 'GitHub did not answer in time' };
  return error instanceof Failed ? error.failure : null;
}
