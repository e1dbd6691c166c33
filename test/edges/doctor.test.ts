/** A service's documented answer → the one problem, with its advice and the exact command. */
import { describe, expect, test } from 'vitest';
import { Problem, problemText } from '../../src/core/problem.ts';
import { servicesOf } from '../../src/edges/cloud-run/region.ts';
import { readProblem, refusal } from '../../src/edges/cloud-run/service-problem.ts';
import { tokenProblem } from '../../src/edges/google-auth-problem.ts';
import { createHttp } from '../../src/edges/http.ts';
import type { HttpAnswer } from '../../src/edges/http.ts';
import { mayActAs } from '../../src/edges/iam.ts';
import { readAnswer } from '../../src/edges/monitoring-call.ts';
import { NEVER } from './loopback.ts';
import { scriptedServer } from './scripted-server.ts';
import type { Scripted } from './scripted-server.ts';

const ref = { project: 'demo', region: 'us-central1', service: 'web' };
const ACCOUNT = 'deployer@home.iam.gserviceaccount.com';
const facts = {
  audience: '//iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/p/providers/x',
  account: ACCOUNT,
};

function google(status: number, code: string, message: string, details: readonly object[] = []) {
  return { status, body: { error: { code: status, status: code, message, details } } };
}

function off(service: string) {
  const metadata = { service, consumer: 'projects/42' };
  const info = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: 'SERVICE_DISABLED',
    metadata,
  };
  return google(403, 'PERMISSION_DENIED', 'It has not been used.', [info]);
}

function answer({
  status,
  body,
}: {
  status: number;
  body: unknown;
}): Extract<HttpAnswer, { kind: 'answer' }> {
  return { kind: 'answer', status, headers: {}, text: JSON.stringify(body), serverTime: null };
}

function denied(permission: string) {
  const words = `Permission '${permission}' denied on resource 'namespaces/demo/services/web' (or resource may not exist).`;
  return google(403, 'PERMISSION_DENIED', words);
}

function readOf(given: HttpAnswer): Problem {
  return readProblem(given, { ref, permission: 'run.services.get' });
}

function writeOf(given: Parameters<typeof answer>[0], starts = true): Problem | null {
  return refusal(answer(given), { ref, starts, image: 'us-docker.pkg.dev/demo/apps/web:v2' });
}

/** What gaxios throws. */
function thrown(path: string, { status, body }: { status: number; body: unknown }): object {
  return {
    status,
    config: { url: new URL(`https://x.googleapis.com${path}`) },
    response: { status, data: body },
  };
}

const IMPERSONATE = `/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken`;
const GET_TOKEN = google(
  403,
  'PERMISSION_DENIED',
  "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
);

const ROWS: readonly (readonly [string, () => Problem | null, code: string, ...said: string[]])[] =
  [
    [
      'Cloud Run is off',
      () => readOf(answer(off('run.googleapis.com'))),
      'denied',
      'run.googleapis.com is not enabled in project demo',
      'gcloud services enable run.googleapis.com --project=demo',
    ],
    [
      'Cloud Run is off, at the write',
      () => writeOf(off('run.googleapis.com')),
      'denied',
      'gcloud services enable run.googleapis.com --project=demo',
    ],
    [
      'the service may not be read',
      () => readOf(answer(denied('run.services.get'))),
      'denied',
      'run.services.get is missing',
      'check project_id',
      'gcloud run services add-iam-policy-binding web --project=demo --region=us-central1 --member=$MEMBER --role=roles/run.developer',
    ],
    [
      'the services may not be listed',
      () =>
        readProblem(answer(denied('run.services.list')), { ref, permission: 'run.services.list' }),
      'denied',
      'gcloud projects add-iam-policy-binding demo --member=$MEMBER --role=roles/run.viewer',
    ],
    [
      'the service may not be changed',
      () => writeOf(denied('run.services.update')),
      'denied',
      'run.services.update is missing',
      '--role=roles/run.developer',
    ],
    [
      'there is no such service',
      () => readOf(answer(google(404, 'NOT_FOUND', 'No.'))),
      'service-missing',
      'no Cloud Run service web in us-central1 of project demo',
      'gcloud run services list --project=demo --region=us-central1',
    ],
    [
      'there is no such region',
      () => readOf({ kind: 'no-answer', why: 'somebody said so', cause: 'unknown-host' }),
      'unreachable',
      'Check that us-central1 is a region',
      'gcloud run regions list',
    ],
    [
      'requests are over the quota',
      () => readOf(answer(google(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded.'))),
      'unreachable',
      'Quota exceeded',
      'iam-admin/quotas',
    ],
    [
      'nobody may act as the account',
      () =>
        writeOf(
          google(
            403,
            'PERMISSION_DENIED',
            "Permission 'iam.serviceaccounts.actAs' denied on service account web@demo.iam.gserviceaccount.com (or it may not exist).",
          ),
        ),
      'denied',
      'Permission iam.serviceAccounts.actAs is missing',
      'gcloud iam service-accounts add-iam-policy-binding web@demo.iam.gserviceaccount.com',
    ],
    [
      'the image may not be read',
      () =>
        writeOf(
          google(
            403,
            'PERMISSION_DENIED',
            'User must have permission to read the image, us-docker.pkg.dev/demo/apps/web:v2.',
          ),
        ),
      'denied',
      'downloadArtifacts is missing',
      'gcloud artifacts repositories add-iam-policy-binding apps',
    ],
    [
      'there is no room for the instances',
      () =>
        writeOf(
          google(
            400,
            'INVALID_ARGUMENT',
            'Max instances must be set to 3 or fewer to set the requested total CPU.',
          ),
        ),
      'write-refused',
      '--max-instances=3',
    ],
    [
      'it is wrong in a way that nobody knows',
      () => writeOf(google(400, 'INVALID_ARGUMENT', 'Wrong.')),
      'write-refused',
      'Mend what the message names',
    ],
    [
      'a rollback may not be written',
      () => writeOf(google(403, 'PERMISSION_DENIED', 'actAs or not'), false),
      'denied',
      'run.services.update is missing',
    ],
    [
      'the account may not be acted as',
      () => tokenProblem(thrown(IMPERSONATE, GET_TOKEN), 'exchange', facts),
      'bad-credentials',
      'roles/iam.workloadIdentityUser',
      'serviceAccountTokenCreator is for',
      `gcloud iam service-accounts add-iam-policy-binding ${ACCOUNT} --project=home --member=$REPOSITORY_IDENTITY --role=roles/iam.workloadIdentityUser`,
    ],
    [
      'accounts have no credentials service',
      () =>
        tokenProblem(thrown(IMPERSONATE, off('iamcredentials.googleapis.com')), 'exchange', facts),
      'denied',
      'gcloud services enable iamcredentials.googleapis.com --project=home',
    ],
    [
      'the provider is not there',
      () =>
        tokenProblem(
          thrown('/v1/token', {
            status: 400,
            body: { error: 'invalid_target', error_description: 'No.' },
          }),
          'exchange',
          facts,
        ),
      'bad-credentials',
      'gcloud iam workload-identity-pools providers list --workload-identity-pool=p',
    ],
    [
      'the exchange is refused in new words',
      () =>
        tokenProblem(
          thrown('/v1/token', { status: 400, body: { error: 'new', error_description: 'Words.' } }),
          'exchange',
          facts,
        ),
      'bad-credentials',
      'Words.',
      'attribute mapping and its condition',
    ],
  ];

const rows = ROWS.map(([what, problemOf, code, ...said]) => ({ what, problemOf, code, said }));

test.each(rows)('$what', ({ problemOf, code, said }) => {
  const problem = problemOf()!;
  expect(problem.code).toBe(code);
  for (const words of said) expect(problemText(problem)).toContain(words);
});

test.each([
  [
    denied('monitoring.timeSeries.list'),
    'gcloud projects add-iam-policy-binding demo --member=$MEMBER --role=roles/monitoring.viewer',
  ],
  [
    off('monitoring.googleapis.com'),
    'gcloud services enable monitoring.googleapis.com --project=demo',
  ],
  [{ status: 403, body: '<html>' }, 'roles/monitoring.viewer'],
])('Cloud Monitoring refuses: %#', (given, command) => {
  const read = () => readAnswer(answer(given), 'monitoring.timeSeries.list', 'demo');
  let problem: unknown = null;
  try {
    read();
  } catch (error) {
    problem = error;
  }
  expect(problem).toBeInstanceOf(Problem);
  expect(problemText(problem as Problem)).toContain(command);
});

describe('whether the account of the service may be acted as', () => {
  async function asked(reply: Scripted | null, account = 'web@demo.iam.gserviceaccount.com') {
    const server = await scriptedServer(() => reply);
    const http = createHttp({ hurry: NEVER, random: () => 0 });
    const tokens = { header: async () => 'Bearer x' };
    const may = await mayActAs({ http, tokens, endpoint: server.base }, account);
    return { may, requests: server.asked };
  }

  test('is one question to IAM', async () => {
    const { may, requests } = await asked({ body: { permissions: ['iam.serviceAccounts.actAs'] } });
    expect(may).toBe(true);
    expect(requests.map(({ method, path, body }) => [method, path, body])).toEqual([
      [
        'POST',
        '/v1/projects/-/serviceAccounts/web@demo.iam.gserviceaccount.com:testIamPermissions',
        '{"permissions":["iam.serviceAccounts.actAs"]}',
      ],
    ]);
  });

  test('an empty answer is a no', async () => {
    expect((await asked({ body: {} })).may).toBe(false);
  });

  test.each<readonly [string, Scripted | null]>([
    ['a refusal', off('iam.googleapis.com')],
    ['no such account', google(404, 'NOT_FOUND', 'No.')],
    ['a page of somebody else', { body: '<html>' }],
    ['no list', { body: { permissions: 'all' } }],
    ['nothing', null],
  ])('%s leaves it open', async (_, reply) => {
    expect((await asked(reply)).may).toBeNull();
  });

  test.each(['', 'web', 'a@b', '../../x@y.gserviceaccount.com', 'a@b.gserviceaccount.com/x?y'])(
    'an account of the name %j is not asked about',
    async (account) => {
      const { may, requests } = await asked({ body: {} }, account);
      expect([may, requests.length]).toEqual([null, 0]);
    },
  );
});

test('the names of a region come from all of its pages, and only real names', async () => {
  const item = (name: unknown) => ({ metadata: { name } });
  const pages = [
    { items: [item('web'), item('../x'), item(7)], metadata: { continue: 'a b' } },
    { items: [item('api')], metadata: {} },
  ];
  const { base, asked } = await scriptedServer((_, index) => ({ body: pages[index] }));
  const http = createHttp({ hurry: NEVER, random: () => 0 });
  const tokens = { header: async () => 'Bearer x', invalidate: () => undefined };
  expect(await servicesOf({ http, tokens, ref, endpoint: base })).toEqual(['web', 'api']);
  expect(asked[1]!.query.get('continue')).toBe('a b');
});
