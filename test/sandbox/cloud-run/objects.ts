import type { Json } from './json.ts';

/**
 * Services and revisions as the v1 API shows them; the v2 façade is a view of the same objects.
 * https://cloud.google.com/run/docs/reference/rest/v1/namespaces.services
 * https://cloud.google.com/run/docs/reference/rest/v1/namespaces.revisions
 */

export type TrafficTarget = {
  readonly revisionName?: string;
  readonly latestRevision?: boolean;
  readonly percent?: number;
  readonly tag?: string;
  readonly url?: string;
};

export type Condition = {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly severity?: string;
  readonly lastTransitionTime: string;
};

export type Metadata = {
  readonly name: string;
  readonly namespace: string;
  readonly selfLink: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly creationTimestamp: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
};

export type Container = {
  readonly image: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort?: number }[];
  readonly resources?: Json;
  readonly startupProbe?: Json;
  readonly livenessProbe?: Json;
};

export type Template = {
  readonly metadata?: {
    readonly name?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly containers: readonly [Container, ...Container[]] } & Json;
};

export type ServiceSpec = {
  readonly template: Template;
  readonly traffic: readonly TrafficTarget[];
};

type ServiceStatus = {
  readonly observedGeneration: number;
  readonly conditions: readonly Condition[];
  readonly latestCreatedRevisionName?: string;
  readonly latestReadyRevisionName?: string;
  readonly traffic: readonly TrafficTarget[];
  readonly url: string;
  readonly address: { readonly url: string };
};

export type ServiceObject = {
  readonly apiVersion: 'serving.knative.dev/v1';
  readonly kind: 'Service';
  readonly metadata: Metadata;
  readonly spec: ServiceSpec;
  readonly status: ServiceStatus;
};

export type RevisionObject = {
  readonly apiVersion: 'serving.knative.dev/v1';
  readonly kind: 'Revision';
  readonly metadata: Metadata;
  readonly spec: Template['spec'];
  readonly status: {
    readonly observedGeneration: number;
    readonly conditions: readonly Condition[];
    readonly imageDigest?: string;
    readonly logUrl: string;
  };
};
