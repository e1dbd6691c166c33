/** One rollout in several steps and jobs: deploy, ramp, promote, resume, reconcile. */
import { afterAll, describe, expect, test } from 'vitest';
import {
  checkOf,
  errorsOf,
  nothingLeft,
  now,
  recordOf,
  rowsOf,
  storyOf,
  untilAt,
  writesOf,
} from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, type Scene } from '../scene/scene.ts';

afterAll(nothingLeft);

const STAGES = { ...QUICK, stages: '30% for 3s, 60% for 3s' };

/** Each write that was taken: what it says, and what it gives to whom. */
function dealsOf(scene: Scene): readonly string[] {
  return writesOf(scene)
    .filter(({ status }) => status !== 409)
    .map((write) => `${write.record.phase} ${write.record.stage}: ${splitOf(scene, write)}`);
}

function splitOf(scene: Scene, write: Parameters<typeof rowsOf>[0]): string {
  return rowsOf(write)
    .filter((row) => !row.includes('#'))
    .map((row) => row.replace(scene.stable, 'stable').replace(/web-c\S+/, 'canary'))
    .join(', ');
}

/** What users were given, write after write, each split once. */
function splitsOf(scene: Scene): readonly string[] {
  const splits = writesOf(scene).map((write) => splitOf(scene, write));
  return splits.filter((split, index) => split !== splits[index - 1]);
}

/** The record that is left, but for who wrote it when and why, and what is served. */
function endOf(scene: Scene) {
  const { phase, stage, percents, stable, canary, startedBy, history } = recordOf(scene)!;
  const isNamed = stable === scene.stable && Object.hasOwn(scene.served(), canary);
  return {
    phase,
    stage,
    percents,
    startedBy,
    history,
    isNamed,
    served: Object.values(scene.served()),
  };
}

const WHOLE = ['stable 100', 'stable 70, canary 30', 'stable 40, canary 60', 'canary 100'] as const;
const [AT_0, AT_30, AT_60, AT_100] = WHOLE;
/** The four writes that every way has in common; as one run makes them: rollout-good.test.ts. */
const DEALS = [
  `active 0: ${AT_0}`,
  `active 1: ${AT_30}`,
  `active 2: ${AT_60}`,
  `promoted 3: ${AT_100}`,
];
const END = {
  phase: 'promoted',
  stage: 3,
  percents: [0, 30, 60, 100],
  startedBy: 1,
  history: [],
  isNamed: true,
  served: [100],
};

/** Left by one process, and taken over by the next. */
function handed(stage: number, split: string): readonly string[] {
  return [`held ${stage}: ${split}`, `active ${stage}: ${split}`];
}

describe.concurrent('a rollout', () => {
  test('as five steps of one job is given its traffic in the four writes of one run, and ends the same', () =>
    withScene({}, async (scene) => {
      const step = (inputs: Record<string, string>) => scene.run({ inputs });
      const deploy = await step({ command: 'deploy', ...STAGES });
      expect([deploy.exitCode, deploy.outputs['outcome']]).toEqual([0, 'held']);
      expect(deploy.outputs['canary_url']).toMatch(/^http/);
      const first = await step({ command: 'ramp' });
      expect([first.exitCode, first.outputs['percent']]).toEqual([0, '30']);
      const second = await step({ command: 'ramp', to: '60%' });
      expect([second.exitCode, second.outputs['percent']]).toEqual([0, '60']);
      const promote = await step({ command: 'promote', at: '60%' });
      expect([promote.exitCode, errorsOf(promote)]).toEqual([0, []]);
      const status = await step({ command: 'status' });
      expect([status.exitCode, status.outputs['outcome']]).toEqual([0, 'promoted']);
      expect(dealsOf(scene)).toEqual([
        DEALS[0],
        ...handed(0, AT_0),
        DEALS[1],
        ...handed(1, AT_30),
        DEALS[2],
        `held 2: ${AT_60}`,
        DEALS[3],
      ]);
      expect(endOf(scene)).toEqual(END);
      expect(checkOf(scene).conclusion).toBe('success');
    }));

  // Each has a home, a workspace and a temporary directory of its own, as three machines would.
  test('as three jobs of one run is given the same, in one check run', () =>
    withScene({}, async (scene) => {
      await scene.run({ inputs: { command: 'deploy', ...STAGES } });
      const ramp = await scene.run({ inputs: { command: 'ramp', to: '60%' } });
      expect([ramp.exitCode, errorsOf(ramp)]).toEqual([0, []]);
      const promote = await scene.run({ inputs: { command: 'promote' } });
      expect(promote.exitCode).toBe(0);
      const left = [DEALS[0], ...handed(0, AT_0), DEALS[1], DEALS[2], `held 2: ${AT_60}`];
      expect(dealsOf(scene)).toEqual([...left, DEALS[3]]);
      expect(endOf(scene)).toEqual(END);
      expect(checkOf(scene).conclusion).toBe('success');
    }));

  test('waits at its gate for a person, and nothing else opens it', () =>
    withScene({}, async (scene) => {
      const stages = '30% for 3s until promoted, 60% for 3s';
      const run = await scene.run({ runId: 1, inputs: { ...STAGES, stages } });
      expect([run.exitCode, run.outputs['outcome']]).toEqual([0, 'held']);
      const before = now(scene);
      const resume = await scene.run({ runId: 2, inputs: { command: 'resume' } });
      expect([resume.exitCode, writesOf(scene, before)]).toEqual([0, []]);
      const stale = await scene.run({ runId: 3, inputs: { command: 'promote', at: '60%' } });
      expect([stale.exitCode, writesOf(scene, before)]).toEqual([1, []]);
      expect(errorsOf(stale)[0]).toContain('approval was given for 60 %');
      const promote = await scene.run({ runId: 4, inputs: { command: 'promote', at: '30%' } });
      expect(promote.exitCode).toBe(0);
      expect(Object.values(scene.served())).toEqual([100]);
      // Four runs have spoken in it.
      expect(checkOf(scene).conclusion).toBe('success');
    }));

  test('that nobody waits for is carried on by resume, look by look', () =>
    withScene({}, async (scene) => {
      await scene.run({ runId: 1, inputs: { command: 'deploy', ...STAGES } });
      for (let runId = 2; runId < 30 && recordOf(scene)!.phase !== 'promoted'; runId += 1) {
        const resume = await scene.run({ runId, inputs: { command: 'resume' } });
        expect([resume.exitCode, errorsOf(resume)]).toEqual([0, []]);
      }
      expect(recordOf(scene)!.phase).toBe('promoted');
      expect(splitsOf(scene)).toEqual(WHOLE);
    }));
});

describe.concurrent('what its run has abandoned', () => {
  async function abandon(scene: Scene): Promise<void> {
    const running = scene.start({ inputs: { ...QUICK, stages: '30% for 60s' } });
    await untilAt(scene, 30);
    running.shutdown();
    await running.finished;
  }

  const completed = (action: string, runId: number) => ({
    name: 'workflow_run',
    payload: {
      action,
      workflow_run: {
        id: runId,
        run_attempt: 1,
        status: action,
        head_sha: '8f3c1d2e4b5a69788796a5b4c3d2e1f00f1e2d3c',
      },
    },
  });

  test('is restored by reconcile as soon as its run is known to be over, with one write', () =>
    withScene({}, async (scene) => {
      await abandon(scene);
      const before = now(scene);
      const event = completed('completed', 19_482_736_450);
      const inputs = { command: 'reconcile', service: '*' };
      const result = await scene.run({ runId: 5, event, inputs });
      expect([result.exitCode, errorsOf(result)]).toEqual([0, []]);
      expect(storyOf(scene, before)).toEqual(['rolled-back 1']);
      expect(scene.served()).toEqual({ [scene.stable]: 100 });
      expect(checkOf(scene)).toMatchObject({ status: 'completed', conclusion: 'failure' });
    }));

  test('is left alone by reconcile before its due time, unless its run is known to be over', () =>
    withScene({}, async (scene) => {
      await abandon(scene);
      const before = now(scene);
      const events = [
        completed('in_progress', 19_482_736_450),
        completed('completed', 4711),
        { name: 'schedule', payload: {} },
      ];
      for (const [index, event] of events.entries()) {
        const inputs = { command: 'reconcile' };
        const result = await scene.run({ runId: 5 + index, event, inputs });
        expect([result.exitCode, writesOf(scene, before), event]).toEqual([0, [], event]);
      }
      expect(recordOf(scene)).toMatchObject({ phase: 'active', stage: 1 });
    }));
});

describe.concurrent('after a promotion', () => {
  test('rollback to: previous goes back, once, and only by name', () =>
    withScene({}, async (scene) => {
      await scene.run({ runId: 1, inputs: { ...QUICK, stages: '50% for 3s' } });
      const canary = recordOf(scene)!.canary;
      const plain = await scene.run({ runId: 2, inputs: { command: 'rollback' } });
      expect([plain.exitCode, scene.served()]).toEqual([1, { [canary]: 100 }]);
      expect(errorsOf(plain)[0]).toContain('to: previous');
      const inputs = { command: 'rollback', to: 'previous' };
      const back = await scene.run({ runId: 3, inputs });
      expect([back.exitCode, errorsOf(back)]).toEqual([0, []]);
      expect(scene.served()).toEqual({ [scene.stable]: 100 });
      expect((await scene.run({ runId: 4, inputs })).exitCode).toBe(1);
      expect(scene.served()).toEqual({ [scene.stable]: 100 });
    }));

  test('a split that somebody has changed since is not touched', () =>
    withScene({}, async (scene) => {
      await scene.run({ runId: 1, inputs: { ...QUICK, stages: '50% for 3s' } });
      const split = { [recordOf(scene)!.canary]: 80, [scene.stable]: 20 };
      await scene.sandbox.services.setTraffic('web', split);
      const inputs = { command: 'rollback', to: 'previous' };
      const back = await scene.run({ runId: 3, inputs });
      expect([back.exitCode, back.outputs['outcome']]).toEqual([1, 'refused']);
      expect(scene.asked()).toEqual(split);
    }));
});

test('a record that was erased in mid-rollout is found again by its canary', () =>
  withScene({}, async (scene) => {
    const inputs = { ...QUICK, stages: '30% for 60s' };
    const running = scene.start({ runId: 1, inputs });
    await untilAt(scene, 30);
    running.shutdown();
    await running.finished;
    scene.sandbox.services.annotate('web', { 'cloud-run-canary.dev/rollout': null });
    const result = await scene.run({ runId: 2, inputs: { command: 'rollback' } });
    expect([result.exitCode, errorsOf(result)]).toEqual([0, []]);
    expect(scene.served()).toEqual({ [scene.stable]: 100 });
  }));
