/**
 * decide for the first revision of a service: there is nothing that it could be compared with, so it
 * is no canary and has no record. A note on the service tells later attempts of the run whose it is.
 * The rows are in docs/protocol.md.
 */
import type { Caller, Doom } from '../decision-types.ts';
import type { FirstDeployment } from '../service-types.ts';
import type { Millis, Plan, ServiceSnapshot } from '../types.ts';
import { UNFENCED } from './answers.ts';
import { sameSplit, soleRevision } from './traffic.ts';

/** What this process knows and the service does not. */
export type FirstMemory = {
  readonly cancelled: boolean;
  /** A write was sent, and may arrive at any time. */
  readonly sent: boolean;
  readonly fence: 'unproved' | 'proved' | 'absent';
  /** Since the last write, or since it began to watch. */
  readonly waited: Millis;
  /** null: not asked. */
  readonly probe: { readonly ok: boolean; readonly why: string } | null;
};

export type FirstSituation = {
  /** null: there is no such service. */
  readonly service: ServiceSnapshot | null;
  readonly caller: Caller;
  readonly plan: Plan;
  readonly memory: FirstMemory;
};

export type FirstDecision =
  /** There is a revision that works: what is wanted is a canary like any other. */
  | { readonly do: 'canary' }
  | { readonly do: 'prove-fence' }
  /** Make the service, or give the one that is there the template. */
  | { readonly do: 'deploy'; readonly first: FirstDeployment }
  | { readonly do: 'probe'; readonly url: string; readonly revision: string }
  | { readonly do: 'wait'; readonly why: string }
  | {
      readonly do: 'stop';
      readonly outcome: 'deployed' | 'deploy-failed' | 'refused' | 'nothing-open';
      readonly why: string;
      /** Cloud Run's own words, where they are the reason; null: it has said nothing. */
      readonly said: string | null;
    };

type Stop = Extract<FirstDecision, { do: 'stop' }>;
type Existing = FirstSituation & { readonly service: ServiceSnapshot };

export function decideFirst(situation: FirstSituation): FirstDecision {
  const { service, plan } = situation;
  if (service === null) {
    return plan.change.image === null
      ? stop(
          'refused',
          'The service does not exist, and no image is given to make it with. Write one in image.',
        )
      : begin(situation);
  }
  const existing = { ...situation, service };
  if (service.record !== 'none') return { do: 'canary' };
  const own = ownRevision(existing);
  if (hasServed(service)) return own === null ? { do: 'canary' } : untilServed(existing, own);
  if (isUnsettled(service)) return whileStarting(existing, own);
  // What an earlier attempt has deployed in vain is deployed anew.
  if (own?.attempt === situation.caller.attempt) return failed(existing, own);
  return untilFenced(existing) ?? begin(situation);
}

/** A revision of it is, or once was, ready. */
export function hasServed({ latestReady, served }: ServiceSnapshot): boolean {
  return latestReady !== '' || Object.keys(served).length > 0;
}

/** null: somebody else, or another plan, has made what is there now. */
function ownRevision({ service, caller, plan }: Existing): FirstDeployment | null {
  const { first, latestCreated } = service;
  const isOwn = first?.rolloutId === caller.rolloutId && first.planHash === plan.hash;
  // Before the status speaks of the write, it names the revision before.
  const isThere = latestCreated === first?.revision || latestCreated === '' || !service.observed;
  return isOwn && isThere ? first : null;
}

function isUnsettled(service: ServiceSnapshot): boolean {
  return service.ready === 'pending' || !service.observed;
}

function begin({ caller, plan, memory }: FirstSituation): FirstDecision {
  if (memory.cancelled && !memory.sent) {
    return stop('nothing-open', 'Cancelled before anything was changed.');
  }
  if (memory.cancelled) return cancelledHalfway();
  const { rolloutId, attempt, revision } = caller;
  return { do: 'deploy', first: { rolloutId, attempt, revision, planHash: plan.hash } };
}

/** null: the write may be sent. */
function untilFenced({ service, plan, memory }: Existing): FirstDecision | null {
  if (!service.followsLatest) {
    return stop(
      'refused',
      'The service has no revision that is ready, and its traffic names one, so a new one would get none. Run gcloud run services update-traffic SERVICE --region=REGION --to-latest first.',
    );
  }
  if (memory.cancelled) return null;
  if (memory.fence === 'unproved') return { do: 'prove-fence' };
  return memory.fence === 'absent' && !plan.allowUnfenced ? stop('refused', UNFENCED) : null;
}

function whileStarting(
  { plan, memory, service }: Existing,
  own: FirstDeployment | null,
): FirstDecision {
  if (memory.cancelled) {
    return own === null
      ? stop('nothing-open', 'Cancelled before anything was changed.')
      : cancelledHalfway();
  }
  if (memory.waited < plan.deployTimeout) {
    const what = own === null ? 'a deployment of somebody else' : own.revision;
    return { do: 'wait', why: `${what} is starting` };
  }
  const within = `within ${plan.deployTimeout / 1000} s`;
  return own === null
    ? stop(
        'refused',
        `The first deployment of the service, ${service.latestCreated}, is somebody else's and was not ready ${within}. Nothing was changed.`,
      )
    : stop('deploy-failed', `${own.revision} was not ready ${within}. ${LEFT}`);
}

/** It is ready; what is left is that it has the traffic, and answers. */
function untilServed({ service, plan, memory }: Existing, own: FirstDeployment): FirstDecision {
  // Somebody has deployed, or moved the traffic, since.
  if (soleRevision(service.asked) !== own.revision) return { do: 'canary' };
  const isServed = !isUnsettled(service) && sameSplit(service.asked, service.served);
  if (!isServed || service.url === '') {
    if (memory.cancelled) return cancelledHalfway();
    if (memory.waited < plan.deployTimeout) {
      return { do: 'wait', why: `${own.revision} is not served yet` };
    }
    return stop(
      'deploy-failed',
      `${own.revision} is ready, but not served. ${LEFT}`,
      saidBy(service),
    );
  }
  if (plan.smoke === null) return deployed(own, 'It was not probed: smoke_path is off.');
  if (memory.probe === null) {
    if (memory.cancelled) return cancelledUnproved(own);
    return { do: 'probe', url: service.url, revision: own.revision };
  }
  const { ok, why } = memory.probe;
  return ok
    ? deployed(own, why)
    : stop('deploy-failed', `${own.revision} has all traffic, but does not work. ${why} ${LEFT}`);
}

const LEFT = 'It was left as it is: there is no revision to go back to.';

function deployed({ revision }: FirstDeployment, how: string): Stop {
  return stop(
    'deployed',
    `${revision} is the first revision that works, so it was no canary: there was nothing to compare it with, and Cloud Run gave it all traffic at once. ${how}`,
  );
}

function failed({ service }: Existing, { revision }: FirstDeployment): Stop {
  return stop('deploy-failed', `${revision} did not start. ${LEFT}`, saidBy(service));
}

function saidBy({ ready }: ServiceSnapshot): string | null {
  return typeof ready === 'object' ? ready.failed : null;
}

/** A first deployment that ended because of what Cloud Run said, as of a canary; null: it did not. */
export function firstDoom({ said }: { readonly said: string | null }): Doom | null {
  const why = `Cloud Run says: ${said}`;
  return said === null ? null : { reason: 'not-ready', why, said, rollout: '' };
}

function cancelledHalfway(): Stop {
  return stop(
    'deploy-failed',
    'Cancelled while the first revision was being deployed. Nothing was undone, and Cloud Run goes on with it.',
  );
}

function cancelledUnproved({ revision }: FirstDeployment): Stop {
  return stop(
    'deploy-failed',
    `Cancelled before ${revision}, which has all traffic, had passed its smoke test. Nothing was undone; re-run the job to have it asked.`,
  );
}

function stop(outcome: Stop['outcome'], why: string, said: string | null = null): Stop {
  return { do: 'stop', outcome, why, said };
}
