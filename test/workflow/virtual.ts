/**
 * A repository in virtual time: the workflow as it is written, the shipped engine and the sandbox's
 * service, with what test/faults has for the rest. Jobs take as long as this action; other steps take
 * no time, and no runner is late.
 */
import { parseInputs } from '../../src/core/inputs/inputs.ts';
import type { Goal } from '../../src/core/decision-types.ts';
import { defaultTag, revisionName } from '../../src/core/rollout/identity.ts';
import { isGoodEnding } from '../../src/core/rollout/outcome.ts';
import { runLoop } from '../../src/engine/loop.ts';
import type { Ending } from '../../src/engine/loop.ts';
import { SHIPPED } from '../faults/breaks.ts';
import { openPorts } from '../faults/ports.ts';
import { Process } from '../faults/process.ts';
import { BEGIN, MINUTE, SERVICE, TIMING, goOnOf } from '../faults/settings.ts';
import type { Truth } from '../faults/settings.ts';
import type { Timeline } from '../faults/timeline.ts';
import { World } from '../faults/world.ts';
import type { Workflow } from './file.ts';
import type { Acted, Acting, Hands, ReadyStep } from './job.ts';
import { Repository } from './repository.ts';
import type { Environment } from './gates.ts';

export type VirtualPlay = {
  readonly workflow: Workflow;
  readonly environments?: Readonly<Record<string, Environment>>;
  readonly truth?: Truth;
  /** In place of the example's own. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly hours: number;
};

export type VirtualResult = {
  /** In minutes from the push; null: it did not come to that. */
  readonly promotedAfter: number | null;
  readonly restoredAfter: number | null;
  /** From the moment at which the canary began to fail to that at which the old split was asked for. */
  readonly harmedFor: number | null;
  /** Runner minutes of every run up to the one that ended the rollout. */
  readonly billedMinutes: number;
  /** Promises that were broken, by the oracle of test/faults. */
  readonly violations: readonly unknown[];
};

/** More than any chain of promises of the harness is long. */
const TURNS = 1_000;

const TURN = Promise.resolve();

/** Time stands still while the harness works out what comes next. */
async function think(timeline: Timeline): Promise<void> {
  timeline.enter();
  for (let turn = 0; turn < TURNS; turn += 1) await TURN;
  timeline.leave();
}

export async function playVirtually(play: VirtualPlay): Promise<VirtualResult> {
  const world = new World({ truth: play.truth ?? 'good', rules: {}, faults: [] });
  await world.cloud.setUp();
  const { timeline } = world;
  const wait = (minutes: number): Promise<void> =>
    new Promise((done) => {
      timeline.at(timeline.now + minutes * MINUTE, () => {
        done();
        void think(timeline);
      });
    });
  const hands = handsIn(world, play, (file) => void repository.dispatch(file));
  const host = { now: () => timeline.now, wait, hands };
  const { environments = {} } = play;
  const repository = new Repository(host, [play.workflow], { environments });
  const ends: { phase?: string; at?: number; runs?: number } = {};
  let failsSince: number | null = null;
  world.cloud.onWrite = (write) => {
    world.oracle.wrote(write);
    const { phase, percent } = recordedIn(world.oracle.text);
    if (play.truth === 'bad-from-10' && percent >= 10) failsSince ??= timeline.now;
    if (['promoted', 'rolled-back'].includes(phase)) {
      Object.assign(ends, { phase, at: timeline.now, runs: repository.runs.length });
    }
  };
  startSchedules(play, { timeline, repository });
  repository.push();
  void think(timeline);
  await timeline.run(BEGIN + play.hours * 60 * MINUTE);
  const { phase, at = 0, runs } = ends;
  const since = (from: number): number => (at - from) / MINUTE;
  return {
    promotedAfter: phase === 'promoted' ? since(BEGIN) : null,
    restoredAfter: phase === 'rolled-back' ? since(BEGIN) : null,
    harmedFor: failsSince === null ? null : since(failsSince),
    billedMinutes: repository.runs
      .slice(0, runs)
      .reduce((sum, { billedMinutes }) => sum + billedMinutes, 0),
    violations: world.oracle.violations,
  };
}

function recordedIn(text: string | null): { readonly phase: string; readonly percent: number } {
  const record: { phase: string; stage: number; percents: readonly number[] } = JSON.parse(
    text ?? '{"phase":"","stage":0,"percents":[]}',
  );
  return { phase: record.phase, percent: record.percents[record.stage] ?? 0 };
}

/** Every N minutes, as `*` + `/N` says, never late. */
function startSchedules(
  { workflow, hours }: VirtualPlay,
  { timeline, repository }: { readonly timeline: Timeline; readonly repository: Repository },
): void {
  const schedules = workflow.on['schedule'];
  for (const { cron } of Array.isArray(schedules) ? schedules : []) {
    const every = Number(/^\*\/(\d+) \* \* \* \*$/.exec(cron)?.[1]) * MINUTE;
    if (!(every > 0)) throw new Error(`The harness does not know the schedule ${cron}`);
    for (let at = Math.ceil(BEGIN / every) * every; at < BEGIN + hours * 60 * MINUTE; at += every) {
      timeline.at(at, () => {
        repository.happen({ name: 'schedule' });
        void think(timeline);
      });
    }
  }
}

function handsIn(world: World, play: VirtualPlay, dispatch: (file: string) => void): Hands {
  let processes = 0;
  return (step): Acting => {
    const { uses, run } = step;
    const cancel = (): void => undefined;
    if (uses !== null && /(?:^|\/)cloud-run-canary@/.test(uses)) {
      return { finished: drive(world, step, { id: (processes += 1), given: play.inputs }), cancel };
    }
    if (uses?.startsWith('google-github-actions/auth@') === true) {
      return { finished: Promise.resolve({ ok: true }), cancel };
    }
    const file = /^gh workflow run (\S+) /.exec(run ?? '')?.[1];
    if (file === undefined) throw new Error(`Nobody stands in for ${uses ?? run}`);
    const isAllowed = step.permissions['actions'] === 'write';
    if (isAllowed) dispatch(file);
    return { finished: Promise.resolve({ ok: isAllowed }), cancel };
  };
}

type Way = { readonly id: number; readonly given: VirtualPlay['inputs'] };

function drive(world: World, step: ReadyStep, { id, given = {} }: Way): Promise<Acted> {
  const { timeline } = world;
  const goal = goalOf(step, given);
  const run = Number(step.github['run_id']);
  const attempt = Number(step.github['run_attempt']);
  const caller = {
    rolloutId: `683120945-${run}`,
    attempt,
    revision: revisionName(SERVICE, run, attempt),
    commit: '0123456789abcdef0123456789abcdef01234567',
    runUrl: `https://github.com/o/r/actions/runs/${run}`,
    dispatch: null,
  };
  const role = goal.kind === 'drive' ? (goal.mayStart ? 'main' : 'taker') : 'order';
  const process = new Process(timeline, { id, role, caller });
  const ports = SHIPPED.ports(openPorts(world, process, SHIPPED.sending));
  const observer = { turn: () => undefined, remark: () => undefined };
  const errand = { goal, caller, ports, observer, cancel: process.signal };
  return new Promise((done, failed) => {
    process.start(
      () => runLoop(errand),
      (ending) => {
        if (ending instanceof Error) failed(ending);
        else done({ ok: isGoodEnding(ending, goal), outputs: outputsOf(ending) });
        void think(timeline);
      },
    );
  });
}

/** As src/action/goals.ts has it. */
function goalOf(step: ReadyStep, given: Readonly<Record<string, string>>): Goal {
  const { command = 'run', to = '' } = step.with;
  if (command === 'resume') return goOnOf('resume');
  if (command === 'ramp') return { ...goOnOf('ramp'), until: Number(to.replace('%', '')) };
  if (command === 'promote') {
    return { kind: 'order', order: 'promote', by: 'octocat', seen: null, toPrevious: false };
  }
  const raw = new Map(Object.entries({ ...step.with, ...given, max_latency_increase: 'off' }));
  const parsed = parseInputs(raw, {
    project: 'demo',
    defaultTag: defaultTag(SERVICE, Number(step.github['run_id'])),
    commit: '',
  });
  if (!parsed.ok || parsed.request.plan === null) throw new Error(JSON.stringify(parsed));
  const until = command === 'deploy' ? 0 : 100;
  const how = { mayStart: true, pace: 'wait', opensGates: false } as const;
  return { kind: 'drive', plan: parsed.request.plan, timing: TIMING, until, ...how };
}

function outputsOf({ outcome, service }: Ending): Readonly<Record<string, string>> {
  const record = service?.record;
  const reason = typeof record === 'object' && record !== null ? (record.reason ?? '') : '';
  return { outcome, reason };
}
