import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ask, type CloudRunSite, openCloudRun } from '../fixture.ts';
import type { ServiceObject } from './objects.ts';

let site: CloudRunSite;
const root = '/apis/serving.knative.dev/v1/namespaces/demo';
const web = `${root}/services/web`;

beforeEach(async () => {
  site = await openCloudRun();
  await site.services.create({ name: 'web', image: 'app', revision: 'web-1' });
});
afterEach(() => site.stop());

const read = async (): Promise<ServiceObject> => (await ask(site, `GET ${web}`)).body;

function withCanary(service: ServiceObject, image = 'app'): object {
  const template = { metadata: { name: 'web-2' }, spec: { containers: [{ image }] } };
  const traffic = [
    { revisionName: 'web-1', percent: 100 },
    { revisionName: 'web-2', tag: 'canary' },
  ];
  return { ...service, spec: { template, traffic } };
}

const refusal = (status: string, code: number, message: unknown) => ({
  status: code,
  body: { error: { code, status, message } },
});

describe('access', () => {
  test('no token, or a wrong one, is 401', async () => {
    for (const headers of [{}, { authorization: 'Bearer bad' }]) {
      expect(await ask(site, `GET ${web}`, undefined, headers)).toMatchObject(
        refusal('UNAUTHENTICATED', 401, expect.any(String)),
      );
    }
  });

  test.each([
    ['GET', web, 'run.services.get'],
    ['PUT', web, 'run.services.update'],
    ['POST', `${root}/services`, 'run.services.create'],
    ['DELETE', web, 'run.services.delete'],
    ['GET', `${root}/services`, 'run.services.list'],
    ['GET', `${root}/revisions`, 'run.revisions.list'],
    ['GET', `${root}/revisions/web-1`, 'run.revisions.get'],
    ['DELETE', `${root}/revisions/web-1`, 'run.revisions.delete'],
    ['GET', '/v1/projects/demo/locations/us-central1/operations/x', 'run.operations.get'],
  ])('%s %s needs %s', async (method, path, permission) => {
    site.lacking.add(permission);
    const { status, body } = await ask(site, `${method} ${path}`);
    expect(status).toBe(403);
    expect(body.error).toMatchObject({
      status: 'PERMISSION_DENIED',
      message: expect.stringMatching(`^Permission '${permission}' denied on resource '`),
    });
  });

  test('a new revision needs actAs on its service account; a change of traffic does not', async () => {
    site.lacking.add('iam.serviceAccounts.actAs');
    const service = await read();
    expect(await ask(site, `PUT ${web}`, service)).toMatchObject({ status: 200 });
    expect((await ask(site, `PUT ${web}`, withCanary(await read()))).body.error.message).toBe(
      "Permission 'iam.serviceaccounts.actAs' denied on service account 123456789012-compute@developer.gserviceaccount.com (or it may not exist).",
    );
  });
});
