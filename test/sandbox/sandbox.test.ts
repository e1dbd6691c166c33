import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from './sandbox.ts';

let sandbox: Sandbox;
const headers = { authorization: 'Bearer fixed' };

beforeEach(async () => {
  sandbox = await startSandbox({
    samplePeriodMs: 100,
    ingestDelayMs: 100,
    rules: { settleMs: 20 },
  });
  sandbox.tokens.controls.fixedAccessToken = 'fixed';
});
afterEach(() => sandbox.stop());

const read = async (path: string) =>
  JSON.parse(await (await fetch(`${sandbox.base}${path}`, { headers })).text());
const web = '/apis/serving.knative.dev/v1/namespaces/demo/services/web';

test('a service answers real requests, and they become metrics', async () => {
  await sandbox.services.create({ name: 'web', image: 'sandbox/app:healthy', revision: 'web-1' });
  const { status } = await read(web);
  const answer = await fetch(status.url);
  expect([answer.status, answer.headers.get('x-revision')]).toEqual([200, 'web-1']);
  const filter = 'metric.type = "run.googleapis.com/request_count"';
  const list = () => {
    const query = new URLSearchParams({
      filter,
      'interval.startTime': new Date(Date.now() - 60_000).toISOString(),
      'interval.endTime': new Date().toISOString(),
    });
    return read(`/v3/projects/demo/timeSeries?${query.toString()}`);
  };
  const labels = { revision_name: 'web-1', service_name: 'web', location: 'us-central1' };
  await expect
    .poll(async () => (await list()).timeSeries, { timeout: 5_000 })
    .toMatchObject([{ resource: { labels }, points: [{ value: { int64Value: '1' } }] }]);
});

test('a tag has an address of its own, and the service address follows what is served', async () => {
  await sandbox.services.create({
    name: 'web',
    image: 'sandbox/app:v1',
    revision: 'web-1',
    tags: ['stable'],
  });
  const service = await read(web);
  const template = {
    metadata: { name: 'web-2' },
    spec: { containers: [{ image: 'sandbox/app:v2' }] },
  };
  const traffic = [
    { revisionName: 'web-1', percent: 100 },
    { revisionName: 'web-2', tag: 'canary' },
  ];
  const body = JSON.stringify({ ...service, spec: { template, traffic } });
  expect((await fetch(`${sandbox.base}${web}`, { method: 'PUT', headers, body })).status).toBe(200);
  const { status } = await sandbox.services.untilSettled('web');
  const revisionAt = async (url: string | undefined) =>
    (await fetch(url ?? '')).headers.get('x-revision');
  const canary = status.traffic.find(({ tag }) => tag === 'canary');
  expect(await revisionAt(canary?.url)).toBe('web-2');
  expect(await revisionAt(status.url)).toBe('web-1');
  await sandbox.services.setTraffic('web', { 'web-2': 100 });
  expect(await revisionAt(status.url)).toBe('web-2');
});

test('a revision that crashes fails with the documented text and gets no traffic', async () => {
  await sandbox.services.create({ name: 'web', image: 'sandbox/app:v1', revision: 'web-1' });
  const service = await read(web);
  const template = {
    metadata: { name: 'web-2' },
    spec: { containers: [{ image: 'sandbox/app:crash' }] },
  };
  const body = JSON.stringify({ ...service, spec: { ...service.spec, template } });
  await fetch(`${sandbox.base}${web}`, { method: 'PUT', headers, body });
  const { status } = await sandbox.services.untilSettled('web');
  expect(status.conditions[0]).toMatchObject({
    status: 'False',
    reason: 'HealthCheckContainerError',
    message: expect.stringMatching(
      /^Revision 'web-2' is not ready and cannot serve traffic\. The user-provided container failed/,
    ),
  });
  expect(sandbox.model.served('web')).toEqual([{ revision: 'web-1', percent: 100 }]);
});

test('permissions can be taken away while it runs', async () => {
  await sandbox.services.create({ name: 'web', image: 'sandbox/app:v1' });
  sandbox.grant(['run.services.get']);
  expect((await fetch(`${sandbox.base}${web}`, { headers })).status).toBe(200);
  const body = JSON.stringify(await read(web));
  expect((await fetch(`${sandbox.base}${web}`, { method: 'PUT', headers, body })).status).toBe(403);
  const descriptor = '/v3/projects/demo/metricDescriptors/run.googleapis.com/request_count';
  expect((await fetch(`${sandbox.base}${descriptor}`, { headers })).status).toBe(403);
});

test('a failed request can be read in the log at once, by whoever may read it', async () => {
  const { status } = await sandbox.services.create({
    name: 'web',
    image: 'sandbox/app:errors-100',
    revision: 'web-1',
  });
  expect((await fetch(status.url)).status).toBe(500);
  const body = JSON.stringify({
    resourceNames: ['projects/demo'],
    filter: 'resource.labels.revision_name="web-1" AND httpRequest.status>=500',
  });
  const list = () => fetch(`${sandbox.base}/v2/entries:list`, { method: 'POST', headers, body });
  expect(await (await list()).json()).toMatchObject({
    entries: [{ httpRequest: { status: 500 } }],
  });
  sandbox.grant(['monitoring.timeSeries.list']);
  expect((await list()).status).toBe(403);
});

test('only a token that was issued opens it', async () => {
  const wrong = { authorization: 'Bearer wrong' };
  expect((await fetch(`${sandbox.base}${web}`, { headers: wrong })).status).toBe(401);
});

test('GitHub, tokens and one more address are served by the same dispatcher', async () => {
  const base = await sandbox.listen({});
  const checks = await fetch(`${base}/repos/a/b/commits/main/check-runs`);
  expect(checks.status).toBe(401);
  const oidc = await fetch(`${base}/v1/token`, { method: 'POST' });
  expect(oidc.status).toBe(400);
});
