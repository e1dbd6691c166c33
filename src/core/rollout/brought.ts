/** What must be true of a revision that somebody else has made before it is a canary. */
import type { Finding } from '../problem.ts';
import type { RevisionState } from '../decision-types.ts';
import type { ServiceSnapshot } from '../types.ts';
import { soleRevision } from './traffic.ts';

type Fault = Pick<Finding, 'wrong' | 'advice'>;

const WITHOUT_TRAFFIC =
  'Deploy it without traffic: `--no-traffic` in gcloud, `no_traffic: true` in deploy-cloudrun, in ' +
  'Terraform a `traffic` block that names the revision that serves. Send 100 % to that one first.';

/** `state` null: not known. null: nothing is wrong with it. */
export function broughtFault(
  service: ServiceSnapshot,
  brings: string,
  state: RevisionState | null,
): Fault | null {
  const { asked, followsLatest, latestCreated } = service;
  if (soleRevision(asked) === brings) return servesAlready(followsLatest);
  if (followsLatest && latestCreated === brings && isUnfinished(state)) {
    const wrong = 'gets all traffic as soon as it is ready, for the service follows LATEST';
    return { wrong, advice: WITHOUT_TRAFFIC };
  }
  if (state?.health === 'gone') {
    return {
      wrong: 'does not exist in this service',
      advice: 'Write a name that `gcloud run revisions list --service=SERVICE` shows.',
    };
  }
  if (state === null || typeof state.health !== 'object') return null;
  return {
    wrong: 'failed to start',
    advice: `Cloud Run says: ${state.health.failed} Make another one.`,
  };
}

function servesAlready(followsLatest: boolean): Fault {
  return followsLatest
    ? {
        wrong: 'has all traffic already, for the service follows LATEST',
        advice: WITHOUT_TRAFFIC,
      }
    : {
        wrong: 'has all traffic already, so there is nothing to compare it with',
        advice: 'Name a revision without traffic.',
      };
}

/** What is being deployed at this moment is the very revision that is brought, and without traffic. */
export function isOnlyStarting(service: ServiceSnapshot, brings: string | undefined): boolean {
  return brings !== undefined && service.latestCreated === brings && !service.followsLatest;
}

function isUnfinished(state: RevisionState | null): boolean {
  return state === null || state.health === 'pending';
}
