/** Time comes from the service: every decision is made on the date of the answer that it rests on. */
import type { Instant, Millis } from '../../core/types.ts';
import type { Clock } from '../../engine/ports.ts';
import type { Answered } from './get.ts';
import { noTimeProblem } from './service-problem.ts';

export type ServerClockOptions = {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Told once when the server's time has to be worked out. */
  readonly onNotice: (text: string) => void;
  /**
   * The runner's own time, for who undoes something whatever time it is (S13). Left out: without any
   * date nothing is decided.
   */
  readonly guess?: (() => Instant) | undefined;
};

/** The Date header; without one, the last one seen and the time since. @throws Problem `bad-answer`. */
export function createServerClock(o: ServerClockOptions): (answer: Answered) => Instant {
  let last: { readonly time: Instant; readonly since: Millis } | null = null;
  let isTold = false;
  const tell = (text: string): void => {
    if (!isTold) o.onNotice(text);
    isTold = true;
  };
  return ({ serverTime }) => {
    const since = o.clock.monotonic();
    if (serverTime !== null) {
      last = { time: serverTime, since };
      return serverTime;
    }
    if (last !== null) {
      tell('An answer of Cloud Run had no date; going on from the last one.');
      return last.time + Math.round(since - last.since);
    }
    if (o.guess === undefined) throw noTimeProblem();
    tell("Cloud Run's answer had no date; the runner's own time is used, as undoing needs none.");
    return o.guess();
  };
}
