/**
 * examples/google grants the least that examples/first-canary.yml can do with: each permission taken
 * away is missed, and what is said then names the role and the command. Whether each is needed by more
 * than the check for it: test/e2e/examples-told.test.ts.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { named, principalOf } from '../../src/core/doctor/principal.ts';
import { parseInputs } from '../../src/core/inputs/inputs.ts';
import { Problem, problemText } from '../../src/core/problem.ts';
import { endpointsFrom } from '../../src/edges/endpoints.ts';
import { accountOf, readCredentials } from '../../src/edges/google-credentials.ts';
import { openPorts } from '../../src/action/wiring.ts';
import type { Opened } from '../../src/action/wiring.ts';
import { preflight } from '../../src/engine/preflight.ts';
import { documentedPermissions } from '../docs/google-roles.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { addressesOf } from '../scene/scene.ts';
import { aCaller } from '../unit/build.ts';
import { readExample } from '../workflow/stage.ts';
import { NEVER } from './loopback.ts';

const ref = { project: 'my-project', region: 'us-central1', service: 'web' };
const IMAGE = 'us-docker.pkg.dev/my-project/web/web:v2';
const DEPLOYER = 'deployer@my-project.iam.gserviceaccount.com';
const MEMBER = `--member=serviceAccount:${DEPLOYER}`;
const SERVICE_GRANT = `gcloud run services add-iam-policy-binding web --project=my-project --region=us-central1 ${MEMBER} --role=roles/run.developer`;

type Missed = { readonly refused: boolean; readonly said: readonly string[] };

/** What is said without it. A permission that stands in no row is one that nobody needs. */
const MISSED: Readonly<Record<string, Missed>> = {
  'run.services.get': {
    refused: true,
    said: ['Permission run.services.get is missing', SERVICE_GRANT],
  },
  'run.services.update': {
    refused: true,
    said: ['permission "run.services.update" is missing on the service', SERVICE_GRANT],
  },
  'run.revisions.get': {
    refused: true,
    said: ['permission "run.revisions.get" is missing on the service', SERVICE_GRANT],
  },
  'iam.serviceAccounts.actAs': {
    refused: true,
    said: [
      'Permission iam.serviceAccounts.actAs is missing',
      `gcloud iam service-accounts add-iam-policy-binding 123456789012-compute@developer.gserviceaccount.com ${MEMBER} --role=roles/iam.serviceAccountUser`,
    ],
  },
  'artifactregistry.repositories.downloadArtifacts': {
    refused: true,
    said: [
      'Permission artifactregistry.repositories.downloadArtifacts is missing',
      `gcloud artifacts repositories add-iam-policy-binding web --location=us --project=my-project ${MEMBER} --role=roles/artifactregistry.reader`,
    ],
  },
  'monitoring.timeSeries.list': {
    refused: true,
    said: [
      'monitoring.timeSeries.list',
      `gcloud projects add-iam-policy-binding my-project ${MEMBER} --role=roles/monitoring.viewer`,
    ],
  },
  'monitoring.metricDescriptors.get': {
    refused: false,
    said: [
      'monitoring.metricDescriptors.get',
      'a sample period of 60 s and an ingest delay of 180 s are assumed',
    ],
  },
  'logging.logEntries.list': {
    refused: false,
    said: [
      'logging.logEntries.list',
      `gcloud projects add-iam-policy-binding my-project ${MEMBER} --role=roles/logging.viewer`,
    ],
  },
};

const documented = documentedPermissions();
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ project: ref.project });
  await sandbox.services.create({ name: ref.service, image: 'sandbox/app:v1', env: {}, tags: [] });
});
beforeEach(() => {
  sandbox.tokens.controls.deniedAccounts.clear();
  sandbox.grant(documented);
});
afterAll(() => sandbox.stop());

/** As the step of the example is written, for an image that is there. */
function planOfTheExample() {
  const [job] = readExample('first-canary').jobs;
  const inputs = new Map(Object.entries(job?.steps.at(-1)?.with ?? {})).set('image', IMAGE);
  const parsed = parseInputs(inputs, { project: ref.project, defaultTag: 'c-1', commit: '' });
  if (!parsed.ok || parsed.request.plan === null) throw new Error('The example starts nothing.');
  return parsed.request.plan;
}

function identityOfTheJob() {
  const file = JSON.stringify(sandbox.tokens.credentialFile(sandbox.base, DEPLOYER));
  const read = readCredentials(file, { universe: 'googleapis.com', loopbackAllowed: true });
  const found = endpointsFrom(addressesOf(sandbox), ref.region);
  if (!read.ok || !found.ok) throw new Error('The sandbox is not taken for an emulator.');
  const { credentials } = read;
  const audience = credentials.kind === 'external' ? credentials.audience : null;
  const email = accountOf(credentials);
  const principal = principalOf({ email, audience, repository: 'octo-org/shop' });
  return { access: { endpoints: found.endpoints, credentials, notices: [] }, principal };
}

/** All that a start checks, and one look of the judge at the request log. */
async function start(): Promise<{ readonly refusal: string | null; readonly notices: string[] }> {
  const notices: string[] = [];
  const { access, principal } = identityOfTheJob();
  const notice = (text: string) => void notices.push(named(text, principal));
  const runner = { notice, secret: () => undefined };
  const chance = { random: () => 0, newWriteId: () => '9f1c64b20a7de853' };
  const ports = openPorts(access, ref, { runner, cancel: NEVER, chance });
  try {
    const { sight: foresight, doctor } = ports;
    const around = { caller: aCaller(), ports, foresight, doctor, ref };
    const checking = { ...around, cancel: NEVER, isHosted: true };
    const { service, notices: more } = await preflight(planOfTheExample(), checking);
    await lookAt(ports, service.latestReady);
    return { refusal: null, notices: [...notices, ...more] };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { refusal: named(problemText(error), principal), notices };
  }
}

async function lookAt(ports: Opened, revision: string): Promise<void> {
  const now = Date.now();
  const sides = { canary: revision, baseline: revision, stable: revision };
  const window = { from: now - 5_000, to: now, now, samplePeriod: 1_000, history: null };
  await ports.metrics.observe({ ...sides, ...window, readsMemory: true }, NEVER);
}

test('with what is documented nothing is refused, and nothing is missed', async () => {
  expect(await start()).toEqual({ refusal: null, notices: [] });
});

test.each(documented)('without %s that is said, with what grants it', async (permission) => {
  sandbox.grant(documented.filter((one) => one !== permission));
  const missed = MISSED[permission];
  if (missed === undefined) throw new Error(`${permission} is granted, and nobody needs it.`);
  const { refusal, notices } = await start();
  expect(refusal !== null).toBe(missed.refused);
  if (!missed.refused) expect(notices).toHaveLength(1);
  for (const words of missed.said) expect(refusal ?? notices[0]).toContain(words);
});

test('without its right to act as the account the job gets no token, and is told the role', async () => {
  sandbox.tokens.controls.deniedAccounts.add(DEPLOYER);
  const { refusal } = await start();
  expect(refusal).toContain('roles/iam.workloadIdentityUser');
  expect(refusal).toContain(`gcloud iam service-accounts add-iam-policy-binding ${DEPLOYER}`);
});
