import { randomUUID } from 'node:crypto';
import type { RevisionSpec } from '../contract.ts';
import type { Template } from './objects.ts';
import type { RevisionState, ServiceState } from './state.ts';
import type { ServiceDraft } from './validate.ts';

/** Services and revisions as they come into being. */
export function newService(draft: ServiceDraft, creator: string, now: number): ServiceState {
  return {
    name: draft.name,
    uid: randomUUID(),
    createdAt: now,
    creator,
    lastModifier: creator,
    version: 0n,
    generation: 0,
    observed: 0,
    lastGood: 0,
    settled: false,
    labels: {},
    annotations: {},
    spec: draft.spec,
    latestCreated: '',
    latestReady: null,
    served: [],
    conditions: [],
    revisions: new Map(),
  };
}

export function newRevision(
  service: ServiceState,
  birth: {
    readonly name: string;
    readonly template: Template;
    readonly creator: string;
    readonly now: number;
  },
): RevisionState {
  return {
    name: birth.name,
    uid: randomUUID(),
    createdAt: birth.now,
    creator: birth.creator,
    ordinal: service.generation,
    template: birth.template,
    outcome: { kind: 'pending' },
    changedAt: birth.now,
    version: BigInt(Math.floor(birth.now)) * 1000n,
  };
}

/** What the runtime needs of a revision; a secret's value is not known here, so it stays empty. */
export function runnable(
  service: ServiceState,
  revision: RevisionState,
): Pick<RevisionSpec, 'service' | 'revision' | 'image' | 'env' | 'port'> {
  const [container] = revision.template.spec.containers;
  return {
    service: service.name,
    revision: revision.name,
    image: container.image,
    env: Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value ?? ''])),
    port: container.ports?.[0]?.containerPort ?? 8080,
  };
}
