/** What was just deployed, asked for again, is nothing to do: also where Cloud Run has filled in more. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCloudRun } from '../../src/edges/cloud-run/service.ts';
import { changeService } from '../../src/edges/cloud-run/template.ts';
import { createHttp } from '../../src/edges/http.ts';
import { asObject, parseJson, stringifyJson } from '../../src/edges/json.ts';
import type { JsonObject } from '../../src/edges/json.ts';
import type { CloudRun } from '../../src/engine/ports.ts';
import { ask, openCloudRun, token } from '../sandbox/fixture.ts';
import type { CloudRunSite } from '../sandbox/fixture.ts';
import { plan } from '../unit/given-inputs.ts';
import type { Given } from '../unit/given-inputs.ts';
import { NEVER } from './loopback.ts';

const SERVICE = '/apis/serving.knative.dev/v1/namespaces/demo/services/web';

let site: CloudRunSite;
let cloudRun: CloudRun;

beforeAll(async () => {
  site = await openCloudRun({ settleMs: 5 });
  cloudRun = createCloudRun({
    http: createHttp({ hurry: NEVER, random: () => 0 }),
    tokens: { header: async () => token.authorization, invalidate: () => undefined },
    endpoint: site.base,
    ref: { project: 'demo', region: 'us-central1', service: 'web' },
    newWriteId: () => '0'.repeat(16),
    clock: { monotonic: () => 0 },
    onNotice: () => undefined,
  });
  await site.services.create({ name: 'web', image: 'app', revision: 'web-00001-abc' });
});
afterAll(() => site.stop());

async function read(): Promise<JsonObject> {
  return asObject(parseJson((await ask(site, `GET ${SERVICE}`)).text))!;
}

/** As by another client: unfenced, and the name of the revision is left to Cloud Run. */
async function put(change: (service: JsonObject) => JsonObject): Promise<void> {
  const service = change(await read());
  const body = JSON.parse(stringifyJson(service));
  delete body.spec.template.metadata.name;
  delete body.metadata.resourceVersion;
  expect((await ask(site, `PUT ${SERVICE}`, body)).status).toBe(200);
  await site.services.untilSettled('web');
}

const changeOf = (given: Given) => plan({ image: 'app', ...given }).change;

async function differs(given: Given): Promise<boolean> {
  return cloudRun.differs(await cloudRun.read(), changeOf(given));
}

describe('asked for again', () => {
  // They build on each other, so that each meets what the ones before have left.
  test.each<Given>([
    { env_vars: 'A=1,B=2,EMPTY=' },
    { env_vars: 'B=2,A=1', env_vars_update_strategy: 'overwrite' },
    { secrets: 'KEY=key:1,/etc/api/one=api:1' },
    {
      secrets: '/etc/api/two=api:1,FAR=projects/42/secrets/far',
      secrets_update_strategy: 'overwrite',
    },
    { env_vars: 'C=3', env_vars_update_strategy: 'overwrite' },
    { labels: 'team=shop' },
    { labels: '{}' },
    { labels: '{}', flags: '--labels=stage=live' },
    { env_vars: '{}', secrets: '{}' },
    ...[
      '--cpu=1 --memory=1024Mi',
      '--concurrency=default --max-instances=default --min-instances=0',
      '--port=9090 --use-http2',
      '--port=default --no-use-http2',
      '--no-use-http2',
      '--startup-probe=httpGet.path=/up,periodSeconds=5',
      '--startup-probe=grpc.service=x,initialDelaySeconds=0',
      '--startup-probe=',
      '--liveness-probe=httpGet.path=/ok',
      '--liveness-probe=httpGet.path=/ok,httpGet.port=8080,failureThreshold=3',
      '--liveness-probe=',
      '--set-cloudsql-instances=p:r:b,p:r:a',
      '--set-cloudsql-instances=p:r:a,p:r:b',
      '--network=n --subnet=s --vpc-egress=all',
      '--session-affinity --cpu-boost --no-cpu-throttling',
      '--no-session-affinity --no-cpu-boost --cpu-throttling',
      '--command=/app --args=a,b',
      '--command= --args=',
    ].map((flags) => ({ flags })),
  ])('%j', async (given) => {
    await put((service) => changeService(service, changeOf(given)));
    expect(await differs(given)).toBe(false);
  });
});

const at = (key: string, text: string) => (service: JsonObject) => {
  const changed = JSON.parse(stringifyJson(service));
  changed.spec.template.metadata.annotations[key] = text;
  return changed as JsonObject;
};

describe('other words of another client for the same are no difference, and for another are one', () => {
  test.each<[Given, string, string, Given]>([
    [
      { flags: '--network=n --subnet=s' },
      'run.googleapis.com/network-interfaces',
      '[{"network": "n", "subnetwork": "s"}]',
      { flags: '--subnet=t' },
    ],
    [
      { flags: '--add-cloudsql-instances=p:r:b' },
      'run.googleapis.com/cloudsql-instances',
      'p:r:a, p:r:b',
      { flags: '--add-cloudsql-instances=p:r:c' },
    ],
    [
      { flags: '--vpc-egress=all' },
      'run.googleapis.com/vpc-access-egress',
      'all-traffic',
      { flags: '--vpc-egress=private-ranges-only' },
    ],
    [
      { flags: '--min-instances=0' },
      'autoscaling.knative.dev/minScale',
      '0',
      { flags: '--min-instances=1' },
    ],
    [
      { flags: '--max-instances=default' },
      'autoscaling.knative.dev/maxScale',
      '100',
      { flags: '--max-instances=99' },
    ],
  ])('%j', async (same, key, text, other) => {
    await put(at(key, text));
    expect([await differs(same), await differs(other)]).toEqual([false, true]);
  });
});

test('what is asked for and not there yet is a difference', async () => {
  for (const flags of [
    '--port=9091',
    '--concurrency=79',
    '--memory=2Gi',
    '--startup-probe=grpc.port=1',
  ])
    expect([flags, await differs({ flags })]).toEqual([flags, true]);
  expect(await differs({ env_vars: 'EMPTY=' })).toBe(true);
});
