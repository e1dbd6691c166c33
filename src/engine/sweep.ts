/** Deletes canaries that were undone, where the user wants that. It changes no ending, and never throws. */
import { findingText, Problem } from '../core/problem.ts';
import type { RolloutRecord, ServiceSnapshot } from '../core/types.ts';
import type { CloudRun, Log, Remover } from './ports.ts';

export type Sweep = {
  readonly cloudRun: Pick<CloudRun, 'read'>;
  readonly remover: Remover;
  readonly log: Pick<Log, 'line' | 'notice'>;
};

/** The canary of a rollout that was undone; null: it is not over, or the canary stayed. */
export function undoneCanary(record: RolloutRecord | 'none' | 'unreadable'): string | null {
  if (typeof record === 'string') return null;
  return record.phase === 'rolled-back' || record.phase === 'start-failed' ? record.canary : null;
}

/** `canaries`: of the rollout before and of this one; null: that one was not undone. */
export async function sweep(tools: Sweep, canaries: readonly (string | null)[]): Promise<void> {
  const names = new Set(canaries.filter((name) => name !== null));
  if (names.size === 0) return;
  try {
    const service = await tools.cloudRun.read();
    for (const name of names) tools.log.line(await sweepOne(tools, service, name));
  } catch (error) {
    // Nothing depends on it, so nothing else than a word of it comes of whatever went wrong.
    const why = error instanceof Problem ? ` ${wordsOf(error)}` : '';
    tools.log.notice(`A canary that was undone could not be deleted.${why}`);
  }
}

async function sweepOne(tools: Sweep, service: ServiceSnapshot, name: string): Promise<string> {
  const kept = whyKept(service, name);
  if (kept !== null) return `${name} is not deleted: ${kept}.`;
  switch (await tools.remover.remove(name)) {
    case 'deleted':
      return `${name}, which was undone, is being deleted.`;
    case 'gone':
      return `${name}, which was undone, is deleted already.`;
    case 'not-ours':
      return `${name} is not deleted: no rollout has made it.`;
  }
}

/** Cloud Run refuses the same; it is not asked what it would not do. */
function whyKept(service: ServiceSnapshot, name: string): string | null {
  const { asked, served, tags, record, latestCreated, latestReady } = service;
  if (Object.hasOwn(asked, name) || Object.hasOwn(served, name)) return 'it has traffic';
  const tag = tags.find(({ revision }) => revision === name);
  if (tag !== undefined) return `it has the tag ${tag.tag}`;
  if (typeof record !== 'string' && record.stable === name) return 'a rollout may go back to it';
  return name === latestCreated || name === latestReady
    ? 'it is the latest revision, and Cloud Run keeps that. The next rollout with delete_failed_canary deletes it'
    : null;
}

function wordsOf({ summary, advice, findings }: Problem): string {
  return [summary, ...findings.map(findingText), advice].join(' ').trim();
}
