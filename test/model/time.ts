/**
 * The model has no clock: whoever reads may believe anything about the time, at any moment. So every
 * instant in a record or a memory is put back to one and the same, and each read is tried with a time
 * of each kind that decide can tell apart.
 */
import { isMeant } from './meant.ts';
import type { Judgement, Verdict } from '../../src/core/judging-types.ts';
import type { Goal, Memory, RevisionState, StageMemory } from '../../src/core/decision-types.ts';
import type { RecordDraft } from '../../src/core/types.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-11-20T15:00:00Z');

export const BAKE = 10 * MINUTE;
export const PATIENCE = 15 * MINUTE;
export const TIMING = { samplePeriod: MINUTE, ingestDelay: 3 * MINUTE };
/** So that a read may be soon after it and yet be worth a look. */
const UNSERVED = START + 2 * MINUTE;
const DUE = START + 10 * 60 * MINUTE;

const TIMES = {
  /** Nothing can have arrived yet. */
  'at once': START,
  /** A whole sample period has arrived. */
  'during the bake': START + TIMING.ingestDelay + 2 * MINUTE,
  'after the bake': START + BAKE + TIMING.ingestDelay,
  'out of patience': START + BAKE + TIMING.ingestDelay + PATIENCE,
  'past due': DUE + MINUTE,
} as const;

export type Belief = keyof typeof TIMES;

export const BELIEFS: readonly Belief[] = [
  'at once',
  'during the bake',
  'after the bake',
  'out of patience',
  'past due',
];

export function timeOf(belief: Belief): number {
  return TIMES[belief];
}

export function timeless(draft: RecordDraft): RecordDraft {
  const open = draft.phase === 'active' || draft.phase === 'held';
  return {
    ...draft,
    at: START,
    due: open ? DUE : START,
    servedAt: draft.servedAt === null ? null : START,
    changedAt: draft.changedAt.map(() => START),
  };
}

/** What is left of a memory: all that decide looks at, without its instants and sentences. */
export function timelessMemory(memory: Memory): Memory {
  const { canary, clone, doom, stage, left, ownState } = memory;
  // Of no interest but to the one who has asked for its revision.
  const kept = memory.ownRevision === 'absent' ? memory : withVersion(memory, null);
  return {
    ...kept,
    canary: namelessState(canary),
    clone: clone === null ? null : { health: nameless(clone.health), digest: null },
    // What is swept in the end is decided by nobody.
    clones: [],
    ownState: namelessState(ownState),
    doom: doom === null ? null : { reason: doom.reason, why: '', rollout: doom.rollout ?? '' },
    // Where a ramp stops, and until when it is held; every ramp here is told the first.
    found: null,
    stage: stage === null ? null : timelessStage(stage),
    left: left === null ? null : { ...left, reason: 'reached' },
  };
}

/** Only whoever comes for one rollout asks which that was. */
export function relevant(memory: Memory, goal: Goal): Memory {
  return isMeant(goal) ? memory : { ...memory, met: null };
}

/** A version is only ever compared for equality: it is that of the service now, or it is not. */
export const CURRENT = 'current';
const OUTDATED = 'outdated';

/** The same memory once somebody has written. */
export function outdated(memory: Memory): Memory {
  return timelessMemory(withVersion(memory, OUTDATED));
}

function withVersion(memory: Memory, version: string | null): Memory {
  const fields: readonly (readonly [string, unknown])[] = Object.entries(memory);
  const entries = fields.map(([field, value]) => [
    field,
    value === CURRENT || value === OUTDATED ? version : value,
  ]);
  return Object.fromEntries(entries) as Memory;
}

function namelessState(state: RevisionState | null): RevisionState | null {
  return state === null ? null : { health: nameless(state.health), digest: state.digest };
}

function nameless(health: NonNullable<Memory['canary']>['health']) {
  return typeof health === 'string' ? health : { failed: '' };
}

function timelessStage(stage: StageMemory): StageMemory {
  return {
    ...stage,
    servedSince: stage.servedSince === null ? null : START,
    unservedSince: stage.unservedSince === null ? null : UNSERVED,
    // It spaces the looks, which beliefs do here, and tells whether there has been one.
    lookedAt: stage.lookedAt === null ? null : START,
    judgement: stage.judgement === null ? null : judgementOf(stage.judgement.verdict),
  };
}

/** As the judge answers, with nothing in it but the verdict. */
export function judgementOf(verdict: Verdict): Judgement {
  return JUDGEMENTS[verdict];
}

const JUDGEMENTS: Readonly<Record<Verdict, Judgement>> = {
  pass: aJudgement('pass'),
  fail: aJudgement('fail'),
  unknown: aJudgement('unknown'),
};

function aJudgement(verdict: Verdict): Judgement {
  return {
    verdict,
    reason: 'still-baking',
    checks: [
      {
        metric: 'error-rate',
        verdict,
        canary: null,
        baseline: null,
        limit: null,
        logEvidence: null,
        why: '',
      },
    ],
    canaryRequests: 0,
    baselineRequests: 0,
    logEvidence: null,
    settled: false,
    why: '',
    notices: [],
    observation: { from: START, to: START, minutes: [], history: [], log: null, complete: true },
  };
}
