/**
 * Steps with deploy-cloudrun as public workflows have them, by their shape: the inputs and the way
 * they are written are as found; names are others, and what was an expression is what it turns into.
 * Texts are as the runner hands them over.
 */
import type { Given } from '../unit/given-inputs.ts';

const SHA = '4f0c1d2e3b5a69788796a5b4c3d2e1f00f1e2d3c';
const IMAGE = `europe-west1-docker.pkg.dev/acme-shop/web/web:${SHA}`;

export type PublicStep = {
  readonly shape: string;
  readonly with: Given;
  /** Paths of the PUT that it changes, beside those of every start; below `spec template` unless said. */
  readonly changes: readonly string[];
};

const ENV = 'spec containers 0 env';
const NOTES = 'metadata annotations';

export const TAKEN: readonly PublicStep[] = [
  {
    shape: 'the starter workflow',
    with: { service: 'web', region: 'europe-west1', image: IMAGE },
    changes: ['spec containers 0 image'],
  },
  {
    shape: 'nothing but service and an image without a tag',
    with: { service: 'web', image: 'gcr.io/acme-shop/web' },
    changes: ['spec containers 0 image'],
  },
  {
    shape: 'a service and an image for each leg of a matrix, with flags folded into one line',
    with: {
      service: 'agent-staging',
      image: `us-central1-docker.pkg.dev/acme-build/services/agent:${SHA}`,
      region: 'us-central1',
      project_id: 'acme-staging',
      flags:
        '--service-account=agent@acme-staging.iam.gserviceaccount.com --min-instances=0 --max-instances=10 --memory=1Gi --cpu=1 --concurrency=40 --timeout=300 --allow-unauthenticated',
      env_vars: `GOOGLE_CLOUD_PROJECT=acme-staging\nGOOGLE_CLOUD_LOCATION=us-central1\nUSE_VERTEX=True\nCOMMIT_SHA=${SHA}`,
      secrets: 'TRACING_KEY=tracing-key:latest',
    },
    changes: [
      `${ENV} 1`,
      `${ENV} 2`,
      `${ENV} 3`,
      `${ENV} 4`,
      `${ENV} 5`,
      'spec containers 0 image',
      'spec containers 0 resources limits memory',
      'spec containerConcurrency',
      'spec serviceAccountName',
      `${NOTES} autoscaling.knative.dev/maxScale`,
    ],
  },
  {
    shape: 'secrets of GitHub as variables, and an open service',
    with: {
      service: 'web',
      region: 'europe-west1',
      image: IMAGE,
      env_vars: 'DB_ROLE_KEY=eyJhbGciOi.J9==\nENCRYPTION_KEY=a+b/c=\nAPP_SECRET=s3cr3t\n',
      flags: '--allow-unauthenticated',
    },
    changes: [`${ENV} 1`, `${ENV} 2`, `${ENV} 3`, 'spec containers 0 image'],
  },
  {
    shape: 'all variables in one line of a block, and a timeout in seconds',
    with: {
      service: 'etl',
      image: 'us-central1-docker.pkg.dev/acme-etl/cloud-run-source-deploy/etl:latest',
      region: 'us-central1',
      env_vars: 'UNBUFFERED=True,PROJECT_ID=acme-etl,BUCKET_NAME=acme-etl,TABLE_TOKEN=pat.1\n',
      timeout: '3600',
      flags: '--min-instances=0 --max-instances=5 --memory=16Gi',
    },
    changes: [
      `${ENV} 1`,
      `${ENV} 2`,
      `${ENV} 3`,
      `${ENV} 4`,
      'spec containers 0 image',
      'spec containers 0 resources limits memory',
      'spec timeoutSeconds',
      `${NOTES} autoscaling.knative.dev/maxScale`,
    ],
  },
  {
    shape: 'an image of another registry, the project as an input, the platform as a flag',
    with: {
      service: 'web-staging',
      region: 'europe-central2',
      image: 'ghcr.io/acme/shop/web:latest',
      project_id: 'acme-shop',
      flags: '--allow-unauthenticated --platform=managed',
    },
    changes: ['spec containers 0 image'],
  },
  {
    shape: 'Cloud SQL, session affinity and a dozen secrets',
    with: {
      service: 'api',
      region: 'asia-northeast3',
      image: IMAGE,
      flags:
        '--service-account=api-run@acme-shop.iam.gserviceaccount.com --add-cloudsql-instances=acme-shop:asia-northeast3:main --min-instances=0 --max-instances=50 --memory=512Mi --cpu=1 --port=8080 --no-cpu-throttling --session-affinity --allow-unauthenticated',
      env_vars:
        'NODE_ENV=production\nCACHE_MODE=cluster\nDB_POOL_MAX=3\nDB_POOL_IDLE_TIMEOUT_MS=30000\n',
      secrets:
        'DATABASE_URL=database-url:latest\nJWT_SECRET=jwt-secret:latest\nREDIS_URL=redis-url:latest\nPAY_KEY=pay-key:latest\n',
    },
    changes: [
      ...Array.from({ length: 8 }, (_, index) => `${ENV} ${index + 1}`),
      'spec containers 0 image',
      'spec serviceAccountName',
      `${NOTES} autoscaling.knative.dev/maxScale`,
      `${NOTES} run.googleapis.com/cloudsql-instances`,
      `${NOTES} run.googleapis.com/cpu-throttling`,
      `${NOTES} run.googleapis.com/sessionAffinity`,
    ],
  },
  {
    shape: 'labels of its own in flags, those of the action left out',
    with: {
      service: 'web',
      region: 'us-central1',
      image: IMAGE,
      skip_default_labels: 'true',
      flags: `--update-labels=commit-sha=${SHA},deployment-target=staging,github-run-id=7000000001`,
    },
    changes: [
      'spec containers 0 image',
      'metadata labels commit-sha',
      'metadata labels deployment-target',
      'metadata labels github-run-id',
      '/metadata labels commit-sha',
      '/metadata labels deployment-target',
      '/metadata labels github-run-id',
    ],
  },
  {
    shape: 'direct VPC egress with tags, an image by digest, variables that replace all others',
    with: {
      service: 'runner',
      region: 'us-central1',
      image: `us-central1-docker.pkg.dev/acme-shop/runner/runner@sha256:${'c'.repeat(64)}`,
      flags:
        '--network=main\n--subnet=runner-live\n--network-tags=runner-live\n--vpc-egress=all-traffic\n--max-instances=3\n',
      env_vars: 'RUNNER_MODE=live',
      env_vars_update_strategy: 'overwrite',
    },
    changes: [
      `${ENV} 0 name`,
      `${ENV} 0 value`,
      'spec containers 0 image',
      `${NOTES} autoscaling.knative.dev/maxScale`,
      `${NOTES} run.googleapis.com/network-interfaces`,
      `${NOTES} run.googleapis.com/vpc-access-egress`,
    ],
  },
  {
    shape: 'a candidate with a suffix and no traffic, promoted by later steps',
    with: {
      service: 'site',
      region: 'us-central1',
      image: IMAGE,
      suffix: 'r7000000001-1',
      no_traffic: 'true',
    },
    changes: ['spec containers 0 image'],
  },
  {
    shape: 'a tag for each run and no traffic',
    with: {
      service: 'api',
      region: 'europe-west1',
      image: `europe-west1-docker.pkg.dev/acme-shop/api/api@sha256:${'d'.repeat(64)}`,
      tag: 'cand-7000000001-1',
      no_traffic: 'true',
      env_vars: `SOURCE_REVISION=${SHA}`,
      env_vars_update_strategy: 'merge',
      secrets_update_strategy: 'merge',
    },
    changes: [`${ENV} 1`, 'spec containers 0 image'],
  },
  {
    shape: 'flags on lines of their own, as a composite action passes them on',
    with: {
      service: 'print-proxy',
      project_id: 'acme-shop',
      region: 'us-west3',
      image: IMAGE,
      env_vars: 'WORD=k',
      flags:
        '--service-account=cloud-run@acme-shop.iam.gserviceaccount.com\n--allow-unauthenticated\n',
    },
    changes: [`${ENV} 1`, 'spec containers 0 image', 'spec serviceAccountName'],
  },
  {
    shape: 'a service file that an earlier step has filled in',
    with: { metadata: 'service.yaml', region: 'us-central1' },
    changes: [
      'spec containers 0 image',
      'spec containers 0 env',
      'spec containers 0 ports',
      'spec containers 0 futureField',
      'spec containers 0 resources limits memory',
      'spec serviceAccountName',
      'spec timeoutSeconds',
      `${NOTES} autoscaling.knative.dev/maxScale`,
      'metadata labels client.knative.dev/nonce',
    ],
  },
];

/** What the step above names: by hand, filled in by `envsubst`, without what Cloud Run fills in. */
export const SERVICE_FILE = `apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: web
spec:
  template:
    metadata:
      annotations:
        autoscaling.knative.dev/maxScale: '20'
    spec:
      containerConcurrency: 80
      containers:
        - image: ${IMAGE}
          resources:
            limits:
              cpu: 1000m
              memory: 256Mi
`;

export type RefusedStep = {
  readonly shape: string;
  readonly with: Given;
  /** Subject and a part of what is wrong and of what to write instead, one for each finding. */
  readonly findings: readonly (readonly [subject: string, wrong: string, advice: string])[];
};

export const REFUSED: readonly RefusedStep[] = [
  {
    shape: 'from source',
    with: { service: 'web', region: 'europe-west1', source: './backend' },
    findings: [
      ['image', 'is not given', 'Write the image'],
      ['source', 'is not an input', 'Build and push the image in an earlier step'],
    ],
  },
  {
    shape: 'a job',
    with: { job: 'migrate', image: IMAGE, region: 'us-central1', wait: 'true' },
    findings: [
      ['service', 'is not given', 'Write the name'],
      ['job', 'is not an input', 'Jobs have no traffic'],
      ['wait', 'is not an input', 'it is for jobs'],
    ],
  },
  {
    shape: 'all traffic to the newest',
    with: { service: 'web', image: IMAGE, revision_traffic: 'LATEST=100' },
    findings: [['revision_traffic', 'is not an input', '`stages`']],
  },
  {
    shape: 'inputs that deploy-cloudrun does not have either',
    with: { service: 'web', image: IMAGE, project: 'acme-shop', platform: 'managed' },
    findings: [
      ['project', 'is not an input', '`project_id`'],
      ['platform', 'is not an input', 'Remove it'],
    ],
  },
  {
    shape: 'variables of a file',
    with: {
      service: 'web',
      image: IMAGE,
      env_vars_update_strategy: 'overwrite',
      secrets_update_strategy: 'overwrite',
      env_vars_file: '.github/cloud-run/.web.live',
      secrets: 'A=a:latest,B=b:latest',
    },
    findings: [['env_vars_file', 'is not an input', 'Write the pairs into `env_vars`']],
  },
  {
    shape: 'variables, secrets and ingress as flags',
    with: {
      service: 'web',
      image: IMAGE,
      flags:
        '--add-cloudsql-instances=acme-shop:us-central1:main\n--set-env-vars=DB_NAME=shop,DB_USER=app\n--set-secrets=DB_PASSWORD=db-password:latest\n--ingress=internal-and-cloud-load-balancing\n--allow-unauthenticated\n',
    },
    findings: [
      ['flags', 'holds `--set-env-vars`', 'Use `env_vars`'],
      ['flags', 'holds `--set-secrets`', 'Use `secrets`'],
    ],
  },
  {
    shape: 'suffix and tag as flags, secrets taken away',
    with: {
      service: 'web',
      image: IMAGE,
      no_traffic: 'true',
      flags: `--revision-suffix=${SHA.slice(0, 7)} --tag=candidate --remove-secrets=OLD`,
    },
    findings: [
      ['flags', 'holds `--revision-suffix`', 'Use the input `suffix`'],
      ['flags', 'holds `--tag`', 'Use the input `tag`'],
      ['flags', 'holds `--remove-secrets`', 'Use `secrets`'],
    ],
  },
  {
    shape: 'a private service by flag',
    with: { service: 'web', image: IMAGE, flags: '--no-allow-unauthenticated --max-instances=1' },
    findings: [['flags', 'holds `--no-allow-unauthenticated`', 'beforehand']],
  },
  {
    shape: 'a port as a variable, which Cloud Run refuses as well',
    with: { service: 'web', image: IMAGE, env_vars: 'NODE_ENV=production\nPORT=8080' },
    findings: [['env_vars', 'sets PORT', 'Remove it']],
  },
  {
    shape: 'flags that have slipped into the secrets',
    with: {
      service: 'web',
      image: IMAGE,
      secrets: 'DB_PASSWORD=db-password:latest\n--min-instances=0\n--memory=512Mi',
    },
    findings: [['secrets', 'has no secret with a version in pair 2', 'KEY=SECRET:latest']],
  },
  {
    shape: 'a list of origins with its comma',
    with: { service: 'web', image: IMAGE, env_vars: 'ORIGINS=https://a.example,https://b.example' },
    findings: [['env_vars', 'has no `=` in pair 2', '`\\,` for a comma']],
  },
  {
    shape: 'a commit as a tag',
    with: { service: 'app', image: IMAGE, no_traffic: 'true', tag: `sha-${SHA}` },
    findings: [['tag', 'is too long for this service', 'at most 43']],
  },
  {
    shape: 'a key of a service account as an input, as version 0 had it',
    with: { metadata: 'service.yaml', credentials: '{}', region: 'us-central1' },
    findings: [['credentials', 'is not an input', 'Remove it']],
  },
  {
    shape: 'several regions',
    with: { service: 'web', image: IMAGE, region: 'us-central1,europe-west1' },
    findings: [['region', 'names several regions', 'matrix']],
  },
];
