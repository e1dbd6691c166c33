/** Broken in what it decides. */
import { finalDraft, isFinal, startDraft, takeDraft } from '../../src/core/rollout/drafts.ts';
import { decide } from '../../src/core/rollout/machine.ts';
import { planFor } from '../../src/core/rollout/plan.ts';
import type { Decision, Goal, Situation } from '../../src/core/decision-types.ts';
import type { RolloutRecord, Split } from '../../src/core/types.ts';
import type { Design } from './design.ts';
import { undrifted } from './mutations-writes.ts';
import { imageDigest } from './service.ts';

type Hooks = Partial<Omit<Design, 'name'>>;

/** Does not compare the split with the record. */
export const noDriftCheck: Hooks = { see: undrifted };

/** The post step rolls back whatever is active. */
export const cancelNoOwner: Hooks = {
  decide: (situation) => {
    const { goal, service } = situation;
    const record = openIn(situation);
    if (goal.kind !== 'clean-up' || record === null) return decide(situation);
    const ending = { reason: 'cancelled', at: service.readAt } as const;
    return { do: 'write', record: finalDraft(record, 'rolled-back', ending) };
  },
};

/** No data counts as a pass. */
export const nodataPass: Hooks = {
  judged: (verdict) => (verdict === 'fail' ? 'fail' : 'pass'),
};

/** Judges before the split is served. */
export const noSettle: Hooks = { see: (service) => ({ ...service, served: service.asked }) };

/** A re-run starts over; whoever has most is the stable revision. */
export const rerunRestarts: Hooks = {
  decide: (situation) => {
    const { goal, caller } = situation;
    const record = openIn(situation);
    const older = record?.rolloutId === caller.rolloutId && record.attempt < caller.attempt;
    return goal.kind === 'drive' && older
      ? startOf(situation, goal, biggest(situation.service.asked))
      : decide(situation);
  },
};

/** The scheduled job restores without looking. */
export const reconcileBlind: Hooks = {
  see: (service, goal) => (goal.kind === 'reconcile' ? undrifted(service) : service),
};

/** Any attempt of the run may take over, at any time, and nobody remembers that there was a later one. */
export const takeBack: Hooks = {
  decide: (situation) => {
    const { goal, caller } = situation;
    const record = openIn(situation);
    const theirs = record?.rolloutId === caller.rolloutId && record.attempt !== caller.attempt;
    if (goal.kind !== 'drive' || record === null || !theirs) return decide(situation);
    return taken(situation, { ...record, starterAttempt: 1 }, goal) ?? decide(situation);
  },
};

/** Whoever is to go on with a rollout takes it from whoever drives it. */
export const takeActive: Hooks = {
  decide: (situation) => {
    const { goal, caller, memory } = situation;
    const record = openIn(situation);
    const theirs = record !== null && record.owner !== caller.rolloutId;
    if (goal.kind !== 'drive' || goal.mayStart || memory.drove || !theirs) return decide(situation);
    return taken(situation, record, goal) ?? decide(situation);
  },
};

/** Any attempt of the run that started it may have it back. */
export const noStarter: Hooks = { see: withStarter(() => 1) };

/** So may every attempt from the one that made the canary on. */
export const noOvertaken: Hooks = { see: withStarter(({ startedBy }) => startedBy) };

/** What is held is held without a word on the image that was found. */
export const heldUnseen: Hooks = {
  decide: (situation) => {
    const decision = decide(situation);
    const { record } = situation.service;
    if (decision.do !== 'write' || typeof record === 'string') return decision;
    if (decision.record.phase !== 'held') return decision;
    return { do: 'write', record: { ...decision.record, image: record.image } };
  },
};

/** Takes a gate for one more stage that has passed. */
export const openGates: Hooks = {
  decide: (situation) => {
    const { goal } = situation;
    return decide(
      goal.kind === 'drive' ? { ...situation, goal: { ...goal, opensGates: true } } : situation,
    );
  },
};

/** One attempt may start a second rollout. */
export const startAgain: Hooks = {
  decide: (situation) => {
    const forgets = situation.service.record === 'none';
    const memory = { ...situation.memory, drove: false, doom: null };
    return decide(forgets ? { ...situation, memory } : situation);
  },
};

/** Judges again after a rollback that was not taken. */
export const noLatch: Hooks = {
  memoryAfter: (memory) => ({ ...memory, doom: null, stage: null, canary: null }),
};

/** Undoes for what a read shows, and looks again when that was not taken. */
export const noReasons: Hooks = { keeps: (memory) => memory };

/** Does not look for its own revision. */
export const noWitness: Hooks = {
  decide: (situation) => {
    const memory = { ...situation.memory, ownRevision: 'absent' } as const;
    return decide({ ...situation, memory });
  },
};

/** Knows of no rollout but the last one. */
export const noHistory: Hooks = {
  see: (service) => {
    const { record } = service;
    return typeof record === 'string'
      ? service
      : { ...service, record: { ...record, history: [] } };
  },
};

/** Takes every run for one that has begun just now. */
export const noAge: Hooks = {
  decide: (situation) => {
    const { caller, service } = situation;
    const { record } = service;
    if (typeof record === 'string' || record.owner === caller.rolloutId) return decide(situation);
    const decision = decide({ ...situation, caller: { ...caller, rolloutId: '1-99' } });
    if (decision.do !== 'write' || decision.record.owner !== '1-99') return decision;
    return { do: 'write', record: { ...decision.record, owner: caller.rolloutId } };
  },
};

/** Does to one rollout what it has come for, or found out, of another. */
export const noMeaning: Hooks = {
  decide: (situation) => decide({ ...situation, memory: { ...situation.memory, met: null } }),
};

/** The post step knows nothing of what main has found. */
export const noLegacy: Hooks = {
  decide: (situation) => {
    const { goal } = situation;
    return decide(
      goal.kind === 'clean-up' ? { ...situation, goal: { ...goal, doom: null } } : situation,
    );
  },
};

/** Takes LATEST for what it means at the moment. */
export const noLatest: Hooks = { see: (service) => ({ ...service, followsLatest: false }) };

/** Takes a new revision for ready. */
export const noReadiness: Hooks = {
  decide: (situation) => decide(withCanary(situation, imageDigest('a'))),
};

/** Goes by the name of the revision alone. */
export const noDigest: Hooks = {
  decide: (situation) =>
    decide(situation.memory.canary?.health === 'ready' ? withCanary(situation, null) : situation),
};

/** Rolls back where nothing is open. */
export const abortAnyway: Hooks = {
  decide: (situation) => {
    const { goal, service } = situation;
    const { record } = service;
    const orders = goal.kind === 'order' && goal.order === 'rollback' && !situation.memory.drove;
    if (!orders || typeof record === 'string' || !isFinal(record)) return decide(situation);
    const ending = { reason: 'ordered:rollback:ann', at: service.readAt } as const;
    return { do: 'write', record: finalDraft(record, 'rolled-back', ending) };
  },
};

/** Starts although another rollout is open. */
export const startBeside: NonNullable<Hooks['decide']> = (situation) => {
  const { goal, caller } = situation;
  const record = openIn(situation);
  const theirs = record !== null && record.rolloutId !== caller.rolloutId;
  return goal.kind === 'drive' && theirs && !situation.memory.drove
    ? startOf(situation, goal, record.stable)
    : decide(situation);
};

/** Takes another attempt for the highest of the starter's. */
function withStarter(attempt: (record: RolloutRecord) => number): NonNullable<Hooks['see']> {
  return (service) => {
    const { record } = service;
    return typeof record === 'string'
      ? service
      : { ...service, record: { ...record, starterAttempt: attempt(record) } };
  };
}

function openIn({ service }: Situation): RolloutRecord | null {
  const { record } = service;
  return typeof record === 'string' || isFinal(record) ? null : record;
}

type Drive = Extract<Goal, { kind: 'drive' }>;

function startOf(situation: Situation, goal: Drive, stable: string): Decision {
  const { service, caller } = situation;
  const plan = planFor(goal, service);
  if (plan === null) return decide(situation);
  return { do: 'start', record: startDraft(service, caller, { ...goal, plan, stable }) };
}

function taken({ service, caller }: Situation, record: RolloutRecord, goal: Drive) {
  const plan = planFor(goal, service);
  if (plan === null) return null;
  const drive = { ...goal, plan };
  return { do: 'write', record: takeDraft(record, caller, { drive, at: service.readAt }) } as const;
}

function biggest(split: Split): string {
  return Object.entries(split).reduce((most, next) => (next[1] > most[1] ? next : most))[0];
}

function withCanary(situation: Situation, digest: string | null): Situation {
  const memory = { ...situation.memory, canary: { health: 'ready', digest } as const };
  return { ...situation, memory };
}
