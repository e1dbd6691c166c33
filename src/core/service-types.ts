/** What stands on a service for us, or is set for all of its revisions. */

/**
 * Written once into the canary's template; of a canary that was brought, onto the service. Valid only
 * for the revision it names: a later deploy by gcloud copies it.
 */
export type BirthCertificate = {
  readonly rolloutId: string;
  readonly attempt: number;
  readonly canary: string;
  readonly stable: string;
  readonly image: string;
  readonly commit: string;
  /** null: the rollout has none. */
  readonly clone: string | null;
  /** It stands on the service, for the canary was there before its rollout. Only known, not written. */
  readonly brought?: true;
};

/** Who has deployed the first revision of a service, without a rollout. */
export type FirstDeployment = {
  readonly rolloutId: string;
  readonly attempt: number;
  readonly revision: string;
  readonly planHash: string;
};

/** Of the service, not of a revision. */
export type Scaling = {
  /** As annotated; null: not set. */
  readonly minInstances: string | null;
  /** Somebody sets the number of instances by hand. */
  readonly isManual: boolean;
};

/** What the service had for minimum instances before the rollout, and has while it is open. */
export type Warmth = {
  /** null: not set. */
  readonly before: string | null;
  readonly during: string;
};
