/** Everything that one look has found, for the sentences about it. */
import type { Evidence } from './evidence.ts';
import type { Window } from './gate.ts';
import type { MemoryFinding } from './memory-guard.ts';
import type { Row } from './rows.ts';
import type { StageFacts } from './stage-facts.ts';
import type { Test, Tests } from './tests.ts';
import type { Ruling } from './verdict.ts';
import type { Judging, Look, Observation } from '../judging-types.ts';

/** A test with evidence enough to convict, and the rows in which its effect is large enough. */
export type Leader = { readonly test: Test; readonly window: Window };

export type Findings = {
  readonly observation: Observation;
  readonly judging: Judging;
  readonly look: Look;
  readonly rows: readonly Row[];
  readonly tests: Tests;
  readonly evidence: Evidence;
  /** Most evidence first. */
  readonly leaders: readonly Leader[];
  readonly stage: StageFacts;
  /** null: not judged. */
  readonly memory: MemoryFinding | null;
  readonly ruling: Ruling;
  /** It is worse by no more than the user allows. */
  readonly allowed: boolean;
};
