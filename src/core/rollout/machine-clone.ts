/** `baseline: fresh`: from the clone to the canary at the start, and whether the clone is well from then on. */
import type { Decision, RevisionState } from '../decision-types.ts';
import { canaryDraft } from './drafts.ts';
import { ends, patience, pollEvery, untilReady } from './machine-stage.ts';
import type { Owner } from './machine-stage.ts';

/**
 * The clone was asked for. Its canary is made by the process that did so, once the clone is ready and
 * if nobody has put another template in force since; else the start is over, and nobody has noticed.
 */
export function beforeCanary(owner: Owner, clone: string): Decision {
  const { record, at, drive, situation } = owner;
  const { service, memory, caller } = situation;
  if (memory.made !== clone) return ends(owner, 'broke-off');
  if (service.observed && service.latestCreated !== clone) return ends(owner, 'baseline-lost');
  const waits = untilCloneReady(owner);
  if (waits !== null) return waits;
  if (!service.observed) {
    return at >= patience(owner)
      ? ends(owner, 'not-served')
      : { do: 'wait', atMost: pollEvery(drive), why: `${clone} is not shown yet` };
  }
  if (memory.ownRevision === 'exists') return ends(owner, 'canary-gone');
  if (memory.ownRevision === 'unknown') return { do: 'look-for', revision: caller.revision };
  return { do: 'start', record: canaryDraft(record, drive, at) };
}

/** null: the clone is ready, or there is none. */
export function untilCloneReady(owner: Owner): Decision | null {
  const { clone: revision } = owner.record;
  if (revision === null) return null;
  const lost = { gone: 'baseline-lost', failed: 'baseline-lost' } as const;
  return untilReady(owner, { revision, state: cloneOf(owner) }, lost);
}

/** Above 0 %. null: nothing is known against it, or there is none. */
export function brokenClone(owner: Owner): Decision | null {
  const { clone } = owner.record;
  if (clone === null) return null;
  const state = cloneOf(owner);
  if (state === null) return { do: 'inspect', revision: clone };
  const isBroken = typeof state.health === 'object' || state.health === 'gone';
  return isBroken ? ends(owner, 'baseline-lost') : null;
}

/** What is raised with the canary must be as surely ready as that. */
export function isCloneReady(owner: Owner): boolean {
  return owner.record.clone === null || cloneOf(owner)?.health === 'ready';
}

function cloneOf({ situation }: Owner): RevisionState | null {
  return situation.memory.clone;
}
