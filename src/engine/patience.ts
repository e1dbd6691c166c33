/** Reading on through an outage of the API: while a rollout is open, giving up helps nobody. */
import { isFinal, openRecord } from '../core/rollout/drafts.ts';
import { isPassing, Problem } from '../core/problem.ts';
import type { Goal } from '../core/decision-types.ts';
import type { Millis, RecordDraft, ServiceSnapshot } from '../core/types.ts';
import type { Errand } from './loop.ts';

const PAUSE: Millis = 5_000;
/** Until what is not there is looked for once more: a single answer ends no rollout. */
const SECOND_LOOK: Millis = 5_000;
/** What the post step comes after may well be open, and it has minutes before it is ended. */
const CLEAN_UP: Millis = 120_000;
/** What has just been ended is worth seeing, but no longer in danger. */
const AFTER_THE_END: Millis = 120_000;
/** After a cancel there are seconds left, not minutes. */
const TRIES_AFTER_CANCEL = 5;

/** What this process knows to be there, or to be on its way. */
export type Known = {
  readonly last: ServiceSnapshot | null;
  readonly sent: RecordDraft | null;
};

/** `since`: monotonic, from before it was asked for. Nobody knows when in between it was true. */
export type Read = { readonly service: ServiceSnapshot; readonly since: Millis };

/**
 * null: the service does not exist, although it did, and was looked for twice.
 * @throws Problem at once when no open rollout is known of, or when waiting cannot help.
 */
export async function readPatiently(
  errand: Pick<Errand, 'goal' | 'ports' | 'observer' | 'cancel'>,
  known: Known,
): Promise<Read | null> {
  const { clock, cloudRun } = errand.ports;
  const { last } = known;
  const end = clock.monotonic() + timeLeft(errand.goal, known);
  let afterCancel = 0;
  let isMissed = false;
  for (;;) {
    const since = clock.monotonic();
    try {
      return { service: await cloudRun.read(), since };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.code === 'service-missing' && last !== null) {
        if (isMissed) return null;
        isMissed = true;
        errand.observer.remark(`${error.summary} Looking once more.`);
        await clock.sleep(SECOND_LOOK, errand.cancel);
        continue;
      }
      if (!isPassing(error) || clock.monotonic() >= end) throw error;
      if (errand.cancel.aborted && ++afterCancel > TRIES_AFTER_CANCEL) throw error;
      errand.observer.remark(`${error.summary} Reading again.`);
      await clock.sleep(PAUSE, errand.cancel);
    }
  }
}

function timeLeft(goal: Goal, { last, sent }: Known): Millis {
  if (last === null) return goal.kind === 'clean-up' ? CLEAN_UP : 0;
  // A write that was sent may well be what is there now, whatever the read before it showed.
  const written = sent === null ? 0 : isFinal(sent) ? AFTER_THE_END : sent.due - sent.at;
  const open = openRecord(last);
  const seen = open === null ? 0 : open.due - last.readAt;
  return Math.max(0, written, seen);
}
