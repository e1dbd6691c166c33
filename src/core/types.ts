/** The nouns of a rollout: service, split, plan, record. The words are those of src/README.md. */
import type { Judging, Metric } from './judging-types.ts';
import type { BirthCertificate, FirstDeployment, Scaling, Warmth } from './service-types.ts';
import type { Smoke } from './smoke-types.ts';
import type { TemplateChange } from './template-types.ts';

/** Whole percent, 0 to 100. */
export type Percent = number;

export type Millis = number;

/** Epoch milliseconds of the SERVER's clock. Only edges make one, from a Date header or a time stamp. */
export type Instant = number;

export type ServiceRef = {
  readonly project: string;
  readonly region: string;
  readonly service: string;
};

export type Stage = {
  readonly percent: Percent;
  readonly bake: Millis;
  /** Of an adaptive stage: how early it may end once harm is ruled out. Otherwise the same as `bake`. */
  readonly least: Millis;
  /** After its verdict the rollout is held until a person promotes it or sends it on. */
  readonly gate: boolean;
};

export type Plan = {
  readonly change: TemplateChange;
  /**
   * Revision that somebody else has made, to be rolled out as it is; left out: the start makes one.
   * Plans that were frozen before there was such a thing have the same text as those without it.
   */
  readonly brings?: string;
  /** Traffic tag of the canary. */
  readonly tag: string;
  /** Rising, 1…99. 0 % before and 100 % after are implied. */
  readonly stages: readonly [Stage, ...Stage[]];
  readonly judging: Judging;
  /** null: no smoke probes. */
  readonly smoke: Smoke | null;
  /** How long a new revision may take to become ready. */
  readonly deployTimeout: Millis;
  /** How long a stage waits for data beyond its bake and the ingest delay; then onNoData. */
  readonly noDataTimeout: Millis;
  /** How long a held rollout waits for a person; nothing waits for ever. */
  readonly holdFor: Millis;
  readonly onNoData: 'hold' | 'rollback';
  readonly onCancel: 'rollback' | 'hold';
  /** What the canary is held against: the stable revision, or a clone of it that is as new. */
  readonly baseline: 'stable' | 'fresh';
  /** Of the whole service while the rollout is open; null: as it is. */
  readonly minInstances: number | null;
  /** Go on when the service does not enforce its write precondition. */
  readonly allowUnfenced: boolean;
  /** The canary's tag stays on it when the rollout is over. Left out, it does not. */
  readonly keepTag?: true;
  /** Eight hex digits over everything above: a re-run with another plan is another rollout. */
  readonly hash: string;
};

/** Non-zero entries by revision name, summing to 100. It has no way to say LATEST. */
export type Split = Readonly<Record<string, Percent>>;

export type Tag = {
  readonly tag: string;
  /** null: follows the latest ready revision. */
  readonly revision: string | null;
  /** "" while Cloud Run has not assigned one. */
  readonly url: string;
};

/** Who reaches the service at all. It holds for the addresses of its tags as well. */
export type Entrance = {
  /** `all`, `internal`, `internal-and-cloud-load-balancing`, or what later versions write. */
  readonly ingress: string;
  /** Identity-Aware Proxy stands in front of it. */
  readonly hasProxy: boolean;
  /** false: the addresses of service and tags are switched off. */
  readonly hasAddresses: boolean;
};

export type ServiceSnapshot = {
  /** Date header of the answer: the only "now" the core knows. */
  readonly readAt: Instant;
  /** The fence. Opaque: compared for equality only. */
  readonly version: string;
  readonly generation: number;
  /** Whether status already speaks of this generation. */
  readonly observed: boolean;
  readonly ready: 'yes' | 'pending' | { readonly failed: string };
  readonly latestCreated: string;
  readonly latestReady: string;
  readonly followsLatest: boolean;
  /** spec.traffic, with LATEST resolved to the latest ready revision. */
  readonly asked: Split;
  /** status.traffic. Asked is not served. */
  readonly served: Split;
  readonly tags: readonly Tag[];
  /** The service's own URL; "" while it has none. */
  readonly url: string;
  readonly entrance: Entrance;
  /** Image of the serving container in the template in force, as written there. */
  readonly image: string;
  readonly scaling: Scaling;
  /** Service account of the template in force; "" where it does not say. */
  readonly runsAs: string;
  /** Whoever wrote the service last, as Cloud Run names them; null: it does not say. */
  readonly lastModifier: string | null;
  /** From the service if it explains the split, else from the template in force, whatever it names. */
  readonly birth: BirthCertificate | null;
  /** null: nobody has, for all that can be read. */
  readonly first: FirstDeployment | null;
  /** unreadable is not none. */
  readonly record: RolloutRecord | 'none' | 'unreadable';
  /** The plan frozen at the start; null: none that can be read. */
  readonly plan: Plan | null;
};

export type FinalPhase = 'promoted' | 'rolled-back' | 'released' | 'start-failed';

export type Phase = 'active' | 'held' | FinalPhase;

export type Reason =
  | 'started'
  | 'taken'
  | 'pass'
  | 'reached'
  /** A look that was neither the first nor the last; the rollout stays held. */
  | 'watched'
  | `fail:${Metric}`
  | 'probe-failed'
  | 'not-ready'
  | 'not-served'
  | 'canary-gone'
  /** The clone failed, is gone, or somebody has put another template in force before the canary was made. */
  | 'baseline-lost'
  | 'write-refused'
  | 'unknown-at-deadline'
  /** Enough data, nothing shown either way, and the user wants it undone then. */
  | 'inconclusive'
  | 'cancelled'
  /** The step that drove it ended on an error. */
  | 'broke-off'
  | 'drift'
  | 'expired'
  | `ordered:${'promote' | 'rollback'}:${string}`;

export type RolloutRecord = {
  readonly version: 1;
  /** <repository id>-<run id> of the run that started it: the same on every re-run. */
  readonly rolloutId: string;
  /** Run attempt that started it and made the canary. */
  readonly startedBy: number;
  /** Highest attempt of the run that started it that has owned it. An older one does not come back. */
  readonly starterAttempt: number;
  /** <repository id>-<run id> of the run that drives it now; another one after a take-over. */
  readonly owner: string;
  /** Run attempt of the owner, the fencing epoch. It only grows for one owner. */
  readonly attempt: number;
  /** Stamped by the write: how many transitions this rollout has made. */
  readonly transition: number;
  /** Stamped by the write: the generation read + 1. A higher one shows that somebody else wrote. */
  readonly generation: number;
  /** Stamped by the write: 64 random bits in hex. Recognises our own write after a lost answer. */
  readonly writeId: string;
  readonly phase: Phase;
  /** Index into percents. */
  readonly stage: number;
  /** 0, the stages, 100. Frozen at the start. */
  readonly percents: readonly Percent[];
  readonly planHash: string;
  readonly stable: string;
  readonly canary: string;
  /** Of the stable revision, as new as the canary and with the same share; null: there is none. Never of a final record. */
  readonly clone: string | null;
  /** Somebody else has made the canary. Left out where the rollout did, as in every older record. */
  readonly brought?: true;
  /** The canary's traffic tag. */
  readonly tag: string;
  /** As asked for, but for a digest: only the one that Cloud Run reports can be compared (S12). */
  readonly image: string;
  readonly commit: string;
  /** Page of the run that owns the rollout; "" when there is none. */
  readonly runUrl: string;
  /** Server time of the last transition. */
  readonly at: Instant;
  /** Server time by which the next transition must happen; after it anyone may end the rollout. */
  readonly due: Instant;
  /**
   * Server time at which the split of this stage was first seen being served, to the second; null:
   * not yet. It lets a later process judge a window that began before it did.
   */
  readonly servedAt: Instant | null;
  /**
   * Server time at which each stage reached so far was asked for, to the second; [0] is the start.
   * Empty: the clone was made, and the canary was not yet.
   */
  readonly changedAt: readonly Instant[];
  readonly reason: Reason;
  /** Whether the service was on LATEST before; only a promote may hand it back. */
  readonly followedLatest: boolean;
  /** null: they are not the rollout's business. Never of a final record. */
  readonly minInstances: Warmth | null;
  /** The last three finished rollouts, "id:attempt:phase", newest first. */
  readonly history: readonly string[];
};

/** A record before the write has stamped it. */
export type RecordDraft = Omit<RolloutRecord, 'transition' | 'generation' | 'writeId'>;
