/** What the sandbox says where Google says no: each text is a public one, see where it is written. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startSandbox, type Sandbox } from './sandbox.ts';

let sandbox: Sandbox;
const SERVICE = '/apis/serving.knative.dev/v1/namespaces/demo/services/web';
const TEMPLATE = 'us-docker.pkg.dev/demo/apps/app:v2';

beforeEach(async () => {
  sandbox = await startSandbox();
  sandbox.tokens.controls.fixedAccessToken = 'good';
  await sandbox.services.create({ name: 'web', image: 'sandbox/app:v1' });
});
afterEach(() => sandbox.stop());

async function ask(method: string, path: string, body?: unknown, token = 'good') {
  const answer = await fetch(sandbox.base + path, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}

/** The service with another image, or other annotations of its template. */
function changed(image: string, annotations: Readonly<Record<string, string>> = {}) {
  const service = sandbox.model.get('web');
  const [container] = service.spec.template.spec.containers;
  const template = {
    metadata: { annotations },
    spec: { ...service.spec.template.spec, containers: [{ ...container, image }] },
  };
  return { ...service, spec: { ...service.spec, template } };
}

describe('an API that is not enabled', () => {
  test.each([
    ['run.googleapis.com', 'GET', SERVICE],
    ['run.googleapis.com', 'GET', '/v2/projects/demo/locations/us-central1/services/web'],
    ['monitoring.googleapis.com', 'GET', '/v3/projects/demo/timeSeries'],
    ['logging.googleapis.com', 'POST', '/v2/entries:list'],
    ['iam.googleapis.com', 'POST', '/v1/projects/-/serviceAccounts/a@b:testIamPermissions'],
    [
      'iamcredentials.googleapis.com',
      'POST',
      '/v1/projects/-/serviceAccounts/a@b:generateAccessToken',
    ],
  ])('%s answers %s with 403 and its ErrorInfo', async (api, method, path) => {
    sandbox.disabledApis.add(api);
    const { status, body } = await ask(method, path, method === 'POST' ? {} : undefined);
    expect(status).toBe(403);
    expect(body.error).toMatchObject({
      status: 'PERMISSION_DENIED',
      details: [{ reason: 'SERVICE_DISABLED', metadata: { service: api } }],
    });
    sandbox.disabledApis.delete(api);
    expect(
      (await ask(method, path, method === 'POST' ? {} : undefined)).body.error?.details?.[0]
        ?.reason,
    ).not.toBe('SERVICE_DISABLED');
  });
});

describe('IAM', () => {
  const path = '/v1/projects/-/serviceAccounts/web@demo.iam.gserviceaccount.com:testIamPermissions';
  const asked = { permissions: ['iam.serviceAccounts.actAs', 'iam.serviceAccounts.get'] };

  test('names those of the permissions that are held', async () => {
    sandbox.grant(['iam.serviceAccounts.actAs']);
    expect((await ask('POST', path, asked)).body).toEqual({
      permissions: ['iam.serviceAccounts.actAs'],
    });
    sandbox.grant([]);
    expect((await ask('POST', path, asked)).body).toEqual({});
  });

  test('answers nobody without a token', async () => {
    expect((await ask('POST', path, asked, 'bad')).status).toBe(401);
  });
});

describe('a change of the service', () => {
  test('to an image that the caller may not read is refused, and only to such an image', async () => {
    sandbox.grant(['run.services.get', 'run.services.update', 'iam.serviceAccounts.actAs']);
    const { status, body } = await ask('PUT', SERVICE, changed(TEMPLATE));
    expect([status, body.error.message]).toEqual([
      403,
      expect.stringMatching(/^User must have permission to read the image, us-docker/),
    ]);
    expect((await ask('PUT', SERVICE, changed('sandbox/app:v2'))).status).toBe(200);
  });

  test('that asks for more instances than there are is refused, the dry run too', async () => {
    sandbox.model.rules.mostInstances = 28;
    const wanted = changed('sandbox/app:v2', { 'autoscaling.knative.dev/maxScale': '200' });
    for (const query of ['', '?dryRun=all']) {
      const { status, body } = await ask('PUT', SERVICE + query, wanted);
      expect([status, body.error.message]).toEqual([
        400,
        expect.stringContaining('Max instances must be set to 28 or fewer'),
      ]);
    }
    const fits = changed('sandbox/app:v2', { 'autoscaling.knative.dev/maxScale': '28' });
    expect((await ask('PUT', SERVICE, fits)).status).toBe(200);
  });
});

test.each([
  [
    'no-pull',
    /Service Agent service-\d+@\S+ must have permission to read the image, sandbox\/app:v2_no-pull/,
  ],
  ['no-import', /Container import failed:/],
  ['arm', /must support amd64\/linux/],
  ['no-secret', /Permission denied on secret: projects\/123456789012\/secrets\/token/],
  ['no-version', /was not found/],
  ['no-probe', /failed the configured startup probe checks/],
])('an image with the word %s never starts', async (word, said) => {
  expect((await ask('PUT', SERVICE, changed(`sandbox/app:v2_${word}`))).status).toBe(200);
  const { status } = await sandbox.services.untilSettled('web');
  expect(status.conditions[0]).toMatchObject({
    status: 'False',
    message: expect.stringMatching(said),
  });
});
