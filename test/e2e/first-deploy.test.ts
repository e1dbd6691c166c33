/** The first revision of a service is no canary: refused, or deployed directly and said plainly. */
import { afterAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../runner/runner.ts';
import { checkOf, errorsOf, nothingLeft, until } from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import type { JobOptions, Scene, SceneOptions } from '../scene/scene.ts';

afterAll(nothingLeft, 40_000);

const POST = { method: 'POST', pathIncludes: '/namespaces/demo/services' };
const NOTE = 'cloud-run-canary.dev/first';
const RECORD = 'cloud-run-canary.dev/rollout';

/** On a service that is not there yet; that of the scene is nobody's concern. */
function first<T>(act: (scene: Scene) => Promise<T>, options: SceneOptions = {}): Promise<T> {
  return withScene({ requestsPerSecond: 1, ...options }, act);
}

function job(inputs: Readonly<Record<string, string>> = {}, more: JobOptions = {}): JobOptions {
  return { ...more, inputs: { service: 'shop', first_deploy: 'direct', ...inputs } };
}

function shop({ sandbox }: Scene) {
  return sandbox.model.get('shop');
}

function revisionsOf({ sandbox }: Scene): readonly string[] {
  return sandbox.model.revisions('shop').map(({ metadata }) => metadata.name);
}

function exists({ sandbox }: Scene): boolean {
  return sandbox.model.list().some(({ metadata }) => metadata.name === 'shop');
}

function writes({ sandbox }: Scene, from = 0): readonly string[] {
  return sandbox.journal
    .entries()
    .slice(from)
    .filter(
      ({ method, path, query }) =>
        /PUT|POST/.test(method) &&
        path.includes('serving.knative.dev') &&
        !query.includes('dryRun'),
    )
    .map(({ method, status }) => `${method} ${status}`);
}

function expectDeployed(scene: Scene, result: RunResult): string {
  expect([result.exitCode, errorsOf(result), result.outputs['outcome']]).toEqual([
    0,
    [],
    'deployed',
  ]);
  const revision = result.outputs['revision']!;
  expect(result.outputs).toMatchObject({ percent: '100', stable_revision: '' });
  expect(result.outputs['url']).toBe(shop(scene).status.url);
  expect(scene.sandbox.model.served('shop')).toEqual([{ revision, percent: 100 }]);
  for (const text of [result.log, result.summary, checkOf(scene).text]) {
    expect(text).toMatch(/was no canary: there was nothing to compare it with/);
  }
  expect(checkOf(scene)).toMatchObject({ conclusion: 'success' });
  expect(checkOf(scene).title).toContain('Deployed directly, no canary');
  return revision;
}

describe.concurrent('a service that does not exist', () => {
  test('is not made unless that is asked for, and the refusal names the input', () =>
    first(async (scene) => {
      const result = await scene.run(job({ first_deploy: 'refuse' }));
      expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'error']);
      expect(errorsOf(result)[0]).toMatch(
        /There is no Cloud Run service shop in us-central1 of project demo.*first_deploy: direct/,
      );
      expect([exists(scene), writes(scene)]).toEqual([false, []]);
    }));

  test.each(['run', 'deploy'])(
    'is made by %s with all that was given, and asked whether it works',
    (command) =>
      first(async (scene) => {
        const inputs = {
          command,
          env_vars: 'GREETING=hello',
          flags: '--cpu=2',
          labels: 'team=shop',
        };
        const result = await scene.run(job(inputs));
        const revision = expectDeployed(scene, result);
        expect(writes(scene)).toEqual(['POST 200']);
        const { metadata, spec } = shop(scene);
        expect(spec.traffic).toEqual([{ latestRevision: true, percent: 100 }]);
        expect(spec.template.spec.containers[0]).toMatchObject({
          image: 'sandbox/app:v2',
          env: [{ name: 'GREETING', value: 'hello' }],
          resources: { limits: { cpu: '2' } },
        });
        expect(metadata.labels).toMatchObject({ team: 'shop', 'managed-by': 'github-actions' });
        expect(JSON.parse(metadata.annotations[NOTE]!)).toMatchObject({ revision, attempt: 1 });
        expect(metadata.annotations).not.toHaveProperty([RECORD]);
        expect(result.log).toContain('10 of 10 smoke probes of / on the canary passed');
        expect(result.post).toMatchObject({ exitCode: 0 });
      }),
  );

  test('that is shut to this runner is made without a smoke test, and refused with one', () =>
    first(async (scene) => {
      const flags = '--ingress=internal';
      const refused = await scene.run(job({ flags }));
      expect(errorsOf(refused)[0]).toMatch(
        /ingress "internal" keeps requests .*self-hosted runner/,
      );
      expect([exists(scene), writes(scene)]).toEqual([false, []]);
      expectDeployed(scene, await scene.run(job({ flags, smoke_path: 'off' }, { attempt: 2 })));
      const { annotations } = shop(scene).metadata;
      expect(annotations['run.googleapis.com/ingress']).toBe('internal');
    }));

  test('is deployed once: a re-run changes nothing, and the next run is an ordinary canary', () =>
    first(async (scene) => {
      const revision = expectDeployed(scene, await scene.run(job()));
      const from = scene.sandbox.journal.entries().length;
      const again = await scene.run(job({}, { attempt: 2 }));
      expect(expectDeployed(scene, again)).toBe(revision);
      expect(writes(scene, from)).toEqual([]);
      const next = await scene.run(
        job({ command: 'deploy', image: 'sandbox/app:v3' }, { runId: 7 }),
      );
      expect([next.exitCode, errorsOf(next), next.outputs['outcome']]).toEqual([0, [], 'held']);
      expect(next.outputs['stable_revision']).toBe(revision);
      expect(scene.sandbox.model.served('shop')).toEqual([{ revision, percent: 100 }]);
    }));

  test('whose first revision crashes says what Cloud Run said, and deletes nothing; a re-run tries anew', () =>
    first(async (scene) => {
      const result = await scene.run(job({ image: 'sandbox/app:v1_crash' }));
      expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'deploy-failed']);
      expect(errorsOf(result)[0]).toMatch(
        /did not start\. It was left as it is.* Cloud Run says: Revision 'shop-/,
      );
      expect(checkOf(scene)).toMatchObject({ conclusion: 'failure' });
      expect(checkOf(scene).text).toContain('Nothing was deleted or undone');
      // The next step, as of a canary that does not start.
      const command = 'docker run --rm -e PORT=8080 -p 8080:8080 sandbox/app:v1_crash';
      expect(errorsOf(result)[0]).toContain(command);
      expect(checkOf(scene).text).toContain(command);
      expect(checkOf(scene).text).toContain(`revision_name%3D%22${result.outputs['revision']}%22`);
      expect(revisionsOf(scene)).toEqual([result.outputs['revision']]);
      const again = await scene.run(job({ image: 'sandbox/app:v1_crash' }, { attempt: 2 }));
      expect(again.outputs['outcome']).toBe('deploy-failed');
      expect(revisionsOf(scene)).toHaveLength(2);
      const mended = await scene.run(job({}, { runId: 7 }));
      expect([mended.exitCode, mended.outputs['outcome']]).toEqual([0, 'deployed']);
      expect(writes(scene)).toEqual(['POST 200', 'PUT 200', 'PUT 200']);
    }));

  test('that answers its smoke probe badly is told about, and keeps the traffic', () =>
    first(async (scene) => {
      const result = await scene.run(job({ smoke_status: '204' }));
      expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'deploy-failed']);
      expect(errorsOf(result)[0]).toMatch(/has all traffic, but does not work/);
      expect(exists(scene)).toBe(true);
    }));

  test('needs an image', () =>
    first(async (scene) => {
      const result = await scene.run(job({ image: '', env_vars: 'A=1' }));
      expect([result.exitCode, result.outputs['reason']]).toEqual([1, 'bad-input']);
      expect(errorsOf(result)[0]).toContain('no image is given');
      expect([exists(scene), writes(scene)]).toEqual([false, []]);
    }));

  test('needs the permission to make it, which is named', () =>
    first(
      async (scene) => {
        const result = await scene.run(job());
        expect([result.exitCode, result.outputs['reason']]).toEqual([1, 'denied']);
        expect(errorsOf(result)[0]).toContain('run.services.create');
        const { title, text, conclusion } = checkOf(scene);
        expect([title, conclusion]).toEqual(['Refused · nothing was changed', 'failure']);
        expect(text).toContain('gcloud projects add-iam-policy-binding demo');
        expect(text).not.toContain('gcloud run services describe');
      },
      { sandbox: { permissions: ['run.services.get'] } },
    ));

  test('is made once though the answer is lost', () =>
    first(async (scene) => {
      scene.sandbox.faults.add({ match: POST, fault: { kind: 'lost' } });
      expectDeployed(scene, await scene.run(job()));
      expect(revisionsOf(scene)).toHaveLength(1);
    }));

  test('that somebody else makes at the same moment is read again, and canaried', () =>
    first(async (scene) => {
      scene.sandbox.faults.add({
        match: POST,
        fault: { kind: 'delay', ms: 2_000, when: 'before' },
      });
      const running = scene.start(job({ command: 'deploy' }));
      // Met by the POST, which is on its way from then on.
      await until('it is asked for', () => scene.sandbox.faults.pending().length === 0);
      await scene.sandbox.services.create({ name: 'shop', image: 'sandbox/app:v1' });
      const result = await running.finished;
      expect([result.exitCode, errorsOf(result), result.outputs['outcome']]).toEqual([
        0,
        [],
        'held',
      ]);
    }));
});

describe.concurrent('a service that never had a revision that is ready', () => {
  /** Somebody's first deployment, which failed. */
  async function broken(scene: Scene): Promise<void> {
    const result = await scene.run(job({ image: 'sandbox/app:v1_crash' }, { runId: 3 }));
    expect(result.outputs['outcome']).toBe('deploy-failed');
  }

  test('is refused without first_deploy: direct', () =>
    first(async (scene) => {
      await broken(scene);
      const result = await scene.run(job({ first_deploy: 'refuse' }));
      expect(result.outputs).toMatchObject({ outcome: 'error', reason: 'preflight' });
      expect(errorsOf(result)[0]).toMatch(/has no revision that was ever ready/);
      expect(errorsOf(result)[0]).toContain('set first_deploy: direct');
    }));

  test('whose traffic names a revision is left to its owner', () =>
    first(async (scene) => {
      await broken(scene);
      const [revision = ''] = revisionsOf(scene);
      await Promise.race([
        scene.sandbox.services.setTraffic('shop', { [revision]: 100 }),
        until('it is asked for', () => shop(scene).spec.traffic[0]?.revisionName === revision),
      ]);
      await until('that has failed', () => shop(scene).status.conditions[0]?.status === 'False');
      const result = await scene.run(job());
      expect([result.exitCode, result.outputs['outcome']]).toEqual([1, 'refused']);
      expect(errorsOf(result)[0]).toContain('--to-latest');
      expect(revisionsOf(scene)).toEqual([revision]);
    }));
});
