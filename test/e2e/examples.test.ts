/** The workflows of examples/, played job by job as they are written, with stages of seconds. */
import { afterAll, describe, expect, test } from 'vitest';
import { nothingLeft, now, recordOf, storyOf, untilAt } from '../scene/evidence.ts';
import { playing } from '../workflow/stage.ts';
import { asked, errorsIn, outcomesOf, pushed } from '../workflow/told.ts';

afterAll(nothingLeft, 40_000);

const BAD = 'sandbox/app:v2_errors-60';

describe.concurrent('in one job', () => {
  test('first-canary: cancelled the stable revision is back, a re-run starts afresh', () =>
    playing({ examples: ['first-canary'] }, async (stage) => {
      const { scene } = stage;
      const run = pushed(stage);
      await untilAt(scene, 30);
      run.cancel();
      expect(await run.finished).toBe('cancelled');
      expect(scene.served()).toEqual({ [scene.stable]: 100 });
      expect(recordOf(scene)).toMatchObject({ phase: 'rolled-back', reason: 'cancelled' });
      expect(await run.rerunFailed().finished).toBe('success');
      expect(outcomesOf(stage)).toEqual(['canary rolled-back', 'canary promoted']);
      expect(recordOf(scene)).toMatchObject({ phase: 'promoted', attempt: 2, stage: 2 });
      expect(run.billedMinutes).toBe(2);
    }));

  test('migrate-from-deploy-cloudrun: the settings of the step are on the canary', () =>
    playing({ examples: ['migrate-from-deploy-cloudrun'] }, async (stage) => {
      expect([await pushed(stage).finished, errorsIn(stage)]).toEqual(['success', []]);
      const [container] = stage.scene.sandbox.model.get('web').spec.template.spec.containers;
      expect(container).toMatchObject({
        env: [{ name: 'FRUIT', value: 'apple' }],
        resources: { limits: { memory: '1Gi' } },
      });
    }));

  test('feature-canary: the same image with another variable', () =>
    playing({ examples: ['feature-canary'] }, async (stage) => {
      const { scene, repository } = stage;
      const run = repository.dispatch('feature-canary.yml', { new_checkout: 'on' });
      expect([await run.finished, errorsIn(stage)]).toEqual(['success', []]);
      const [container] = scene.sandbox.model.get('web').spec.template.spec.containers;
      expect(container).toMatchObject({
        image: 'sandbox/app:v1',
        env: [{ name: 'NEW_CHECKOUT', value: 'on' }],
      });
      expect(scene.served()).toEqual({ [recordOf(scene)?.canary ?? '']: 100 });
    }));

  test('pull-request-check: the plan of a branch, none of a fork, and nothing is changed', () =>
    playing({ examples: ['pull-request-check'] }, async (stage) => {
      const { scene, repository } = stage;
      const before = scene.sandbox.model.get('web');
      const [run] = repository.pullRequest('octo-org/shop');
      expect([await run?.finished, outcomesOf(stage)]).toEqual(['success', ['plan planned']]);
      const [fork] = repository.pullRequest('somebody/shop');
      await fork?.finished;
      expect([fork?.resultOf('plan'), fork?.billedMinutes]).toEqual(['skipped', 0]);
      expect(scene.sandbox.model.get('web')).toEqual(before);
      expect(scene.sandbox.github.state.checkRuns.map(({ name }) => name)).toEqual([
        'Plan · Canary: web (us-central1)',
      ]);
    }));

  test('without checks: write there is no check run, and without id-token: write no identity', async () => {
    const asking = (permissions: string) => (text: string) =>
      text.replace('{ id-token: write, checks: write }', permissions);
    const examples = ['pull-request-check'];
    await playing({ examples, edit: asking('{ id-token: write }') }, async (stage) => {
      const [run] = stage.repository.pullRequest('octo-org/shop');
      expect([await run?.finished, outcomesOf(stage)]).toEqual(['success', ['plan planned']]);
      expect(stage.scene.sandbox.github.state.checkRuns).toEqual([]);
    });
    await playing({ examples, edit: asking('{ checks: write }') }, async (stage) => {
      const [run] = stage.repository.pullRequest('octo-org/shop');
      expect([await run?.finished, outcomesOf(stage)]).toEqual(['failure', []]);
    });
  });

  test('monorepo: each service for itself, and those that have not changed in no time', () =>
    playing({ examples: ['monorepo'] }, async (stage) => {
      const { model, services } = stage.scene.sandbox;
      const digests = new Map<string, string>();
      for (const name of ['api', 'worker']) {
        const { status } = await services.create({ name, image: 'sandbox/app:v1' });
        const serving = model.revision(status.latestReadyRevisionName ?? '');
        digests.set(name, serving.status.imageDigest ?? '');
      }
      stage.image = ({ service = '' }) => digests.get(service) ?? 'sandbox/app:v2';
      const run = pushed(stage);
      expect([await run.finished, errorsIn(stage)]).toEqual(['success', []]);
      expect([...outcomesOf(stage)].sort()).toEqual([
        'canary promoted',
        'canary unchanged',
        'canary unchanged',
      ]);
      expect(run.billedMinutes).toBe(3);
    }));
});

describe.concurrent('in several jobs', () => {
  const approvals = {
    examples: ['approval-between-stages'],
    stages: '20% for 2s',
    environments: { canary: { hasReviewers: true }, production: { hasReviewers: true } },
  } as const;

  test('approval-between-stages: approved twice it is promoted', () =>
    playing(approvals, async (stage) => {
      const { scene } = stage;
      const run = pushed(stage);
      await asked(run, 'canary');
      expect(scene.served()).toEqual({ [scene.stable]: 100 });
      run.approve('canary');
      await asked(run, 'production');
      expect(scene.served()).toEqual({ [scene.stable]: 80, [recordOf(scene)!.canary]: 20 });
      run.approve('production');
      expect([await run.finished, run.resultOf('undo')]).toEqual(['success', 'skipped']);
      expect(outcomesOf(stage)).toEqual(['deploy held', 'ramp held', 'promote promoted']);
      expect(run.billedMinutes).toBe(3);
    }));

  test('approval-between-stages: turned down it is undone', () =>
    playing(approvals, async (stage) => {
      const { scene } = stage;
      const run = pushed(stage);
      await asked(run, 'canary');
      run.reject('canary');
      expect(await run.finished).toBe('failure');
      expect(outcomesOf(stage)).toEqual(['deploy held', 'undo rolled-back']);
      expect(recordOf(scene)).toMatchObject({ phase: 'rolled-back' });
      expect(scene.served()).toEqual({ [scene.stable]: 100 });
    }));

  test('blue-green: cancelled before the switch it is undone; approved it is switched at once', () =>
    playing(
      { examples: ['blue-green'], environments: { production: { hasReviewers: true } } },
      async (stage) => {
        const { scene } = stage;
        const first = pushed(stage);
        await asked(first, 'production');
        expect(scene.served()).toEqual({ [scene.stable]: 100 });
        first.cancel();
        expect(await first.finished).toBe('cancelled');
        expect(outcomesOf(stage)).toEqual(['green held', 'undo rolled-back']);
        const from = now(scene);
        const second = pushed(stage);
        await asked(second, 'production');
        second.approve('production');
        expect([await second.finished, errorsIn(stage)]).toEqual(['success', []]);
        expect(storyOf(scene, from).at(-1)).toMatch(/^promoted/);
        expect(scene.served()).toEqual({ [recordOf(scene)!.canary]: 100 });
      },
    ));

  test('re-run-to-retry: a re-run of the failed job tries the image of the build again', () =>
    playing({ examples: ['re-run-to-retry'] }, async (stage) => {
      stage.image = () => BAD;
      const run = pushed(stage);
      expect(await run.finished).toBe('failure');
      expect(outcomesOf(stage)).toEqual(['canary rolled-back']);
      const built = run.outputsOf('build');
      expect(built['image']).toMatch(/@sha256:/);
      stage.image = () => 'sandbox/app:v2';
      expect(await run.rerunFailed().finished).toBe('success');
      expect(run.outputsOf('build')).toEqual(built);
      expect(outcomesOf(stage)).toEqual(['canary rolled-back', 'canary promoted']);
      expect(run.billedMinutes).toBe(3);
    }));

  test('bring-your-own-revision and manual-promote-and-rollback: promoted, and taken back by hand', () =>
    playing(
      { examples: ['bring-your-own-revision', 'manual-promote-and-rollback'] },
      async (stage) => {
        const { scene, repository } = stage;
        const run = pushed(stage);
        expect([await run.finished, errorsIn(stage)]).toEqual(['success', []]);
        expect(scene.served()).toEqual({ [`web-r${run.id}`]: 100 });
        const order = (command: string, to = '') =>
          repository.dispatch('manual-promote-and-rollback.yml', { command, to }).finished;
        expect(await order('rollback')).toBe('failure');
        expect(await order('rollback', 'previous')).toBe('success');
        expect(scene.served()).toEqual({ [scene.stable]: 100 });
        expect(await order('status')).toBe('success');
      },
    ));

  test('terraform-side-by-side: an apply leaves template and split to the rollout', () =>
    playing({ examples: ['terraform-side-by-side'] }, async (stage) => {
      const { scene } = stage;
      expect([await pushed(stage).finished, errorsIn(stage)]).toEqual(['success', []]);
      const { metadata } = scene.sandbox.model.get('web');
      expect(metadata.labels).toMatchObject({ team: 'shop' });
      expect(recordOf(scene)).toMatchObject({ phase: 'promoted' });
      expect(scene.served()).toEqual({ [recordOf(scene)!.canary]: 100 });
    }));
});
