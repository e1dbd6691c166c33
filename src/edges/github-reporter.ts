/**
 * The check run that shows a rollout while it runs. It only shows: whatever GitHub answers, the
 * rollout goes on, and one warning says what to mend.
 */
import type { Report } from '../core/report/report-model.ts';
import type { Millis } from '../core/types.ts';
import type { Clock, Reporter } from '../engine/ports.ts';

/** Markdown within GitHub's limits; `conclusion` null while the rollout runs. */
export type RenderedCheck = {
  readonly title: string;
  readonly summary: string;
  readonly text: string;
  readonly status: 'in_progress' | 'completed';
  readonly conclusion: 'success' | 'failure' | 'neutral' | 'cancelled' | null;
};

export type ReporterOptions = {
  readonly token: string;
  readonly apiUrl: string;
  readonly owner: string;
  readonly repo: string;
  readonly headSha: string;
  readonly checkName: string;
  /** The check run of this rollout is found again by it, on a re-run too. */
  readonly externalId: string;
  /** The token of a pull request from a fork may only read: worth a notice, not a warning. */
  readonly fromFork: boolean;
  /** Fires when the run is cancelled: from then on nothing takes longer than two seconds. */
  readonly hurry: AbortSignal;
  readonly clock: Clock;
  /** Knows the way through the runner's proxy. */
  readonly fetch: typeof globalThis.fetch;
  readonly render: (report: Report) => RenderedCheck;
  /** The runner masks secrets in its log, never in a check run. */
  readonly redact: (text: string) => string;
  readonly notice: (text: string) => void;
  readonly warn: (text: string) => void;
};

export interface CheckReporter extends Reporter {
  /** Waits until the newest report is shown or given up. */
  flush(): Promise<void>;
  /** "" while there is no check run. */
  checkRunUrl(): string;
  /** true: the last report was not shown for want of time, so somebody with more of it may try again. */
  isBehind(): boolean;
}

const PATIENCE: Millis = 10_000;
const HURRIED: Millis = 2_000;
/** All waiting that GitHub asks for until everything told is shown. */
const MOST_WAITING: Millis = 60_000;

export type CheckRun = { readonly id: number; readonly url: string };

/** The three calls there are. Each throws `Failed` and nothing else. */
export interface Checks {
  /** This rollout's check run, made by whichever attempt. */
  find(signal: AbortSignal): Promise<CheckRun | null>;
  /** Sent exactly once. */
  create(check: RenderedCheck, signal: AbortSignal): Promise<CheckRun>;
  update(id: number, check: RenderedCheck, signal: AbortSignal): Promise<CheckRun>;
}

export type Failure =
  | { readonly kind: 'limited'; readonly wait: Millis }
  /** No later request will fare better. `status` null: it was not even sent. */
  | { readonly kind: 'denied'; readonly status: number | null; readonly why: string }
  /** This content is not accepted. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Perhaps it was carried out all the same. */
  | { readonly kind: 'unanswered'; readonly why: string };

/** Stands for a client's error, which holds the request and its headers. */
export class Failed extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.kind);
    this.failure = failure;
  }
}

/** Never throws, and makes its caller wait only in `flush`. */
export class CheckRunReporter implements CheckReporter {
  readonly #options: ReporterOptions;
  readonly #checks: Checks;
  #run: CheckRun | null = null;
  /** What GitHub has surely taken last. */
  #shown: string | null = null;
  #next: RenderedCheck | null = null;
  #work: Promise<void> | null = null;
  #waited: Millis = 0;
  #hasSpoken = false;
  /** What went wrong hours ago need not go wrong still: the end is tried all the same, once. */
  #hasGivenUp = false;
  #isBehind = false;

  constructor(options: ReporterOptions, checks: Checks) {
    this.#options = options;
    this.#checks = checks;
  }

  checkRunUrl(): string {
    return this.#run?.url ?? '';
  }

  isBehind(): boolean {
    return this.#isBehind;
  }

  /** A newer report replaces one that has not been sent yet. */
  async update(report: Report): Promise<void> {
    const { render, redact } = this.#options;
    try {
      const check = render(report);
      if (!this.#isWorthSending(check)) return;
      const [title, summary, text] = [check.title, check.summary, check.text].map(redact);
      this.#next = { ...check, title: title ?? '', summary: summary ?? '', text: text ?? '' };
    } catch {
      this.#warn('the report could not be written');
      return;
    }
    this.#work ??= this.#drain();
  }

  async flush(): Promise<void> {
    const work = this.#work;
    if (work === null) return;
    await this.#within(2 * PATIENCE + MOST_WAITING, () => work).catch(() => {
      this.#warn('there was no time left to show the last report');
    });
  }

  #isWorthSending(check: RenderedCheck): boolean {
    return !this.#hasGivenUp || check.status === 'completed';
  }

  async #drain(): Promise<void> {
    this.#waited = 0;
    while (this.#next !== null) {
      const check = this.#next;
      this.#next = null;
      if (this.#isWorthSending(check)) await this.#show(check);
    }
    this.#work = null;
  }

  async #show(check: RenderedCheck): Promise<void> {
    const content = JSON.stringify(check);
    if (content === this.#shown) return;
    // Until GitHub has said so, it is not known which content it holds.
    this.#shown = null;
    this.#isBehind = true;
    try {
      await this.#within(PATIENCE, (signal) => this.#send(check, signal));
      this.#shown = content;
      this.#isBehind = false;
    } catch (error) {
      if (!(error instanceof Failed)) this.#warn('something unexpected happened');
      else if (error.failure.kind === 'limited') await this.#wait(check, error.failure.wait);
      else this.#fail(error.failure);
    }
  }

  /** A check run is looked for before it is made, also after an attempt whose answer was lost. */
  async #send(check: RenderedCheck, signal: AbortSignal): Promise<void> {
    for (let isSecond = false; ; isSecond = true) {
      this.#run ??= await this.#checks.find(signal);
      const known = this.#run;
      try {
        this.#run = await (known === null
          ? this.#checks.create(check, signal)
          : this.#checks.update(known.id, check, signal));
        return;
      } catch (error) {
        if (isSecond || signal.aborted || !isWorthAnotherLook(error, known)) throw error;
        this.#run = null;
      }
    }
  }

  async #wait(check: RenderedCheck, wait: Millis): Promise<void> {
    const { clock, hurry } = this.#options;
    this.#waited += wait;
    const isWorthWaiting = !this.#hasGivenUp && this.#waited <= MOST_WAITING;
    if (isWorthWaiting) await clock.sleep(wait, hurry);
    if (isWorthWaiting && !hurry.aborted) {
      this.#next ??= check;
      return;
    }
    this.#hasGivenUp = true;
    this.#warn(`GitHub asks to wait ${Math.ceil(wait / 1000)} s because of its rate limit`);
  }

  #fail(failure: Exclude<Failure, { kind: 'limited' }>): void {
    this.#hasGivenUp ||= failure.kind === 'denied';
    this.#isBehind = failure.kind === 'unanswered';
    const isReadOnly = failure.kind === 'denied' && failure.status === 403;
    if (isReadOnly && /internally by GitHub Actions/i.test(failure.why)) {
      this.#warn('a job has the same name; choose another one in the input check_name');
    } else if (isReadOnly && this.#options.fromFork) {
      const text = 'There is no check run: the token of a pull request from a fork may only read.';
      this.#once(() => this.#options.notice(text));
    } else {
      this.#warn(failure.why);
    }
  }

  #warn(why: string): void {
    const { checkName, redact, warn } = this.#options;
    const text = `The check run "${checkName}" is not up to date: ${why}.`;
    const advice = 'It needs "checks: write" in the permissions of the job.';
    this.#once(() => warn(`${redact(text)} ${advice} The rollout goes on without it.`));
  }

  #once(speak: () => void): void {
    if (this.#hasSpoken) return;
    this.#hasSpoken = true;
    speak();
  }

  async #within<T>(patience: Millis, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, hurry } = this.#options;
    const cut = new AbortController();
    const done = new AbortController();
    const expire = async (): Promise<never> => {
      await clock.sleep(patience, AbortSignal.any([hurry, done.signal]));
      if (hurry.aborted) await clock.sleep(HURRIED, done.signal);
      cut.abort();
      throw new Failed({ kind: 'unanswered', why: 'GitHub did not answer in time' });
    };
    try {
      return await Promise.race([work(cut.signal), expire()]);
    } finally {
      done.abort();
    }
  }
}

/** A create may have been carried out unheard; a check run goes when its suite's workflow run is deleted. */
function isWorthAnotherLook(error: unknown, known: CheckRun | null): boolean {
  if (!(error instanceof Failed)) return false;
  const { failure } = error;
  return known === null
    ? failure.kind === 'unanswered'
    : failure.kind === 'denied' && failure.status === 404;
}
