/** No secret leaves by any door: log, files, check run, or a request to somebody else. */
import { createHash } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../runner/runner.ts';
import { errorsOf, nothingLeft, untilAt } from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, TOKEN, type Scene } from '../scene/scene.ts';

afterAll(nothingLeft);

const PASSWORD = 'postgres://app:p4ssw0rd-of-nobody@db/shop';
const ACCOUNT = 'deployer@demo.iam.gserviceaccount.com';
const ENV = { env: { DATABASE_URL: PASSWORD } };
/** As far as the smoke test. */
const DEPLOY = { ...QUICK, command: 'deploy' };
/** What "Re-run with debug logging" sets. */
const RERUN = { RUNNER_DEBUG: '1', ACTIONS_STEP_DEBUG: 'true', ACTIONS_RUNNER_DEBUG: 'true' };
/** What an earlier step may have set: every switch of the libraries in the bundle. */
const DEBUG = {
  ...RERUN,
  DEBUG: '*',
  DEBUG_AUTH: '1',
  GOOGLE_SDK_NODE_LOGGING: 'all',
  GRPC_TRACE: 'all',
  GRPC_VERBOSITY: 'DEBUG',
  GRPC_NODE_DEBUG_SEND_ERROR_DETAILS: '1',
  LOG_STREAM: '1',
  LOG_TOKENS: '1',
};

/** Everything that was handed out or must stay on the service, in the forms it could be shown in. */
function secretsOf({ sandbox }: Scene): readonly string[] {
  const plain = [...sandbox.tokens.controls.secrets(), TOKEN, PASSWORD, 'p4ssw0rd-of-nobody'];
  return plain.flatMap((secret) => [secret, Buffer.from(secret).toString('base64')]);
}

/** What anybody but the runner's masking gets to see. */
function shown(scene: Scene, result: RunResult): string {
  const { post, ...main } = result;
  const steps = [main, ...(post === null ? [] : [post])].map((step) => ({
    ...step,
    masks: [],
    stdout: step.stdout.replaceAll(/^::add-mask::.*$/gm, ''),
  }));
  const { checkRuns } = scene.sandbox.github.state;
  const { annotations } = scene.sandbox.model.get('web').metadata;
  const toGithub = scene.sandbox.journal
    .entries()
    .filter(({ path }) => path.startsWith('/repos'))
    .map(({ path, query, body }) => [path, query, body]);
  return JSON.stringify([steps, checkRuns, annotations, toGithub]);
}

function expectNothingShown(scene: Scene, result: RunResult): void {
  const text = shown(scene, result);
  expect(scene.sandbox.tokens.controls.secrets().length).toBeGreaterThan(2);
  // The name of the one that got out would be enough; its value stays out of the test's log too.
  const leaks = secretsOf(scene).filter((secret) => text.includes(secret));
  expect(leaks.map((secret) => `${secret.slice(0, 8)}…`)).toEqual([]);
}

describe.concurrent('S16: no secret is shown', () => {
  test.each([
    ['env_vars', PASSWORD],
    ['env_vars', `A=1,${PASSWORD}=2`],
    ['secrets', `KEY=${PASSWORD}`],
    ['flags', `--speed=${PASSWORD}`],
    ['flags', PASSWORD],
  ])('when %s is refused', (name, text) =>
    withScene({}, async (scene) => {
      const result = await scene.run({ inputs: { ...QUICK, [name]: text }, env: DEBUG });
      expect(result.exitCode).toBe(1);
      expect(result.stdout).toContain(name);
      const leaks = secretsOf(scene).filter((secret) => shown(scene, result).includes(secret));
      expect(leaks.map((secret) => `${secret.slice(0, 8)}…`)).toEqual([]);
    }),
  );

  test('when all goes well, with debug logging and a value in env_vars, which the canary gets', () =>
    withScene(ENV, async (scene) => {
      const env_vars = `CACHE_URL=${PASSWORD},MODE=live`;
      const result = await scene.run({ inputs: { ...QUICK, env_vars }, env: DEBUG });
      expect(result.exitCode).toBe(0);
      const { template } = scene.sandbox.model.get('web').spec;
      expect(template.spec.containers[0]).toMatchObject({
        env: expect.arrayContaining([{ name: 'CACHE_URL', value: PASSWORD }]),
      });
      expectNothingShown(scene, result);
      // Each is masked all the same: what another step prints is not ours to know.
      const { controls } = scene.sandbox.tokens;
      expect(result.masks).toEqual(expect.arrayContaining([TOKEN, ...controls.secrets()]));
      expectNoTokenAbroad(scene);
    }));

  test.each([
    ['lets it in', [ACCOUNT]],
    ['does not', []],
  ])('when a private service is shown an identity token and %s', (_, invokers) =>
    withScene({ ...ENV, account: ACCOUNT, invokers }, async (scene) => {
      const result = await scene.run({ inputs: DEPLOY, env: DEBUG });
      expect(result.exitCode).toBe(invokers.length === 0 ? 1 : 0);
      expectNothingShown(scene, result);
      const { controls } = scene.sandbox.tokens;
      expect(controls.secrets().filter((token) => token.startsWith('eyJ')).length).toBeGreaterThan(
        1,
      );
      expect(result.masks).toEqual(expect.arrayContaining([...controls.secrets()]));
      expectNoTokenAbroad(scene);
    }),
  );

  test('when the canary does not start, with debug logging', () =>
    withScene(ENV, async (scene) => {
      const inputs = { ...QUICK, image: 'sandbox/app:v2_crash' };
      const result = await scene.run({ inputs, env: DEBUG });
      expect(result.exitCode).toBe(1);
      expectNothingShown(scene, result);
    }));

  test('when Google repeats our token in its refusal', () =>
    withScene(ENV, async (scene) => {
      const running = scene.start({ inputs: QUICK, env: DEBUG });
      await scene.sandbox.journal.waitFor(({ path }) => path.includes('/timeSeries'), 20_000);
      const token = scene.sandbox.tokens.controls.secrets().at(-1)!;
      const error = { code: 400, status: 'INVALID_ARGUMENT', message: `Token ${token} is odd.` };
      scene.sandbox.faults.add({
        match: { method: 'PUT' },
        fault: { kind: 'status', status: 400, body: { error } },
        times: 100,
      });
      const result = await running.finished;
      expect(result.exitCode).toBe(1);
      expect(errorsOf(result)[0]).toContain('Token *** is odd');
      expectNothingShown(scene, result);
    }));

  test('when GitHub repeats our token in its refusal', () =>
    withScene(ENV, async (scene) => {
      const body = { message: `Token ${TOKEN} is odd` };
      scene.sandbox.faults.add({
        match: { pathIncludes: '/check-runs' },
        fault: { kind: 'status', status: 403, body },
        times: 100,
      });
      const result = await scene.run({ inputs: DEPLOY, env: DEBUG });
      expect(result.exitCode).toBe(0);
      expectNothingShown(scene, result);
    }));

  test('when every connection breaks in the middle of a rollout that is then killed', () =>
    withScene(ENV, async (scene) => {
      const running = scene.start({ inputs: { ...QUICK, stages: '30% for 60s' }, env: DEBUG });
      await untilAt(scene, 30);
      scene.sandbox.tokens.controls.revoke();
      scene.sandbox.faults.add({
        match: { pathIncludes: '/services/web' },
        fault: { kind: 'drop' },
        times: 3,
      });
      running.kill();
      const result = await running.finished;
      expect(result.post).toMatchObject({ exitCode: 0 });
      expectNothingShown(scene, result);
    }));
});

/** GitHub gets its own token, Google its own, and the token service none at all. */
function expectNoTokenAbroad({ sandbox }: Scene): void {
  const name = (header: string): string =>
    createHash('sha256').update(header).digest('hex').slice(0, 8);
  const github = [`token ${TOKEN}`, `Bearer ${TOKEN}`].map(name);
  const access = sandbox.tokens.controls.secrets().filter((secret) => secret.startsWith('ya29.'));
  const google = access.map((token) => name(`Bearer ${token}`));
  const identity = name(`Bearer ${sandbox.tokens.controls.secrets()[0]!}`);
  for (const { path, token } of sandbox.journal.entries()) {
    if (path.startsWith('/repos')) expect(github).toContain(token);
    else if (path === '/oidc/token') expect(token).toBe(identity);
    else if (path === '/v1/token') expect(token).toBeNull();
    else expect(google).toContain(token);
  }
}
