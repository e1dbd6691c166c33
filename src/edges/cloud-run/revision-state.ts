/** A v2 Revision → how it is and which image it really runs. */
import type { protos } from '@google-cloud/run';

import type { CanaryHealth, RevisionState } from '../../core/decision-types.ts';

type Revision = protos.google.cloud.run.v2.IRevision;
type Condition = protos.google.cloud.run.v2.ICondition;

export const GONE: RevisionState = { health: 'gone', digest: null };

const MESSAGE_LENGTH = 500;
/** Condition.State: the client gives names, and numbers for values that it does not know. */
const SUCCEEDED: readonly unknown[] = ['CONDITION_SUCCEEDED', 4];
const FAILED: readonly unknown[] = ['CONDITION_FAILED', 3];

export function readRevision(revision: Revision): RevisionState {
  // Set only in the answer to a deletion (proto, Revision.delete_time).
  if (revision.deleteTime) return GONE;
  return { health: healthOf(revision.conditions ?? []), digest: digestOf(revision) };
}

/** Ready is the terminal condition; the others say why it is not there. */
function healthOf(conditions: readonly Condition[]): CanaryHealth {
  const ready = conditions.find((condition) => condition.type === 'Ready');
  if (ready === undefined) return 'pending';
  if (SUCCEEDED.includes(ready.state)) return 'ready';
  if (!FAILED.includes(ready.state)) return 'pending';
  const failed = [ready, ...conditions.filter((condition) => FAILED.includes(condition.state))];
  const said = failed.map((one) => one.message || codeOf(one)).find((text) => text !== '');
  const code = failed.map(codeOf).find((text) => text !== '');
  return {
    // The message, or at least the code: CONTAINER_MISSING says something too.
    failed: (said ?? 'Cloud Run gives no reason.').slice(0, MESSAGE_LENGTH),
    ...(code === undefined ? {} : { code }),
  };
}

/** The client gives names, and numbers for codes that it does not know. */
function codeOf({ reason, revisionReason }: Condition): string {
  const code = reason ?? revisionReason;
  return typeof code === 'string' ? code : '';
}

/** The container with ports gets the requests; a lone one needs none. */
function digestOf(revision: Revision): string | null {
  const containers = revision.containers ?? [];
  const serving = containers.find((container) => container.ports?.length) ?? containers[0];
  const image = serving?.image ?? '';
  return /@sha256:[0-9a-f]{64}$/.test(image) ? image : null;
}
