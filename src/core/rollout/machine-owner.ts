/** The owner's part of decide: one stage from its split to its verdict. */
import { finalDraft, heldDraft, nextDraft, patienceEnd } from './drafts.ts';
import { percentOf, sameSplit } from './traffic.ts';
import type { Decision, Goal, Situation, StageMemory } from '../decision-types.ts';
import type { Instant, Millis, Reason, RolloutRecord } from '../types.ts';

type Drive = Extract<Goal, { kind: 'drive' }>;
type Owner = {
  readonly record: RolloutRecord;
  readonly drive: Drive;
  readonly situation: Situation;
  readonly at: Instant;
};

export function ownerDecision(situation: Situation, record: RolloutRecord, drive: Drive): Decision {
  const owner: Owner = { record, drive, situation, at: situation.service.readAt };
  const { doom } = situation.memory;
  if (doom !== null) return undo(owner, doom.reason);
  return (
    untilReady(owner) ??
    untilServed(owner) ??
    (record.stage === 0 ? proofDecision(owner) : bakeDecision(owner))
  );
}

/** null: the canary is ready. */
function untilReady(owner: Owner): Decision | null {
  const { record, at, drive, situation } = owner;
  const { canary } = situation.memory;
  if (canary === null) return { do: 'inspect', revision: record.canary };
  if (canary.health === 'ready') {
    // A name can be used again after a deletion; then it is not what was judged (S12).
    return isSwapped(record.image, canary.digest) ? undo(owner, 'canary-gone') : null;
  }
  if (canary.health === 'gone') return undo(owner, 'canary-gone');
  if (canary.health !== 'pending' || at >= patienceEnd(drive, record.stage, record.at)) {
    return undo(owner, 'not-ready');
  }
  return { do: 'wait', atMost: pollEvery(drive), why: `${record.canary} is starting` };
}

/** Asked is not served: nothing is judged before the platform says so. */
function untilServed(owner: Owner): Decision | null {
  const { record, at, drive, situation } = owner;
  const { service, memory } = situation;
  const settled =
    sameSplit(service.served, service.asked) && service.observed && memory.stage !== null;
  if (settled) return null;
  return at >= patienceEnd(drive, record.stage, record.at)
    ? undo(owner, 'not-served')
    : { do: 'wait', atMost: pollEvery(drive), why: 'the new split is not served yet' };
}

/** Stage 0: the probes are its verdict. The tag row must name the canary before and after them. */
function proofDecision(owner: Owner): Decision {
  const { record, at, drive, situation } = owner;
  const { service, memory } = situation;
  const probed = drive.plan.smoke === null || memory.stage?.probed === true;
  const tag = service.tags.find((row) => row.tag === record.tag && row.revision === record.canary);
  if (probed) return tag === undefined ? undo(owner, 'probe-failed') : passed(owner);
  if (tag !== undefined && tag.url !== '') {
    return { do: 'probe', url: tag.url, revision: record.canary };
  }
  return at >= patienceEnd(drive, 0, record.at)
    ? undo(owner, 'probe-failed')
    : {
        do: 'wait',
        atMost: pollEvery(drive),
        why: `the address of tag ${record.tag} is not ready`,
      };
}

function bakeDecision(owner: Owner): Decision {
  const { drive, record, at, situation } = owner;
  const stage = situation.memory.stage;
  const planned = drive.plan.stages[record.stage - 1];
  if (stage === null || stage.servedSince === null || planned === undefined) {
    return undo(owner, 'not-served');
  }
  if (stage.closed && stage.judgement?.verdict === 'pass') return passed(owner);
  if (at >= patienceEnd(drive, record.stage, record.at)) return withoutData(owner);
  const { samplePeriod, ingestDelay } = drive.timing;
  const from = stage.servedSince;
  const to = at - ingestDelay;
  const wait = untilNextLook({ stage, from, to, at, samplePeriod });
  if (wait > 0) return { do: 'wait', atMost: wait, why: bakeText(owner, from + planned.bake) };
  const closed = to >= from + planned.bake;
  const { canary, stable: baseline } = record;
  return { do: 'observe', canary, baseline, from, to, closed, stage: planned };
}

/** A look is worth its two requests once a whole sample period more can have arrived. */
function untilNextLook(when: {
  readonly stage: StageMemory;
  readonly from: Instant;
  readonly to: Instant;
  readonly at: Instant;
  readonly samplePeriod: Millis;
}): Millis {
  const { stage, from, to, at, samplePeriod } = when;
  const first = from + samplePeriod - to;
  const next = stage.lookedAt === null ? 0 : stage.lookedAt + samplePeriod - at;
  return Math.min(Math.max(first, next, 0), samplePeriod);
}

function bakeText(owner: Owner, bakeEnd: Instant): string {
  const { drive, record, at } = owner;
  const left = Math.max(0, Math.ceil((bakeEnd + drive.timing.ingestDelay - at) / 1000));
  return left === 0
    ? `${percentOf(record)} % waits for enough data`
    : `${percentOf(record)} % is judged in ${left} s`;
}

function passed(owner: Owner): Decision {
  const { record, drive, at, situation } = owner;
  const digest = situation.memory.canary?.digest ?? null;
  return percentOf(record) >= drive.until
    ? write(heldDraft(record, 'reached', { at, holdFor: drive.plan.holdFor }))
    : write(nextDraft(record, drive, { at, digest }));
}

function withoutData(owner: Owner): Decision {
  const { record, drive, at } = owner;
  return drive.plan.onNoData === 'rollback'
    ? undo(owner, 'unknown-at-deadline')
    : write(heldDraft(record, 'unknown-at-deadline', { at, holdFor: drive.plan.holdFor }));
}

function undo(owner: Owner, reason: Reason): Decision {
  const { record, at } = owner;
  const neverReady = record.stage === 0 && reason === 'not-ready';
  return write(finalDraft(record, neverReady ? 'start-failed' : 'rolled-back', { reason, at }));
}

function isSwapped(recorded: string, digest: string | null): boolean {
  const now = digestOf(digest ?? '');
  const then = digestOf(recorded);
  return now !== null && then !== null && now !== then;
}

function digestOf(image: string): string | null {
  return /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1] ?? null;
}

/** While something must settle: no need to wait for a whole sample period of a minute. */
function pollEvery(drive: Drive): Millis {
  return Math.min(drive.timing.samplePeriod, 5_000);
}

function write(record: Extract<Decision, { do: 'write' }>['record']): Decision {
  return { do: 'write', record };
}
