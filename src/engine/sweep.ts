/**
 * Deletes canaries that were undone, where the user wants that, and the clones of rollouts that are
 * over. It changes no ending, and never throws.
 */
import { findingText, Problem } from '../core/problem.ts';
import type { RolloutRecord, ServiceSnapshot } from '../core/types.ts';
import { isFinal } from '../core/rollout/drafts.ts';
import type { Ending } from './loop.ts';
import type { CloudRun, Log, Remover } from './ports.ts';

export type Sweep = {
  readonly cloudRun: Pick<CloudRun, 'read'>;
  readonly remover: Remover;
  readonly log: Pick<Log, 'line' | 'notice'>;
};

/**
 * The canary of a rollout that was undone; null: it is not over, or the canary stayed. One that was
 * brought is whose it was before, also where a rollout of ours once made it.
 */
export function undoneCanary(record: RolloutRecord | 'none' | 'unreadable'): string | null {
  if (typeof record === 'string' || record.brought === true) return null;
  return record.phase === 'rolled-back' || record.phase === 'start-failed' ? record.canary : null;
}

/** `canaries`: of the rollout before and of this one; null: that one was not undone. */
export async function sweep(tools: Sweep, canaries: readonly (string | null)[]): Promise<void> {
  await sweepAll(tools, { names: canaries, are: 'A canary that was undone', was: UNDONE });
}

/** Of rollouts that it has seen open and that are over. What is left has no traffic, and costs nothing. */
export async function sweepClones(
  tools: Sweep,
  { service, memory }: Pick<Ending, 'service' | 'memory'>,
): Promise<void> {
  const record = service?.record ?? 'none';
  // What is open goes on with its clone, and nobody knows what an erased record stood for.
  if (typeof record === 'string' || !isFinal(record)) return;
  await sweepAll(tools, {
    names: memory.clones,
    are: 'The clone of a stable revision',
    was: CLONED,
  });
}

const UNDONE = 'which was undone';
const CLONED = 'the clone of the stable revision';

type Swept = {
  readonly names: readonly (string | null)[];
  readonly are: string;
  readonly was: typeof UNDONE | typeof CLONED;
};

type One = Pick<Swept, 'was'> & { readonly name: string };

async function sweepAll(tools: Sweep, { names: all, are, was }: Swept): Promise<void> {
  const names = new Set(all.filter((name) => name !== null));
  if (names.size === 0) return;
  try {
    const service = await tools.cloudRun.read();
    for (const name of names) tools.log.line(await sweepOne(tools, service, { name, was }));
  } catch (error) {
    // Nothing depends on it, so nothing else than a word of it comes of whatever went wrong.
    const why = error instanceof Problem ? ` ${wordsOf(error)}` : '';
    tools.log.notice(`${are} could not be deleted.${why}`);
  }
}

async function sweepOne(tools: Sweep, service: ServiceSnapshot, one: One): Promise<string> {
  const { name, was } = one;
  const kept = whyKept(service, one);
  if (kept !== null) return `${name} is not deleted: ${kept}.`;
  switch (await tools.remover.remove(name)) {
    case 'deleted':
      return `${name}, ${was}, is being deleted.`;
    case 'gone':
      return `${name}, ${was}, is deleted already.`;
    case 'not-ours':
      return `${name} is not deleted: no rollout has made it.`;
  }
}

/** Cloud Run refuses the same; it is not asked what it would not do. */
function whyKept(service: ServiceSnapshot, { name, was }: One): string | null {
  const { asked, served, tags, record, latestCreated, latestReady } = service;
  const isRecorded = typeof record !== 'string';
  if (Object.hasOwn(asked, name) || Object.hasOwn(served, name)) return 'it has traffic';
  const tag = tags.find(({ revision }) => revision === name);
  if (tag !== undefined) return `it has the tag ${tag.tag}`;
  if (isRecorded && record.stable === name) return 'a rollout may go back to it';
  if (isRecorded && record.clone === name) return 'another rollout has it';
  if (isRecorded && record.brought === true && record.canary === name) return 'it was brought';
  if (name !== latestCreated && name !== latestReady) return null;
  const later =
    was === UNDONE
      ? 'The next rollout with delete_failed_canary deletes it'
      : 'It has no traffic, and costs nothing';
  return `it is the latest revision, and Cloud Run keeps that. ${later}`;
}

function wordsOf({ summary, advice, findings }: Problem): string {
  return [summary, ...findings.map(findingText), advice].join(' ').trim();
}
