/** Broken in what becomes of the clone of a fresh baseline. */
import { awaitsCanary } from '../../src/core/rollout/clone.ts';
import { canaryDraft, isFinal } from '../../src/core/rollout/drafts.ts';
import { decide } from '../../src/core/rollout/machine.ts';
import { planFor } from '../../src/core/rollout/plan.ts';
import type { Design } from './design.ts';
import { imageDigest } from './service.ts';

type Hooks = Partial<Omit<Design, 'name'>>;

/** Gives back the canary's share, and forgets the clone's. */
export const cloneLeft: Hooks = {
  requests: (request, read) => {
    const { record, split } = request;
    const [clone] = Object.keys(read.asked).filter((name) => name.endsWith('-b'));
    const share = clone === undefined ? 0 : (read.asked[clone] ?? 0);
    if (!isFinal(record) || record.phase === 'released' || share === 0) return [request];
    const [sole = record.stable] = Object.keys(split);
    return [{ ...request, split: { [clone!]: share, [sole]: 100 - share } }];
  },
};

/** Makes the canary without knowing what has become of the clone. */
export const canaryUnasked: Hooks = {
  decide: (situation) => {
    const clone = { health: 'ready', digest: imageDigest('a') } as const;
    return decide({ ...situation, memory: { ...situation.memory, clone } });
  },
};

/** Makes the canary beside a clone that another attempt has made. */
export const canaryOfOthers: Hooks = {
  decide: (situation) => {
    const { goal, service } = situation;
    const { record } = service;
    if (goal.kind !== 'drive' || typeof record === 'string') return decide(situation);
    const plan = planFor(goal, service);
    if (plan === null || !awaitsCanary(record)) return decide(situation);
    return { do: 'start', record: canaryDraft(record, { ...goal, plan }, service.readAt) };
  },
};
