/** run, promote and rollback: the same loop with another goal. */
import { revisionName } from '../core/rollout/identity.ts';
import { EMPTY_MEMORY } from '../core/rollout/memory.ts';
import { isGoodEnding } from '../core/rollout/outcome.ts';
import { Problem } from '../core/problem.ts';
import type { Report } from '../core/report/report-model.ts';
import { outputsOf, renderSummary } from '../core/report/report.ts';
import type { Caller, Goal } from '../core/decision-types.ts';
import type { ServiceRef } from '../core/types.ts';
import type { CheckReporter } from '../edges/github-reporter.ts';
import type { RunContext } from '../edges/runner-context.ts';
import { runLoop } from '../engine/loop.ts';
import type { Ending, Ports } from '../engine/loop.ts';
import { preflight } from '../engine/preflight.ts';
import { Story } from '../engine/story.ts';
import type { Host } from './host.ts';
import { openReporter } from './reporting.ts';
import type { Setup } from './setup.ts';
import { openPorts } from './wiring.ts';

const NEXT_STEP = 'The check run and the job summary say what was measured and what to do next.';

type Errand = {
  readonly host: Host;
  readonly setup: Setup;
  readonly caller: Caller;
  readonly ports: Ports;
  readonly reporter: CheckReporter;
};

/** true: what was asked for has come about. */
export async function carryOut(host: Host, setup: Setup, context: RunContext): Promise<boolean> {
  const { ref } = setup.request;
  const errand: Errand = {
    host,
    setup,
    caller: callerOf(ref, context),
    ports: openPorts(setup, ref, host),
    reporter: await openReporter(host, setup.request, context),
  };
  try {
    return await pursue(errand, context.actor);
  } catch (error) {
    if (error instanceof Problem) {
      host.runner.setOutputs({ outcome: 'error', reason: error.code });
    }
    await errand.reporter.flush();
    throw error;
  }
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

async function pursue(errand: Errand, actor: string): Promise<boolean> {
  const { host, setup, caller, ports, reporter } = errand;
  const prepared = await prepare(errand, actor);
  const story = new Story({
    ref: setup.request.ref,
    caller,
    goal: prepared.goal,
    notices: prepared.notices,
    log: host.runner,
    reporter,
  });
  const ending =
    prepared.ending ??
    (await runLoop({
      goal: prepared.goal,
      caller,
      ports,
      observer: story,
      cancel: host.cancel,
    }));
  if (prepared.goal.kind === 'drive') saveState(errand, prepared.goal, true);
  const report = story.end(ending);
  await publish(errand, report);
  const isGood = isGoodEnding(ending.outcome, prepared.goal);
  const summary = report?.why ?? ending.why;
  if (!isGood) host.runner.fail(new Problem('ended', { summary, advice: NEXT_STEP }));
  return isGood;
}

type Prepared = {
  readonly goal: Goal;
  readonly notices: readonly string[];
  /** Set when there is nothing to do. */
  readonly ending: Ending | null;
};

async function prepare(errand: Errand, actor: string): Promise<Prepared> {
  const { host, setup, caller, ports } = errand;
  const { command, plan } = setup.request;
  if (plan === null || command !== 'run') {
    const order = command === 'promote' ? 'promote' : 'rollback';
    return { goal: { kind: 'order', order, by: actorName(actor) }, notices: [], ending: null };
  }
  host.runner.group('Preflight');
  const found = await preflight(plan, { caller, ports, cancel: host.cancel });
  for (const notice of found.notices) host.runner.notice(notice);
  const goal: Goal = { kind: 'drive', plan, timing: found.timing, mayStart: true, until: 100 };
  const ending: Ending | null = found.unchanged
    ? {
        outcome: 'unchanged',
        why: 'The image is already what serves all traffic.',
        service: found.service,
        memory: EMPTY_MEMORY,
      }
    : null;
  // Before the first write: a runner that is killed must find it in the post step.
  saveState(errand, goal, false);
  return { goal, notices: found.notices, ending };
}

function saveState(errand: Errand, goal: Extract<Goal, { kind: 'drive' }>, done: boolean): void {
  const { rolloutId, attempt } = errand.caller;
  errand.host.runner.saveState({
    service: errand.setup.request.ref,
    rolloutId,
    attempt,
    onCancel: goal.plan.onCancel,
    checkName: errand.setup.request.checkName,
    done,
  });
}

async function publish(errand: Errand, report: Report | null): Promise<void> {
  const { host, reporter, setup } = errand;
  await reporter.flush();
  if (report === null) return;
  const { url, ...outputs } = outputsOf(report, reporter.checkRunUrl());
  // As in deploy-cloudrun: who names a tag gets that tag's address.
  const tagged = setup.request.isTagGiven && report.canaryUrl !== '';
  host.runner.setOutputs({ ...outputs, url: tagged ? report.canaryUrl : url });
  await host.runner.writeSummary(renderSummary(report));
}

/** As it may stand in a record: a login, or "unknown". */
function actorName(actor: string): string {
  return /^[\w.[\]-]{1,64}$/.test(actor) ? actor : 'unknown';
}
