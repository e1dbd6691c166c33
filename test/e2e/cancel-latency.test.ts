/**
 * A cancel while Cloud Run answers late (durability.md, faults 33 to 35). The runner sends SIGINT,
 * 7.5 s later SIGTERM, 2.5 s later SIGKILL, then runs the post step. Who puts things right depends on
 * how late the answers come; what is right does not.
 */
import { afterAll, describe, expect, test } from 'vitest';
import type { Running, RunResult } from '../runner/runner.ts';
import {
  checkOf,
  nothingLeft,
  now,
  recordOf,
  rowsOf,
  storyOf,
  until,
  untilAt,
  writesOf,
} from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, type Scene } from '../scene/scene.ts';

afterAll(nothingLeft);

type Finisher = 'main' | 'post' | 'reconcile';

/**
 * Milliseconds of latency, and who finishes. A cancelled process gives a call 2 s, for two of them
 * must fit before SIGTERM; the post step gives a read 10 s.
 */
const LATENCIES: readonly (readonly [latency: number, finisher: Finisher])[] = [
  [0, 'main'],
  [500, 'main'],
  [1_000, 'main'],
  [2_000, 'post'],
  [4_000, 'post'],
  [7_000, 'post'],
  [10_000, 'reconcile'],
  [12_000, 'reconcile'],
];
/** On both sides of where another finishes: enough where what is right is all that differs. */
const BORDERS = LATENCIES.filter(([latency]) => [1_000, 2_000, 7_000, 10_000].includes(latency));
const READ_DEADLINE = 10_000;
const SERVICES = '/apis/serving.knative.dev/';
const RUN_ID = 19_482_736_450;
const LONG = { ...QUICK, stages: '30% for 60s' };
/** Nobody's numbers are looked at: the scenes of a table play at the same time. */
const IDLE = { requestsPerSecond: 2 };

/** From now on, for every call of Cloud Run and for all clients. */
function slowDown({ sandbox }: Scene, ms: number, when: 'before' | 'after'): void {
  for (const pathIncludes of [SERVICES, '/v2/projects/']) {
    sandbox.faults.add({ match: { pathIncludes }, fault: { kind: 'delay', ms, when }, times: 1e6 });
  }
}

/** The post step has begun, and its first read was given up for want of an answer. */
async function untilPostIsCutOff(scene: Scene, running: Running): Promise<void> {
  let begun: number | null = null;
  const stop = running.onLine((line) => {
    if (line.includes('Cleaning up after')) begun ??= now(scene);
  });
  const reads = () =>
    scene.sandbox.journal
      .entries()
      .slice(begun ?? Infinity)
      .filter(({ path }) => path.startsWith(SERVICES));
  await until('the post step reads for the second time', () => reads().length > 1);
  stop();
}

/** What the scheduled workflow does once it hears that the run is over. */
async function reconcile(scene: Scene): Promise<void> {
  const workflow_run = {
    id: RUN_ID,
    run_attempt: 1,
    status: 'completed',
    head_sha: '8f3c1d2e4b5a69788796a5b4c3d2e1f00f1e2d3c',
  };
  const event = { name: 'workflow_run', payload: { action: 'completed', workflow_run } };
  const inputs = { command: 'reconcile' };
  expect((await scene.run({ runId: RUN_ID + 1, event, inputs })).exitCode).toBe(0);
}

/** Sees a cancelled run to its end; where even the post step comes too late, the machine goes away. */
async function finishOf(scene: Scene, running: Running, latency: number): Promise<Finisher> {
  running.cancel();
  if (latency < READ_DEADLINE) return finisherIn(await running.finished);
  await untilPostIsCutOff(scene, running);
  running.shutdown();
  const { signal } = await running.finished;
  expect([signal, recordOf(scene)!.phase]).toEqual(['SIGKILL', 'active']);
  scene.sandbox.faults.clear();
  await reconcile(scene);
  return 'reconcile';
}

/** Main says so with its exit; after a SIGKILL it was the post step, if that succeeded. */
function finisherIn({ exitCode, signal, post }: RunResult): Finisher {
  if (signal === null) {
    // On a machine that is short of time the post step may still have the check run to complete.
    expect([exitCode, post!.exitCode]).toEqual([1, 0]);
    return 'main';
  }
  expect([signal, post!.exitCode]).toEqual(['SIGKILL', 0]);
  return 'post';
}

async function expectRestored(scene: Scene, finisher: Finisher): Promise<void> {
  const stable = { [scene.stable]: 100 };
  await until('the stable revision is served', () => scene.served()[scene.stable] === 100);
  const reason = finisher === 'reconcile' ? 'expired' : 'cancelled';
  expect(recordOf(scene)).toMatchObject({ phase: 'rolled-back', reason });
  expect(rowsOf(writesOf(scene).at(-1)!)).toEqual([`${scene.stable} 100`]);
  expect([scene.asked(), scene.served()]).toEqual([stable, stable]);
  expect(checkOf(scene).status).toBe('completed');
}

type Table = {
  readonly latencies: typeof LATENCIES;
  /** Up to the moment of the cancel. */
  readonly open: (scene: Scene) => Promise<Running>;
  readonly cancel: (scene: Scene, running: Running, latency: number) => Promise<Finisher>;
};

/** The rows begin one by one, for a start takes a core; then they wait together, the longest first. */
async function rowsOfTable({ latencies, open, cancel }: Table) {
  let turn = Promise.resolve();
  const rows = latencies.toReversed().map(([latency]) => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const row = turn.then(() =>
      withScene(IDLE, async (scene) => {
        const running = await open(scene).finally(begin);
        return [latency, await cancel(scene, running, latency)];
      }),
    );
    turn = begun;
    return row;
  });
  return (await Promise.all(rows)).toReversed();
}

async function openAt30(scene: Scene, inputs: Readonly<Record<string, string>>): Promise<Running> {
  const running = scene.start({ runId: RUN_ID, inputs });
  await untilAt(scene, 30);
  return running;
}

describe.concurrent('however late Cloud Run answers, a run that is cancelled', () => {
  test('in a bake is undone: by main, by the post step, or by reconcile', async () => {
    const rows = await rowsOfTable({
      latencies: LATENCIES,
      open: (scene) => openAt30(scene, LONG),
      async cancel(scene, running, latency) {
        slowDown(scene, latency, 'after');
        const finisher = await finishOf(scene, running, latency);
        expect(storyOf(scene)).toEqual(['active 0', 'active 1', 'rolled-back 1']);
        await expectRestored(scene, finisher);
        return finisher;
      },
    });
    expect(rows).toEqual(LATENCIES);
  });

  test('while its raise is under way is undone by the same, however late the raise arrives', async () => {
    const rows = await rowsOfTable({
      latencies: BORDERS,
      async open(scene) {
        const running = scene.start({ runId: RUN_ID, inputs: LONG });
        await until('the record is there', () => recordOf(scene) !== null);
        return running;
      },
      async cancel(scene, running, latency) {
        const raise = { kind: 'delay', ms: latency, when: 'before' } as const;
        scene.sandbox.faults.add({ match: { method: 'PUT' }, fault: raise });
        await until('the raise is sent', () => writesOf(scene).at(-1)!.record.stage === 1);
        slowDown(scene, latency, 'before');
        const finisher = await finishOf(scene, running, latency);
        await expectRestored(scene, finisher);
        return finisher;
      },
    });
    expect(rows).toEqual(BORDERS);
  });

  test('with `on_cancel: hold` is held where it was, and its split never moves', async () => {
    const rows = await rowsOfTable({
      latencies: BORDERS,
      open: (scene) => openAt30(scene, { ...LONG, on_cancel: 'hold' }),
      async cancel(scene, running, latency) {
        const split = scene.served();
        slowDown(scene, latency, 'after');
        running.cancel();
        if (latency >= READ_DEADLINE) {
          await untilPostIsCutOff(scene, running);
          scene.sandbox.faults.clear();
        }
        const finisher = finisherIn(await running.finished);
        expect(storyOf(scene)).toEqual(['active 0', 'active 1', 'held 1']);
        expect(recordOf(scene)).toMatchObject({ phase: 'held', reason: 'cancelled', stage: 1 });
        expect([scene.asked(), scene.served()]).toEqual([split, split]);
        return finisher;
      },
    });
    // The post step tries for two minutes: it outlives a latency that passes.
    const held = BORDERS.map(([latency, by]) => [latency, by === 'main' ? 'main' : 'post']);
    expect(rows).toEqual(held);
  });
});
