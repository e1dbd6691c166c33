/** What this process knows: `notice` learns from a read, `remember…` from the answer to one act. */
import { gapsWith, servedUntilNow } from './gap.ts';
import { rolloutKey } from './history.ts';
import { sameSplit } from './traffic.ts';
import type {
  Caller,
  CanaryHealth,
  Decision,
  Doom,
  Found,
  Goal,
  Memory,
  RevisionState,
  StageMemory,
} from '../decision-types.ts';
import type { Judgement } from '../judging-types.ts';
import type {
  Instant,
  Millis,
  Reason,
  RecordDraft,
  RolloutRecord,
  ServiceSnapshot,
} from '../types.ts';

export const EMPTY_MEMORY: Memory = {
  drove: false,
  cancelled: false,
  fence: 'unproved',
  ownRevision: 'unknown',
  ownState: null,
  version: null,
  canary: null,
  clone: null,
  made: null,
  clones: [],
  doom: null,
  hasLog: null,
  stage: null,
  gaps: [],
  met: null,
  found: null,
  left: null,
};

export function notice(before: Memory, caller: Caller, service: ServiceSnapshot): Memory {
  const { record, version } = service;
  const ownRevision = stillAbsent(before, version);
  const ownState = ownRevision === 'unknown' ? null : before.ownState;
  const met = before.met ?? (typeof record === 'string' ? '' : rolloutKey(record));
  const memory = {
    ...before,
    version,
    ownRevision,
    ownState,
    met,
    clones: clonesWith(before.clones, record),
    gaps: gapsWith(before, service),
  };
  if (typeof record === 'string') return { ...memory, stage: null };
  const own = record.owner === caller.rolloutId && record.attempt === caller.attempt;
  const sameStage =
    memory.stage?.index === record.stage && memory.stage.rollout === rolloutKey(record);
  const isOther = before.stage !== null && before.stage.rollout !== rolloutKey(record);
  return {
    ...memory,
    // What was found of one rollout is no reason to undo another that this process may take over.
    doom: isOther && !before.drove ? null : before.doom,
    drove: memory.drove || (own && record.phase === 'active'),
    canary: sameStage ? memory.canary : null,
    clone: sameStage ? memory.clone : null,
    found: own && record.phase === 'active' ? memory.found : foundIn(record),
    stage: noticeStage(sameStage ? memory.stage : null, record, service),
  };
}

function clonesWith(before: Memory['clones'], record: ServiceSnapshot['record']): Memory['clones'] {
  const clone = typeof record === 'string' ? null : record.clone;
  return clone === null || before.includes(clone) ? before : [...before, clone];
}

/**
 * One stage further begins where the present one has passed, or where nobody waited for its verdict.
 * After anything else a second try has the same stage again.
 */
function foundIn({ phase, reason, percents, stage, due }: RolloutRecord): Found | null {
  if (phase !== 'held') return null;
  const isDone = reason === 'reached' || reason === 'watched';
  return { next: percents[isDone ? stage + 1 : stage] ?? 100, due };
}

/** A start that was under way may have arrived with any write, and its record be gone again. */
function stillAbsent({ ownRevision, version }: Memory, now: string): Memory['ownRevision'] {
  return ownRevision === 'absent' && version !== now ? 'unknown' : ownRevision;
}

function noticeStage(
  before: StageMemory | null,
  record: RolloutRecord,
  service: ServiceSnapshot,
): StageMemory {
  const stage = before ?? {
    rollout: rolloutKey(record),
    index: record.stage,
    servedSince: servedUntilNow(record, service),
    unservedSince: null,
    probed: false,
    warmed: 0,
    lookedAt: null,
    judgement: null,
    closed: false,
  };
  const { readAt } = service;
  const unservedSince = stage.unservedSince ?? readAt;
  // What was measured before the split was lost says nothing about the time after it.
  if (!sameSplit(service.served, service.asked)) {
    return { ...stage, servedSince: null, unservedSince, judgement: null, closed: false };
  }
  // A status that has yet to speak of the last write begins no window, and ends none: a take-over is
  // such a write, and so is an outsider's label.
  const servedSince = stage.servedSince ?? (service.observed ? readAt : null);
  return { ...stage, servedSince, unservedSince: servedSince === null ? unservedSince : null };
}

export function rememberOwn(memory: Memory, state: RevisionState): Memory {
  const ownRevision = state.health === 'gone' ? 'absent' : 'exists';
  return { ...memory, ownRevision, ownState: state };
}

/** After a wait only "ready" still holds; everything else is asked again. */
export function rememberWait(memory: Memory): Memory {
  const { canary, clone } = memory;
  return {
    ...memory,
    canary: canary?.health === 'ready' ? canary : null,
    clone: clone?.health === 'ready' ? clone : null,
  };
}

/** A revision that failed is a reason to undo, and Cloud Run's own words say why. */
export function rememberCanary(memory: Memory, canary: RevisionState): Memory {
  const next = { ...memory, canary };
  const { health } = canary;
  if (typeof health !== 'object') return next;
  const why = `Cloud Run says: ${health.failed}`;
  return doomed(next, { reason: 'not-ready', why, said: saidOf(health) });
}

function saidOf({ failed, code = '' }: Extract<CanaryHealth, object>): string {
  return `${code} ${failed}`.trim();
}

/** So is a clone: users are on it as they are on the canary. */
export function rememberClone(memory: Memory, clone: RevisionState): Memory {
  const next = { ...memory, clone };
  const { health } = clone;
  return typeof health === 'object'
    ? doomed(next, {
        reason: 'baseline-lost',
        why: `Cloud Run says of the baseline: ${health.failed}`,
        said: saidOf(health),
      })
    : next;
}

export function rememberProbe(memory: Memory, failure: string | null): Memory {
  if (failure !== null) return doomed(memory, { reason: 'probe-failed', why: failure });
  return memory.stage === null ? memory : { ...memory, stage: { ...memory.stage, probed: true } };
}

/**
 * Counted by the time it was given, so that it ends whatever came of it. Minutes later both revisions
 * are asked again how they are: users come next.
 */
export function rememberWarmUp(memory: Memory, given: Millis): Memory {
  const { stage } = memory;
  if (stage === null) return memory;
  return {
    ...memory,
    stage: { ...stage, warmed: stage.warmed + given },
    canary: null,
    clone: null,
  };
}

/** `judgement` null: Monitoring did not answer, which is no data. */
export function rememberLook(
  memory: Memory,
  judgement: Judgement | null,
  look: { readonly at: Instant; readonly closed: boolean },
): Memory {
  if (memory.stage === null) return memory;
  const stage = {
    ...memory.stage,
    lookedAt: look.at,
    judgement: judgement ?? memory.stage.judgement,
    closed: judgement !== null && look.closed,
  };
  // The canary's health is asked again with every look, so a revision that broke is seen.
  const hasLog = judgement === null ? memory.hasLog : judgement.observation.log !== null;
  const next = { ...memory, stage, hasLog, canary: null, clone: null };
  if (judgement?.verdict !== 'fail') return next;
  const failed = judgement.checks.find((check) => check.verdict === 'fail');
  return failed === undefined
    ? doomed(next, { reason: 'inconclusive', why: judgement.why })
    : doomed(next, { reason: `fail:${failed.metric}`, why: failed.why });
}

/** Only of a write that is known to be taken. */
export function rememberWrite(memory: Memory, record: RecordDraft): Memory {
  const { phase, reason } = record;
  return { ...memory, left: phase === 'held' ? { rollout: rolloutKey(record), reason } : null };
}

/**
 * What a read or a look at a revision shows may be gone by the next one, when the write that undoes
 * was not taken. That data are wanting is not among it: the next look may bring them.
 */
const SEEN: Readonly<Partial<Record<Reason, string>>> = {
  'canary-gone': 'The canary was not there any more, or not what it had been.',
  'not-served': 'The split was not served in time.',
  'not-ready': 'The canary was not ready in time.',
  'probe-failed': 'The tag did not lead to the canary.',
  'baseline-lost': 'The clone of the stable revision could not be used any more.',
};

/** Before it is acted on. Whoever only clears the way for a start of its own keeps nothing. */
export function rememberDecision(memory: Memory, goal: Goal, decision: Decision): Memory {
  const drives = goal.kind === 'drive' && (memory.drove || !goal.mayStart);
  if (!drives || decision.do !== 'write') return memory;
  const { phase, reason } = decision.record;
  const why = SEEN[reason];
  const undoes = phase === 'rolled-back' || phase === 'start-failed';
  return undoes && why !== undefined ? doomed(memory, { reason, why }) : memory;
}

/** The first reason stays: data that look better later do not clear it (S10). */
export function doomed(memory: Memory, doom: Omit<Doom, 'rollout'>): Memory {
  const rollout = memory.stage?.rollout ?? '';
  return { ...memory, doom: memory.doom ?? { ...doom, rollout } };
}
