/**
 * The post step of a main that saw its rollout end and was not heard everywhere. It reads the service
 * and tells; it writes nothing there, and whatever fails here fails no step (S15).
 */
import type { Goal } from '../core/decision-types.ts';
import { EMPTY_MEMORY } from '../core/rollout/memory.ts';
import type { RunContext } from '../edges/runner-context.ts';
import type { PostState, Untold } from '../edges/runner-state.ts';
import { Story } from '../engine/story.ts';
import { callerOf } from './caller.ts';
import { hushed } from './host.ts';
import type { Host } from './host.ts';
import { openReporter, postReporting } from './reporting.ts';
import { readAccess } from './setup.ts';
import { openPorts } from './wiring.ts';

/** It speaks for the attempt that has ended, and for nobody who has taken the rollout over since. */
const GOAL: Goal = { kind: 'clean-up', reason: 'cancelled', doom: null };
const NOTICE =
  'The run could not tell of this end at once. What it measured stands in its job summary.';

export async function tellOnceMore(
  host: Host,
  state: PostState,
  { context, untold }: { readonly context: RunContext; readonly untold: Untold },
): Promise<void> {
  const { runner } = host;
  runner.group('Telling of an end that was not heard');
  try {
    await tell(host, state, { context, untold });
  } catch {
    runner.line('It could not be told now, either. The rollout is not affected.');
  }
}

async function tell(
  host: Host,
  { service: ref, checkName }: PostState,
  { context, untold }: { readonly context: RunContext; readonly untold: Untold },
): Promise<void> {
  const { runner } = host;
  const { outcome, why, channels, page } = untold;
  const shown = postReporting(runner, { ref, checkName, only: channels, page });
  const reporter = openReporter(hushed(host), shown, context);
  const access = await readAccess(runner, context, ref.region);
  const service = await openPorts(access, ref, host).cloudRun.read();
  const caller = callerOf(ref, context);
  const about = { ref, caller, goal: GOAL, notices: [NOTICE], forecast: null };
  let isTold = false;
  const update: typeof reporter.update = (report) => {
    isTold = true;
    return reporter.update(report);
  };
  const story = new Story({ ...about, log: runner, reporter: { ...reporter, update } });
  story.end({ outcome, why, service, memory: EMPTY_MEMORY });
  await reporter.flush();
  if (!isTold)
    runner.line('The service tells of another rollout by now. The log of this run has the end.');
  else if (!reporter.isBehind()) runner.line(`Told: ${outcome}.`);
}
