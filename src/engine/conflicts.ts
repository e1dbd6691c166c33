/** A conflict by itself never ends a rollout, and never goes on for ever (L3). */
import { BROKEN_OFF, Problem } from '../core/problem.ts';
import { OVER_QUOTA } from '../core/doctor/cloud-run-words.ts';
import { isFinal } from '../core/rollout/drafts.ts';
import type { Millis, RecordDraft, ServiceSnapshot } from '../core/types.ts';
import type { Clock, WriteAnswer } from './ports.ts';

const MAX_REREADS = 20;
const MAX_TIME: Millis = 60_000;
const LONGEST_PAUSE: Millis = 3_000;
/** A write that ends a rollout is worth the time that the runner leaves a post step. */
const MAX_TIME_TO_END: Millis = 240_000;

type Last = Pick<Extract<WriteAnswer, { kind: 'read-again' }>, 'why' | 'isOverQuota'>;

const NO_WORD: Last = { why: '' };

export class Conflicts {
  readonly #clock: Clock;
  #transition = '';
  #count = 0;
  #since: Millis = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * A write made from this read was not taken: counts one more and pauses a little. One that raises
   * the canary is given up soon. One that ends the rollout goes on until its due time: giving it up
   * would leave users on a canary that was found bad.
   * `last`: how it was answered. @throws Problem `conflicts` when it is enough.
   */
  async another(from: ServiceSnapshot, next: RecordDraft, last: Last = NO_WORD): Promise<void> {
    const transition = transitionOf(from);
    if (transition !== this.#transition) this.#restart(transition);
    this.#count += 1;
    const spent = this.#clock.monotonic() - this.#since;
    const ends = isFinal(next) && next.phase !== 'promoted';
    const isEnough = ends
      ? spent > MAX_TIME_TO_END && isDue(from)
      : this.#count > MAX_REREADS || spent > MAX_TIME;
    if (isEnough) {
      throw new Problem('conflicts', {
        summary: `The service did not take our write after ${this.#count} tries in ${Math.round(spent / 1000)} s.${last.why === '' ? '' : ` The last answer: ${last.why.replace(/\.$/, '')}.`}`,
        advice: `${last.isOverQuota === true ? OVER_QUOTA : 'Find out what else keeps writing to the service'}. ${BROKEN_OFF}`,
      });
    }
    // Not cut short by a cancel: tries without a pause are spent in vain.
    await this.#clock.sleep(Math.min(100 * this.#count, LONGEST_PAUSE), NEVER);
  }

  /** Whether it was ours or somebody else's: a transition got through, so the count starts anew. */
  #restart(transition: string): void {
    this.#transition = transition;
    this.#count = 0;
    this.#since = this.#clock.monotonic();
  }
}

const NEVER = new AbortController().signal;

/** What is held waits for days, and a job that cannot write need not wait with it. */
function isDue({ record, readAt }: ServiceSnapshot): boolean {
  return typeof record === 'string' || record.phase === 'held' || readAt >= record.due;
}

function transitionOf({ record }: ServiceSnapshot): string {
  return typeof record === 'string' ? record : `${record.rolloutId}:${record.transition}`;
}
