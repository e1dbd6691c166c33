/** The owner's part of decide: at 0 % a canary is proved, from there on it is watched. */
import type { Decision, Situation } from '../decision-types.ts';
import type { Instant, RolloutRecord, Tag } from '../types.ts';
import { patienceEnd } from './deadlines.ts';
import { awaitsCanary } from './clone.ts';
import { beforeCanary, brokenClone, untilCloneReady } from './machine-clone.ts';
import { bakeDecision } from './machine-bake.ts';
import { ends, passed, pollEvery, undo, untilReady, warmed } from './machine-stage.ts';
import type { Drive, Owner } from './machine-stage.ts';
import { isSwapped, sameSplit } from './traffic.ts';

export function ownerDecision(situation: Situation, record: RolloutRecord, drive: Drive): Decision {
  const owner: Owner = { record, drive, situation, at: situation.service.readAt };
  const { doom, canary } = situation.memory;
  if (doom !== null) return undo(record, doom.reason, owner.at);
  if (record.clone !== null && awaitsCanary(record)) return beforeCanary(owner, record.clone);
  if (canary === null) return { do: 'inspect', revision: record.canary };
  // A name can be used again after a deletion; then it is not what was judged (S12).
  if (isSwapped(record.image, canary.digest)) return ends(owner, 'canary-gone');
  if (record.stage > 0) {
    return brokenCanary(owner) ?? brokenClone(owner) ?? bakeDecision(owner);
  }
  const starting = { revision: record.canary, state: canary };
  return (
    untilReady(owner, starting, { gone: 'canary-gone', failed: 'not-ready' }) ??
    untilCloneReady(owner) ??
    untilServed(owner) ??
    proofDecision(owner)
  );
}

/** Asked is not served: nothing is proved before the platform says so. */
function untilServed(owner: Owner): Decision | null {
  const { at, drive, situation } = owner;
  const { service, memory } = situation;
  const settled =
    sameSplit(service.served, service.asked) && service.observed && memory.stage !== null;
  if (settled) return null;
  return at >= settleBy(owner)
    ? ends(owner, 'not-served')
    : { do: 'wait', atMost: pollEvery(drive), why: 'the new split is not served yet' };
}

/** Stage 0: the probes are its verdict. The tag row must name the canary before and after them. */
function proofDecision(owner: Owner): Decision {
  const { record, at, drive, situation } = owner;
  const { service, memory } = situation;
  const probed = drive.plan.smoke === null || memory.stage?.probed === true;
  const tag = service.tags.find((row) => row.tag === record.tag && row.revision === record.canary);
  if (probed) return tag === undefined ? ends(owner, 'probe-failed') : warmDecision(owner, tag);
  if (tag !== undefined && tag.url !== '') {
    return { do: 'probe', url: tag.url, revision: record.canary };
  }
  const why = `the address of tag ${record.tag} is not ready`;
  return at >= settleBy(owner)
    ? ends(owner, 'probe-failed')
    : { do: 'wait', atMost: pollEvery(drive), why };
}

/** In pieces, so that each turn still begins with a read. Who leaves it held does not warm it up. */
function warmDecision(owner: Owner, { url }: Tag): Decision {
  const { record, drive, situation } = owner;
  const next = passed(owner);
  const left = (drive.plan.smoke?.warmUp ?? 0) - (situation.memory.stage?.warmed ?? 0);
  const raises = next.do === 'write' && next.record.phase === 'active';
  if (!raises || left <= 0 || url === '') return next;
  const atMost = Math.min(left, drive.timing.samplePeriod);
  return { do: 'warm-up', url, revision: record.canary, atMost };
}

/**
 * null: nothing is known against it. That its state cannot be told is no reason to stop watching
 * what it does to users; it only keeps the share from rising.
 */
function brokenCanary(owner: Owner): Decision | null {
  const health = owner.situation.memory.canary?.health ?? 'pending';
  if (typeof health === 'object') return ends(owner, 'not-ready');
  return health === 'gone' ? ends(owner, 'canary-gone') : null;
}

/** What every write stirs up, a take-over too, has the patience of that write. */
function settleBy(owner: Owner): Instant {
  const { drive, record } = owner;
  return patienceEnd(drive, record.stage, record.at) + warmed(owner);
}
