/** What a start changes in the revision template, in our words. Where it stands there is the edge's. */

export type Pair = { readonly name: string; readonly value: string };

/** A version of a secret, as an environment variable or as a file. */
export type SecretUse = {
  /** Name of the variable, or the whole path of the file. */
  readonly target: string;
  readonly secret: string;
  readonly version: string;
  /** Number of the project that holds it; null: the service's own. */
  readonly project: string | null;
};

export type ProbeSetting = { readonly name: string; readonly value: number | string };

/** null, wherever it stands: back to what Cloud Run does by itself. */
export type Edit =
  | { readonly kind: 'env'; readonly clears: boolean; readonly values: readonly Pair[] }
  | { readonly kind: 'secrets'; readonly clears: boolean; readonly values: readonly SecretUse[] }
  | {
      readonly kind: 'labels';
      readonly clears: boolean;
      readonly removes: readonly string[];
      readonly values: readonly Pair[];
    }
  | { readonly kind: 'number'; readonly of: NumberName; readonly to: number | null }
  | { readonly kind: 'text'; readonly of: TextName; readonly to: string | null }
  | { readonly kind: 'switch'; readonly of: SwitchName; readonly to: boolean }
  | { readonly kind: 'limit'; readonly of: 'cpu' | 'memory'; readonly to: string }
  | { readonly kind: 'words'; readonly of: 'command' | 'args'; readonly to: readonly string[] }
  | { readonly kind: 'port'; readonly to: number | null }
  | { readonly kind: 'http2'; readonly to: boolean }
  | {
      readonly kind: 'probe';
      readonly of: 'startup' | 'liveness';
      readonly to: readonly ProbeSetting[] | null;
    }
  | {
      readonly kind: 'cloudsql';
      readonly how: 'add' | 'remove' | 'set';
      /** PROJECT:REGION:INSTANCE. */
      readonly instances: readonly string[];
    }
  | { readonly kind: 'network'; readonly of: 'network' | 'subnet'; readonly to: string }
  | { readonly kind: 'network-tags'; readonly to: readonly string[] }
  | { readonly kind: 'no-network' }
  /** A setting of the service, not of a revision: it must be so already. */
  | { readonly kind: 'ingress'; readonly is: string }
  /** The template as a whole, from a service file. */
  | { readonly kind: 'service-file'; readonly json: string };

type NumberName = 'concurrency' | 'timeout' | 'min-instances' | 'max-instances';
export type TextName = 'service-account' | 'execution-environment' | 'vpc-connector' | 'vpc-egress';
export type SwitchName = 'session-affinity' | 'cpu-boost' | 'cpu-throttling';

/**
 * Two revision templates in the words of the API, for a start that makes a clone first. Only the edge
 * that has made them looks inside.
 */
export type TemplateCopy = {
  /** Of the stable revision, with every image by digest. */
  readonly clone: object;
  /** As it was in force before: what the canary is made from. */
  readonly before: object;
};

/** A file as for `gcloud run services replace`: what has to be known of it before the service is read. */
export type ServiceFile = {
  /** `metadata.name`. */
  readonly service: string;
  /** `metadata.namespace`: the project by ID or by number; null: not said. */
  readonly namespace: string | null;
  /** The region that a label of it names, as `describe` writes it there; null: none. */
  readonly location: string | null;
  /** `spec.template.metadata.name`; null: the revision is not named. */
  readonly revision: string | null;
  /** Of the container that gets the requests. */
  readonly image: string;
  /** Keys of its labels, those of the service and those of the revision. */
  readonly labels: readonly string[];
  /** All of it. It holds values of variables: never shown. */
  readonly json: string;
};

/** What differs in the canary's template from the template in force. */
export type TemplateChange = {
  /** null: the image in force. */
  readonly image: string | null;
  /** In the order in which they are applied. Empty in a plan that was read back: see plan.ts. */
  readonly edits: readonly Edit[];
  /** Say where the revision comes from. No part of what a rollout is, and no reason for one. */
  readonly originLabels: readonly Pair[];
};
