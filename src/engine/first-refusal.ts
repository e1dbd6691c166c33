/** A first deployment that Cloud Run has refused, with all that is known of the service, to be shown. */
import { Problem } from '../core/problem.ts';
import type { Instant, ServiceSnapshot } from '../core/types.ts';

export class FirstRefusal extends Problem {
  /** As it was read; null: there is nothing to show. */
  readonly service: ServiceSnapshot | null;

  constructor(problem: Problem, service: ServiceSnapshot | null) {
    const { code, summary, advice, findings, commands } = problem;
    super(code, { summary, advice, findings, commands });
    this.service = service;
  }
}

/** What a reader of a service would have found at that moment: that there is none. */
export function noService(readAt: Instant): ServiceSnapshot {
  return {
    readAt,
    version: '',
    generation: 0,
    observed: true,
    ready: 'pending',
    latestCreated: '',
    latestReady: '',
    followsLatest: false,
    asked: {},
    served: {},
    tags: [],
    url: '',
    entrance: { ingress: 'all', hasProxy: false, hasAddresses: true },
    image: '',
    scaling: { minInstances: null, isManual: false },
    runsAs: '',
    lastModifier: null,
    birth: null,
    first: null,
    record: 'none',
    plan: null,
  };
}
