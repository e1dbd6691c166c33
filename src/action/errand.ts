/** Every command that may write: prepared as a goal, carried out by the loop, then shown. */
import type { Caller, Goal } from '../core/decision-types.ts';
import type { Request } from '../core/inputs/inputs.ts';
import { forecastLines } from '../core/forecast/forecast-text.ts';
import { Problem, codeOf } from '../core/problem.ts';
import type { Report } from '../core/report/report-model.ts';
import { outputsOf, renderSummary } from '../core/report/report.ts';
import { revisionName, suffixedName } from '../core/rollout/identity.ts';
import { isGoodEnding } from '../core/rollout/outcome.ts';
import type { ServiceRef } from '../core/types.ts';
import type { CheckReporter } from '../edges/github-reporter.ts';
import type { RunContext } from '../edges/runner-context.ts';
import type { PostState } from '../edges/runner-state.ts';
import { deployFirst } from '../engine/first-deploy.ts';
import { runLoop } from '../engine/loop.ts';
import type { Ending } from '../engine/loop.ts';
import type { Foresight } from '../engine/ports.ts';
import { Story } from '../engine/story.ts';
import { watchClearing } from './abandoned.ts';
import type { Clearing } from './abandoned.ts';
import { openCommits } from './commits.ts';
import { prepare } from './goals.ts';
import type { Preparing } from './goals.ts';
import type { Host } from './host.ts';
import { openReporter } from './reporting.ts';
import type { Setup } from './setup.ts';
import { openPorts } from './wiring.ts';
import type { Opened } from './wiring.ts';

const NEXT_STEP = 'The check run and the job summary say what was measured and what to do next.';

type Errand = {
  readonly host: Host;
  readonly setup: Setup;
  readonly caller: Caller;
  readonly ports: Opened;
  readonly foresight: Foresight;
  readonly reporter: CheckReporter;
  readonly clearing: Clearing;
};

/** true: what was asked for has come about. */
export async function carryOut(host: Host, setup: Setup, context: RunContext): Promise<boolean> {
  const { ref } = setup.request;
  const caller = startingCaller(setup.request, context);
  const ports = openPorts(setup, ref, host);
  const foresight = { ...ports.sight, commits: openCommits(host, setup.request, context) };
  const open = () => openReporter(host, shownBy(setup.request), context);
  const reporter = open();
  const story = { ref, caller, log: host.runner, own: reporter, openAnother: open };
  const errand = {
    host,
    setup,
    caller,
    ports,
    foresight,
    reporter,
    clearing: watchClearing(story),
  };
  try {
    return await pursue(errand, context);
  } catch (error) {
    await reporter.flush();
    throw error;
  } finally {
    await errand.clearing.flush();
  }
}

/** A plan that is only looked at must not pass for a rollout, nor be shown in the check run of one. */
function shownBy(request: Request): Request {
  return request.isDryRun ? { ...request, checkName: `Plan · ${request.checkName}` } : request;
}

export function callerOf(ref: ServiceRef, context: RunContext): Caller {
  return {
    rolloutId: `${context.repositoryId}-${context.runId}`,
    attempt: context.runAttempt,
    revision: revisionName(ref.service, context.runId, context.runAttempt),
    commit: context.headSha,
    runUrl: context.runUrl,
  };
}

/** As somebody who may have named the revision to start. */
function startingCaller({ ref, suffix }: Request, context: RunContext): Caller {
  const caller = callerOf(ref, context);
  if (suffix === null) return caller;
  return { ...caller, revision: suffixedName(ref.service, suffix, context.runAttempt) };
}

async function pursue(errand: Errand, { actor, isHosted }: RunContext): Promise<boolean> {
  const { host, setup, caller, ports, foresight, reporter, clearing } = errand;
  const { request } = setup;
  const { runner, cancel } = host;
  runner.group('Preflight');
  const {
    goal,
    notices,
    forecast,
    ending: early,
  } = await prepare({
    request,
    caller,
    ports,
    foresight,
    cancel,
    actor,
    isHosted,
    clearing,
    ...firstOf(errand),
  });
  for (const notice of notices) runner.notice(notice);
  if (forecast !== null) {
    runner.group('Plan');
    for (const line of forecastLines(forecast)) runner.line(line);
  }
  // Before the first write: a runner that is killed must find it in the post step.
  saveState(errand, goal, { done: false, brokeOff: null });
  const about = { ref: request.ref, caller, goal, notices, forecast };
  const story = new Story({ ...about, log: runner, reporter });
  const ending =
    early ?? (await seeThrough(errand, { goal, caller, ports, observer: story, cancel }));
  saveState(errand, goal, { done: true, brokeOff: null });
  const report = story.end(ending);
  await publish(errand, ending, report);
  const isGood = isGoodEnding(ending, goal);
  const summary = report?.why ?? ending.why;
  if (!isGood) runner.fail(new Problem('ended', { summary, advice: NEXT_STEP }));
  return isGood;
}

/** Nothing of it is left to a post step: there is no revision to go back to. */
function firstOf({ setup, caller, ports, host, clearing }: Errand): Pick<Preparing, 'deployFirst'> {
  if (!setup.request.deploysFirst) return {};
  const work = { caller, ports, cancel: host.cancel, observer: clearing };
  return { deployFirst: (plan) => deployFirst(work, plan) };
}

async function seeThrough(errand: Errand, work: Parameters<typeof runLoop>[0]): Promise<Ending> {
  try {
    return await runLoop(work);
  } catch (error) {
    // After a cancel it is the cancel that the post step finishes, whatever failed on the way.
    const brokeOff = work.cancel.aborted ? null : codeOf(error);
    saveState(errand, work.goal, { done: false, brokeOff });
    throw error;
  }
}

/** Only who drives can leave something open behind. */
function saveState(errand: Errand, goal: Goal, how: Pick<PostState, 'done' | 'brokeOff'>): void {
  if (goal.kind !== 'drive' || errand.setup.request.isDryRun) return;
  const { host, setup, caller } = errand;
  host.runner.saveState({
    service: setup.request.ref,
    rolloutId: caller.rolloutId,
    attempt: caller.attempt,
    checkName: setup.request.checkName,
    ...how,
  });
}

async function publish(errand: Errand, ending: Ending, report: Report | null): Promise<void> {
  const { host, reporter, setup } = errand;
  await reporter.flush();
  // Of a service that is not there.
  if (report === null) {
    host.runner.line(ending.why);
    return host.runner.setOutputs({ outcome: ending.outcome });
  }
  const { url, ...outputs } = outputsOf(report, reporter.checkRunUrl());
  // As in deploy-cloudrun: who names a tag gets that tag's address.
  const tagged = setup.request.isTagGiven && report.canaryUrl !== '';
  host.runner.setOutputs({ ...outputs, url: tagged ? report.canaryUrl : url });
  await host.runner.writeSummary(renderSummary(report));
}
