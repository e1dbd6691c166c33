import type { Schedule } from './cloud-run/model.ts';

/** Real time, all of whose timers end with the sandbox. */
export function createTimers(): { readonly schedule: Schedule; readonly stop: () => void } {
  const timers = new Set<NodeJS.Timeout>();
  return {
    schedule: (afterMs, run) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        run();
      }, afterMs);
      timers.add(timer);
    },
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
