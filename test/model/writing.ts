/** What a write that is taken does to the service, and to what is really so. */
import { awaitsCanary } from '../../src/core/rollout/clone.ts';
import { isFinal } from '../../src/core/rollout/drafts.ts';
import { sameSplit, soleRevision } from '../../src/core/rollout/traffic.ts';
import type { Deed } from './deed.ts';
import type { Request } from './design.ts';
import { healthOf } from './service.ts';
import type { Service } from './service.ts';
import {
  lifeOf,
  withLife,
  withOurs,
  withOver,
  withOwner,
  withProven,
  withoutOwners,
} from './truth.ts';
import type { Truth } from './truth.ts';

/** null: refused, because it names a revision that does not exist. */
export function written(before: Service, request: Request): Service | null {
  const { creates, record, split, text } = request;
  // Accepted under any name: the service of the model is no help in keeping names apart.
  const made =
    creates === null
      ? before.made
      : { ...before.made, [creates]: { health: 'starting', again: false } as const };
  const next = { ...before, made };
  if (Object.keys(split).some((name) => healthOf(next, name) === 'deleted')) return null;
  const { tag, canary: revision } = record;
  const plan = request.plan ?? before.plan;
  const tagged = isFinal(record) || awaitsCanary(record) ? null : { tag, revision };
  // Only who lets go leaves the rows as found.
  const latest = before.latest && record.phase === 'released';
  return { ...next, text, plan, asked: split, latest, tagged };
}

export function truthAfter({ before, request, truth, role }: Deed): Truth {
  const { record, starts, split } = request;
  const moves = !sameSplit(before.asked, split);
  let after = moves || starts !== null ? withOurs(truth, split) : truth;
  if (starts !== null) {
    const stable = soleRevision(before.asked);
    after =
      starts === record.clone
        ? // The very same image with the very same settings.
          withProven(after, starts)
        : withLife(after, starts, { stable, proofs: [], held: null, ended: false });
  }
  if (role.goal.kind === 'drive' && !isFinal(record)) {
    after = withOwner(after, role.caller.rolloutId, role.caller.attempt);
  }
  const { held } = lifeOf(after, record.canary);
  if (record.phase === 'held' && record.stage === 0) {
    after = withLife(after, record.canary, { held: held ?? request.digest });
  }
  if (!isFinal(record))
    return moves ? withoutOldProofs(after, record.canary, split[record.canary] ?? 0) : after;
  after = withLife(after, record.canary, { proofs: [], held: null, ended: true });
  after = withOver(after, record.rolloutId);
  return record.phase === 'promoted' ? withProven(after, record.canary) : after;
}

/** Only the stage that it is in can be proof for the next one. */
function withoutOldProofs(truth: Truth, canary: string, percent: number): Truth {
  const proofs = lifeOf(truth, canary).proofs.filter((proof) => proof >= percent);
  return withLife(truth, canary, { proofs });
}

/**
 * A person who gives a revision everything answers for it; and who erases the record leaves nobody
 * anything to own.
 */
export function truthAfterIntrusion(truth: Truth, service: Service): Truth {
  const sole = soleRevision(service.asked);
  const after = service.text === null ? withoutOwners(truth) : truth;
  return sole === null ? after : withProven(after, sole);
}
