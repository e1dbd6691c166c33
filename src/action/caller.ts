/** Who this run is to the rollouts of a service. */
import type { Caller } from '../core/decision-types.ts';
import type { Request } from '../core/inputs/inputs.ts';
import { revisionName, suffixedName } from '../core/rollout/identity.ts';
import type { ServiceRef } from '../core/types.ts';
import type { RunContext } from '../edges/runner-context.ts';

export function callerOf(ref: ServiceRef, context: RunContext): Caller {
  return {
    rolloutId: `${context.repositoryId}-${context.runId}`,
    attempt: context.runAttempt,
    revision: revisionName(ref.service, context.runId, context.runAttempt),
    commit: context.headSha,
    runUrl: context.runUrl,
    dispatch: context.dispatch,
  };
}

/** As somebody who may have named the revision to start. */
export function startingCaller({ ref, suffix }: Request, context: RunContext): Caller {
  const caller = callerOf(ref, context);
  if (suffix === null) return caller;
  return { ...caller, revision: suffixedName(ref.service, suffix, context.runAttempt) };
}
