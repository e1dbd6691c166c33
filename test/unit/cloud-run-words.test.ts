/** Cloud Run's sentences → the user's next step. The sentences are public ones with other names. */
import { describe, expect, test } from 'vitest';
import { causeOf } from '../../src/core/doctor/cloud-run-words.ts';
import type { CauseKind } from '../../src/core/doctor/cloud-run-words.ts';
import { accountIn, emailIn, imageIn } from '../../src/core/doctor/quoted.ts';

const ref = { project: 'demo', region: 'us-central1', service: 'web' };
const IMAGE = 'us-docker.pkg.dev/images/apps/web:v2';
const REVISION = "Revision 'web-c1-1' is not ready and cannot serve traffic.";
const AGENT = 'service-123456789012@serverless-robot-prod.iam.gserviceaccount.com';
const RUNTIME = 'web@demo.iam.gserviceaccount.com';
const LISTEN =
  'The user-provided container failed to start and listen on the port defined provided by the PORT=9090 environment variable within the allocated timeout.';
const READER =
  'gcloud artifacts repositories add-iam-policy-binding apps --location=us --project=images';

type Row = readonly [kind: CauseKind, said: string, command: string | null];

/** docs/assumptions.md, "What Cloud Run says", has where each is from. */
const ROWS: readonly Row[] = [
  [
    'act-as',
    `Permission 'iam.serviceaccounts.actAs' denied on service account ${RUNTIME} (or it may not exist).`,
    `gcloud iam service-accounts add-iam-policy-binding ${RUNTIME} --project=demo --member=$MEMBER --role=roles/iam.serviceAccountUser`,
  ],
  [
    'agent-without-account',
    `Google Cloud Run Service Agent does not have permission to get access tokens for the service account ${RUNTIME}. Please give ${AGENT} permission iam.serviceAccounts.getAccessToken on the service account.`,
    'gcloud projects add-iam-policy-binding demo --member=serviceAccount:service-PROJECT_NUMBER@serverless-robot-prod.iam.gserviceaccount.com --role=roles/run.serviceAgent',
  ],
  [
    'platform',
    `${REVISION} ${LISTEN} terminated: Application failed to start: failed to load /app/web: exec format error`,
    'docker build --platform=linux/amd64 .',
  ],
  [
    'platform',
    "Cloud Run does not support image 'x': Container manifest type 'application/vnd.oci.image.index.v1+json' must support amd64/linux.",
    'docker build --platform=linux/amd64 .',
  ],
  [
    'secret-denied',
    `${REVISION} spec.template.spec.containers[0].env[0].value_from.secret_key_ref.name: Permission denied on secret: projects/42/secrets/token/versions/latest for Revision service account ${RUNTIME}. The service account used must be granted the 'Secret Manager Secret Accessor' role (roles/secretmanager.secretAccessor) at the secret, project or higher level.`,
    `gcloud secrets add-iam-policy-binding token --project=42 --member=serviceAccount:${RUNTIME} --role=roles/secretmanager.secretAccessor`,
  ],
  [
    'secret-missing',
    `${REVISION} spec.template.spec.containers[0].env[0].value_from.secret_key_ref.name: Secret projects/42/secrets/token/versions/7 was not found`,
    'gcloud secrets versions list token --project=42',
  ],
  [
    'secret-missing',
    'Secret Version [projects/42/secrets/token/versions/4] is in DESTROYED state.',
    'gcloud secrets versions list token --project=42',
  ],
  ['secret-denied', 'SECRETS_ACCESS_CHECK_FAILED', null],
  [
    'image-denied-to-agent',
    `${REVISION} Google Cloud Run Service Agent ${AGENT} must have permission to read the image, us-docker.pkg.dev/images/apps/web:v2. Ensure that the provided container image URL is correct.`,
    `${READER} --member=serviceAccount:${AGENT} --role=roles/artifactregistry.reader`,
  ],
  [
    'image-denied-to-agent',
    'Google Cloud Run Service Agent must have permission to read the image, gcr.io/images/web.',
    `${READER} --member=serviceAccount:service-PROJECT_NUMBER@serverless-robot-prod.iam.gserviceaccount.com --role=roles/artifactregistry.reader`,
  ],
  [
    'image-denied-to-job',
    `User must have permission to read the image, ${IMAGE}. Ensure that the provided container image URL is correct and that the above account has permission to access the image.`,
    `${READER} --member=$MEMBER --role=roles/artifactregistry.reader`,
  ],
  [
    'image-denied-to-job',
    'Permission "artifactregistry.repositories.downloadArtifacts" denied on resource "projects/images/locations/us/repositories/apps" (or it may not exist)',
    `${READER} --member=$MEMBER --role=roles/artifactregistry.reader`,
  ],
  ['image-policy', 'CONTAINER_IMAGE_UNAUTHORIZED', null],
  ['image-policy', 'Container image denied by Binary Authorization policy.', null],
  [
    'image-missing',
    `${REVISION} Image '${IMAGE}' not found.`,
    `gcloud artifacts docker images describe ${IMAGE}`,
  ],
  ['image-missing', 'CONTAINER_MISSING', `gcloud artifacts docker images describe ${IMAGE}`],
  [
    'image-missing',
    "Image 'us-docker.pkg.dev/images/secrets/web:v9' not found.",
    'gcloud artifacts docker images describe us-docker.pkg.dev/images/secrets/web:v9',
  ],
  ['image-not-taken-in', `${REVISION} Container import failed:`, null],
  [
    'image-not-taken-in',
    'The service has encountered an error during container import. Please try again later. Resource readiness deadline exceeded.',
    null,
  ],
  [
    'instances',
    'spec.template.metadata.annotations[autoscaling.knative.dev/maxScale]: Max instances must be set to 28 or fewer to set the requested total CPU.\nQuota violated:\nCpuAllocPerProjectRegion requested: 200000 allowed: 56000',
    null,
  ],
  ['revisions', 'ACTIVE_REVISION_LIMIT_REACHED', null],
  ['key', 'ENCRYPTION_KEY_PERMISSION_DENIED', null],
  ['network', 'VPC_NETWORK_NOT_FOUND', null],
  [
    'startup-probe',
    `${REVISION} The user-provided container failed the configured startup probe checks. Logs for this revision might contain more information.`,
    null,
  ],
  ['container', `${REVISION} ${LISTEN}`, `docker run --rm -e PORT=9090 -p 9090:9090 ${IMAGE}`],
  [
    'container',
    'Cloud Run error: Container failed to start. Failed to start and then listen on the port defined by the PORT environment variable.',
    `docker run --rm -e PORT=8080 -p 8080:8080 ${IMAGE}`,
  ],
  ['container', 'HealthCheckContainerError', `docker run --rm -e PORT=8080 -p 8080:8080 ${IMAGE}`],
  ['launch-stage', 'The feature is not supported in the declared launch stage', null],
  ['passing', 'Resource readiness deadline exceeded', null],
];

test.each(ROWS)('%s: %s', (kind, said, command) => {
  const cause = causeOf(said, { ref, image: IMAGE });
  expect(cause).toMatchObject({ kind, commands: command === null ? [] : [command] });
  expect(cause!.text).toMatch(/^[A-Z].{30,}[.:]$|quotas$/);
});

test('the number of instances that fit is passed on', () => {
  const said = 'Max instances must be set to 28 or fewer to set the requested total CPU.';
  expect(causeOf(said, { ref, image: IMAGE })!.text).toContain('--max-instances=28');
});

test('every secret that may not be read is named, each once', () => {
  const one = (name: string) =>
    `Permission denied on secret: projects/42/secrets/${name}/versions/1 for Revision service account ${RUNTIME}.`;
  const { commands } = causeOf([one('a'), one('b'), one('a')].join(' '), { ref, image: '' })!;
  expect(commands.map((command) => /binding (\S+)/.exec(command)![1])).toEqual(['a', 'b']);
});

test('words that nobody has heard yet get no advice of ours', () => {
  for (const said of ['', 'No idea.', 'The moon is in the wrong phase.']) {
    expect(causeOf(said, { ref, image: IMAGE })).toBeNull();
  }
});

describe('foreign words', () => {
  test.each([
    "Image 'us-docker.pkg.dev/p/r/x;rm -rf /:v1' not found.",
    'Permission denied on secret: projects/$(id)/secrets/`id`/versions/1',
    "Permission 'iam.serviceaccounts.actAs' denied on service account $(id)@x.iam.gserviceaccount.com",
    'must have permission to read the image, us-docker.pkg.dev/p/r$(id)/x:v1',
  ])('bring nothing of a shell into a command: %s', (said) => {
    for (const command of causeOf(said, { ref, image: '$(id)' })!.commands) {
      expect(command.replaceAll(/'[^']*'/g, '').replace('$MEMBER', '')).not.toMatch(/[`$;|&<>]/);
    }
  });

  test('however long, are read in no time', () => {
    const began = performance.now();
    for (const part of ['image ', 'secret ', 'projects/a/secrets/', 'PORT=', 'a.', 'subnet ']) {
      causeOf(part.repeat(5_000), { ref, image: IMAGE });
    }
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

test.each(['a', 'a-', 'a.', '1', 'projects/', 'x@', 'gcr.io/x', '-docker.pkg.dev/', 'PORT=1'])(
  'a sentence that is nothing but %j is read at once, however long it is',
  (piece) => {
    const said = piece.repeat(500_000 / piece.length);
    const ref = { project: 'demo', region: 'europe-west1', service: 'web' };
    const begun = performance.now();
    causeOf(`Image 'x' not found. ${said} gserviceaccount`, { ref, image: 'web:v1' });
    expect([emailIn(said), imageIn(said, ''), accountIn(said)]).toHaveLength(3);
    expect(performance.now() - begun).toBeLessThan(2_000);
  },
);
