/** What the process around an errand gives it. */
import type { Runner } from '../edges/runner.ts';
import type { Chance } from './wiring.ts';

export type Host = {
  readonly runner: Runner;
  /** Fires when the run is cancelled. */
  readonly cancel: AbortSignal;
  readonly chance: Chance;
};
