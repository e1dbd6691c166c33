/**
 * The clones of rollouts that are over. They have no traffic and cost nothing, so it is tried once:
 * whatever becomes of it, the rollout has ended as it has (L7).
 */
import { isFinal } from '../core/rollout/drafts.ts';
import { Problem } from '../core/problem.ts';
import type { Memory } from '../core/decision-types.ts';
import type { ServiceSnapshot } from '../core/types.ts';
import type { Errand } from './loop.ts';

export async function sweep(
  { ports, observer }: Pick<Errand, 'ports' | 'observer'>,
  service: ServiceSnapshot,
  { clones }: Memory,
): Promise<void> {
  const { record } = service;
  // What is open may be going on with it, and nobody knows what an erased record stood for.
  if (typeof record === 'string' || !isFinal(record)) return;
  for (const clone of clones) {
    const why = isNeeded(service, clone) ?? (await removed(ports, clone));
    observer.remark(
      why === null
        ? `${clone}, the clone of the stable revision, was deleted.`
        : `${clone}, the clone of the stable revision, is left: ${why} It has no part in the rollout any more.`,
    );
  }
}

/** null: nobody does. */
function isNeeded({ asked, served, tags, latestCreated }: ServiceSnapshot, clone: string) {
  if (Object.hasOwn(asked, clone) || Object.hasOwn(served, clone)) return 'it has traffic.';
  if (tags.some(({ revision }) => revision === clone)) return 'somebody has given it a tag.';
  return latestCreated === clone ? 'the template in force is its own.' : null;
}

/** null: it is. */
async function removed({ revisions }: Errand['ports'], clone: string): Promise<string | null> {
  try {
    await revisions.remove(clone);
    return null;
  } catch (error) {
    return error instanceof Problem ? error.summary : 'it could not be deleted.';
  }
}
