/** What is asked of the canary at 0 %: whether it works, and then so that it is warm. */
import { rememberProbe, rememberWarmUp } from '../core/rollout/memory.ts';
import type { Decision, Memory } from '../core/decision-types.ts';
import type { Errand, Turn } from './loop.ts';
import type { ProbeTarget } from './ports.ts';

export async function probe(
  errand: Errand,
  decision: Extract<Decision, { do: 'probe' }>,
  turn: Turn,
): Promise<Memory> {
  const { memory } = turn;
  const { ports, cancel, observer } = errand;
  const target = targetOf(decision, turn);
  if (target === null) return rememberProbe(memory, null);
  const result = await ports.prober.probe(target, cancel);
  observer.remark(result.why);
  // A probe that was cut short has found nothing out.
  if (cancel.aborted) return memory;
  return rememberProbe(memory, result.ok ? null : result.why);
}

export async function warmUp(
  errand: Errand,
  decision: Extract<Decision, { do: 'warm-up' }>,
  turn: Turn,
): Promise<Memory> {
  const { ports, cancel, observer } = errand;
  const { atMost } = decision;
  const target = targetOf(decision, turn);
  if (target !== null) {
    const { why } = await ports.prober.warmUp(target, atMost, cancel);
    observer.remark(why);
  }
  return rememberWarmUp(turn.memory, atMost);
}

/** null: the plan asks for no smoke test. */
function targetOf(
  { url, revision }: { readonly url: string; readonly revision: string },
  { plan, service }: Turn,
): ProbeTarget | null {
  const smoke = plan?.smoke ?? null;
  return smoke === null ? null : { url, revision, serviceUrl: service.url, smoke };
}
