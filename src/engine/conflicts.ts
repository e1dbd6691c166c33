/** A conflict by itself never ends a rollout, and never goes on for ever (L3). */
import { Problem } from '../core/problem.ts';
import type { Millis, ServiceSnapshot } from '../core/types.ts';
import type { Clock } from './ports.ts';

const MAX_REREADS = 20;
const MAX_TIME: Millis = 60_000;
const LONGEST_PAUSE: Millis = 3_000;

export class Conflicts {
  readonly #clock: Clock;
  #transition = '';
  #count = 0;
  #since: Millis = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A write from this read was not taken: counts one more and pauses a little. @throws Problem `conflicts` when it is enough. */
  async another(from: ServiceSnapshot, cancel: AbortSignal): Promise<void> {
    const transition = transitionOf(from);
    if (transition !== this.#transition) this.#restart(transition);
    this.#count += 1;
    const spent = this.#clock.monotonic() - this.#since;
    if (this.#count > MAX_REREADS || spent > MAX_TIME) {
      throw new Problem('conflicts', {
        summary: `The service did not take our write after ${this.#count} tries in ${Math.round(spent / 1000)} s.`,
        advice:
          'The rollout record on the service is intact. Re-run the job to go on, or find out what else keeps writing to the service.',
      });
    }
    await this.#clock.sleep(Math.min(100 * this.#count, LONGEST_PAUSE), cancel);
  }

  /** Whether it was ours or somebody else's: a transition got through, so the count starts anew. */
  #restart(transition: string): void {
    this.#transition = transition;
    this.#count = 0;
    this.#since = this.#clock.monotonic();
  }
}

function transitionOf({ record }: ServiceSnapshot): string {
  return typeof record === 'string' ? record : `${record.rolloutId}:${record.transition}`;
}
