/** to, at and wait_for_verdict: what a person wants of a rollout that is there already. */
import type { Percent } from '../types.ts';
import type { InputReader } from './input-reader.ts';
import type { Command } from './input-table.ts';
import { refused, taken } from './parsed.ts';
import type { Parsed } from './parsed.ts';
import { parseBoolean } from './units.ts';

export type Wish = {
  /** ramp: where to stop; null: after the next stage. */
  readonly until: Percent | null;
  /** ramp: false leaves once nothing more can be done now. */
  readonly waits: boolean;
  /** promote: the share that was approved; null: whatever it is. */
  readonly seen: Percent | null;
  /** rollback: after a promotion, back to the revision that it replaced. */
  readonly toPrevious: boolean;
};

/** An input that the command does not use has a finding already; a second one would lead astray. */
export function readWish(command: Command | null, reader: InputReader): Wish {
  const isRamp = command === 'ramp';
  return {
    until: isRamp ? reader.read('to', parseStop) : null,
    waits: isRamp ? (reader.read('wait_for_verdict', parseBoolean) ?? true) : true,
    seen: command === 'promote' ? reader.read('at', parseApproved) : null,
    toPrevious: command === 'rollback' && reader.read('to', parsePrevious) === true,
  };
}

function parseStop(text: string): Parsed<Percent> {
  const advice =
    'Write the share of a stage of the rollout, such as `20%`, or `100%` for all of it.';
  const percent = parseShare(text, advice);
  if (!percent.ok || percent.value > 0) return percent;
  return refused(
    text,
    'takes all traffic from the canary',
    'To end the rollout use `command: rollback`; a ramp only goes up.',
  );
}

function parseApproved(text: string): Parsed<Percent> {
  const advice = 'Write the share that the canary had when it was approved, such as `20%`.';
  const percent = parseShare(text, advice);
  if (!percent.ok || percent.value < 100) return percent;
  return refused(text, 'is where a promotion leads, not where it was approved', advice);
}

function parseShare(text: string, advice: string): Parsed<Percent> {
  if (/^\d+$/.test(text)) return refused(text, 'has no percent sign', advice);
  const digits = /^(\d{1,3})[ \t]*%$/.exec(text)?.[1];
  if (digits === undefined) return refused(text, 'is not a whole percentage', advice);
  const percent = Number(digits);
  return percent > 100 ? refused(text, 'is more than all of the traffic', advice) : taken(percent);
}

function parsePrevious(text: string): Parsed<true> {
  return text === 'previous'
    ? taken(true)
    : refused(
        text,
        'is not a place to roll back to',
        'Write `previous` to undo a promotion, or leave it out to undo the open rollout.',
      );
}
