import { OAuth2Client } from 'google-auth-library';
import { RevisionsClient, ServicesClient } from '@google-cloud/run';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CloudRunSite, openCloudRun } from '../fixture.ts';

/** Google's own client, in its REST form, has no idea that this is not Cloud Run. */
let site: CloudRunSite;
let services: ServicesClient;
let revisions: RevisionsClient;
const parent = 'projects/demo/locations/us-central1';
const name = `${parent}/services/web`;

beforeEach(async () => {
  site = await openCloudRun();
  await site.services.create({ name: 'web', image: 'app', revision: 'web-1' });
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: 'good', expiry_date: Date.now() + 3_600_000 });
  const options = {
    fallback: true,
    protocol: 'http',
    servicePath: '127.0.0.1',
    port: Number(new URL(site.base).port),
    authClient,
    projectId: 'demo',
  };
  services = new ServicesClient(options);
  revisions = new RevisionsClient(options);
});
afterEach(async () => {
  await services.close();
  await revisions.close();
  await site.stop();
});

test('it reads a service and its revisions', async () => {
  const [service] = await services.getService({ name });
  expect(service).toMatchObject({
    name,
    traffic: [{ percent: 100 }],
    latestReadyRevision: `${name}/revisions/web-1`,
  });
  expect(service.terminalCondition).toMatchObject({ type: 'Ready', state: 'CONDITION_SUCCEEDED' });
  const [listed] = await revisions.listRevisions({ parent: name });
  expect(listed).toMatchObject([{ containers: [{ image: 'app@sha256:1' }] }]);
  const [revision] = await revisions.getRevision({ name: `${name}/revisions/web-1` });
  expect(revision.conditions?.[0]).toMatchObject({ type: 'Ready', state: 'CONDITION_SUCCEEDED' });
});

test('it moves traffic and polls the operation to its end', async () => {
  const type = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';
  const traffic = [
    { type, revision: 'web-1', percent: 100 },
    { type, revision: 'web-1', tag: 'stable' },
  ] as const;
  const [operation] = await services.updateService({
    service: { name, traffic: [...traffic] },
    updateMask: { paths: ['traffic'] },
  });
  const [service] = await operation.promise();
  expect(service.trafficStatuses?.map(({ tag, uri }) => [tag, uri])).toEqual([
    ['', ''],
    ['stable', 'http://stable.web.test'],
  ]);
  expect(site.model.tagged('web', 'stable')).toBe('web-1');
});

test('a failed operation rejects with code 9 and the text of the revision', async () => {
  const template = { revision: 'web-2', containers: [{ image: 'broken' }] };
  const [operation] = await services.updateService({
    service: { name, template },
    updateMask: { paths: ['template'] },
  });
  await expect(operation.promise()).rejects.toMatchObject({
    code: 9,
    message: expect.stringContaining("Revision 'web-2' is not ready and cannot serve traffic."),
  });
});

test('it creates a service, and tests its permissions', async () => {
  const service = { template: { containers: [{ image: 'app' }] } };
  const [operation] = await services.createService({ parent, serviceId: 'api', service });
  const [made] = await operation.promise();
  expect(made.name).toBe(`${parent}/services/api`);
  site.lacking.add('run.services.update');
  const permissions = ['run.services.get', 'run.services.update'];
  const [answer] = await services.testIamPermissions({ resource: name, permissions });
  expect(answer.permissions).toEqual(['run.services.get']);
});

test('a missing service and a denied call have their gRPC codes', async () => {
  await expect(services.getService({ name: `${parent}/services/api` })).rejects.toMatchObject({
    code: 5,
    message: expect.stringContaining("Resource 'api' of kind 'SERVICE'"),
  });
  site.lacking.add('run.services.get');
  await expect(services.getService({ name })).rejects.toMatchObject({
    code: 7,
    reason: 'IAM_PERMISSION_DENIED',
  });
});
