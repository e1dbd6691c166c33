/** Time that is measured out to what only shows something: nobody waits longer for it. */
import type { Millis } from '../core/types.ts';
import type { Clock } from '../engine/ports.ts';

export type Pressed = {
  readonly clock: Clock;
  /** Fires when the run is cancelled: from then on nothing takes longer than `HURRIED`. */
  readonly hurry: AbortSignal;
};

/** What a call may still take then: a GET and a PUT fit into the runner's 7.5 s. */
export const HURRIED: Millis = 2_000;

export class Late extends Error {}

/** @throws Late; the signal that the work was given has fired by then. */
export async function within<T>(
  { clock, hurry }: Pressed,
  patience: Millis,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const cut = new AbortController();
  const done = new AbortController();
  const expire = async (): Promise<never> => {
    await clock.sleep(patience, AbortSignal.any([hurry, done.signal]));
    if (hurry.aborted) await clock.sleep(HURRIED, done.signal);
    cut.abort();
    throw new Late('too late');
  };
  try {
    return await Promise.race([work(cut.signal), expire()]);
  } finally {
    done.abort();
  }
}
