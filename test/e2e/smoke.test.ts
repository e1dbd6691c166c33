/** Stage 0 as its users see it: evidence, private services, and services that nobody outside reaches. */
import { afterAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../runner/runner.ts';
import { checkOf, errorsOf, nothingLeft, storyOf } from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, type Scene, type SceneOptions } from '../scene/scene.ts';
import { expectPromoted, expectRestored, plain } from '../scene/verdicts.ts';
import { unfolded } from '../unfolded.ts';

afterAll(nothingLeft);

const ACCOUNT = 'deployer@demo.iam.gserviceaccount.com';
const PRIVATE = { account: ACCOUNT, invokers: [ACCOUNT] };
/** As far as the verdict of stage 0: what comes then is the same for all. */
const DEPLOY = { ...QUICK, command: 'deploy' };
/** As they are without a word about them. */
const USUAL = { ...DEPLOY, smoke_probes: '50', smoke_rate: '10' };

type Tagged = { readonly method: string; readonly path: string; readonly status: number };

/** What arrived at the canary's own address. */
function tagged(scene: Scene): readonly Tagged[] {
  const seen: Tagged[] = [];
  scene.sandbox.traffic.onRequest(({ tag, method, path, status }) => {
    if (tag !== null) seen.push({ method, path, status });
  });
  return seen;
}

/** The canary got nobody, its users noticed nothing, and the report says what to do. */
function expectProbesFailed(scene: Scene, result: RunResult, ...says: readonly string[]): void {
  expectRestored(scene, result, 'probe-failed');
  expect(storyOf(scene)).toEqual(['active 0', 'rolled-back 0']);
  expect(Object.keys(scene.load.stats().revisions)).toEqual([scene.stable]);
  expect(Object.keys(scene.load.stats().statuses)).toEqual(['200']);
  expect(scene.load.stats()).toMatchObject({ failed: 0 });
  for (const text of [checkOf(scene).text, errorsOf(result)[0]!, unfolded(result.summary)]) {
    for (const word of says) expect(plain(text)).toContain(plain(word));
  }
  expectNoSecret(scene, result);
}

/** Stage 0 lets it go on, and it is sent nobody yet. */
function expectProved(scene: Scene, result: RunResult): void {
  expect([errorsOf(result), result.exitCode, result.outputs['outcome']]).toEqual([[], 0, 'held']);
  expect(storyOf(scene)).toEqual(['active 0', 'held 0']);
  expect(scene.served()).toEqual({ [scene.stable]: 100 });
}

function expectNoSecret(scene: Scene, { stdout, ...rest }: RunResult): void {
  const shown = stdout.replaceAll(/^::add-mask::.*$/gm, '') + JSON.stringify(rest.summary);
  const secrets = scene.sandbox.tokens.controls.secrets();
  expect(secrets.filter((secret) => shown.includes(secret)).length).toBe(0);
}

describe.concurrent('the verdict of stage 0', () => {
  test('one answer in a hundred that fails does not stop a canary', () =>
    withScene({}, async (scene) => {
      const seen = tagged(scene);
      const result = await scene.run({ inputs: { ...USUAL, image: 'sandbox/app:v2_errors-1' } });
      expectProved(scene, result);
      expect(result.log).toMatch(/\d\d of 50 smoke probes of \/ on the canary passed/);
      expect(seen.length).toBe(51);
    }));

  test('one in three does, before any user is sent there', () =>
    withScene({}, async (scene) => {
      const seen = tagged(scene);
      const result = await scene.run({ inputs: { ...USUAL, image: 'sandbox/app:v2_errors-35' } });
      expectProbesFailed(scene, result, 'smoke probes of / on the canary failed', 'answered 500');
      expect(seen.length).toBeLessThan(51);
    }));

  test('paths, methods, statuses and a text are asked for as they are written', () =>
    withScene({}, async (scene) => {
      const seen = tagged(scene);
      const smoke_path = '/healthz\nHEAD /\nPOST /orders?key=1 200';
      const smoke = { smoke_path, smoke_body: '"service":"web"', smoke_probes: '6' };
      const result = await scene.run({ inputs: { ...DEPLOY, ...smoke } });
      expectProved(scene, result);
      expect(result.log).toContain('7 of 7 smoke probes of /healthz, HEAD / and POST /orders on');
      expect(result.stdout).toContain('smoke_path has POST: it is sent once');
      const names = seen.map(({ method, path }) => `${method} ${path}`);
      expect(names.filter((name) => name === 'POST /orders')).toHaveLength(1);
      expect(names.at(-1)).toBe('POST /orders');
      expect(names.toSorted()[0]).toBe('GET /healthz');
    }));

  test('a path that never gives what it should is told apart from the others', () =>
    withScene({}, async (scene) => {
      const smoke = { smoke_path: '/healthz\n/gone 404' };
      const result = await scene.run({ inputs: { ...QUICK, ...smoke } });
      const says = 'The smoke probe of /gone on the canary was answered 200, and never passed';
      expectProbesFailed(scene, result, says);
    }));

  test('a canary is warmed up before its first user comes, and it is said how often', () =>
    withScene({}, async (scene) => {
      const seen = tagged(scene);
      const inputs = { ...QUICK, warm_up: '2s', smoke_rate: '20', image: 'sandbox/app:v2_cold-10' };
      const result = await scene.run({ inputs });
      const [, sent] = /Warm-up: (\d+) requests were sent to web-/.exec(result.log) ?? [];
      expect(Number(sent)).toBeGreaterThan(3);
      // Each piece of it, a sample period long, begins with a request that finds out how.
      expect(seen.length).toBeGreaterThanOrEqual(11 + Number(sent) + 1);
      expect(storyOf(scene).slice(0, 2)).toEqual(['active 0', 'active 1']);
    }));
});

describe.concurrent('a private service', () => {
  test('is probed with a token for the service, and nobody else sees it', () =>
    withScene(PRIVATE, async (scene) => {
      const result = await scene.run({ inputs: QUICK });
      expectPromoted(scene, result);
      const { url } = scene.sandbox.model.get('web').status;
      expect(result.log).toContain(`They had an identity token for ${url}.`);
      const mints = scene.sandbox.journal
        .entries()
        .filter(({ path }) => path.endsWith(':generateIdToken'));
      expect(mints.map(({ status }) => status)).toEqual([200]);
      expectNoSecret(scene, result);
    }));

  test.each<[string, SceneOptions, Record<string, string>, (scene: Scene) => void, string[]]>([
    [
      'whose job may not call it',
      { account: ACCOUNT, invokers: [] },
      {},
      () => {},
      [
        'was answered 403',
        `gcloud run services add-iam-policy-binding web --project=demo --region=us-central1 --member=serviceAccount:${ACCOUNT} --role=roles/run.invoker`,
      ],
    ],
    [
      'for which nobody signs',
      PRIVATE,
      {},
      ({ sandbox }) => sandbox.tokens.controls.signers.clear(),
      [
        'was answered 403',
        `gcloud iam service-accounts add-iam-policy-binding ${ACCOUNT} --member=serviceAccount:${ACCOUNT} --role=roles/iam.serviceAccountOpenIdTokenCreator`,
      ],
    ],
    [
      'whose job acts as no service account',
      { invokers: [ACCOUNT] },
      {},
      () => {},
      ['name no service account', 'service_account'],
    ],
    [
      'that is asked without a token',
      PRIVATE,
      { smoke_auth: 'none' },
      () => {},
      ['smoke_auth: none'],
    ],
    [
      'that takes another audience',
      PRIVATE,
      { smoke_audience: 'https://elsewhere.example' },
      () => {},
      ['was answered 401', 'https://elsewhere.example', 'smoke_audience'],
    ],
  ])('%s keeps its users where they are', (_, options, inputs, prepare, says) =>
    withScene(options, async (scene) => {
      prepare(scene);
      expectProbesFailed(scene, await scene.run({ inputs: { ...QUICK, ...inputs } }), ...says);
    }),
  );

  test('where the account signs for itself is probed, too', () =>
    withScene(PRIVATE, async (scene) => {
      const { signers } = scene.sandbox.tokens.controls;
      signers.clear();
      signers.add(ACCOUNT);
      expectProved(scene, await scene.run({ inputs: DEPLOY }));
    }));

  test('with an audience of its own is probed with a token for that', () =>
    withScene(
      {
        ...PRIVATE,
        annotations: { 'run.googleapis.com/custom-audiences': '["https://shop.example"]' },
      },
      async (scene) => {
        const smoke = { smoke_audience: 'https://shop.example', smoke_auth: 'id_token' };
        expectProved(scene, await scene.run({ inputs: { ...DEPLOY, ...smoke } }));
      },
    ));

  test('cannot be probed with id_token by a job without an account: refused before any request', () =>
    withScene({ invokers: [ACCOUNT] }, async (scene) => {
      const before = scene.sandbox.journal.entries().length;
      const result = await scene.run({ inputs: { ...QUICK, smoke_auth: 'id_token' } });
      expect(result.exitCode).toBe(1);
      expect(errorsOf(result)[0]).toContain('smoke_auth "id_token" needs a service account');
      expect(scene.sandbox.journal.entries().slice(before)).toEqual([]);
    }));
});

describe.concurrent.each(['internal', 'internal-and-cloud-load-balancing'])(
  'ingress %s',
  (ingress) => {
    const shut = { annotations: { 'run.googleapis.com/ingress': ingress } };

    test("on GitHub's own runner is refused before anything is changed", () =>
      withScene(shut, async (scene) => {
        const before = scene.sandbox.model.get('web');
        const result = await scene.run({ inputs: QUICK });
        expect(result.exitCode).toBe(1);
        const [message = ''] = errorsOf(result);
        expect(message).toContain(`ingress "${ingress}" keeps requests from the internet out`);
        expect(message).toContain('self-hosted runner inside the VPC');
        expect(message).toContain("smoke_path: 'off'");
        expect(scene.sandbox.model.get('web')).toEqual(before);
      }));

    test('is rolled out without probes when that is what was asked for', () =>
      withScene(shut, async (scene) => {
        const result = await scene.run({ inputs: { ...DEPLOY, smoke_path: 'off' } });
        expectProved(scene, result);
        expect(result.log).not.toContain('smoke probes');
      }));
  },
);

test('a runner of their own outside the VPC is warned, and its 404 says what it may be', () =>
  withScene({ annotations: { 'run.googleapis.com/ingress': 'internal' } }, async (scene) => {
    const env = { RUNNER_ENVIRONMENT: 'self-hosted' };
    const result = await scene.run({ inputs: QUICK, env });
    expectProbesFailed(scene, result, 'was answered 404', 'ingress is internal');
    expect(result.stdout).toContain('Ingress of the service is internal');
  }));
