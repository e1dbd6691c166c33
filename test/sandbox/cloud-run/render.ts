import type { Condition, Metadata, RevisionObject, ServiceObject } from './objects.ts';
import type { RevisionState, ServiceState } from './state.ts';
import { encodeVersion } from './version.ts';

/** State of the model → the objects clients read. */
export type Links = {
  readonly projectNumber: string;
  readonly region: string;
  /** Address of a service, or of one of its tags. */
  readonly url: (service: string, tag: string | null) => string;
};

export function renderService(service: ServiceState, links: Links): ServiceObject {
  const url = links.url(service.name, null);
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: {
      ...meta('services', service, links),
      generation: service.generation,
      labels: { ...service.labels, 'cloud.googleapis.com/location': links.region },
      annotations: {
        'run.googleapis.com/ingress': 'all',
        ...service.annotations,
        'serving.knative.dev/creator': service.creator,
        'serving.knative.dev/lastModifier': service.lastModifier,
        'run.googleapis.com/ingress-status':
          service.annotations['run.googleapis.com/ingress'] ?? 'all',
        'run.googleapis.com/urls': JSON.stringify([url]),
      },
    },
    spec: service.spec,
    status: {
      observedGeneration: service.observed,
      conditions: service.conditions,
      latestCreatedRevisionName: service.latestCreated,
      ...(service.latestReady === null ? {} : { latestReadyRevisionName: service.latestReady }),
      traffic: service.served.map((target) =>
        target.tag === undefined ? target : { ...target, url: links.url(service.name, target.tag) },
      ),
      url,
      address: { url },
    },
  };
}

export function renderRevision(
  revision: RevisionState,
  service: ServiceState,
  links: Links,
): RevisionObject {
  const { outcome } = revision;
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Revision',
    metadata: {
      ...meta('revisions', revision, links),
      generation: 1,
      labels: {
        ...revision.template.metadata?.labels,
        'serving.knative.dev/service': service.name,
        'serving.knative.dev/configuration': service.name,
        'serving.knative.dev/configurationGeneration': String(revision.ordinal),
        'serving.knative.dev/serviceUid': service.uid,
        'cloud.googleapis.com/location': links.region,
      },
      annotations: {
        ...revision.template.metadata?.annotations,
        'serving.knative.dev/creator': revision.creator,
      },
    },
    spec: revision.template.spec,
    status: {
      observedGeneration: 1,
      conditions: revisionConditions(revision, service),
      ...(outcome.kind === 'ready' ? { imageDigest: outcome.digest } : {}),
      logUrl: `https://console.cloud.google.com/logs/viewer?resource=cloud_run_revision/revision_name/${revision.name}`,
    },
  };
}

function meta(
  kind: 'services' | 'revisions',
  item: {
    readonly name: string;
    readonly uid: string;
    readonly version: bigint;
    readonly createdAt: number;
  },
  links: Links,
): Pick<
  Metadata,
  'name' | 'namespace' | 'selfLink' | 'uid' | 'resourceVersion' | 'creationTimestamp'
> {
  return {
    name: item.name,
    namespace: links.projectNumber,
    selfLink: `/apis/serving.knative.dev/v1/namespaces/${links.projectNumber}/${kind}/${item.name}`,
    uid: item.uid,
    resourceVersion: encodeVersion(item.version),
    creationTimestamp: new Date(item.createdAt).toISOString(),
  };
}

function revisionConditions(revision: RevisionState, service: ServiceState): Condition[] {
  const { outcome } = revision;
  const lastTransitionTime = new Date(revision.changedAt).toISOString();
  const health =
    outcome.kind === 'ready'
      ? ({ status: 'True' } as const)
      : outcome.kind === 'failed'
        ? ({ status: 'False', reason: outcome.reason, message: outcome.message } as const)
        : ({ status: 'Unknown', reason: 'Deploying' } as const);
  const inUse = service.served.some((target) => target.revisionName === revision.name);
  const idle = revision.name === service.latestReady ? 'Reserve' : 'Retired';
  return [
    { type: 'Ready', ...health, lastTransitionTime },
    {
      type: 'Active',
      ...(inUse ? { status: 'True' } : { status: 'False', reason: idle }),
      severity: 'Info',
      lastTransitionTime,
    },
    { type: 'ContainerHealthy', ...health, lastTransitionTime },
    { type: 'ResourcesAvailable', status: 'True', lastTransitionTime },
  ];
}
