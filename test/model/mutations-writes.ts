/** Broken in how it writes: without a version, in two writes, from a state that only the process has. */
import { decide } from '../../src/core/rollout/machine.ts';
import { splitOf } from '../../src/core/rollout/traffic.ts';
import type { Situation } from '../../src/core/decision-types.ts';
import type { ServiceSnapshot } from '../../src/core/types.ts';
import type { Design, Request } from './design.ts';
import { stamped } from './sending.ts';

type Hooks = Partial<Omit<Design, 'name'>>;

/** Takes for granted what it could have asked. */
function trusting(situation: Situation): Situation {
  return { ...situation, memory: { ...situation.memory, fence: 'proved', ownRevision: 'absent' } };
}

/** Sees the split that the record asks for, whatever is there. */
export function undrifted(service: ServiceSnapshot): ServiceSnapshot {
  const { record } = service;
  const expected = typeof record === 'string' ? 'as-found' : splitOf(record);
  return expected === 'as-found' ? service : { ...service, asked: expected };
}

/** Where the rollout stands is known to the process alone, and no annotation is written. */
const stateInProcess: Hooks = {
  decide: (situation) => decide(trusting(situation)),
  see: undrifted,
  recall: (own) => own ?? 'none',
  ownAfter: (answer, own, request) => (answer === 'applied' ? stamped(request.record) : own),
};

function blind(request: Request): Request {
  return { ...request, blind: true };
}

function isUndone({ record }: Request): boolean {
  return record.phase === 'rolled-back' || record.phase === 'start-failed';
}

/** gcloud in a script: no version, and the state in the process. */
export const naive: Hooks = {
  ...stateInProcess,
  requests: (request, read) => [blind({ ...request, text: read.text })],
};

/** Versions, but the state in the process. */
export const etagOnly: Hooks = {
  ...stateInProcess,
  requests: (request, read) => [{ ...request, text: read.text }],
};

/** A record, and writes that replace whatever is there. */
export const leaseNoFence: Hooks = { requests: (request) => [blind(request)] };

/** The traffic, then the annotation. */
export const twoWrites: Hooks = {
  requests: (request, read) =>
    request.creates === null ? [{ ...request, text: read.text }, request] : [request],
};

/** The annotation, then the traffic. */
export const recordFirst: Hooks = {
  requests: (request, read) =>
    request.creates === null ? [{ ...request, split: read.asked }, request] : [request],
};

/** After a conflict or a timeout: the new version, the same body. */
export const resendSameBody: Hooks = {
  sendsAgain: (answer) => answer === 'conflict' || answer === 'lost' || answer === 'late',
};

/** "409 means that somebody has done it." */
export const ack409: Hooks = {
  see: undrifted,
  recall: (own, read) => own ?? read,
  ownAfter: (answer, own, request) =>
    answer === 'applied' || answer === 'conflict' ? stamped(request.record) : own,
};

/** "A rollback must always win." */
export const forcedRollback: Hooks = {
  requests: (request) => [isUndone(request) ? blind(request) : request],
};

/** The start gives the canary its first percent at once. */
export const noZeroStage: Hooks = {
  requests: (request) => {
    const { creates, record } = request;
    const split = { [record.stable]: 90, [record.canary]: 10 };
    return [creates === null ? request : { ...request, split }];
  },
};

/** A second canary beside the one that is judged: each keeps the other's share. */
export const stacked: Hooks = {
  see: (service) => {
    const seen = undrifted(service);
    return { ...seen, served: seen.asked };
  },
  requests: (request, read) => [{ ...request, split: besideOthers(request, read.asked) }],
};

function besideOthers({ record, creates, split }: Request, asked: Request['split']) {
  if (creates !== null) return asked;
  const others = Object.entries(asked).filter(
    ([name]) => name !== record.stable && name !== record.canary,
  );
  const theirs = others.reduce((sum, [, percent]) => sum + percent, 0);
  const left = (split[record.stable] ?? 0) - theirs;
  return left > 0 ? { ...Object.fromEntries(others), ...split, [record.stable]: left } : split;
}
