/** Every command that may write: prepared as a goal, carried out by the loop, then shown. */
import type { Caller, Goal, Outcome } from '../core/decision-types.ts';
import { forecastLines } from '../core/forecast/forecast-text.ts';
import { Problem, codeOf } from '../core/problem.ts';
import type { Report } from '../core/report/report-model.ts';
import { EMPTY_MEMORY } from '../core/rollout/memory.ts';
import { isGoodEnding } from '../core/rollout/outcome.ts';
import { USUAL_TIMING } from '../core/usual-timing.ts';
import type { RunContext } from '../edges/runner-context.ts';
import { EVERYWHERE } from '../edges/runner-state.ts';
import type { Untold } from '../edges/runner-state.ts';
import { both } from '../engine/harmless.ts';
import { Ledger } from '../engine/ledger.ts';
import { runChecked } from '../engine/late-start.ts';
import type { runLoop } from '../engine/loop.ts';
import type { Ending } from '../engine/loop.ts';
import type { Foresight } from '../engine/ports.ts';
import { FirstRefusal } from '../engine/first-refusal.ts';
import { Refusal } from '../engine/preflight.ts';
import { Story } from '../engine/story.ts';
import { sweep, sweepClones, undoneCanary } from '../engine/sweep.ts';
import { watchClearing } from './abandoned.ts';
import type { Clearing } from './abandoned.ts';
import { startingCaller } from './caller.ts';
import { openCommits } from './commits.ts';
import { firstOf } from './first-revision.ts';
import { prepare } from './goals.ts';
import type { Prepared } from './goals.ts';
import type { Host } from './host.ts';
import { AT_WORK, Leavings } from './leavings.ts';
import { careful, publish, unwanted } from './publish.ts';
import type { Publishing } from './publish.ts';
import { openReporter, shownBy } from './reporting.ts';
import type { Reporting } from './reporting.ts';
import type { Setup } from './setup.ts';
import { openPorts } from './wiring.ts';
import type { Opened } from './wiring.ts';

type Errand = {
  readonly host: Host;
  readonly setup: Setup;
  readonly caller: Caller;
  readonly ports: Opened;
  readonly foresight: Foresight;
  readonly reporter: Reporting;
  readonly clearing: Clearing;
  readonly ledger: Ledger;
  readonly left: Leavings;
};

/** true: what was asked for has come about. */
export async function carryOut(host: Host, setup: Setup, context: RunContext): Promise<boolean> {
  const { ref } = setup.request;
  const caller = startingCaller(setup.request, context);
  const undoes = setup.request.command === 'rollback';
  const ports = openPorts(setup, ref, { ...host, undoes });
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
    ledger: new Ledger(),
    left: new Leavings(host.runner, setup.request, caller),
  };
  const attempt = careful(host.runner);
  try {
    return await pursue(errand, context);
  } catch (error) {
    await attempt(() => reporter.flush());
    throw error;
  } finally {
    await attempt(() => errand.clearing.flush());
  }
}

async function pursue(errand: Errand, context: RunContext): Promise<boolean> {
  const { host, setup, caller, ports, reporter, ledger } = errand;
  const { request } = setup;
  const { runner, cancel } = host;
  runner.group('Preflight');
  const { goal, forecast, ending: early, ...prepared } = await prepareOrTell(errand, context);
  const { notices } = prepared;
  for (const notice of notices) runner.notice(notice);
  if (forecast !== null) {
    runner.group('Plan');
    for (const line of forecastLines(forecast)) runner.line(line);
  }
  // Before the first write: a runner that is killed must find it in the post step.
  errand.left.save(goal, AT_WORK);
  const about = { ref: request.ref, caller, goal, notices, forecast };
  const story = new Story({ ...about, log: runner, reporter });
  ledger.follow(goal);
  const observer = both(both(story, ledger), errand.left.watch(goal));
  const work = { goal, caller, ports, observer, cancel };
  const ending = early ?? (await seeThrough(errand, story, { ...work, check: prepared.check }));
  const report = await reportEnd(errand, { story, goal, ending });
  if (ending.service === null || request.isDryRun) runner.line(ending.why);
  await clearAway(errand, { before: prepared.undone, ending });
  const isGood = isGoodEnding(ending, goal);
  const problem = isGood ? null : await unwanted(runner, ending.why, report);
  if (problem !== null) runner.fail(problem);
  return isGood;
}

type Ended = { readonly story: Story; readonly goal: Goal; readonly ending: Ending };

/**
 * Whoever is killed while it reports, is in too much of a hurry to, or is not answered, leaves a
 * check run that the post step completes. null: there is nothing to report of.
 */
async function reportEnd(errand: Errand, { story, goal, ending }: Ended): Promise<Report | null> {
  const { host, reporter } = errand;
  const { outcome, memory } = ending;
  // The post step knows neither what was measured nor what Cloud Run said.
  const why = host.runner.redact([ending.why, memory.doom?.why ?? ''].join(' ').trim());
  const save = (channels: Untold['channels']): void => {
    const untold = { outcome, why, channels, page: reporter.checkRunUrl() };
    const done = channels.length === 0;
    // What may still arrive, or come back, is for the post step to end.
    const isOver = ending.underWay === undefined && outcome !== 'gone';
    errand.left.save(goal, {
      done: done && isOver,
      brokeOff: null,
      untold: done || !isOver ? null : untold,
      underWay: ending.underWay ?? null,
    });
  };
  save(EVERYWHERE);
  const report = await careful(host.runner)(() => story.end(ending));
  await publish(publishing(errand, outcome), report);
  save(reporter.behind());
  return report;
}

/** In a hurry nobody cleans up, and after an end of nothing there is nothing to. */
async function clearAway(
  { host, setup, caller, ports }: Errand,
  { before, ending }: { readonly before: string | null; readonly ending: Ending },
): Promise<void> {
  const { request } = setup;
  const { service, memory } = ending;
  if (host.cancel.aborted || service === null || !memory.drove) return;
  const tools = { ...ports, log: host.runner };
  await sweepClones(tools, ending);
  if (!request.deletesFailed) return;
  const { record } = service;
  const isOwn = typeof record !== 'string' && record.rolloutId === caller.rolloutId;
  await sweep(tools, [before, isOwn ? undoneCanary(record) : null]);
}

/** A start that is refused is shown like any other end; the step then fails with all its findings. */
async function prepareOrTell(errand: Errand, { actor, isHosted }: RunContext): Promise<Prepared> {
  const { host, setup, caller, ports, foresight, reporter, clearing } = errand;
  const { request } = setup;
  const { runner, cancel } = host;
  try {
    return await prepare({
      request,
      caller,
      ports,
      foresight,
      doctor: ports.doctor,
      cancel,
      actor,
      isHosted,
      clearing,
      ...firstOf({ caller, ports, isHosted, cancel, observer: clearing }, request),
    });
  } catch (error) {
    const isRefused = error instanceof Refusal || error instanceof FirstRefusal;
    if (isRefused && error.service !== null) {
      const { service, summary: why } = error;
      const goal: Goal = { ...STARTING, plan: request.plan };
      const story = new Story({
        ref: request.ref,
        caller,
        goal,
        notices: [],
        forecast: null,
        log: runner,
        reporter,
      });
      const ending: Ending = { outcome: 'refused', why, service, memory: EMPTY_MEMORY };
      await tell(errand, () => story.end(ending, error));
    }
    throw error;
  }
}

const STARTING = {
  kind: 'drive',
  timing: USUAL_TIMING,
  mayStart: true,
  until: 100,
  pace: 'wait',
  opensGates: false,
} as const;

/** Whatever comes of it, the step fails for the reason that is told here (S15). */
async function tell(errand: Errand, reportOf: () => Report | null): Promise<void> {
  const report = await careful(errand.host.runner)(reportOf);
  if (report !== null) await publish(publishing(errand, 'refused'), report);
}

async function seeThrough(
  errand: Errand,
  story: Story,
  { check, ...work }: Parameters<typeof runLoop>[0] & Pick<Prepared, 'check'>,
): Promise<Ending> {
  try {
    return await runChecked(work, check);
  } catch (error) {
    // After a cancel it is the cancel that the post step finishes, whatever failed on the way.
    const brokeOff = work.cancel.aborted ? null : codeOf(error);
    errand.left.save(work.goal, { ...AT_WORK, brokeOff });
    if (error instanceof Problem) {
      await tell(errand, () => story.refused(error));
    }
    throw error;
  }
}

function publishing({ host, reporter, setup, ledger }: Errand, outcome: Outcome): Publishing {
  const { isTagGiven } = setup.request;
  return { runner: host.runner, reporter, trace: () => ledger.trace(), isTagGiven, outcome };
}
