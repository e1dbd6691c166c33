/** One simulated rollout that every rule plays: each minute is generated and decoded once. */
import type { LoggedMinute, Minute, PastMinute } from '../../../src/core/judging-types.ts';
import { decodeHistory, decodeRow } from './decode.ts';
import { decodeLogged, loggedIn } from './log-wire.ts';
import { keyOf as keyOfText } from './random.ts';
import { createWorld, nameOf } from './rollout-world.ts';
import type { Moment } from './true-rates.ts';
import type { Cell, TruthRow } from './types.ts';

export type Rollout = {
  readonly cell: Cell;
  readonly history: readonly PastMinute[];
  /** One rollout in a hundred (benchmark.md, 1.2). */
  readonly decodesAnew: boolean;
  truth(moment: Moment): TruthRow;
  /** `before`: the moment of the minute before; null in the first. */
  row(moment: Moment, before: Moment | null): Minute;
  logged(moment: Moment): LoggedMinute;
  harm(moment: Moment): number;
};

export function createRollout(cell: Cell, seed: number, index: number): Rollout {
  const world = createWorld(cell, seed, index);
  const { environment } = cell;
  const isLate = environment.baselineLate > 0;
  const decodesAnew = isDecodedAnew(cell, index);
  // Only so long does it matter how old the percent is.
  const longest = environment.misses === null ? environment.cold.length : 60;
  const keyOf = ({ minute, percent, age }: Moment): number =>
    (minute * 128 + percent) * 64 + Math.min(age, longest);
  const truth = kept(keyOf, ({ minute, percent, age }) => world.minute(minute, percent, age));
  const rows = new Map<string, Minute>();
  const row = (moment: Moment, before: Moment | null): Minute => {
    const key = isLate ? `${keyOf(moment)} ${before && keyOf(before)}` : String(keyOf(moment));
    const known = rows.get(key);
    if (known !== undefined) return known;
    const { minute, canary, baseline } = truth(moment);
    const late = before === null ? (world.history.at(-1) ?? null) : truth(before).baseline;
    const made = decodeRow({ minute, canary, baseline: isLate ? late : baseline });
    rows.set(key, made);
    return made;
  };
  return {
    cell,
    history: decodeHistory(world.history),
    decodesAnew,
    truth,
    row,
    logged: kept(keyOf, (moment) => logged(truth(moment), decodesAnew)),
    harm: ({ minute, percent, age }) => world.harm(minute, percent, age),
  };
}

/** Rows that come late are made of two minutes, and cannot be told from the truth of one. */
export function isDecodedAnew(cell: Cell, index: number): boolean {
  return cell.environment.baselineLate === 0 && (keyOfText(nameOf(cell)) + index) % 100 === 0;
}

function kept<V>(keyOf: (moment: Moment) => number, make: (moment: Moment) => V) {
  const known = new Map<number, V>();
  return (moment: Moment): V => {
    const key = keyOf(moment);
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = make(moment);
    known.set(key, made);
    return made;
  };
}

function logged(row: TruthRow, decodesAnew: boolean): LoggedMinute {
  const counted = loggedIn(row);
  if (!decodesAnew || counted.capped) return counted;
  const read = decodeLogged(row);
  if (read.canary !== counted.canary || read.baseline !== counted.baseline) {
    throw new Error(`Minute ${row.minute}: the log was not read as it was written.`);
  }
  return read;
}
