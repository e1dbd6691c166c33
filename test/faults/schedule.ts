/** One schedule from beginning to end, and what it shows. */
import type { Rules } from '../sandbox/cloud-run/state.ts';
import type { Break } from './breaks.ts';
import { SHIPPED } from './breaks.ts';
import { endViolations } from './end.ts';
import type { Claim } from './end.ts';
import { exposuresIn } from './exposure.ts';
import type { Exposures } from './exposure.ts';
import { isBadPlatform, isOutside } from './kinds.ts';
import type { Fault } from './kinds.ts';
import { Life } from './life.ts';
import type { Continuation, End } from './life.ts';
import type { Violation } from './oracle.ts';
import { BEGIN, HOUR } from './settings.ts';
import type { Manner, Truth } from './settings.ts';
import { World } from './world.ts';

export type Schedule = {
  readonly truth: Truth;
  readonly continuation: Continuation;
  readonly faults: readonly Fault[];
  readonly manner: Manner;
  readonly rules: Partial<Rules>;
};

export type Shown = Exposures & {
  readonly violations: readonly Violation[];
  readonly calls: number;
  readonly ends: readonly End[];
};

/** Nothing that is awaited takes longer than the longest stall, twice. */
const LONGEST = BEGIN + 72 * HOUR;

export async function play(schedule: Schedule, broken: Break = SHIPPED): Promise<Shown> {
  const { truth, continuation, faults, manner, rules } = schedule;
  const world = new World({ truth, rules, faults });
  await world.cloud.setUp(manner.brings === true);
  const life = new Life(world, { manner, continuation, broken, most: attemptsFor(faults) });
  life.drive({ run: 0, attempt: 1 });
  const isOver = await world.timeline.run(LONGEST);
  const violations = [
    ...world.oracle.violations,
    ...(isOver
      ? endViolations(world, life, claimOf(schedule))
      : [{ promise: 'L4', text: 'it never ends' }]),
  ];
  return {
    violations,
    calls: world.calls,
    ends: life.ends,
    ...exposuresIn(world, continuation),
  };
}

/** Two faults can cost two attempts; who has more of them has to expect more. */
function claimOf({ truth, continuation, faults, rules }: Schedule): Claim {
  const isOurs = !faults.some(({ kind }) => isOutside(kind));
  const isRunners = isOurs && !faults.some(({ kind }) => isBadPlatform(kind));
  const isFair = faults.length <= 2 && Object.keys(rules).length === 0;
  return {
    isOurs,
    mustPromote:
      truth === 'good' && continuation === 're-run' && isRunners && isFair && isAwake(faults),
  };
}

/** Two stalls are twenty minutes, and a stage that nobody watches for so long is past its due time. */
function isAwake(faults: readonly Fault[]): boolean {
  return faults.filter(({ kind }) => kind === 'stall10m').length < 2;
}

/** A storm of 50 conflicts is three times too much for one process; others are over with one. */
function attemptsFor(faults: readonly Fault[]): number {
  return faults.reduce((sum, { kind }) => sum + (kind === 'storm409' ? 4 : 1), 2);
}
