import type { StartResult } from '../contract.ts';
import type { Condition, ServiceSpec, Template, TrafficTarget } from './objects.ts';

/** What the model remembers; objects.ts is what clients see of it. */

export type RevisionState = {
  readonly name: string;
  readonly uid: string;
  readonly createdAt: number;
  readonly creator: string;
  /** Order of creation within the service. */
  readonly ordinal: number;
  readonly template: Template;
  outcome: { readonly kind: 'pending' } | StartResult;
  changedAt: number;
  version: bigint;
};

export type ServiceState = {
  readonly name: string;
  readonly uid: string;
  readonly createdAt: number;
  readonly creator: string;
  lastModifier: string;
  version: bigint;
  generation: number;
  observed: number;
  /** Last generation that became Ready; v2 shows it as observedGeneration after a failure. */
  lastGood: number;
  /** Whether the time between asked and served has passed for this generation. */
  settled: boolean;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  spec: ServiceSpec;
  latestCreated: string;
  latestReady: string | null;
  /** What is really being served: it follows spec.traffic late, or not at all. */
  served: readonly TrafficTarget[];
  conditions: readonly Condition[];
  readonly revisions: Map<string, RevisionState>;
};

/** Behaviour that is reported by few or confirmed by nobody: either belief can be tested. */
export type Rules = {
  /** Time between asked and served; null: an operation that never ends. */
  settleMs: number | null;
  /** Added to the time a revision needs to start. */
  readyDelayMs: number;
  /** Whether a stale metadata.resourceVersion is refused. */
  fenced: boolean;
  /** Whether v2 refuses a stale etag; reported not to. */
  etagEnforced: boolean;
  /** Whether a change of status alone makes a new resourceVersion. */
  statusBumpsVersion: boolean;
  /** What makes a new generation. */
  generationCounts: 'spec' | 'every-write';
  /** Traffic that names a revision which is not there. */
  missingTarget: 'refuse' | 'fail-routes';
  /** Instances that the quota of the region lets a revision ask for. */
  mostInstances: number;
};

export const usualRules: Readonly<Rules> = {
  settleMs: 300,
  readyDelayMs: 0,
  fenced: true,
  etagEnforced: false,
  statusBumpsVersion: true,
  generationCounts: 'spec',
  missingTarget: 'refuse',
  mostInstances: Infinity,
};
