/** What this process knows: `notice` learns from a read, `remember…` from the answer to one act. */
import { sameSplit } from './traffic.ts';
import type { Caller, Doom, Memory, RevisionState, StageMemory } from '../decision-types.ts';
import type { Judgement } from '../judging-types.ts';
import type { Instant, ServiceSnapshot } from '../types.ts';

export const EMPTY_MEMORY: Memory = {
  drove: false,
  cancelled: false,
  fence: 'unproved',
  ownRevision: 'unknown',
  canary: null,
  doom: null,
  stage: null,
};

export function notice(memory: Memory, caller: Caller, service: ServiceSnapshot): Memory {
  const { record } = service;
  if (typeof record === 'string') return { ...memory, stage: null };
  const own = record.rolloutId === caller.rolloutId && record.attempt === caller.attempt;
  const sameStage = memory.stage?.index === record.stage;
  return {
    ...memory,
    drove: memory.drove || (own && record.phase === 'active'),
    canary: sameStage ? memory.canary : null,
    stage: noticeStage(sameStage ? memory.stage : null, record.stage, service),
  };
}

function noticeStage(
  before: StageMemory | null,
  index: number,
  service: ServiceSnapshot,
): StageMemory {
  const stage = before ?? {
    index,
    servedSince: null,
    probed: false,
    lookedAt: null,
    judgement: null,
    closed: false,
  };
  const served = service.observed && sameSplit(service.served, service.asked);
  if (served) return { ...stage, servedSince: stage.servedSince ?? service.readAt };
  // What was measured before the split was lost says nothing about the time after it.
  return { ...stage, servedSince: null, judgement: null, closed: false };
}

/** After a wait only "ready" still holds; everything else is asked again. */
export function rememberWait(memory: Memory): Memory {
  return memory.canary?.health === 'ready' ? memory : { ...memory, canary: null };
}

/** A revision that failed is a reason to undo, and Cloud Run's own words say why. */
export function rememberCanary(memory: Memory, canary: RevisionState): Memory {
  const next = { ...memory, canary };
  const { health } = canary;
  return typeof health === 'object'
    ? doomed(next, { reason: 'not-ready', why: `Cloud Run says: ${health.failed}` })
    : next;
}

export function rememberProbe(memory: Memory, failure: string | null): Memory {
  if (failure !== null) return doomed(memory, { reason: 'probe-failed', why: failure });
  return memory.stage === null ? memory : { ...memory, stage: { ...memory.stage, probed: true } };
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
  const next = { ...memory, stage, canary: null };
  const failed = judgement?.checks.find((check) => check.verdict === 'fail');
  return failed === undefined
    ? next
    : doomed(next, { reason: `fail:${failed.metric}`, why: failed.why });
}

/** The first reason stays: data that look better later do not clear it (S10). */
export function doomed(memory: Memory, doom: Doom): Memory {
  return { ...memory, doom: memory.doom ?? doom };
}
