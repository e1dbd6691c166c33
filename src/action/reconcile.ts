/** The dead-man's switch: finishes what its owner has abandoned, with one write a service at most. */
import type { Caller, Goal } from '../core/decision-types.ts';
import { usualCheckName } from '../core/inputs/inputs.ts';
import { ALL_SERVICES } from '../core/inputs/ref-inputs.ts';
import { Problem } from '../core/problem.ts';
import { isGoodEnding } from '../core/rollout/outcome.ts';
import type { ServiceRef } from '../core/types.ts';
import type { CheckReporter } from '../edges/github-reporter.ts';
import type { RunContext } from '../edges/runner-context.ts';
import { runLoop } from '../engine/loop.ts';
import { sweepClones } from '../engine/sweep.ts';
import { Story } from '../engine/story.ts';
import { callerOf } from './caller.ts';
import type { Host } from './host.ts';
import { careful } from './publish.ts';
import { openReporter } from './reporting.ts';
import type { Setup } from './setup.ts';
import { fitToShow } from './unexpected.ts';
import { listServices, openPorts } from './wiring.ts';

type Round = {
  readonly host: Host;
  readonly setup: Setup;
  readonly context: RunContext;
  readonly goal: Goal;
  /** What is still to be shown. */
  readonly reporters: CheckReporter[];
};

/** true: everything that could be finished is; false: something needs a person. */
export async function reconcile(host: Host, setup: Setup, context: RunContext): Promise<boolean> {
  const { ref } = setup.request;
  const isForAll = ref.service === ALL_SERVICES;
  const services = isForAll ? await listServices(setup, ref, host) : [ref.service];
  const goal: Goal = { kind: 'reconcile', dead: deadIn(context) };
  const round: Round = { host, setup, context, goal, reporters: [] };
  const faults = await eachOf(services, (service) => reconcileOne(round, { ...ref, service }));
  // Users are put right first: GitHub may keep each report waiting for a minute.
  host.runner.setOutputs({ outcome: faults.length === 0 ? 'reconciled' : 'error' });
  const attempt = careful(host.runner);
  await Promise.all(round.reporters.map((reporter) => attempt(() => reporter.flush())));
  if (faults.length === 0) return true;
  const summary = `Not every service could be finished. ${faults.join(' ')}`;
  host.runner.fail(new Problem('ended', { summary, advice: 'Look at them by hand.' }));
  return false;
}

/**
 * What is wrong with those that could not be finished; null: nothing. One service that cannot be
 * helped does not keep the others waiting, whatever it throws.
 */
export async function eachOf(
  services: readonly string[],
  finish: (service: string) => Promise<string | null>,
): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const service of services) {
    const fault = await finish(service).catch((error: unknown) => fitToShow(error).summary);
    if (fault !== null) faults.push(`${service}: ${fault}`);
  }
  return faults;
}

/** null: nothing is left to do. */
async function reconcileOne(round: Round, ref: ServiceRef): Promise<string | null> {
  const { host, setup, context, goal, reporters } = round;
  const { runner, cancel } = host;
  const caller: Caller = callerOf(ref, context);
  runner.group(`Service ${ref.service}`);
  const { token, channels, isCheckNamed } = setup.request;
  const checkName = isCheckNamed ? setup.request.checkName : usualCheckName(ref);
  const reporter = openReporter(host, { ref, token, checkName, channels }, context);
  reporters.push(reporter);
  const about = { ref, caller, goal, notices: [], forecast: null };
  const story = new Story({ ...about, log: runner, reporter });
  const ports = openPorts(setup, ref, host);
  const ending = await runLoop({ goal, caller, ports, observer: story, cancel });
  await careful(runner)(() => story.end(ending));
  await sweepClones({ ...ports, log: runner }, ending);
  return isGoodEnding(ending, goal) ? null : ending.why;
}

/** `workflow_run: completed` proves that its run is over; nothing else does. */
function deadIn({ repositoryId, completedRun }: RunContext): DeadRun | null {
  if (completedRun === null) return null;
  return { rolloutId: `${repositoryId}-${completedRun.runId}`, attempt: completedRun.attempt };
}

type DeadRun = { readonly rolloutId: string; readonly attempt: number };
