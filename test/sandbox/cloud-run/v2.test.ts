import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ask, type CloudRunSite, openCloudRun } from '../fixture.ts';

let site: CloudRunSite;
const place = 'projects/demo/locations/us-central1';
const web = `/v2/${place}/services/web`;

beforeEach(async () => {
  site = await openCloudRun();
  await site.services.create({ name: 'web', image: 'app', revision: 'web-1' });
  site.services.annotate('web', { 'someone.example/note': 'keep', 'run.googleapis.com/x': 'y' });
});
afterEach(() => site.stop());

const LATEST = 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST';
const REVISION = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';
const canary = (image = 'app') => ({ revision: 'web-2', containers: [{ image }] });

describe('GetService', () => {
  test('int64 are strings, revisions have full names, LATEST has no revision, zero is left out', async () => {
    await site.services.setTraffic('web', { 'web-1': 100 });
    const { body } = await ask(site, `GET ${web}`);
    expect(body).toMatchObject({
      name: `${place}/services/web`,
      generation: '2',
      observedGeneration: '2',
      annotations: { 'someone.example/note': 'keep' },
      traffic: [{ type: REVISION, revision: 'web-1', percent: 100 }],
      trafficStatuses: [{ type: REVISION, revision: 'web-1', percent: 100 }],
      latestReadyRevision: `${place}/services/web/revisions/web-1`,
      latestCreatedRevision: `${place}/services/web/revisions/web-1`,
      terminalCondition: { type: 'Ready', state: 'CONDITION_SUCCEEDED' },
      uri: 'http://main.web.test',
    });
    expect(Object.keys(body.annotations)).toEqual(['someone.example/note']);
    expect(body.reconciling).toBeUndefined();
  });

  test('enums are numbers for clients that ask for numbers', async () => {
    const { body } = await ask(site, `GET ${web}?$alt=json;enum-encoding=int`);
    expect(body).toMatchObject({
      traffic: [{ type: 1, percent: 100 }],
      terminalCondition: { state: 4 },
      ingress: 1,
      launchStage: 4,
    });
  });

  test('another region has no such service', async () => {
    expect((await ask(site, `GET ${web}`.replace('us-central1', 'europe-west1'))).status).toBe(404);
  });
});

describe('UpdateService', () => {
  test.each([
    ['names', REVISION, LATEST],
    ['numbers', 2, 1],
  ])('traffic alone is moved; enums as %s', async (_how, revision, latest) => {
    const traffic = [
      { type: latest, percent: 100 },
      { type: revision, revision: 'web-1', tag: 'old' },
    ];
    const before = site.model.get('web');
    const { body } = await ask(site, `PATCH ${web}?updateMask=traffic`, { labels: {}, traffic });
    expect(body).toMatchObject({ metadata: { reconciling: true } });
    expect(body.done).toBeUndefined();
    const after = await site.services.untilSettled('web');
    expect(after.spec.traffic).toEqual([
      { latestRevision: true, percent: 100 },
      { revisionName: 'web-1', tag: 'old' },
    ]);
    expect(after.spec.template).toEqual(before.spec.template);
    expect(after.metadata.annotations['run.googleapis.com/x']).toBe('y');
    const { body: operation } = await ask(site, `GET /v2/${body.name}?`);
    expect(operation).toMatchObject({
      name: body.name,
      done: true,
      response: { '@type': 'type.googleapis.com/google.cloud.run.v2.Service', generation: '2' },
    });
  });

  test.each([false, true])(
    'a stale etag is refused only where etags are enforced: %s',
    async (etagEnforced) => {
      site.model.rules.etagEnforced = etagEnforced;
      const path = `${web}?updateMask=annotations`;
      const stale = await ask(site, `PATCH ${path}`, { etag: '"old"', annotations: {} });
      expect(stale.status).toBe(etagEnforced ? 409 : 200);
      const { body } = await ask(site, `GET ${web}`);
      expect((await ask(site, `PATCH ${path}`, { etag: body.etag, annotations: {} })).status).toBe(
        200,
      );
    },
  );

  test('annotations are replaced, but for those of the system, which v2 does not show', async () => {
    const annotations = { 'else.example/note': 'new' };
    await ask(site, `PATCH ${web}?updateMask=annotations`, { annotations });
    const stored = site.model.get('web').metadata.annotations;
    expect(stored).toMatchObject({ 'else.example/note': 'new', 'run.googleapis.com/x': 'y' });
    expect(stored['someone.example/note']).toBeUndefined();
  });

  test('a template with a name that exists and another content is refused', async () => {
    const template = { revision: 'web-1', containers: [{ image: 'other' }] };
    expect(
      (await ask(site, `PATCH ${web}?updateMask=template`, { template })).body.error,
    ).toMatchObject({
      code: 409,
      status: 'ALREADY_EXISTS',
      message: "Revision named 'web-1' with different configuration already exists.",
    });
  });

  test('what was read can be sent back whole and changes nothing', async () => {
    const { body } = await ask(site, `GET ${web}`);
    const before = site.model.get('web').spec;
    expect((await ask(site, `PATCH ${web}`, body)).status).toBe(200);
    expect(site.model.get('web').spec).toEqual(before);
    expect(site.model.revisions('web')).toHaveLength(1);
  });

  test('with resources and no cpuIdle the processor stays allocated', async () => {
    const containers = [{ image: 'app', resources: { limits: { cpu: '1' } } }];
    const template = { revision: 'web-2', containers };
    await ask(site, `PATCH ${web}?updateMask=template`, { template });
    const annotations = site.model.get('web').spec.template.metadata?.annotations;
    expect(annotations?.['run.googleapis.com/cpu-throttling']).toBe('false');
  });

  test('a revision that fails makes the operation fail with code 9', async () => {
    const template = canary('broken');
    const { body } = await ask(site, `PATCH ${web}?updateMask=template`, { template });
    await site.services.untilSettled('web');
    expect((await ask(site, `GET /v2/${body.name}`)).body).toMatchObject({
      done: true,
      error: {
        code: 9,
        message:
          "Revision 'web-2' is not ready and cannot serve traffic. Image 'broken' not found.",
      },
    });
    const shown = (await ask(site, `GET ${web}`)).body;
    expect(shown).toMatchObject({
      generation: '2',
      observedGeneration: '1',
      terminalCondition: { state: 'CONDITION_FAILED', reason: 'CONTAINER_MISSING' },
      trafficStatuses: [{ revision: 'web-1' }],
    });
  });

  test('validateOnly shows the result and stores nothing', async () => {
    const before = site.model.get('web');
    const path = `${web}?updateMask=template&validateOnly=true`;
    const { body } = await ask(site, `PATCH ${path}`, { template: canary() });
    expect(body).toMatchObject({ done: true, metadata: { template: { revision: 'web-2' } } });
    expect(site.model.get('web')).toEqual(before);
  });

  test.each<[string, object, string, RegExp]>([
    ['an unknown field', { trafic: [] }, 'traffic', /Unknown name "trafic"/],
    [
      'an unknown traffic field',
      { traffic: [{ type: 1, percent: 100, weight: 1 }] },
      'traffic',
      /Unknown name "weight"/,
    ],
    ['a mask of what is output only', { uid: 'x' }, 'uid', /'uid' cannot be updated/],
    [
      'a reserved annotation',
      { annotations: { 'run.googleapis.com/x': '' } },
      'annotations',
      /reserved namespace/,
    ],
    [
      'a revision for LATEST',
      { traffic: [{ type: 1, revision: 'web-1', percent: 100 }] },
      'traffic',
      /exactly when the type is REVISION/,
    ],
    [
      'percents that do not sum to 100',
      { traffic: [{ type: 1, percent: 90 }] },
      'traffic',
      /sum to 90, want 100/,
    ],
  ])('%s is refused', async (_case, body, mask, text) => {
    const answer = await ask(site, `PATCH ${web}?updateMask=${mask}`, body);
    expect(answer).toMatchObject({ status: 400, body: { error: { status: 'INVALID_ARGUMENT' } } });
    expect(answer.body.error.message).toMatch(text);
  });
});

describe('CreateService and DeleteService', () => {
  test('a service is made under the id of the query, once, and deleted', async () => {
    const path = `/v2/${place}/services?serviceId=api`;
    const body = { template: { containers: [{ image: 'app' }] } };
    expect((await ask(site, `POST ${path}&validateOnly=true`, body)).status).toBe(200);
    expect((await ask(site, `POST ${path}`, body)).status).toBe(200);
    expect((await ask(site, `POST ${path}`, body)).body.error.status).toBe('ALREADY_EXISTS');
    const service = await site.services.untilSettled('api');
    expect(service.status.traffic).toMatchObject([{ latestRevision: true, percent: 100 }]);
    const { body: operation } = await ask(site, `DELETE /v2/${place}/services/api`);
    expect(operation.done).toBe(true);
    expect((await ask(site, `GET /v2/${operation.name}`)).body.done).toBe(true);
    expect((await ask(site, `GET /v2/${place}/services/api`)).status).toBe(404);
  });

  test('without an id, or without a template, nothing is made', async () => {
    const body = { template: { containers: [{ image: 'app' }] } };
    expect((await ask(site, `POST /v2/${place}/services`, body)).status).toBe(400);
    expect((await ask(site, `POST /v2/${place}/services?serviceId=api`, {})).status).toBe(400);
  });
});

describe('revisions', () => {
  test('a revision shows its digest and conditions', async () => {
    expect((await ask(site, `GET ${web}/revisions/web-1`)).body).toMatchObject({
      name: `${place}/services/web/revisions/web-1`,
      service: `${place}/services/web`,
      containers: [{ image: 'app@sha256:1' }],
      conditions: [{ type: 'Ready', state: 'CONDITION_SUCCEEDED' }, { type: 'Active' }, {}, {}],
    });
  });

  test('they are listed newest first and page by page', async () => {
    await ask(site, `PATCH ${web}?updateMask=template`, { template: canary() });
    const first = await ask(site, `GET ${web}/revisions?pageSize=1`);
    expect(first.body.revisions).toMatchObject([{ name: `${place}/services/web/revisions/web-2` }]);
    const next = encodeURIComponent(first.body.nextPageToken);
    const second = await ask(site, `GET ${web}/revisions?pageSize=1&pageToken=${next}`);
    expect(second.body.revisions).toHaveLength(1);
    expect(second.body.nextPageToken).toBeUndefined();
  });

  test('one that serves cannot be deleted', async () => {
    expect((await ask(site, `DELETE ${web}/revisions/web-1`)).body.error.status).toBe(
      'FAILED_PRECONDITION',
    );
  });

  test('one of another service is not found', async () => {
    await site.services.create({ name: 'api', image: 'app', revision: 'api-1' });
    expect((await ask(site, `GET ${web}/revisions/api-1`)).status).toBe(404);
    expect((await ask(site, `GET /v2/${place}/services/-/revisions`)).body.revisions).toHaveLength(
      2,
    );
  });
});
