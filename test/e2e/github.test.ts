/** Reporting never changes an outcome: GitHub may be down, deaf, slow or not asked at all. */
import { afterAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../runner/runner.ts';
import { checkOf, errorsOf, nothingLeft, storyOf, until, untilAt } from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, TOKEN, type JobOptions, type Scene } from '../scene/scene.ts';

afterAll(nothingLeft);

type Row = readonly [github: string, meanwhile: (scene: Scene) => unknown, warning: RegExp];

const CHECKS = '/check-runs';

/** Each of them from the start to the end. */
const ROWS: readonly Row[] = [
  ['is down', ({ sandbox }) => (sandbox.github.controls.down = 500), /not up to date/],
  [
    'does not let the token write',
    ({ sandbox }) => (sandbox.github.controls.permissions.checks = 'read'),
    /"checks: write" in the permissions of the job/,
  ],
  ['does not know the token', ({ sandbox }) => (sandbox.github.controls.token = 'other'), /./],
  [
    'accepts nothing we send, and then breaks every connection',
    async (scene) => {
      const body = { message: 'Validation Failed', errors: ['title is too odd'] };
      const refusal = { kind: 'status', status: 422, body } as const;
      const { faults } = scene.sandbox;
      faults.add({ match: { pathIncludes: CHECKS }, fault: refusal, times: 1_000 });
      await untilAt(scene, 30);
      faults.clear();
      faults.add({ match: { pathIncludes: CHECKS }, fault: { kind: 'drop' }, times: 1_000 });
    },
    /not up to date/,
  ],
];

/** Promoted as ever, with one warning and nothing else that is new. */
function expectPromoted(scene: Scene, result: RunResult): void {
  expect([result.exitCode, result.outputs['outcome'], errorsOf(result)]).toEqual([
    0,
    'promoted',
    [],
  ]);
  expect(storyOf(scene)).toEqual(['active 0', 'active 1', 'promoted 2']);
  expect(result.summary).toContain('Promoted');
}

function warningsOf({ annotations }: RunResult): readonly string[] {
  return annotations.filter(({ level }) => level === 'warning').map(({ message }) => message);
}

describe.concurrent('a rollout is promoted with one warning though GitHub', () => {
  test.for(ROWS)('%s', ([_github, meanwhile, warning]) =>
    withScene({}, async (scene) => {
      const [result] = await Promise.all([scene.run({ inputs: QUICK }), meanwhile(scene)]);
      expectPromoted(scene, result);
      expect(warningsOf(result)).toEqual([expect.stringMatching(warning)]);
      expect(warningsOf(result)[0]).toContain('The rollout goes on without it.');
      expect([result.post!.exitCode, result.post!.annotations]).toEqual([0, []]);
      expect([result.outputs['check_run_url'], scene.sandbox.github.state.checkRuns]).toEqual([
        '',
        [],
      ]);
    }),
  );
});

describe.concurrent('a rollout', () => {
  test('without a token asks GitHub nothing and warns of nothing', () =>
    withScene({}, async (scene) => {
      const result = await scene.run({ inputs: { ...QUICK, token: '' } });
      expectPromoted(scene, result);
      expect(warningsOf(result)).toEqual([]);
      const asked = scene.sandbox.journal.entries().filter(({ path }) => path.startsWith('/repos'));
      expect(asked).toEqual([]);
    }));

  test('is in no hurry of GitHub: a slow check run delays no stage', () =>
    withScene({}, async (scene) => {
      const fault = { kind: 'delay', ms: 4_000, when: 'before' } as const;
      scene.sandbox.faults.add({ match: { pathIncludes: CHECKS }, fault, times: 2 });
      const result = await scene.run({ inputs: QUICK });
      expectPromoted(scene, result);
      expect(warningsOf(result)).toEqual([]);
      // What came too quickly for GitHub is left out; the last word is not.
      expect(checkOf(scene)).toMatchObject({ status: 'completed', conclusion: 'success' });
    }));

  test('whose check run was made unheard makes no second one', () =>
    withScene({}, async (scene) => {
      const match = { method: 'POST', pathIncludes: CHECKS };
      scene.sandbox.faults.add({ match, fault: { kind: 'lost' } });
      const result = await scene.run({ inputs: QUICK });
      expectPromoted(scene, result);
      expect(checkOf(scene)).toMatchObject({ conclusion: 'success' });
      expect(result.outputs['check_run_url']).toContain(String(checkOf(scene).id));
    }));

  test('that is cancelled while GitHub hangs is undone in time; its post step shows the end', () =>
    withScene({}, async (scene) => {
      const fault = { kind: 'delay', ms: 60_000, when: 'before' } as const;
      const running = scene.start({ inputs: { ...QUICK, stages: '30% for 60s' } });
      await untilAt(scene, 30);
      scene.sandbox.faults.add({ match: { pathIncludes: CHECKS }, fault, times: 1_000 });
      const cancelled = performance.now();
      let post = Infinity;
      const stop = running.onLine((line) => {
        if (!line.includes('Telling of an end')) return;
        post = performance.now();
        scene.sandbox.faults.clear();
      });
      running.cancel();
      await until('the canary is undone', () => scene.asked()[scene.stable] === 100);
      expect(performance.now() - cancelled).toBeLessThan(5_000);
      const result = await running.finished;
      stop();
      expect([result.exitCode, result.signal, result.post!.exitCode]).toEqual([1, null, 0]);
      expect(post - cancelled).toBeLessThan(10_000);
      expect(storyOf(scene)).toEqual(['active 0', 'active 1', 'rolled-back 1']);
      expect(checkOf(scene)).toMatchObject({ status: 'completed', conclusion: 'cancelled' });
    }));

  test('that GitHub does not hear the end of is shown by the post step, and only there', () =>
    withScene({}, async (scene) => {
      const running = scene.start({ inputs: QUICK });
      await untilAt(scene, 30);
      await until('the raise is shown', () => checkOf(scene).title.includes('30 %'));
      scene.sandbox.github.controls.down = 503;
      const stop = running.onLine((line) => {
        if (line.includes('Telling of an end')) scene.sandbox.github.controls.down = null;
      });
      const result = await running.finished;
      stop();
      expectPromoted(scene, result);
      expect(warningsOf(result)).toEqual([expect.stringMatching(/not up to date/)]);
      expect(checkOf(scene)).toMatchObject({ status: 'completed', conclusion: 'success' });
      expect(checkOf(scene).text).toContain('stands in its job summary');
      // What main has measured stands in its own summary and outputs, and is not written again.
      expect([result.post!.exitCode, result.post!.annotations]).toEqual([0, []]);
      expect([result.post!.summary, result.post!.log.includes('Told: promoted.')]).toEqual([
        '',
        true,
      ]);
    }));

  test('of a pull request from a fork, whose token may only read, gives notice of it', () =>
    withScene({}, async (scene) => {
      scene.sandbox.github.controls.permissions.checks = 'read';
      const result = await scene.run({ ...fromFork(), inputs: QUICK });
      expectPromoted(scene, result);
      expect(warningsOf(result)).toEqual([]);
      const notices = result.annotations.filter(({ level }) => level === 'notice');
      expect(notices.map(({ message }) => message)).toContainEqual(
        expect.stringContaining('from a fork may only read'),
      );
    }));

  test('of a pull request shows its check run on the commit people look at', () =>
    withScene({}, async (scene) => {
      const inputs = { ...QUICK, command: 'deploy' };
      const result = await scene.run({ ...fromFork(), inputs, token: TOKEN });
      expect([result.exitCode, warningsOf(result)]).toEqual([0, []]);
      expect(checkOf(scene).headSha).toBe('0123456789abcdef0123456789abcdef01234567');
    }));
});

function fromFork(): JobOptions {
  const head = { sha: '0123456789abcdef0123456789abcdef01234567', repo: { id: 5 } };
  const event = { name: 'pull_request', payload: { pull_request: { number: 7, head } } };
  return { event, env: { GITHUB_EVENT_NAME: 'pull_request' } };
}
