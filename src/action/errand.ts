/** Every command that may write: prepared as a goal, carried out by the loop, then shown. */
import type { Caller, Goal } from '../core/decision-types.ts';
import { forecastLines } from '../core/forecast/forecast-text.ts';
import { addressed, named } from '../core/doctor/principal.ts';
import { Problem, codeOf } from '../core/problem.ts';
import { causeIn } from '../core/report/report-advice.ts';
import type { Report } from '../core/report/report-model.ts';
import { outputsOf, renderSummary } from '../core/report/report.ts';
import { EMPTY_MEMORY } from '../core/rollout/memory.ts';
import { isGoodEnding } from '../core/rollout/outcome.ts';
import type { CheckReporter } from '../edges/github-reporter.ts';
import type { RunContext } from '../edges/runner-context.ts';
import type { PostState } from '../edges/runner-state.ts';
import { both } from '../engine/harmless.ts';
import { Ledger } from '../engine/ledger.ts';
import { runLoop } from '../engine/loop.ts';
import type { Ending } from '../engine/loop.ts';
import type { Foresight } from '../engine/ports.ts';
import { FirstRefusal } from '../engine/first-refusal.ts';
import { Refusal, USUAL_TIMING } from '../engine/preflight.ts';
import { Story } from '../engine/story.ts';
import { sweep, sweepClones, undoneCanary } from '../engine/sweep.ts';
import { watchClearing } from './abandoned.ts';
import type { Clearing } from './abandoned.ts';
import { startingCaller } from './caller.ts';
import { openCommits } from './commits.ts';
import { firstOf } from './dry-run.ts';
import { prepare } from './goals.ts';
import type { Prepared } from './goals.ts';
import type { Host } from './host.ts';
import { keepReport } from './keeping.ts';
import { openReporter, shownBy } from './reporting.ts';
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
  readonly ledger: Ledger;
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

async function pursue(errand: Errand, context: RunContext): Promise<boolean> {
  const { host, setup, caller, ports, reporter, ledger } = errand;
  const { request } = setup;
  const { runner, cancel } = host;
  runner.group('Preflight');
  const { goal, forecast, ending: early, ...prepared } = await prepareOrTell(errand, context);
  const notices = prepared.notices.map((notice) => named(notice, setup.principal));
  for (const notice of notices) runner.notice(notice);
  if (forecast !== null) {
    runner.group('Plan');
    for (const line of forecastLines(forecast)) runner.line(line);
  }
  // Before the first write: a runner that is killed must find it in the post step.
  saveState(errand, goal, { done: false, brokeOff: null });
  const about = { ref: request.ref, caller, goal, notices, forecast };
  const story = new Story({ ...about, log: runner, reporter });
  ledger.follow(goal);
  const observer = both(story, ledger);
  const ending =
    early ?? (await seeThrough(errand, story, { goal, caller, ports, observer, cancel }));
  const report = story.end(ending);
  await publish(errand, report);
  // Whoever is killed while it reports, or was cancelled and is in too much of a hurry to, leaves a
  // check run that the post step completes.
  const done = !cancel.aborted || !reporter.isBehind();
  saveState(errand, goal, { done, brokeOff: null });
  // Of a service that is not there.
  if (report === null) runner.setOutputs({ outcome: ending.outcome });
  if (ending.service === null || request.isDryRun) runner.line(ending.why);
  await clearAway(errand, { before: prepared.undone, ending });
  const isGood = isGoodEnding(ending, goal);
  const summary = report?.why ?? ending.why;
  if (!isGood) runner.fail(addressed(unwanted(summary, report), setup.principal));
  return isGood;
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

/** The ending of a rollout that was to end otherwise; what Cloud Run says may have a cure. */
function unwanted(summary: string, report: Report | null): Problem {
  const cause = report === null ? null : causeIn(report);
  const advice = cause === null ? NEXT_STEP : `${cause.text} ${NEXT_STEP}`;
  return new Problem('ended', { summary, advice, commands: cause?.commands ?? [] });
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
      await tell(errand, () => story.end(ending, addressed(error, setup.principal)));
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
  try {
    await publish(errand, reportOf());
  } catch {
    errand.host.runner.warning('The report of what was refused could not be written.');
  }
}

async function seeThrough(
  errand: Errand,
  story: Story,
  work: Parameters<typeof runLoop>[0],
): Promise<Ending> {
  try {
    return await runLoop(work);
  } catch (error) {
    // After a cancel it is the cancel that the post step finishes, whatever failed on the way.
    const brokeOff = work.cancel.aborted ? null : codeOf(error);
    saveState(errand, work.goal, { done: false, brokeOff });
    if (error instanceof Problem) {
      await tell(errand, () => story.refused(addressed(error, errand.setup.principal)));
    }
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

async function publish(errand: Errand, report: Report | null): Promise<void> {
  const { host, reporter, setup, ledger } = errand;
  await reporter.flush();
  if (report === null) return;
  const { url, ...outputs } = outputsOf(report, reporter.checkRunUrl());
  // As in deploy-cloudrun: who names a tag gets that tag's address.
  const tagged = setup.request.isTagGiven && report.canaryUrl !== '';
  const kept = await keepReport(host.runner, report, ledger.trace());
  host.runner.setOutputs({ ...outputs, ...kept, url: tagged ? report.canaryUrl : url });
  await host.runner.writeSummary(renderSummary(report));
}
