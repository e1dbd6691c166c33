import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ask, type CloudRunSite, openCloudRun } from '../fixture.ts';

let site: CloudRunSite;
const place = 'projects/demo/locations/us-central1';
const web = `/v2/${place}/services/web`;

beforeEach(async () => {
  site = await openCloudRun();
  await site.services.create({ name: 'web', image: 'app', revision: 'web-1' });
});
afterEach(() => site.stop());

describe('permissions', () => {
  test('testIamPermissions tells the granted ones, and needs none itself', async () => {
    site.lacking.add('run.services.update').add('run.services.get');
    const permissions = ['run.services.get', 'run.services.update', 'run.revisions.get'];
    const answer = await ask(site, `POST ${web}:testIamPermissions`, { permissions });
    expect(answer).toMatchObject({ status: 200, body: { permissions: ['run.revisions.get'] } });
  });

  test('for a service that is not there it is an empty set, not 404', async () => {
    const permissions = ['run.services.get'];
    const path = `/v2/${place}/services/api:testIamPermissions`;
    expect(await ask(site, `POST ${path}`, { permissions })).toMatchObject({
      status: 200,
      text: '{}',
    });
  });

  test('a permission that is none of Cloud Run is refused', async () => {
    const permissions = ['iam.serviceAccounts.actAs'];
    expect((await ask(site, `POST ${web}:testIamPermissions`, { permissions })).status).toBe(400);
  });

  test('a new revision needs actAs on its service account; a change of traffic does not', async () => {
    site.lacking.add('iam.serviceAccounts.actAs');
    const traffic = [{ type: 1, percent: 100, tag: 'latest' }];
    expect((await ask(site, `PATCH ${web}?updateMask=traffic`, { traffic })).status).toBe(200);
    const template = { containers: [{ image: 'other' }] };
    const refused = await ask(site, `PATCH ${web}?updateMask=template`, { template });
    expect(refused.body.error.message).toMatch(/^Permission 'iam\.serviceaccounts\.actAs' denied/);
  });

  test.each([
    ['GET', web, 'run.services.get'],
    ['GET', `/v2/${place}/services`, 'run.services.list'],
    ['PATCH', web, 'run.services.update'],
    ['POST', `/v2/${place}/services`, 'run.services.create'],
    ['DELETE', web, 'run.services.delete'],
    ['GET', `${web}/revisions/web-1`, 'run.revisions.get'],
    ['GET', `${web}/revisions`, 'run.revisions.list'],
    ['DELETE', `${web}/revisions/web-1`, 'run.revisions.delete'],
    ['GET', `/v2/${place}/operations/x`, 'run.operations.get'],
  ])('%s %s needs %s', async (method, path, permission) => {
    site.lacking.add(permission);
    const { status, body } = await ask(site, `${method} ${path}`);
    expect([status, body.error.message]).toEqual([
      403,
      expect.stringMatching(`^Permission '${permission}' denied`),
    ]);
  });

  test('no token is 401', async () => {
    expect((await fetch(`${site.base}${web}`)).status).toBe(401);
  });
});
