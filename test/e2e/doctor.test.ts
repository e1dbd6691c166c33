/**
 * Whatever keeps a start from succeeding ends with the user's next step, in the log and in the check
 * run, and with the traffic untouched. The sandbox says it in Google's words.
 */
import { afterAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../runner/runner.ts';
import {
  checkOf,
  errorsOf,
  nothingLeft,
  rowsOf,
  storyOf,
  untilAt,
  writesOf,
} from '../scene/evidence.ts';
import { withScene } from '../scene/play.ts';
import { QUICK, type JobOptions, type Scene, type SceneOptions } from '../scene/scene.ts';
import { plain } from '../scene/verdicts.ts';
import { unfolded } from '../unfolded.ts';

afterAll(nothingLeft);

const ALL = [
  'run.services.get',
  'run.services.update',
  'run.services.list',
  'run.revisions.get',
  'run.operations.get',
  'iam.serviceAccounts.actAs',
  'artifactregistry.repositories.downloadArtifacts',
  'monitoring.timeSeries.list',
  'monitoring.metricDescriptors.get',
  'logging.logEntries.list',
];
/** As a job without a service account is: its repository. */
const MEMBER =
  '--member=principalSet://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/github/attribute.repository/octo-org/shop';
const READER =
  'gcloud artifacts repositories add-iam-policy-binding apps --location=us --project=demo';
const REGISTRY = 'us-docker.pkg.dev/demo/apps/app';

function without(...permissions: readonly string[]): SceneOptions {
  return { sandbox: { permissions: ALL.filter((name) => !permissions.includes(name)) } };
}

function expectUntouched(scene: Scene, result: RunResult): void {
  expect(result.exitCode).toBe(1);
  expect(scene.served()).toEqual({ [scene.stable]: 100 });
  const { failed, revisions } = scene.load.stats();
  expect([failed, Object.keys(revisions)]).toEqual([0, [scene.stable]]);
}

type Case = {
  readonly options?: SceneOptions;
  readonly job?: JobOptions;
  readonly prepare?: ((scene: Scene) => void) | undefined;
};

/** One error, one check run or none, and nothing was written. */
function refused({ options, job, prepare }: Case): Promise<{ said: string; check: string | null }> {
  return withScene({ requestsPerSecond: 5, ...options }, async (scene) => {
    prepare?.(scene);
    const result = await scene.run({ ...job, inputs: { ...QUICK, ...job?.inputs } });
    expectUntouched(scene, result);
    expect(result.outputs['outcome']).toBe('error');
    expect(writesOf(scene).filter(({ status }) => status === 200)).toEqual([]);
    const errors = errorsOf(result);
    expect(errors).toHaveLength(1);
    const shown = scene.sandbox.github.state.checkRuns.length > 0;
    if (shown) expect(checkOf(scene)).toMatchObject({ conclusion: 'failure' });
    return { said: errors[0]!, check: shown ? checkOf(scene).text : null };
  });
}

function tokens(status: number, body: object): Case['prepare'] {
  return ({ sandbox }) => {
    const match = { pathIncludes: '/v1/token' };
    sandbox.faults.add({ match, fault: { kind: 'status', status, body }, times: 100 });
  };
}

const WIF = { error: 'unauthorized_client', error_description: '' };

describe.concurrent('an identity that gets no token', () => {
  test.each([
    [
      'the attribute condition',
      { ...WIF, error_description: 'The given credential is rejected by the attribute condition.' },
      'gcloud iam workload-identity-pools providers describe actions --workload-identity-pool=github --location=global --project=123456789012',
    ],
    [
      'a provider that is not there',
      {
        error: 'invalid_target',
        error_description: 'The target service indicated by the "audience" parameters is invalid.',
      },
      'gcloud iam workload-identity-pools providers list --workload-identity-pool=github',
    ],
  ])('is told of %s once, with the command that shows it', async (_, body, command) => {
    const { said, check } = await refused({ prepare: tokens(400, body) });
    expect(said.split(command)).toHaveLength(2);
    expect(said.match(/workload identity provider/g)).toEqual(['workload identity provider']);
    // Nothing could be read, so there is nothing to report on.
    expect(check).toBeNull();
  });
});

describe.concurrent('an API that is not enabled', () => {
  test.each(['run.googleapis.com', 'monitoring.googleapis.com'])(
    '%s refuses the start, with the command that enables it',
    async (api) => {
      const { said } = await refused({ prepare: ({ sandbox }) => sandbox.disabledApis.add(api) });
      expect(said).toContain(`The API ${api} is not enabled in project demo`);
      expect(said).toContain(`gcloud services enable ${api} --project=demo`);
    },
  );

  test('of the request log is one notice, with the command, and that of IAM is not even one', () =>
    withScene({}, async (scene) => {
      scene.sandbox.disabledApis.add('logging.googleapis.com').add('iam.googleapis.com');
      const result = await scene.run({ inputs: { ...QUICK, command: 'deploy' } });
      expect(result.exitCode).toBe(0);
      const notices = result.annotations.filter(({ level }) => level === 'notice');
      const about = notices.filter(({ message }) => message.includes('request log'));
      expect(about.map(({ message }) => message)).toEqual([
        expect.stringContaining('gcloud services enable logging.googleapis.com --project=demo'),
      ]);
      expect(result.log).not.toContain('services enable iam');
    }));
});

describe.concurrent('a permission that is missing', () => {
  test('is said with all the others, each with its command, and in the check run', async () => {
    const options = without(
      'run.services.update',
      'run.revisions.get',
      'monitoring.timeSeries.list',
      'iam.serviceAccounts.actAs',
    );
    const { said, check } = await refused({ options });
    const service = `gcloud run services add-iam-policy-binding web --project=demo --region=us-central1 ${MEMBER} --role=roles/run.developer`;
    const lines = [
      `permission "run.services.update" is missing on the service`,
      `permission "run.revisions.get" is missing on the service`,
      `gcloud projects add-iam-policy-binding demo ${MEMBER} --role=roles/monitoring.viewer`,
      `gcloud iam service-accounts add-iam-policy-binding 123456789012-compute@developer.gserviceaccount.com ${MEMBER} --role=roles/iam.serviceAccountUser`,
    ];
    for (const line of lines) expect(said).toContain(line);
    expect(said.split(service)).toHaveLength(3);
    expect(check).toContain(service);
    expect(check).toContain('roles/monitoring.viewer');
    expect(check).toContain('Nothing was changed');
  });

  test('on the account that the service runs as refuses the first write', async () => {
    const { said, check } = await refused({ options: without('iam.serviceAccounts.actAs') });
    const command = `gcloud iam service-accounts add-iam-policy-binding 123456789012-compute@developer.gserviceaccount.com ${MEMBER} --role=roles/iam.serviceAccountUser`;
    expect(said).toContain('Permission iam.serviceAccounts.actAs is missing');
    expect(said).toContain(command);
    expect(check).toContain(command);
  });

  test('on the repository of the image refuses the first write', async () => {
    const { said, check } = await refused({
      options: without('artifactregistry.repositories.downloadArtifacts'),
      job: { inputs: { image: `${REGISTRY}:v2` } },
    });
    const command = `${READER} ${MEMBER} --role=roles/artifactregistry.reader`;
    expect(said).toContain('artifactregistry.repositories.downloadArtifacts is missing');
    expect(said).toContain(command);
    expect(check).toContain(command);
  });

  test('is said by the post step of a run that was killed, and by reconcile, with the command', () =>
    withScene({}, async (scene) => {
      const running = scene.start({ inputs: { ...QUICK, stages: '30% for 60s' } });
      await untilAt(scene, 30);
      scene.sandbox.grant(ALL.filter((name) => name !== 'run.services.get'));
      running.kill();
      const { post } = await running.finished;
      const reconcile = await scene.run({ inputs: { command: 'reconcile' } });
      const command = `gcloud run services add-iam-policy-binding web --project=demo --region=us-central1 ${MEMBER} --role=roles/run.developer`;
      for (const [said] of [errorsOf(post!), errorsOf(reconcile)]) {
        expect(said).toContain('Permission run.services.get is missing for service web');
        expect(said).toContain(command);
      }
    }));

  test('to read the request log is one notice, with its command', () =>
    withScene(without('logging.logEntries.list'), async (scene) => {
      const result = await scene.run({ inputs: { ...QUICK, command: 'deploy' } });
      expect(result.exitCode).toBe(0);
      const said = result.annotations.filter(({ message }) =>
        message.includes('logging.logEntries.list'),
      );
      expect(said).toHaveLength(1);
      expect(said[0]!.message).toContain(
        `gcloud projects add-iam-policy-binding demo ${MEMBER} --role=roles/logging.viewer`,
      );
    }));
});

test('a service of another name is found among those that are there', async () => {
  const { said } = await refused({ job: { inputs: { service: 'wbe' } } });
  expect(said).toMatch(/no Cloud Run service wbe .* Did you mean web\?/);
  const blind = await refused({
    options: without('run.services.list'),
    job: { inputs: { service: 'wbe' } },
  });
  expect(blind.said).not.toContain('Did you mean');
  expect(blind.said).toContain('gcloud run services list --project=demo --region=us-central1');
});

describe.concurrent('a quota', () => {
  test('of instances refuses the first write, with the number that fits', async () => {
    const { said, check } = await refused({
      options: { sandbox: { rules: { mostInstances: 28 } } },
      job: { inputs: { flags: '--max-instances=200' } },
    });
    expect(said).toContain('Max instances must be set to 28 or fewer');
    expect(said).toContain('--max-instances=28');
    expect(check).toContain('--max-instances=28');
  });

  test('of requests that is used up is named, once it has been tried for a minute', async () => {
    const body = {
      error: {
        code: 429,
        status: 'RESOURCE_EXHAUSTED',
        message: "Quota exceeded for quota metric 'Write requests'.",
      },
    };
    const { said } = await refused({
      prepare: ({ sandbox }) =>
        sandbox.faults.add({
          match: { method: 'PUT' },
          fault: { kind: 'status', status: 429, body },
          times: 1_000,
        }),
    });
    expect(said).toContain('Write requests');
    expect(said).toContain('https://console.cloud.google.com/iam-admin/quotas');
  });
});

/** One that does not listen is not waited for as long. */
const SOON = { startDeadlineMs: 8_000 };

/** Image → what the check run and the log advise. */
const STARTS: readonly (readonly [
  what: string,
  image: string,
  advice: string,
  command: string | null,
])[] = [
  [
    'crashes',
    'sandbox/app:v2_crash',
    'The container crashed',
    'docker run --rm -e PORT=8080 -p 8080:8080 sandbox/app:v2_crash',
  ],
  [
    'does not listen',
    'sandbox/app:v2_no-listen',
    'did not listen on 0.0.0.0:8080',
    'docker run --rm -e PORT=8080',
  ],
  [
    'is not there',
    `${REGISTRY}:nowhere`,
    'There is no such image',
    `gcloud artifacts docker images describe ${REGISTRY}:nowhere`,
  ],
  [
    'may not be pulled',
    `${REGISTRY}:v2_no-pull`,
    'service agent of Cloud Run may not read the image',
    `${READER} --member=serviceAccount:service-123456789012@serverless-robot-prod.iam.gserviceaccount.com --role=roles/artifactregistry.reader`,
  ],
  ['cannot be taken in', 'sandbox/app:v2_no-import', 'could not take the image in', null],
  [
    'is for another processor',
    'sandbox/app:v2_arm',
    'Cloud Run needs',
    'docker build --platform=linux/amd64 .',
  ],
  [
    'may not read its secret',
    'sandbox/app:v2_no-secret',
    'may not read a secret',
    'gcloud secrets add-iam-policy-binding token --project=123456789012 --member=serviceAccount:123456789012-compute@developer.gserviceaccount.com --role=roles/secretmanager.secretAccessor',
  ],
  [
    'names a version of a secret that is not there',
    'sandbox/app:v2_no-version',
    'not there, disabled or destroyed',
    'gcloud secrets versions list token --project=123456789012',
  ],
  ['fails its startup probe', 'sandbox/app:v2_no-probe', 'did not pass its startup probe', null],
];

describe.concurrent('an image that', () => {
  test.each(STARTS)('%s is not started, and says why and what to do', (_, image, advice, command) =>
    withScene({ requestsPerSecond: 5, sandbox: SOON }, async (scene) => {
      const result = await scene.run({ inputs: { ...QUICK, image } });
      expectNotStarted(scene, result);
      const { text } = checkOf(scene);
      expect(plain(text)).toContain(advice);
      expect(errorsOf(result)[0]).toContain(advice);
      if (command !== null)
        expect([text, errorsOf(result)[0]]).toEqual([
          expect.stringContaining(command),
          expect.stringContaining(command),
        ]);
      const canary = result.outputs['revision'];
      expect(text).toContain(`revision_name%3D%22${canary}%22;timeRange=`);
      expect(text).toMatch(
        /\[Logs of the canary\]\(<https:\/\/console\.cloud\.google\.com\/logs\/query/,
      );
    }),
  );

  test('asks everybody for a token is undone at 0 %, and says which settings mend it', () =>
    withScene({ requestsPerSecond: 5 }, async (scene) => {
      const result = await scene.run({
        inputs: { ...QUICK, image: 'sandbox/app:v2_unauthorized-100' },
      });
      expectUntouched(scene, result);
      expect(result.outputs['reason']).toBe('probe-failed');
      expect(checkOf(scene).text.replaceAll('`', '')).toMatch(/was answered 401[^]*(smoke|token)/);
    }));
});

/** Nobody was sent there, and the reason that Cloud Run gives is told wherever a person looks. */
function expectNotStarted(scene: Scene, result: RunResult): void {
  expectUntouched(scene, result);
  expect(result.outputs['outcome']).toBe('start-failed');
  expect(storyOf(scene)).toEqual(['active 0', 'start-failed 0']);
  for (const write of writesOf(scene)) expect(rowsOf(write)[0]).toBe(`${scene.stable} 100`);
  expect(checkOf(scene)).toMatchObject({ conclusion: 'failure' });
  expect(checkOf(scene).title).toMatch(/^Not started /);
  for (const text of [checkOf(scene).text, errorsOf(result)[0]!, unfolded(result.summary)]) {
    expect(plain(text)).toContain(reasonOf(scene, result.outputs['revision']!));
  }
}

/** The first sentence of what the Ready condition of a revision says. */
function reasonOf({ sandbox }: Scene, revision: string): string {
  const { conditions } = sandbox.model.revision(revision).status;
  const said = conditions.find(({ type }) => type === 'Ready')?.message ?? '';
  expect(said).not.toBe('');
  return said.split('. ')[0]!;
}
