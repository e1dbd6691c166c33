/**
 * The check run that shows a rollout while it runs. It only shows: whatever GitHub answers, the
 * rollout goes on, and one warning says what to mend.
 */
import type { Outcome } from '../core/decision-types.ts';
import type { Report } from '../core/report/report-model.ts';
import type { RenderedCheck } from '../core/report/report.ts';
import type { Millis } from '../core/types.ts';
import type { Reporter } from '../engine/ports.ts';
import type { ClientOptions } from './github-client.ts';
import { isWorthAnotherLook } from './github-failure.ts';
import type { Failure } from './github-failure.ts';
import { Latest } from './github-latest.ts';
import type { Pressed } from './http-time.ts';

export type ReporterOptions = ClientOptions &
  Pressed & {
    readonly headSha: string;
    readonly checkName: string;
    /** The check run of this rollout is found again by it, on a re-run too. */
    readonly externalId: string;
    /** The token of a pull request from a fork may only read: worth a notice, not a warning. */
    readonly fromFork: boolean;
    readonly render: (report: Report) => RenderedCheck;
    readonly notice: (text: string) => void;
    readonly warn: (text: string) => void;
  };

export interface CheckReporter extends Reporter {
  /** Waits until the newest report is shown or given up, and no longer than `patience`. */
  flush(patience?: Millis): Promise<void>;
  /** "" while there is no check run. */
  checkRunUrl(): string;
  /** true: the last report was not shown for want of time, so somebody with more of it may try again. */
  isBehind(): boolean;
}

export type CheckRun = { readonly id: number; readonly url: string };

/** The three calls there are. Each throws `Failed` and nothing else. */
export interface Checks {
  /** This rollout's check run, made by whichever attempt. */
  find(signal: AbortSignal): Promise<CheckRun | null>;
  /** Sent exactly once. */
  create(check: RenderedCheck, signal: AbortSignal): Promise<CheckRun>;
  update(id: number, check: RenderedCheck, signal: AbortSignal): Promise<CheckRun>;
}

/** Never throws, and makes its caller wait only in `flush`. */
export class CheckRunReporter implements CheckReporter {
  readonly #options: ReporterOptions;
  readonly #checks: Checks;
  readonly #latest: Latest<RenderedCheck>;
  #run: CheckRun | null = null;

  constructor(options: ReporterOptions, checks: Checks) {
    this.#options = options;
    this.#checks = checks;
    this.#latest = new Latest({
      clock: options.clock,
      hurry: options.hurry,
      send: (check, signal) => this.#send(check, signal),
      isLast: (check) => check.status === 'completed',
      complain: (why, failure) => this.#complain(why, failure),
    });
  }

  checkRunUrl(): string {
    return this.#run?.url ?? '';
  }

  isBehind(): boolean {
    return this.#latest.isBehind();
  }

  /** A newer report replaces one that has not been sent yet. */
  async update(report: Report): Promise<void> {
    const { render, redact } = this.#options;
    try {
      const check = render(report);
      const [title, summary, text] = [check.title, check.summary, check.text].map(redact);
      this.#latest.tell({
        ...check,
        title: title ?? '',
        summary: summary ?? '',
        text: text ?? '',
      });
    } catch {
      this.#latest.complain('the report could not be written');
      if (report.outcome !== null) this.#latest.tell(bareCheck(report.outcome));
    }
  }

  flush(patience?: Millis): Promise<void> {
    return this.#latest.flush(patience);
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
        // A check run goes when its suite's workflow run is deleted.
        if (isSecond || signal.aborted || !isWorthAnotherLook(error, known !== null)) throw error;
        this.#run = null;
      }
    }
  }

  #complain(why: string, failure: Failure | null): void {
    const { checkName, fromFork, notice, redact, warn } = this.#options;
    const isReadOnly = failure?.kind === 'denied' && failure.status === 403;
    const isJobs = isReadOnly && /internally by GitHub Actions/i.test(why);
    if (isReadOnly && !isJobs && fromFork) {
      notice('There is no check run: the token of a pull request from a fork may only read.');
      return;
    }
    const cause = isJobs
      ? 'a job has the same name; choose another one in the input check_name'
      : why;
    const text = `The check run "${checkName}" is not up to date: ${cause}.`;
    const advice = 'It needs "checks: write" in the permissions of the job.';
    warn(`${redact(text)} ${advice} The rollout goes on without it.`);
  }
}

/** Of an end that cannot be rendered: whatever was shown before must not stand for good. */
function bareCheck(outcome: Outcome): RenderedCheck {
  return {
    title: `Ended: ${outcome}`,
    summary: 'The report of it could not be written. The log of the job says more.',
    text: '',
    status: 'completed',
    conclusion: outcome === 'promoted' ? 'success' : 'failure',
  };
}
