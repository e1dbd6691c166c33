/** decide where a rollout may begin: what must be true of the service, one thing after the other. */
import type { Decision, Goal, Situation } from '../decision-types.ts';
import type { Millis, Plan, ServiceSnapshot } from '../types.ts';
import { findingText } from '../problem.ts';
import { UNFENCED, stop } from './answers.ts';
import { broughtFault, isOnlyStarting } from './brought.ts';
import { mayStepAside, othersTemplate } from './clone.ts';
import { startDraft } from './drafts.ts';
import { removeTagCommand, sameSplit, soleRevision, splitText, strangersTag } from './traffic.ts';

const SHOWN_WITHIN: Millis = 60_000;
export const UNTIL_SHOWN: Decision = {
  do: 'wait',
  atMost: 1_000,
  why: 'the last split is not served yet',
};

type Start = Extract<Goal, { kind: 'drive' }> & { readonly plan: Plan };

export function beforeStart(situation: Situation, goal: Start): Decision {
  const { caller, service, memory } = situation;
  const { plan } = goal;
  const revision = plan.brings ?? caller.revision;
  if (plan.brings === undefined && memory.ownRevision === 'exists') return refuseTwice(revision);
  const stable = soleRevision(service.asked);
  const settled = sameSplit(service.asked, service.served);
  // Such as one that this very process has ended because it was abandoned.
  if (stable !== null && !settled && hasJustEnded(service)) return UNTIL_SHOWN;
  if (stable === null || !settled) return refuseSplit(service);
  // Pinning the traffic now would take it away from whoever is deploying at this moment.
  const isSettling = service.ready === 'pending' || !service.observed;
  if (isSettling && !isOnlyStarting(service, plan.brings)) {
    return { do: 'wait', atMost: 2_000, why: 'an earlier change of the service is still settling' };
  }
  if (strangersTag(service, plan.tag) !== null) return stop('refused', tagText(service, plan.tag));
  if (plan.baseline === 'fresh' && !mayStepAside(service, stable)) {
    return stop('refused', findingText(othersTemplate(service)));
  }
  if (memory.fence === 'unproved') return { do: 'prove-fence' };
  if (memory.fence === 'absent' && !plan.allowUnfenced) return stop('refused', UNFENCED);
  if (memory.ownRevision === 'unknown') return { do: 'look-for', revision };
  const fault = plan.brings === undefined ? null : broughtFault(service, revision, memory.ownState);
  if (fault !== null) {
    return stop('refused', `The revision ${revision} ${fault.wrong}. ${fault.advice}`);
  }
  const digest = memory.ownState?.digest ?? null;
  return { do: 'start', record: startDraft(service, caller, { ...goal, stable, digest }) };
}

function refuseTwice(revision: string): Decision {
  return stop(
    'refused',
    `The revision ${revision} exists already, and no rollout record speaks of it. If suffix names it, choose another; else check the traffic by hand, then start a new run.`,
  );
}

function refuseSplit({ asked, served }: ServiceSnapshot): Decision {
  return stop(
    'refused',
    `The traffic is split (${splitText(asked)} asked, ${splitText(served)} served) and no rollout explains it. Send 100 % to one revision first.`,
  );
}

export function hasJustEnded({ readAt, record }: ServiceSnapshot): boolean {
  return typeof record !== 'string' && readAt < record.at + SHOWN_WITHIN;
}

/** An erased record leaves the tag of its canary behind. */
function tagText({ record }: ServiceSnapshot, tag: string): string {
  const origin =
    record === 'none' ? ' It may be left over from a rollout whose record was erased.' : '';
  return `The tag ${tag} is in use.${origin} Choose another, or remove it: ${removeTagCommand(tag)}`;
}
