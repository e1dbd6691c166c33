/** The dead-man's switch: finishes what its owner has abandoned, with one write a service at most. */
import type { Caller, Goal } from '../core/decision-types.ts';
import { usualCheckName } from '../core/inputs/inputs.ts';
import { ALL_SERVICES } from '../core/inputs/ref-inputs.ts';
import { Problem, findingText } from '../core/problem.ts';
import type { Finding } from '../core/problem.ts';
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
  const findings = await eachOf(services, (service) => reconcileOne(round, { ...ref, service }));
  // Users are put right first: GitHub may keep each report waiting for a minute.
  host.runner.setOutputs({ outcome: findings.length === 0 ? 'reconciled' : 'error' });
  const attempt = careful(host.runner);
  await Promise.all(round.reporters.map((reporter) => attempt(() => reporter.flush())));
  if (findings.length === 0) return true;
  const summary = 'Not every service could be finished.';
  host.runner.fail(new Problem('ended', { summary, findings, advice: '' }));
  return false;
}

/**
 * What is wrong with those that could not be finished; null: nothing. One service that cannot be
 * helped does not keep the others waiting, whatever it throws.
 */
export async function eachOf(
  services: readonly string[],
  finish: (service: string) => Promise<string | null>,
): Promise<readonly Finding[]> {
  const faults: Finding[] = [];
  for (const service of services) {
    const about = { subject: `${service}:`, value: null };
    try {
      const wrong = await finish(service);
      if (wrong !== null) faults.push({ ...about, wrong, advice: 'Look at its traffic by hand.' });
    } catch (error) {
      faults.push({ ...about, ...faultOf(fitToShow(error)) });
    }
  }
  return faults;
}

/** With its cure: nobody starts anything here, and nothing else takes more than one command. */
function faultOf({ summary, findings, advice, commands: [command] }: Problem) {
  const wrong = [summary, ...findings.map(findingText)].join(' ');
  return { wrong, advice, ...(command === undefined ? {} : { command }) };
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
