/** Before a rollout is open nothing bounds its waits and looks: there is no due time yet. */
import { Problem } from '../core/problem.ts';
import { openRecord } from '../core/rollout/drafts.ts';
import type { Decision } from '../core/decision-types.ts';
import type { Millis, ServiceSnapshot } from '../core/types.ts';
import type { Clock } from './ports.ts';

const LONGEST: Millis = 5 * 60_000;

export class Idleness {
  readonly #clock: Clock;
  #since: Millis | null = null;
  #version: string | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws Problem `ended` when the service has not settled for minutes. */
  check(service: ServiceSnapshot, decision: Decision): void {
    const { version } = service;
    const goesOn = this.#goesOn(decision, version);
    this.#version = version;
    if (goesOn || openRecord(service) !== null) {
      this.#since = null;
      return;
    }
    this.#since ??= this.#clock.monotonic();
    if (this.#clock.monotonic() - this.#since < LONGEST) return;
    const why = 'why' in decision ? decision.why : 'Somebody keeps writing to the service.';
    throw new Problem('ended', {
      summary: `Waited ${LONGEST / 60_000} minutes in vain. ${why}`,
      advice: 'Nothing is open on the service. Look at it in the console, then start again.',
    });
  }

  #goesOn(decision: Decision, version: string): boolean {
    switch (decision.do) {
      case 'start':
      case 'write':
      case 'stop':
        return true;
      case 'wait':
        return false;
      case 'inspect':
      case 'look-for':
      case 'observe':
      case 'probe':
      case 'prove-fence':
      case 'warm-up':
        // Where others keep writing, what a look has found is forgotten at once: it is no progress.
        return version === this.#version;
    }
  }
}
