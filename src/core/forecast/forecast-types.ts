/** What can be said of a rollout before its first write. Nothing is decided from it. */
import type { Instant, Millis, Percent } from '../types.ts';

/** Of one stage, or of the whole: if nothing is waited for, and if all patience is used up. */
export type Span = { readonly earliest: Millis; readonly latest: Millis };

export type StageForecast = Span & {
  readonly percent: Percent;
  readonly bake: Millis;
  readonly least: Millis;
  readonly gate: boolean;
  /** To the canary while it is watched; null: the traffic is not known. */
  readonly requests: number | null;
  /** Too few of them to pass: on_no_data decides. */
  readonly isThin: boolean;
  /**
   * Smallest rise of the part of 5xx answers that is undone by the end of the bake; null: none, or not
   * known. A smaller one makes the stage last longer, and may be undone then.
   */
  readonly proves: number | null;
  /** Smallest rise that the stage rules out 20 : 1 if there is none; null: none, or not known. */
  readonly excludes: number | null;
  /** The rise that must be ruled out before the next stage is passed without on_inconclusive. */
  readonly asked: number;
};

/** What the expected requests rest on. */
export type TrafficBasis =
  | { readonly kind: 'same-hours'; readonly days: number }
  | { readonly kind: 'recent'; readonly over: Millis }
  /** Monitoring was read, and there has been no request. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'unknown' };

export type ConfigChange = {
  readonly what:
    'image' | 'env' | 'secret' | 'service account' | 'resource' | 'label' | 'annotation' | 'field';
  /** Of the variable, the container, the label; path of the field. */
  readonly name: string;
  readonly how: 'added' | 'removed' | 'changed';
  /** null: it is not there, or its value is nobody's business. */
  readonly from: string | null;
  readonly to: string | null;
};

export type ConfigDiff = {
  readonly changes: readonly ConfigChange[];
  /** The commit that the stable revision's label names; null: it names none. */
  readonly base: string | null;
  /** The same of a canary that somebody else has made; null: it names none, or the start makes it. */
  readonly head: string | null;
};

export type Commits = {
  readonly base: string;
  readonly head: string;
  readonly url: string;
  /** null: GitHub did not tell, and the notice says why. */
  readonly log: {
    readonly relation: 'ahead' | 'behind' | 'diverged' | 'identical';
    readonly total: number;
    /** Newest first. */
    readonly shown: readonly { readonly sha: string; readonly subject: string }[];
  } | null;
};

/** What the dry write was answered. A refusal is a finding, and the rollout does not start. */
export type Acceptance =
  | { readonly kind: 'accepted' }
  /** Nothing but the version was found wrong, which was wrong on purpose. */
  | { readonly kind: 'not-refused' }
  /** `fence`: a wrong version was not refused; a dry run may not look at it. */
  | { readonly kind: 'untried'; readonly why: string; readonly fence?: 'absent' };

export type Forecast = {
  readonly at: Instant;
  readonly stages: readonly StageForecast[];
  /** How long a new revision may take; the rollout begins after it. */
  readonly deployTimeout: Millis;
  /** Of the last stage that is driven, from `at` on; gates may last as long as they are held. */
  readonly whole: Span;
  /** deploy stops at 0 %, and others go on. */
  readonly stops: 'promoted' | 'at 0 %';
  readonly gates: number;
  readonly runner: {
    readonly jobs: number;
    /** Billed minutes, rounded up for each job. */
    readonly least: number;
    readonly most: number;
    /** With `deploy` and a `resume` every ten minutes. */
    readonly resumed: number;
  };
  readonly traffic: TrafficBasis;
  /** Of the service in its history, as the judge takes it. */
  readonly errorRate: number | null;
  readonly acceptance: Acceptance;
  /** null: it could not be compared. */
  readonly changes: readonly ConfigChange[] | null;
  /** null: the stable revision names no commit, or this run has none. */
  readonly commits: Commits | null;
};
