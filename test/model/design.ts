/**
 * How a process of the model goes about its errand. The shipped design is what src does; a broken
 * one replaces a hook or two (mutations*.ts).
 */
import { decide } from '../../src/core/rollout/machine.ts';
import { rememberDecision } from '../../src/core/rollout/memory.ts';
import type { Decision, Goal, Legacy, Memory, Situation } from '../../src/core/decision-types.ts';
import type { Verdict } from '../../src/core/judging-types.ts';
import type { RecordDraft, RolloutRecord, ServiceSnapshot, Split } from '../../src/core/types.ts';

type Known = RolloutRecord | 'none' | 'unreadable';

/** One PUT, with what its sender believed when it was decided. */
export type Request = {
  /** Index of the sender in the cast. */
  readonly by: number;
  readonly record: RecordDraft;
  readonly text: string | null;
  /** Text of the plan; null: it is sent back as it came. */
  readonly plan: string | null;
  readonly split: Split;
  /** Revision that it makes. */
  readonly creates: string | null;
  /** Canary of the rollout that it starts, made or brought. */
  readonly starts: string | null;
  /** The read was past due, or of a rollout whose run is known to be dead. */
  readonly overdue: boolean;
  /** Image of the canary when the sender last looked at it. */
  readonly digest: string | null;
  readonly cancelled: boolean;
  /** Rollout of the first record that the sender has read. */
  readonly meant: string | null;
  /** Carries no version. */
  readonly blind: boolean;
};

export type Answer = 'applied' | 'lost' | 'conflict' | 'refused' | 'denied' | 'late';

/** All that a process knows. */
export type Mind = {
  readonly memory: Memory;
  /** The record as the process has it; null: it relies on what it reads. */
  readonly own: Known | null;
  /** Rollout of the first record that it has read; kept only of those who are meant for one. */
  readonly meant: string | null;
  /** Of a post step: why main was undoing which rollout when it ended, as main has left it on the runner. */
  readonly doom: Legacy | null;
  /** Writes that are still to be sent for the decision in hand. */
  readonly rest: readonly Request[];
};

export type Design = {
  readonly name: string;
  readonly decide: (situation: Situation) => Decision;
  /** What it keeps of why it has decided so. */
  readonly keeps: (memory: Memory, goal: Goal, decision: Decision) => Memory;
  /** What a process takes for true before it decides. */
  readonly see: (service: ServiceSnapshot, goal: Goal) => ServiceSnapshot;
  readonly recall: (own: Known | null, read: Known) => Known | null;
  readonly ownAfter: (answer: Answer, own: Known | null, request: Request) => Known | null;
  readonly judged: (verdict: Verdict | null) => Verdict | null;
  readonly memoryAfter: (memory: Memory) => Memory;
  /** The writes for one decision, in order; `read` is what the annotation and the split were. */
  readonly requests: (
    request: Request,
    read: { readonly text: string | null; readonly asked: Split },
  ) => readonly Request[];
  readonly sendsAgain: (answer: Answer) => boolean;
};

export const SHIPPED: Design = {
  name: 'shipped',
  decide,
  keeps: rememberDecision,
  see: (service) => service,
  recall: () => null,
  ownAfter: () => null,
  judged: (verdict) => verdict,
  memoryAfter: (memory) => memory,
  requests: (request) => [request],
  sendsAgain: () => false,
};
