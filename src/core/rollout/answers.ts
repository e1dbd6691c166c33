/** The decisions that end something, and the sentences that go with them. */
import type { Decision, Outcome } from '../decision-types.ts';
import type { RecordDraft, RolloutRecord } from '../types.ts';
import { percentOf } from './traffic.ts';

export function write(record: RecordDraft): Decision {
  return { do: 'write', record };
}

export function stop(outcome: Outcome, why: string): Decision {
  return { do: 'stop', outcome, why };
}

/** `why` says that nothing was changed, which nobody knows while a write is under way. */
export function untouched(
  outcome: Outcome,
  unsure: string,
  why = `${unsure} Nothing was changed.`,
): Decision {
  return { do: 'stop', outcome, why, unsure };
}

export function asOutcome(record: RolloutRecord): Outcome {
  return record.phase === 'active' ? 'held' : record.phase;
}

export function endingText(record: RolloutRecord): string {
  switch (record.phase) {
    case 'promoted':
      return `${record.canary} has all traffic.`;
    case 'rolled-back':
      return `${record.stable} has all traffic again.`;
    case 'start-failed':
      if (record.reason === 'baseline-lost') {
        return `${LOST_BASELINE} ${record.canary} was not made, and ${record.stable} kept all traffic.`;
      }
      return `${record.canary} was not ready; ${record.stable} kept all traffic.`;
    case 'released':
      return 'Somebody else changed the traffic during the rollout; it was left as they set it.';
    case 'active':
    case 'held':
      return heldText(record);
  }
}

const LOST_BASELINE =
  'The clone of the stable revision did not become ready, or somebody else has changed the template meanwhile.';

export function heldText(record: RolloutRecord): string {
  const place = `${record.canary} is held at ${percentOf(record)} %`;
  return record.reason === 'watched'
    ? `${place} and watched: the next resume goes on with it.`
    : `${place} until it is promoted, sent on or rolled back.`;
}

export const UNFENCED =
  'The service does not refuse writes made from an old read, so a change by somebody else could be overwritten. Set allow_unfenced: true to accept that.';

/** Two steps or jobs of one run are one to us: the second must not pass for the first. */
export function withAnotherPlan({ phase, canary }: RolloutRecord): Decision {
  const advice =
    phase === 'promoted'
      ? `${canary} was promoted. Start a new run for anything else.`
      : 'Send it on with the command ramp or promote, roll it back, or re-run with the inputs it had.';
  return stop(
    'refused',
    `The plan of this step differs from the plan the rollout of this run was started with. ${advice}`,
  );
}
