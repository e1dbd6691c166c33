import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ask, type CloudRunSite, openCloudRun, token } from '../fixture.ts';
import type { ServiceObject } from './objects.ts';
import { encodeVersion } from './version.ts';

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

describe('replaceService', () => {
  test('the whole object that was read can be put back, status included', async () => {
    expect(await ask(site, `PUT ${web}`, await read())).toMatchObject({ status: 200 });
  });

  test('the answer is pending and names its operation; waiting ends when traffic is served', async () => {
    const { body } = await ask(site, `PUT ${web}`, withCanary(await read()));
    expect(body.status.conditions[0]).toMatchObject({ type: 'Ready', status: 'Unknown' });
    const id: string = body.metadata.annotations['run.googleapis.com/operation-id'];
    const path = `/v1/projects/demo/locations/us-central1/operations/${id}`;
    expect((await ask(site, `GET ${path}`)).body).toEqual({ name: path.slice(4) });
    const waited = await ask(site, `POST ${path}:wait`, { timeout: '30s' });
    expect(waited.body).toMatchObject({
      name: path.slice(4),
      done: true,
      response: {
        '@type': 'type.googleapis.com/google.cloud.run.v1.Service',
        status: {
          conditions: [{ type: 'Ready', status: 'True' }, {}, {}],
          traffic: [
            { revisionName: 'web-1', percent: 100 },
            { revisionName: 'web-2', tag: 'canary', url: 'http://canary.web.test' },
          ],
        },
      },
    });
  });

  test('waiting ends without the operation when its timeout is over', async () => {
    site.model.rules.settleMs = null;
    const { body } = await ask(site, `PUT ${web}`, withCanary(await read()));
    const id: string = body.metadata.annotations['run.googleapis.com/operation-id'];
    const path = `/v1/projects/demo/locations/us-central1/operations/${id}:wait`;
    expect((await ask(site, `POST ${path}`, { timeout: '0.05s' })).body.done).toBeUndefined();
  });

  test('a revision that fails ends the operation with the service that says why', async () => {
    const { body } = await ask(site, `PUT ${web}`, withCanary(await read(), 'broken'));
    const id: string = body.metadata.annotations['run.googleapis.com/operation-id'];
    const path = `/v1/projects/demo/locations/us-central1/operations/${id}:wait`;
    const { body: operation } = await ask(site, `POST ${path}`, { timeout: '30s' });
    expect(operation.response.status.conditions[0]).toMatchObject({
      status: 'False',
      message: "Revision 'web-2' is not ready and cannot serve traffic. Image 'broken' not found.",
    });
  });

  test('a stale version is 409 ABORTED, a repeated revision name 409 ALREADY_EXISTS', async () => {
    const service = await read();
    const metadata = { ...service.metadata, resourceVersion: encodeVersion(1n) };
    expect(await ask(site, `PUT ${web}`, { ...service, metadata })).toMatchObject(
      refusal(
        'ABORTED',
        409,
        expect.stringMatching(/^Conflict for resource 'web': version '1' was/),
      ),
    );
    const template = { metadata: { name: 'web-1' }, spec: { containers: [{ image: 'other' }] } };
    expect(
      await ask(site, `PUT ${web}`, { ...service, spec: { ...service.spec, template } }),
    ).toMatchObject(
      refusal(
        'ALREADY_EXISTS',
        409,
        "Revision named 'web-1' with different configuration already exists.",
      ),
    );
  });

  test('a dry run refuses a stale version too, and stores nothing', async () => {
    const service = await read();
    const metadata = { ...service.metadata, resourceVersion: encodeVersion(1n) };
    const path = `${web}?dryRun=all`;
    expect((await ask(site, `PUT ${path}`, { ...service, metadata })).status).toBe(409);
    expect((await ask(site, `PUT ${path}`, withCanary(service))).status).toBe(200);
    expect(await read()).toEqual(service);
    expect((await ask(site, `PUT ${web}?dryRun=some`, service)).status).toBe(400);
  });

  test('numbers nobody understands come back with the text they had', async () => {
    const text = JSON.stringify(withCanary(await read()));
    const big = '{"n":12345678901234567890,"f":1.0,"e":1e5}';
    const put = text.replace('"containers":', `"novelty":${big},"containers":`);
    expect((await ask(site, `PUT ${web}`, put)).status).toBe(200);
    expect((await ask(site, `GET ${web}`)).text).toContain(`"novelty":${big}`);
  });

  test('a body that is no JSON, and a name other than the path, are 400', async () => {
    expect((await ask(site, `PUT ${web}`, '{')).body.error.message).toMatch(
      /^Invalid JSON payload/,
    );
    const service = await read();
    const spec = { template: { spec: { containers: [{ image: 'app' }] } } };
    const renamed = { ...service, spec, metadata: { ...service.metadata, name: 'api' } };
    expect((await ask(site, `PUT ${web}`, renamed)).body.error.message).toMatch(
      /'api' is not the 'web'/,
    );
  });
});

describe('faults on the one write', () => {
  test('a PUT that arrives twice is told 409 for its own effect', async () => {
    site.faults.add({ match: { method: 'PUT' }, fault: { kind: 'dup' } });
    expect((await ask(site, `PUT ${web}`, withCanary(await read()))).body.error.status).toBe(
      'ABORTED',
    );
    expect((await read()).spec.template.metadata?.name).toBe('web-2');
  });

  test('a PUT that arrives late, after another write, is stopped by its version', async () => {
    const old = withCanary(await read());
    const put = site.journal.entries().length;
    site.faults.add({ match: { method: 'PUT' }, fault: { kind: 'late', ms: 50 } });
    await expect(ask(site, `PUT ${web}`, old)).rejects.toThrow('fetch failed');
    const { spec } = site.services.annotate('web', { note: 'mine' });
    const late = await site.journal.waitFor(({ effects }) => effects.length === 1, 5_000, put);
    expect(late).toMatchObject({ fault: 'late', status: null, effects: [409] });
    expect((await read()).spec).toEqual(spec);
  });

  test('a PUT whose answer is lost has happened', async () => {
    site.faults.add({ match: { method: 'PUT' }, fault: { kind: 'lost' } });
    await expect(ask(site, `PUT ${web}`, withCanary(await read()))).rejects.toThrow('fetch failed');
    expect((await read()).spec.template.metadata?.name).toBe('web-2');
  });
});

describe('reading', () => {
  test('the project may be named by its number; another one is denied', async () => {
    expect((await ask(site, `GET ${web}`.replace('demo', '123456789012'))).status).toBe(200);
    expect((await ask(site, `GET ${web}`.replace('demo', 'other'))).status).toBe(403);
  });

  test('a service that is not there is 404 with the documented text', async () => {
    expect(await ask(site, `GET ${root}/services/api`)).toMatchObject(
      refusal(
        'NOT_FOUND',
        404,
        "Resource 'api' of kind 'SERVICE' in region 'us-central1' in project 'demo' does not exist.",
      ),
    );
  });

  test('the namespaces form of a name is served on regional hosts only, and on the right one', async () => {
    const status = async (host: string) => {
      const { port } = new URL(site.base);
      const { get } = await import('node:http');
      return new Promise((resolve) => {
        const headers = { ...token, host };
        get({ port, host: '127.0.0.1', path: web, headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
      });
    };
    expect(await status('run.googleapis.com')).toBe(400);
    expect(await status('europe-west1-run.googleapis.com')).toBe(404);
    expect(await status('us-central1-run.googleapis.com')).toBe(200);
  });

  test('another region, an operation nobody knows and a method without meaning are refused', async () => {
    const located = '/v1/projects/demo/locations';
    expect((await ask(site, `GET ${located}/europe-west1/services`)).status).toBe(404);
    expect((await ask(site, `GET ${located}/us-central1/operations/x`)).status).toBe(404);
    for (const path of [web, `${root}/revisions/web-1`]) {
      expect((await ask(site, `PATCH ${path}`, {})).body.error.status).toBe('UNIMPLEMENTED');
    }
  });

  test('revisions are listed newest first, chosen by label, page by page', async () => {
    await ask(site, `PUT ${web}`, withCanary(await read()));
    await site.services.untilSettled('web');
    await site.services.create({ name: 'api', image: 'app', revision: 'api-1' });
    const names = async (query: string): Promise<string[]> =>
      (await ask(site, `GET ${root}/revisions?${query}`)).body.items.map(
        (item: { metadata: { name: string } }) => item.metadata.name,
      );
    const label = 'serving.knative.dev%2Fservice';
    expect(await names(`labelSelector=${label}+%3D+web`)).toEqual(['web-2', 'web-1']);
    expect(await names(`labelSelector=${label}!=web`)).toEqual(['api-1']);
    expect(await names(`labelSelector=${label},nothing`)).toEqual([]);
    const { body } = await ask(site, `GET ${root}/revisions?limit=2`);
    const next: string = body.metadata.continue;
    expect(await names(`limit=2&continue=${encodeURIComponent(next)}`)).toHaveLength(1);
    expect((await ask(site, `GET ${root}/revisions?labelSelector=a+in+b`)).status).toBe(400);
    expect((await ask(site, `GET ${root}/revisions?continue=bogus`)).status).toBe(400);
  });
});

test('a service is created once, listed and deleted', async () => {
  const body = {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: { name: 'api' },
    spec: { template: { spec: { containers: [{ image: 'app' }] } } },
  };
  expect((await ask(site, `POST ${root}/services`, body)).status).toBe(200);
  expect((await ask(site, `POST ${root}/services`, body)).body.error.status).toBe('ALREADY_EXISTS');
  const all = await ask(site, 'GET /v1/projects/demo/locations/-/services');
  expect(all.body.items).toHaveLength(2);
  expect((await ask(site, `DELETE ${root}/services/api`)).status).toBe(200);
  expect((await ask(site, `GET ${root}/services/api`)).status).toBe(404);
});
