import type { Instant } from '../core/types.ts';
import type { Clock } from '../engine/ports.ts';

/** A longer one would fire at once (Node's documentation of setTimeout). Callers read again after every sleep. */
const LONGEST_TIMER = 2 ** 31 - 1;

export function createClock(): Clock {
  return {
    sleep(ms, signal) {
      if (signal.aborted) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(ms, LONGEST_TIMER));
      signal.addEventListener('abort', wake);
      return promise;
    },
    monotonic: () => performance.now(),
  };
}

/** Of the runner, which may be wrong by any amount: only for what must be done whatever time it is. */
export function runnerTime(): Instant {
  return Date.now();
}
