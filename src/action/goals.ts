/** The table of commands: each is a goal for the same loop. */
import type { Caller, Goal } from '../core/decision-types.ts';
import type { Forecast } from '../core/forecast/forecast-types.ts';
import { jobNotices } from '../core/forecast/spans.ts';
import type { Request } from '../core/inputs/inputs.ts';
import { findingText, findingsOf, Problem } from '../core/problem.ts';
import { openRecord } from '../core/rollout/drafts.ts';
import { isFreshStart } from '../core/rollout/start-checks.ts';
import { percentOf } from '../core/rollout/traffic.ts';
import type { MetricTiming } from '../core/judging-types.ts';
import type { Percent, Plan } from '../core/types.ts';
import { USUAL_TIMING } from '../core/usual-timing.ts';
import { runLoop } from '../engine/loop.ts';
import type { Ending, Ports } from '../engine/loop.ts';
import type { Doctor } from '../engine/ports.ts';
import { fittedPlan } from '../engine/auto-plan.ts';
import { foresee } from '../engine/foresight.ts';
import { unchangedEnding } from '../engine/late-start.ts';
import { preflight } from '../engine/preflight.ts';
import type { Preflight } from '../engine/preflight.ts';
import type { Foresight } from '../engine/ports.ts';
import { undoneCanary } from '../engine/sweep.ts';
import { NOBODY_DEAD } from './abandoned.ts';
import { dryEnding } from './dry-run.ts';
import type { Clearing } from './abandoned.ts';

export type Prepared = {
  readonly goal: Goal;
  readonly notices: readonly string[];
  /** What a start can be told to do; null: this is none. */
  readonly forecast: Forecast | null;
  /** Set when there is nothing to do. */
  readonly ending: Ending | null;
  /** Canary of the rollout before, if that was undone. */
  readonly undone: string | null;
  /** The checks of a start, where it was none when they were made; null: nothing is left to check. */
  readonly check: (() => Promise<Preflight>) | null;
};

export type Preparing = {
  readonly request: Request;
  readonly caller: Caller;
  readonly ports: Ports;
  readonly foresight: Foresight;
  /** Gives a service its first revision, or says that it would; left out: such a service is refused. */
  readonly deployFirst?: (plan: Plan) => Promise<Ending | null>;
  readonly doctor: Doctor;
  readonly cancel: AbortSignal;
  readonly clearing: Clearing;
  /** On a machine of GitHub's. */
  readonly isHosted: boolean;
  /** Who gives the order. */
  readonly actor: string;
};

export async function prepare(preparing: Preparing): Promise<Prepared> {
  const { request, ports } = preparing;
  const { command, wish } = request;
  switch (command) {
    case 'run':
    case 'deploy':
      return begin(preparing, command === 'deploy' ? 0 : 100);
    case 'ramp':
      return goOn(preparing, {
        until: wish.until === null ? 'next' : await stopAt(ports, wish.until),
        opensGates: true,
      });
    case 'resume':
      return goOn(preparing, { until: 100, opensGates: false });
    case 'promote':
    case 'rollback':
      return ready({
        kind: 'order',
        order: command,
        by: actorName(preparing.actor),
        seen: wish.seen,
        toPrevious: wish.toPrevious,
      });
    case 'status':
    case 'reconcile':
      return ready(NOBODY_DEAD);
  }
}

function ready(goal: Goal, notices: readonly string[] = []): Prepared {
  return { goal, notices, forecast: null, ending: null, undone: null, check: null };
}

async function begin(preparing: Preparing, until: Percent): Promise<Prepared> {
  const { request, ports, caller, cancel, foresight, isHosted, doctor } = preparing;
  const { plan: written, ref } = request;
  if (written === null) throw new Error('a start has a plan');
  const first = await firstOf(written, preparing);
  if (first !== null) {
    const goal = driveOf(written, USUAL_TIMING, until);
    return { ...ready(goal), ending: first };
  }
  const checking = { caller, ports, cancel, foresight, isHosted, doctor, ref };
  const found = await preflight(written, checking);
  const { timing, notices, service, acceptance } = found;
  const plan = request.isAuto ? await fittedPlan(written, found, { foresight, cancel }) : written;
  const goal = driveOf(plan, timing, until);
  const asked = { plan, timing, until, caller, service };
  const forecast =
    acceptance === null
      ? null
      : await foresee({ ...asked, acceptance }, { ports, foresight, cancel });
  const planned = request.isDryRun && !found.unchanged;
  const ending = planned ? await dryEnding(goal, found, preparing) : null;
  const tooLong = isHosted ? jobNotices({ plan, timing }, until) : [];
  const undone = request.isDryRun ? null : undoneCanary(service.record);
  const check = isFreshStart(service, caller) ? null : () => preflight(plan, checking);
  const nothing = found.unchanged ? unchangedEnding(service) : null;
  const told = [...notices, ...tooLong];
  return { goal, notices: told, forecast, ending: nothing ?? ending, undone, check };
}

/** null: the service has a revision that works, or none is to be made here. */
async function firstOf(plan: Plan, preparing: Preparing): Promise<Ending | null> {
  if (!preparing.request.isDryRun) await endAbandoned(preparing);
  return (await preparing.deployFirst?.(plan)) ?? null;
}

function driveOf(
  plan: Plan,
  timing: MetricTiming,
  until: Percent,
): Extract<Goal, { kind: 'drive' }> {
  const how = { mayStart: true, pace: 'wait', opensGates: false } as const;
  return { kind: 'drive', plan, timing, until, ...how };
}

/**
 * Whatever else may be wrong with this start: users are not left on a canary that somebody abandoned.
 * A service that cannot be read is the preflight's to report.
 */
async function endAbandoned({ ports, caller, cancel, clearing }: Preparing): Promise<void> {
  try {
    clearing.end(await runLoop({ goal: NOBODY_DEAD, caller, ports, observer: clearing, cancel }));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

/** The plan is on the service; only how its metrics are measured has to be asked. */
async function goOn(
  preparing: Preparing,
  way: { readonly until: Percent | 'next'; readonly opensGates: boolean },
): Promise<Prepared> {
  const { request, ports, caller } = preparing;
  const { timing, notices } = await timingOf(ports, caller);
  const pace = request.command === 'ramp' && request.wish.waits ? 'wait' : 'look';
  const goal: Goal = { kind: 'drive', plan: null, timing, mayStart: false, pace, ...way };
  return ready(goal, notices);
}

/**
 * What may have to be ended is ended without it: that needs Cloud Run alone. A hold in time is left
 * as it is, for whoever took it over could only break off at the first look, and undo it.
 * @throws Problem `denied` and the like, and nothing was changed.
 */
async function timingOf(
  { metrics, cloudRun }: Ports,
  { rolloutId }: Caller,
): Promise<Pick<Preflight, 'timing' | 'notices'>> {
  try {
    const { notice, ...timing } = await metrics.timing();
    return { timing, notices: notice === null ? [] : [notice] };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const service = await cloudRun.read();
    const record = openRecord(service);
    if (record === null) throw error;
    // What another run drives may be held in a moment.
    const isLeft = record.phase === 'active' && record.owner === rolloutId;
    if (!isLeft && service.readAt <= record.due) throw error;
    return { timing: USUAL_TIMING, notices: findingsOf(error).map(findingText) };
  }
}

/**
 * Where a ramp is told to stop. What is open when the loop reads may be another rollout, or none: it
 * says so then.
 * @throws Problem for a percent that the open rollout has no stage for, or has passed.
 */
async function stopAt(ports: Ports, wanted: Percent): Promise<Percent> {
  const record = openRecord(await ports.cloudRun.read());
  if (record === null) return wanted;
  const present = percentOf(record);
  const ahead = record.percents.filter((percent) => percent >= present);
  if (ahead.includes(wanted)) return wanted;
  const isBehind = record.percents.includes(wanted);
  const wrong = isBehind
    ? `is behind: the rollout stands at ${present} %`
    : 'is no stage of this rollout';
  const advice = `Write one of ${ahead.map((percent) => `${percent}%`).join(', ')}.`;
  throw new Problem('bad-input', {
    summary: 'The ramp cannot stop there. Nothing was changed.',
    findings: [{ subject: 'to', value: `${wanted}%`, wrong, advice }],
    advice: '',
  });
}

/** As it may stand in a record: a login, or "unknown". */
function actorName(actor: string): string {
  return /^[\w.[\]-]{1,64}$/.test(actor) ? actor : 'unknown';
}
