/** A stage above 0 %: watch from the first minute, judge when the bake is over, then go on. */
import type { Decision, StageMemory } from '../decision-types.ts';
import type { Instant, Millis, Stage } from '../types.ts';
import { isCloneReady } from './machine-clone.ts';
import { ends, later, passed, patience, pollEvery, withoutData } from './machine-stage.ts';
import type { Owner } from './machine-stage.ts';
import { percentOf } from './traffic.ts';

/** Shorter than the slack before the due time, so that the owner itself says what went wrong. */
export const SETTLES_WITHIN: Millis = 4 * 60_000;

/** However short the sample period is, a verdict takes some requests to be acted on. */
const ACTED_ON_WITHIN: Millis = 30_000;

/** Three reads of the log a minute, of the sixty that a project has. */
const LOG_PAUSE: Millis = 20_000;

type Window = {
  readonly stage: StageMemory;
  readonly planned: Stage;
  /** null: the split of this stage has not been seen being served. */
  readonly served: Instant | null;
  readonly from: Instant;
  readonly to: Instant;
  /** It has passed, but too long ago to act on it. */
  readonly isStale: boolean;
};

export function bakeDecision(owner: Owner): Decision {
  const { drive, record, at, situation } = owner;
  const { stage } = situation.memory;
  const planned = drive.plan.stages[record.stage - 1];
  if (stage === null || planned === undefined) return ends(owner, 'not-served');
  const served = stage.servedSince;
  // A write may have been long on its way, and a split that was served may be disturbed later.
  const begun = Math.max(record.at, stage.unservedSince ?? record.at);
  if (served === null && at >= begun + SETTLES_WITHIN) return ends(owner, 'not-served');
  const hasPassed = stage.closed && stage.judgement?.verdict === 'pass';
  if (hasPassed && isRecent(owner, stage)) return raise(owner);
  // Some of the split may be served already: harm can be found there, a pass cannot.
  const from = served ?? record.changedAt[record.stage] ?? record.at;
  const to = at - drive.timing.ingestDelay;
  return lookOrWait(owner, { stage, planned, served, from, to, isStale: hasPassed });
}

/** What was seen before an outage, or before a long wait, says nothing of the canary after it. */
function isRecent({ drive, at }: Owner, { lookedAt }: StageMemory): boolean {
  return at < (lookedAt ?? at) + Math.max(2 * drive.timing.samplePeriod, ACTED_ON_WITHIN);
}

/** Users are only added to a canary that is surely ready. */
function raise(owner: Owner): Decision {
  const { drive, record, at, situation } = owner;
  const isReady = situation.memory.canary?.health === 'ready' && isCloneReady(owner);
  if (isReady) return passed(owner);
  if (at >= patience(owner)) return withoutData(owner);
  return later(owner, {
    atMost: pollEvery(drive),
    why: `${record.canary} ${record.clone === null ? 'is' : 'or its baseline is'} not known to be ready`,
  });
}

function lookOrWait(owner: Owner, window: Window): Decision {
  const { drive, record, at } = owner;
  const { stage, planned, served, from, to, isStale } = window;
  const { samplePeriod } = drive.timing;
  // Who came late for a look has it first, once its own take-over has settled: nobody has looked at
  // what there is by now.
  const unseen = served === null || (stage.lookedAt === null && to >= from + samplePeriod);
  const owesLook = isStale || (drive.pace === 'look' && unseen);
  if (at >= patience(owner) && !owesLook) return withoutData(owner);
  const wait = untilNextLook(owner, window);
  const why = bakeText(owner, window);
  // Until a split is served is a matter of seconds: worth staying for, or nobody knows since when.
  if (wait > 0 && served === null) return { do: 'wait', atMost: wait, why };
  if (wait > 0) return later(owner, { atMost: wait, why });
  const closed = served !== null && to >= served + planned.bake;
  const early = served !== null && planned.least < planned.bake && to >= served + planned.least;
  const { canary, stable } = record;
  const baseline = record.clone ?? stable;
  // Where only the log can know anything yet, the counters are asked for nothing.
  const until = Math.max(to, (record.changedAt[1] ?? from) + 1);
  return {
    do: 'observe',
    canary,
    baseline,
    stable,
    from,
    to: until,
    closed,
    early,
    stage: planned,
  };
}

/**
 * A look is worth its requests once a whole sample period more can have arrived. The request log is
 * ahead of the counters: it is asked as soon as it can know, and more often.
 */
function untilNextLook({ drive, at, situation }: Owner, window: Window): Millis {
  const { stage, served, from, to } = window;
  const { samplePeriod } = drive.timing;
  const { hasLog } = situation.memory;
  const triesLog = drive.pace === 'wait' && hasLog !== false;
  const first = from + samplePeriod - (triesLog ? at - samplePeriod / 2 : to);
  const pause = triesLog && hasLog === true ? Math.min(samplePeriod, LOG_PAUSE) : samplePeriod;
  const next = stage.lookedAt === null ? 0 : stage.lookedAt + pause - at;
  const wait = Math.min(Math.max(first, next, 0), samplePeriod);
  return served === null ? Math.min(wait, 5_000) : wait;
}

function bakeText(owner: Owner, { planned, served }: Window): string {
  const { drive, record, at } = owner;
  if (served === null) return 'the new split is not served yet';
  const end = served + planned.bake + drive.timing.ingestDelay;
  const left = Math.max(0, Math.ceil((end - at) / 1000));
  return left === 0
    ? `${percentOf(record)} % waits for enough data`
    : `${percentOf(record)} % is judged in ${left} s`;
}
