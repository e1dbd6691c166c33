/** How often and how long one transition is tried (L3; decisions.md, "A write that ends a rollout"). */
import type { Process } from './process.ts';
import { MINUTE, SECOND } from './settings.ts';
import type { Written } from './written.ts';
import { isOpen } from './written.ts';

/** The first one and twenty rereads. */
const MOST_SENDS = 21;
/** The longest pause between two tries. */
const PAUSE = 3 * SECOND;
const LEAST_TIME_TO_END = 4 * MINUTE;
/** A last read may be patient for two minutes, and its request for one. */
const LAST_TRY = 4 * MINUTE;

type Sent = { count: number; readonly first: number };

export class Sendings {
  readonly #sent = new Map<string, Sent>();

  /** What is wrong with one more try at `now`; null: nothing. `due`: of the record in force. */
  excess(
    process: Process,
    record: Written,
    at: { readonly now: number; readonly due: number },
  ): string | null {
    const ends = !isOpen(record) && record.phase !== 'promoted';
    const key = `${process.id} ${record.rolloutId} ${record.transition} ${ends}`;
    const sent = this.#sent.get(key) ?? { count: 0, first: at.now };
    this.#sent.set(key, sent);
    sent.count += 1;
    if (!ends) {
      return sent.count > MOST_SENDS ? `one transition was sent ${sent.count} times` : null;
    }
    const spent = at.now - sent.first;
    if (sent.count > MOST_SENDS + spent / PAUSE) return 'an ending was sent without a pause';
    // Neither a runner that stood still nor one whose own clock was turned back tried for longer.
    const excused = process.paused + Math.max(0, -process.skew) + LAST_TRY;
    const end = Math.max(sent.first + LEAST_TIME_TO_END, at.due) + excused;
    return at.now > end ? `an ending was still sent after ${spent / SECOND} s` : null;
  }
}
