/** What decide is given and what it answers. */
import type { Judgement, MetricTiming } from './judging-types.ts';
import type {
  FinalPhase,
  Instant,
  Millis,
  Percent,
  Plan,
  Reason,
  RecordDraft,
  ServiceSnapshot,
  Split,
  Stage,
} from './types.ts';

/** What this process is for. */
export type Goal =
  | {
      readonly kind: 'drive';
      /** null: the one that was frozen when the rollout started. */
      readonly plan: Plan | null;
      readonly timing: MetricTiming;
      readonly mayStart: boolean;
      /** Stop, held, once this percent has passed its verdict. 100: go all the way. */
      readonly until: Percent | 'next';
      /** `look`: do what can be done now, leave it held, come back later. */
      readonly pace: 'wait' | 'look';
      /** A person sends it on: the gates up to `until` stand open. */
      readonly opensGates: boolean;
    }
  | {
      readonly kind: 'order';
      readonly order: 'promote' | 'rollback';
      readonly by: string;
      /** Share of the canary that the person saw when they gave it; null: whatever it is. */
      readonly seen: Percent | null;
      /** After a promotion: go back to the revision that it replaced. */
      readonly toPrevious: boolean;
    }
  /** The post step: what main has left, and why. */
  | {
      readonly kind: 'clean-up';
      readonly reason: Extract<Reason, 'cancelled' | 'broke-off'>;
      /** What main had found when it ended (S10); null: nothing. */
      readonly doom: Legacy | null;
    }
  | {
      readonly kind: 'reconcile';
      /** Proved by workflow_run: completed. */
      readonly dead: { readonly rolloutId: string; readonly attempt: number } | null;
    };

export type Caller = {
  readonly rolloutId: string;
  readonly attempt: number;
  /** Name this attempt gives to the revision it would create. */
  readonly revision: string;
  readonly commit: string;
  readonly runUrl: string;
  /** For the reader of a report; null: it is not known to have one. */
  readonly dispatch: Dispatch | null;
};

/** How a person starts this run's workflow by hand. */
export type Dispatch = {
  /** Its file, without the folder. */
  readonly workflow: string;
  /** Branch or tag. */
  readonly ref: string;
  /** As they were given this time; `command` is one of them. */
  readonly inputs: Readonly<Record<string, string>>;
};

/** The first reason to undo. Kept for good: data that improve later do not clear it (S10). */
export type Doom = {
  readonly reason: Reason;
  readonly why: string;
  /** Cloud Run's own words and code, where they are the reason. */
  readonly said?: string;
  /** Key of the rollout that it was found of, "" for none: a post step may come upon another one. */
  readonly rollout: string;
};

/** Why main was undoing, and which rollout. */
export type Legacy = { readonly reason: Reason; readonly rollout: string };

/** A rollout as it was held when somebody came to go on with it. */
export type Found = {
  /** Where a drive stops that is to go one stage further. */
  readonly next: Percent;
  readonly due: Instant;
};

export type CanaryHealth =
  | 'pending'
  | 'ready'
  | 'gone'
  /** Cloud Run's own words, and its code if they came with one. */
  | { readonly failed: string; readonly code?: string };

export type RevisionState = {
  readonly health: CanaryHealth;
  /** Image by digest as Cloud Run resolved it; null while it is not known. */
  readonly digest: string | null;
};

/** What this process knows and the service does not. Losing it costs time, never safety. */
export type Memory = {
  /** This process has started, taken or advanced a rollout. */
  readonly drove: boolean;
  readonly cancelled: boolean;
  readonly fence: 'unproved' | 'proved' | 'absent';
  /** The second witness that this attempt has not created its revision before; or whether what it is to bring is there. */
  readonly ownRevision: 'unknown' | 'absent' | 'exists';
  /** How it is, when it was looked for; of use only of a revision that is brought. */
  readonly ownState: RevisionState | null;
  /** Of the last read: "absent" holds only while nobody has written since it was asked. */
  readonly version: string | null;
  /** null: not asked since the last write. */
  readonly canary: RevisionState | null;
  /** Of the clone, if the rollout has one. null: not asked since the last write. */
  readonly clone: RevisionState | null;
  /** Clone that this process has asked for: it alone knows the template that was in force before. */
  readonly made: string | null;
  /** Every clone of an open rollout that it has read of: what may be deleted in the end. */
  readonly clones: readonly string[];
  readonly doom: Doom | null;
  /** Whether the request log was of use at the last look; null: nobody has looked. */
  readonly hasLog: boolean | null;
  /** Dropped as a whole when the stage changes, so that one stage's verdict cannot promote another. */
  readonly stage: StageMemory | null;
  /** Only where nothing else keeps a stale write out. */
  readonly gaps: readonly Gap[];
  /** Rollout of the first record that was read, "" if there was none: what an order was given for. null: nothing was read. */
  readonly met: string | null;
  /** The hold that this process came to; null: none, so it goes no further than the present stage. */
  readonly found: Found | null;
  /** What its own last write has left held, for whoever goes on with it; null: nothing. */
  readonly left: { readonly rollout: string; readonly reason: Reason } | null;
};

/** The service has a generation that no write of the rollout has made. */
export type Gap = {
  /** Highest generation known of before. */
  readonly expected: number;
  readonly found: number;
  /** What was served then, if no stage of the rollout asks for it; null: not known. */
  readonly split: Split | null;
};

export type StageMemory = {
  /** Whose stage it is: another rollout, of the same canary even, may have come to one of the same index. */
  readonly rollout: string;
  readonly index: number;
  /** Server time of the first read that showed the split of this stage being served. */
  readonly servedSince: Instant | null;
  /** Server time of the first of the latest reads in a row that did not show it; null: it is served. */
  readonly unservedSince: Instant | null;
  /** The probes passed. The tag must still name the canary in the read after them. */
  readonly probed: boolean;
  /** For how long the canary has been warmed up. */
  readonly warmed: Millis;
  /** Server time of the read before the last look, whether or not it answered. */
  readonly lookedAt: Instant | null;
  readonly judgement: Judgement | null;
  /** Whether `judgement` covers as much of the bake as a pass needs. */
  readonly closed: boolean;
};

export type Situation = {
  readonly goal: Goal;
  readonly caller: Caller;
  readonly service: ServiceSnapshot;
  readonly memory: Memory;
};

export type Outcome =
  | FinalPhase
  /** The first revision of a service: no canary, for there is nothing to compare it with. */
  | 'deployed'
  | 'deploy-failed'
  | 'held'
  | 'unchanged'
  /** dry_run: everything up to the first write. */
  | 'planned'
  | 'gone'
  | 'refused'
  | 'busy'
  | 'fenced'
  | 'hands-off'
  | 'nothing-open';

/** Exactly one thing to do. */
export type Decision =
  /** A PUT that must be refused. */
  | { readonly do: 'prove-fence' }
  /** Does this attempt's revision, or the one it is to bring, exist already? */
  | { readonly do: 'look-for'; readonly revision: string }
  /** How is the canary, or the clone? */
  | { readonly do: 'inspect'; readonly revision: string }
  /** One PUT, which also sends the template, unless the canary is brought; or first that of a clone. */
  | { readonly do: 'start'; readonly record: RecordDraft }
  | { readonly do: 'write'; readonly record: RecordDraft }
  | { readonly do: 'probe'; readonly url: string; readonly revision: string }
  | {
      readonly do: 'warm-up';
      readonly url: string;
      readonly revision: string;
      readonly atMost: Millis;
    }
  | {
      readonly do: 'observe';
      readonly canary: string;
      /** The stable revision, or its clone. */
      readonly baseline: string;
      readonly stable: string;
      readonly from: Instant;
      readonly to: Instant;
      /** The window covers the whole bake and its data have arrived. */
      readonly closed: boolean;
      /** Of an adaptive stage: its shortest time is over and its data have arrived. */
      readonly early: boolean;
      readonly stage: Stage;
    }
  | { readonly do: 'wait'; readonly atMost: Millis; readonly why: string }
  | {
      readonly do: 'stop';
      readonly outcome: Outcome;
      readonly why: string;
      /** What is left of `why` where a write may still arrive; left out: all of it. */
      readonly unsure?: string;
    };
