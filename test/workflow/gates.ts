/**
 * The rules of environments: reviewers who are asked, timers that are waited for.
 * https://docs.github.com/actions/reference/workflows-and-actions/deployments-and-environments
 */
import type { Result } from './job.ts';

export type Environment = { readonly waitMinutes?: number; readonly hasReviewers?: true };

export class Gates {
  waitedMinutes = 0;
  readonly #environments: Readonly<Record<string, Environment>>;
  readonly #wait: (minutes: number) => Promise<void>;
  readonly #reviews = new Map<string, (result: Result) => void>();

  constructor(
    environments: Readonly<Record<string, Environment>>,
    wait: (minutes: number) => Promise<void>,
  ) {
    this.#environments = environments;
    this.#wait = wait;
  }

  /** Environments whose reviewers are asked. */
  get waitingFor(): readonly string[] {
    return [...this.#reviews.keys()];
  }

  decide(name: string, approved: boolean): void {
    const review = this.#reviews.get(name);
    if (review === undefined) throw new Error(`Nobody is asked about ${name}.`);
    review(approved ? 'success' : 'failure');
  }

  async pass(name: string, cancel: AbortSignal): Promise<Result> {
    const environment = this.#environments[name];
    if (environment === undefined) throw new Error(`The repository has no environment ${name}.`);
    const { waitMinutes = 0, hasReviewers = false } = environment;
    const cancelled = new Promise<Result>((done) => {
      if (cancel.aborted) done('cancelled');
      cancel.addEventListener('abort', () => done('cancelled'));
    });
    const reviewed = hasReviewers ? await this.#review(name, cancelled) : 'success';
    if (reviewed !== 'success' || waitMinutes === 0) return reviewed;
    const waited = this.#wait(waitMinutes).then((): Result => 'success');
    const result = await Promise.race([waited, cancelled]);
    if (result === 'success') this.waitedMinutes += waitMinutes;
    return result;
  }

  async #review(name: string, cancelled: Promise<Result>): Promise<Result> {
    const review = new Promise<Result>((done) => this.#reviews.set(name, done));
    const decided = await Promise.race([review, cancelled]);
    this.#reviews.delete(name);
    return decided;
  }
}
