/**
 * Every input of google-github-actions/deploy-cloudrun (its action.yml and README) and steps of public
 * workflows → the one PUT that starts the rollout, as a server gets it; or what is refused, and what to
 * write instead.
 */
import { describe, expect, test } from 'vitest';
import { parseInputs } from '../../src/core/inputs/inputs.ts';
import type { ParsedInputs } from '../../src/core/inputs/inputs.ts';
import { suffixedName } from '../../src/core/rollout/identity.ts';
import { readServiceFile } from '../../src/edges/cloud-run/service-file.ts';
import { createCloudRun } from '../../src/edges/cloud-run/service.ts';
import { createHttp } from '../../src/edges/http.ts';
import { parseServiceText } from '../../src/edges/service-yaml.ts';
import type { Given } from '../unit/given-inputs.ts';
import { REFUSED, SERVICE_FILE, TAKEN } from './deploy-cloudrun-steps.ts';
import { differences } from './differences.ts';
import type { Differences } from './differences.ts';
import { NEVER } from './loopback.ts';
import { scriptedServer } from './scripted-server.ts';
import { CANARY, NOW, SERVICE_TEXT, draft } from './service-fixture.ts';

const COMMIT = '0123456789ABCDEF0123456789abcdef01234567';

function parse(given: Given): ParsedInputs {
  const value = parseServiceText(SERVICE_FILE);
  const file = value.ok ? readServiceFile(value.value) : value;
  // What the auth step leaves, and what the run says.
  const ambient = { project: 'demo', defaultTag: 'c-8y7innm', commit: COMMIT, file };
  return parseInputs(new Map(Object.entries(given)), ambient);
}

type Sent = { readonly path: string; readonly changes: Differences };

/** The PUT that starts the rollout of these inputs on a service that is there. */
async function sentFor(given: Given): Promise<Sent> {
  const parsed = parse(given);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  const { ref, plan, suffix } = parsed.request;
  if (plan === null) throw new Error('no plan');
  const text = SERVICE_TEXT.replaceAll('"web', `"${ref.service}`);
  const { base, asked } = await scriptedServer(({ method, body }) => ({
    headers: { date: new Date(NOW).toUTCString() },
    body: method === 'PUT' ? body : text,
  }));
  const cloudRun = createCloudRun({
    http: createHttp({ hurry: NEVER, random: () => 0 }),
    tokens: { header: async () => 'Bearer good', invalidate: () => {} },
    endpoint: base,
    ref,
    newWriteId: () => '0'.repeat(16),
    clock: { monotonic: () => 0 },
    onNotice: () => {},
  });
  const canary = suffix === null ? CANARY : suffixedName(ref.service, suffix, 1);
  const stable = `${ref.service}-00041-kib`;
  const record = draft({ canary, stable, tag: plan.tag, planHash: plan.hash });
  expect(await cloudRun.write(await cloudRun.read(), record, plan)).toEqual({ kind: 'applied' });
  const puts = asked.filter(({ method }) => method === 'PUT');
  expect(puts).toHaveLength(1);
  return {
    path: puts[0]!.path,
    changes: differences(JSON.parse(text), JSON.parse(puts[0]!.body)),
  };
}

const NOTES = 'spec template metadata annotations';
const CONTAINER = 'spec template spec containers 0';
const ORIGIN = [
  ['managed-by', 'github-actions'],
  ['commit-sha', COMMIT.toLowerCase()],
] as const;

/** What every start changes: record, plan, note, name, and traffic that is pinned with our tag beside it. */
function started(
  given: { service?: string; tag?: string; canary?: string; origin?: boolean } = {},
) {
  const { service = 'web', tag = 'c-8y7innm', canary = CANARY, origin = true } = given;
  const labels = ORIGIN.flatMap(([name, value]) => [
    [`metadata labels ${name}`, value],
    [`spec template metadata labels ${name}`, value],
  ]);
  return {
    'metadata annotations cloud-run-canary.dev/plan': expect.any(String),
    'metadata annotations cloud-run-canary.dev/rollout': expect.any(String),
    [`${NOTES} cloud-run-canary.dev/birth`]: expect.any(String),
    'spec template metadata name': canary,
    'spec traffic 0 latestRevision': undefined,
    'spec traffic 0 revisionName': `${service}-00041-kib`,
    'spec traffic 1': { revisionName: canary, tag },
    ...(origin ? Object.fromEntries(labels) : {}),
  };
}

const HELLO = 'us-docker.pkg.dev/cloudrun/container/hello:latest';
const LEAST = { service: 'web', image: HELLO };
const IMAGED = { [`${CONTAINER} image`]: HELLO };
/** Worked out of the secret and its place. */
const VOLUME = expect.stringMatching(/^secret-[0-9a-f]{8}$/);
const variable = (name: string, value: string) => ({ name, value });
const secret = (name: string, key: string, version: string) => ({
  name,
  valueFrom: { secretKeyRef: { key: version, name: key } },
});

describe('every input of deploy-cloudrun that a canary takes', () => {
  test.each<[input: string, given: Given, sent: Differences, as?: Parameters<typeof started>[0]]>([
    ['service', LEAST, IMAGED],
    [
      'service',
      { service: 'projects/demo/locations/us-central1/services/shop', image: HELLO },
      IMAGED,
      { service: 'shop' },
    ],
    [
      'metadata',
      { metadata: 'service.yaml' },
      {
        [`${CONTAINER} image`]: expect.stringContaining('acme-shop/web/web:'),
        [`${CONTAINER} env`]: undefined,
        [`${CONTAINER} ports`]: undefined,
        [`${CONTAINER} futureField`]: undefined,
        [`${CONTAINER} resources limits memory`]: '256Mi',
        'spec template spec serviceAccountName': undefined,
        'spec template spec timeoutSeconds': undefined,
        'spec template metadata labels client.knative.dev/nonce': undefined,
        [`${NOTES} autoscaling.knative.dev/maxScale`]: '20',
      },
    ],
    [
      'image',
      { ...LEAST, image: 'us-docker.pkg.dev/p/c/image:1.2.3' },
      {
        [`${CONTAINER} image`]: 'us-docker.pkg.dev/p/c/image:1.2.3',
      },
    ],
    ['suffix', { ...LEAST, suffix: 'v1' }, IMAGED, { canary: 'web-v1' }],
    [
      'env_vars',
      {
        ...LEAST,
        env_vars: 'FRUIT=apple\nSENTENCE=" this will retain leading and trailing spaces "',
      },
      {
        ...IMAGED,
        [`${CONTAINER} env 1`]: variable('FRUIT', 'apple'),
        // As deploy-cloudrun really does; the step says so in a warning.
        [`${CONTAINER} env 2`]: variable(
          'SENTENCE',
          '" this will retain leading and trailing spaces "',
        ),
      },
    ],
    [
      'env_vars',
      { ...LEAST, env_vars: 'NAME=person,EMAILS=foo@bar.com\\,zip@zap.com, SPACED = a b ' },
      {
        ...IMAGED,
        [`${CONTAINER} env 1`]: variable('NAME', 'person'),
        [`${CONTAINER} env 2`]: variable('EMAILS', 'foo@bar.com,zip@zap.com'),
        [`${CONTAINER} env 3`]: variable('SPACED', 'a b'),
      },
    ],
    ['env_vars', { ...LEAST, env_vars: '{}' }, { ...IMAGED, [`${CONTAINER} env 0`]: undefined }],
    [
      'env_vars_update_strategy',
      { ...LEAST, env_vars: 'A=1', env_vars_update_strategy: 'merge' },
      { ...IMAGED, [`${CONTAINER} env 1`]: variable('A', '1') },
    ],
    [
      'env_vars_update_strategy',
      { ...LEAST, env_vars: 'A=1', env_vars_update_strategy: 'overwrite' },
      { ...IMAGED, [`${CONTAINER} env 0 name`]: 'A', [`${CONTAINER} env 0 value`]: '1' },
    ],
    [
      'secrets',
      {
        ...LEAST,
        secrets:
          '# As an environment variable:\nKEY1=secret-key-1:latest\n\n# As a volume mount:\n/secrets/api/key=secret-key-2:latest',
      },
      {
        ...IMAGED,
        [`${CONTAINER} env 1`]: secret('KEY1', 'secret-key-1', 'latest'),
        [`${CONTAINER} volumeMounts`]: [{ name: VOLUME, mountPath: '/secrets/api' }],
        'spec template spec volumes': [
          {
            name: VOLUME,
            secret: { secretName: 'secret-key-2', items: [{ key: 'latest', path: 'key' }] },
          },
        ],
      },
    ],
    ['secrets', { ...LEAST, secrets: '{}' }, IMAGED],
    [
      'secrets_update_strategy',
      { ...LEAST, secrets: 'A=a:1', secrets_update_strategy: 'overwrite' },
      { ...IMAGED, [`${CONTAINER} env 1`]: secret('A', 'a', '1') },
    ],
    [
      'labels',
      { ...LEAST, labels: 'labela=my-label\nlabelb=my-other-label' },
      {
        ...IMAGED,
        'metadata labels labela': 'my-label',
        'metadata labels labelb': 'my-other-label',
        'spec template metadata labels labela': 'my-label',
        'spec template metadata labels labelb': 'my-other-label',
      },
    ],
    ['labels', { ...LEAST, labels: '{}' }, { ...IMAGED, 'metadata labels team': undefined }],
    [
      'labels',
      { ...LEAST, labels: 'managed-by=me' },
      {
        ...IMAGED,
        'metadata labels managed-by': 'me',
        'spec template metadata labels managed-by': 'me',
      },
    ],
    ['skip_default_labels', { ...LEAST, skip_default_labels: 'true' }, IMAGED, { origin: false }],
    ['skip_default_labels', { ...LEAST, skip_default_labels: 'false' }, IMAGED],
    ['tag', { ...LEAST, tag: 'my-tag' }, IMAGED, { tag: 'my-tag' }],
    [
      'timeout',
      { ...LEAST, timeout: '10m5s' },
      { ...IMAGED, 'spec template spec timeoutSeconds': 605 },
    ],
    [
      'flags',
      { ...LEAST, flags: '--add-cloudsql-instances=demo:us-central1:db' },
      { ...IMAGED, [`${NOTES} run.googleapis.com/cloudsql-instances`]: 'demo:us-central1:db' },
    ],
    [
      'flags',
      { ...LEAST, flags: '--add-cloudsql-instances=p:r:i "--args=-X=123"' },
      {
        ...IMAGED,
        [`${NOTES} run.googleapis.com/cloudsql-instances`]: 'p:r:i',
        [`${CONTAINER} args`]: ['-X=123'],
      },
    ],
    ['no_traffic', { ...LEAST, no_traffic: 'true' }, IMAGED],
    ['no_traffic', { ...LEAST, no_traffic: 'TRUE' }, IMAGED],
  ])('%s: %j', async (_, given, expected, as) => {
    const { changes } = await sentFor(given);
    expect(changes).toEqual({ ...started(as), ...expected });
  });

  test('project_id and region say where: the path is that project, the host that region', async () => {
    const given = { ...LEAST, project_id: 'other', region: 'europe-west1' };
    expect(await sentFor(given)).toMatchObject({
      path: '/apis/serving.knative.dev/v1/namespaces/other/services/web',
    });
    expect(parse(given)).toMatchObject({ request: { ref: { region: 'europe-west1' } } });
    expect(parse(LEAST)).toMatchObject({ request: { ref: { region: 'us-central1' } } });
  });

  test('the output url is that of the tag where one is named, of the service otherwise', () => {
    expect(parse({ ...LEAST, tag: 'my-tag' })).toMatchObject({ request: { isTagGiven: true } });
    expect(parse(LEAST)).toMatchObject({ request: { isTagGiven: false } });
  });
});

describe('every input of deploy-cloudrun that a canary refuses', () => {
  test.each<[input: string, given: Given, advice: string]>([
    ['job', { job: 'my-job' }, 'Jobs have no traffic to ramp: deploy them with deploy-cloudrun'],
    ['wait', { wait: 'true' }, 'it is for jobs'],
    ['source', { source: '.' }, 'Build and push the image in an earlier step'],
    ['env_vars_file', { env_vars_file: '.env' }, 'Write the pairs into `env_vars`'],
    ['revision_traffic', { revision_traffic: 'my-revision=10' }, 'use `stages`'],
    ['revision_traffic', { revision_traffic: 'LATEST=100' }, 'use `stages`'],
    ['tag_traffic', { tag_traffic: 'my-tag=10' }, 'use `stages`'],
    ['update_traffic_flags', { update_traffic_flags: '--set-tags=a=b' }, 'use `stages`'],
    ['traffic_flags', { traffic_flags: '--set-tags=a=b' }, 'use `stages`'],
    ['gcloud_version', { gcloud_version: '290.0.1' }, 'installs no gcloud'],
    ['gcloud_component', { gcloud_component: 'beta' }, 'installs no gcloud'],
    ['no_traffic', { no_traffic: 'false' }, 'as `stages` says'],
    ['region', { region: 'us-central1,europe-west1' }, 'one job per region with a matrix'],
  ])('%s: %j', (subject, given, advice) => {
    const parsed = parse({ ...LEAST, ...given });
    expect(parsed).toMatchObject({
      ok: false,
      findings: [{ subject, advice: expect.stringContaining(advice) }],
    });
  });

  test('beside metadata, what it would leave aside, in one message', () => {
    const parsed = parse({ ...LEAST, metadata: 'service.yaml', env_vars: 'A=1' });
    expect(parsed).toMatchObject({
      ok: false,
      findings: [{ subject: 'metadata', wrong: 'is given, and so are `image`, `env_vars`' }],
    });
  });
});

describe('steps of public workflows', () => {
  test('there are more than ten of them, no two alike', () => {
    expect(TAKEN.length).toBeGreaterThanOrEqual(12);
    expect(new Set(TAKEN.map((step) => Object.keys(step.with).sort().join())).size).toBeGreaterThan(
      9,
    );
  });

  test.each(TAKEN)('as they are: $shape', async ({ with: given, changes }) => {
    const { tag = 'c-8y7innm', suffix = null, skip_default_labels: skips = '' } = given;
    const service = given['service'] ?? 'web';
    const canary = suffix === null ? CANARY : `${service}-${suffix}`;
    const usual = Object.keys(started({ service, tag, canary, origin: skips === '' }));
    const expected = changes.map((path) =>
      path.startsWith('/') ? path.slice(1) : `spec template ${path}`,
    );
    expect(Object.keys((await sentFor(given)).changes).sort()).toEqual(
      [...usual, ...expected].sort(),
    );
  });

  test.each(REFUSED)('refused, with what to write instead: $shape', ({ with: given, findings }) => {
    const parsed = parse(given);
    expect(parsed.ok ? [] : parsed.findings).toEqual(
      findings.map(([subject, wrong, advice]) =>
        expect.objectContaining({
          subject,
          wrong: expect.stringContaining(wrong),
          advice: expect.stringContaining(advice),
        }),
      ),
    );
  });
});
