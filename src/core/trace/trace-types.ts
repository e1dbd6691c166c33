/** What a process has seen and decided, so that others can check it: its looks and its transitions. */
import type { Judgement, Judging, Look, Observation } from '../judging-types.ts';
import type { Instant, Percent, Plan, RolloutRecord } from '../types.ts';

/** One look as it was made: everything that the judge was given, and what it said. */
export type Looked = {
  readonly at: Instant;
  /** Index into the record's percents. */
  readonly stage: number;
  readonly observation: Observation;
  readonly judging: Judging;
  readonly look: Look;
  readonly judgement: Judgement;
};

/** Everything that a judgement is made from; nothing else enters into it. */
export type JudgedData = Pick<Looked, 'observation' | 'judging' | 'look'>;

/** What the judge came to, without its sentences and its table. */
export type Said = Pick<
  Judgement,
  | 'verdict'
  | 'reason'
  | 'settled'
  | 'logEvidence'
  | 'canaryRequests'
  | 'baselineRequests'
  | 'checks'
>;

export type TracedLook = Said & {
  readonly at: Instant;
  readonly stage: number;
  readonly percent: Percent;
  readonly from: Instant;
  readonly to: Instant;
  readonly closed: boolean;
  readonly why: string;
  /** null: not kept, because the look before and the one after came to the same. */
  readonly data: JudgedData | null;
};

/** One write of the record, as a later read showed it. */
export type Transition = Pick<
  RolloutRecord,
  'rolloutId' | 'transition' | 'at' | 'phase' | 'stage' | 'reason' | 'owner' | 'attempt'
> & { readonly percent: Percent };

export type Trace = {
  /** What was followed; null: nothing, or nobody knows. */
  readonly plan: Plan | null;
  /** Oldest first. */
  readonly looks: readonly TracedLook[];
  readonly transitions: readonly Transition[];
  /** Looks and transitions that were forgotten, because there were so many. */
  readonly forgotten: { readonly looks: number; readonly transitions: number };
};

export const NOTHING_TRACED: Trace = {
  plan: null,
  looks: [],
  transitions: [],
  forgotten: { looks: 0, transitions: 0 },
};

/** How Google was asked for the numbers; as sent, but for the windows, which each look has. */
export type Queries = {
  readonly monitoring: readonly {
    readonly metric: string;
    readonly filter: string;
    /** Points are taken as they come. */
    readonly aggregation: null;
  }[];
  readonly logging: { readonly filter: string };
};
