/** What the process around an errand gives it. */
import type { Runner } from '../edges/runner.ts';
import type { Chance } from './wiring.ts';

export type Host = {
  readonly runner: Runner;
  /** Fires when the run is cancelled. */
  readonly cancel: AbortSignal;
  readonly chance: Chance;
};

/** What it takes to tell of a rollout. */
export type Teller = Omit<Host, 'runner'> & {
  readonly runner: Pick<Runner, 'githubFetch' | 'notice' | 'redact' | 'warning'>;
};

/** What main has warned of already is a line in the log of its post step, and no second warning. */
export function hushed({ runner, ...host }: Host): Teller {
  const say = (text: string): void => runner.line(text);
  return {
    ...host,
    runner: {
      githubFetch: () => runner.githubFetch(),
      redact: (text) => runner.redact(text),
      notice: say,
      warning: say,
    },
  };
}
