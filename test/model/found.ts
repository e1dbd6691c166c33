/** Not only probes and looks find a canary bad: a drive that decides to undo has found something, too. */
import { rememberDecision } from '../../src/core/rollout/memory.ts';
import type { Caller, Decision, Goal, Memory } from '../../src/core/decision-types.ts';
import type { Learnt } from './truth.ts';

type Deciding = { readonly goal: Goal; readonly memory: Memory; readonly decision: Decision };

/** null: nothing that is to be kept. */
export function foundBy(caller: Caller, { goal, memory, decision }: Deciding): Learnt | null {
  const kept = rememberDecision(memory, goal, decision);
  if (decision.do !== 'write' || kept.doom === memory.doom) return null;
  const { rolloutId, attempt } = caller;
  return { kind: 'fail', rolloutId, attempt, canary: decision.record.canary };
}
