/** The same request by Google's own command line and by us leaves the same template. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changeService } from '../../src/edges/cloud-run/template.ts';
import { meaningOf } from '../../src/edges/cloud-run/template-meaning.ts';
import { asObject, asText, at, parseJson } from '../../src/edges/json.ts';
import type { JsonObject, JsonValue } from '../../src/edges/json.ts';
import { withDefaults } from '../sandbox/cloud-run/defaults.ts';
import { openCloudRun } from '../sandbox/fixture.ts';
import type { CloudRunSite } from '../sandbox/fixture.ts';
import { gcloudEnvironment } from '../sandbox/gcloud.ts';
import { plan } from '../unit/given-inputs.ts';

const gcloud = ['/usr/bin/gcloud', '/usr/local/bin/gcloud'].find((path) => existsSync(path));

/** One call each: what deploy-cloudrun's input says, and the flag that it makes of it. */
const STEPS: readonly (readonly [Readonly<Record<string, string>>, readonly string[]])[] = [
  [{ env_vars: 'A=1\nB=x y\\,z' }, ['--update-env-vars=^;^A=1;B=x y,z']],
  [{ env_vars: 'B=2,C=' }, ['--update-env-vars=B=2,C=']],
  [
    { secrets: 'KEY=key:latest\n/secrets/api/one=api:1' },
    ['--update-secrets=KEY=key:latest,/secrets/api/one=api:1'],
  ],
  [
    {
      secrets:
        '/secrets/api/two=api:2,/etc/far/x=projects/42/secrets/far:7,FAR=projects/42/secrets/far',
    },
    [
      '--update-secrets=/secrets/api/two=api:2,/etc/far/x=projects/42/secrets/far:7,FAR=projects/42/secrets/far',
    ],
  ],
  [{ env_vars: 'D=4', env_vars_update_strategy: 'overwrite' }, ['--set-env-vars=D=4']],
  [
    { secrets: 'OTHER=other:3', secrets_update_strategy: 'overwrite' },
    ['--set-secrets=OTHER=other:3'],
  ],
  [
    { env_vars: '{}', secrets: '{}', timeout: '10m5s', labels: 'team=shop,stage=live' },
    [
      '--clear-env-vars',
      '--clear-secrets',
      '--timeout=10m5s',
      '--update-labels=team=shop,stage=live',
    ],
  ],
  ...[
    '--cpu=2 --memory=1Gi --concurrency=20 --min-instances=1 --max-instances=9 --service-account=me@demo.iam.gserviceaccount.com',
    '--cpu=500m --concurrency=default --min-instances=0 --max-instances=default --execution-environment=gen2',
    '--port=9090 --use-http2 --command=/bin/app,--fast --args=^;^a,b;c --startup-probe=tcpSocket.port=9090,periodSeconds=5 --liveness-probe=httpGet.path=/ok,httpGet.port=9090',
    '--port=default --no-use-http2 --command= --args= --liveness-probe=',
    '--startup-probe= --liveness-probe=grpc.port=7,grpc.service=x,timeoutSeconds=2 --vpc-connector=near --vpc-egress=private-ranges-only',
    '--clear-vpc-connector --add-cloudsql-instances=db,p:us-east1:other --session-affinity --cpu-boost --no-cpu-throttling',
    '--network=net --subnet=sub --network-tags=one,two --vpc-egress=all-traffic --remove-cloudsql-instances=db',
    '--clear-network-tags --set-cloudsql-instances=p:us-east1:third',
    '--clear-network --clear-cloudsql-instances --no-session-affinity --no-cpu-boost --cpu-throttling',
  ].map((flags) => [{ flags }, flags.split(' ')] as const),
];

describe.skipIf(gcloud === undefined)('real gcloud and we', () => {
  let site: CloudRunSite;
  let configDirectory: string;

  beforeAll(async () => {
    site = await openCloudRun({ settleMs: 20 });
    configDirectory = await mkdtemp(join(tmpdir(), 'gcloud-'));
    await site.services.create({ name: 'web', image: 'app', revision: 'web-00001-abc' });
  });
  afterAll(async () => {
    await site.stop();
    await rm(configDirectory, { recursive: true });
  });

  const read = () => asObject(parseJson(JSON.stringify(site.model.get('web'))))!;

  async function deploy(flags: readonly string[]): Promise<void> {
    const where = { base: site.base, project: 'demo', region: 'us-central1' };
    const env = {
      PATH: process.env['PATH'],
      ...gcloudEnvironment({ ...where, accessToken: 'good', configDirectory }),
    };
    const words = ['run', 'deploy', 'web', '--image=registry.example/web:v1', '--no-traffic'];
    await promisify(execFile)(gcloud ?? '', [...words, ...flags], { env });
  }

  // They build on each other, so that what is there is changed, too.
  test.each(STEPS.map(([given, flags]) => [flags.join(' '), given, flags] as const))(
    '%s',
    async (_, given, flags) => {
      const before = read();
      const { change } = plan({ skip_default_labels: 'true', ...given });
      const ours = comparable(changeService(before, change));
      await deploy(flags);
      const theirs = read();
      expect(ours).toEqual(comparable(theirs));
      // So there is nothing left to do for us.
      const again = changeService(theirs, { ...change, image: null });
      expect(meaningOf(again)).toBe(meaningOf(theirs));
    },
  );
});

const NONCE = 'client.knative.dev/nonce';
const LOCATION = 'cloud.googleapis.com/location';

/** Names that gcloud draws by lot or signs with, the order in which it lists, and its True. */
function comparable(service: JsonObject): unknown {
  // What Cloud Run fills in where nothing is asked for.
  const sent = JSON.parse(JSON.stringify(at(service, 'spec', 'template')));
  const template = JSON.parse(JSON.stringify(withDefaults(sent, '1')));
  const annotations = template.metadata?.annotations ?? {};
  for (const name of ['client-name', 'client-version'])
    delete annotations[`run.googleapis.com/${name}`];
  // gcloud copies those of the service over, Cloud Run's own, too.
  const { [NONCE]: _n, [LOCATION]: _l, ...labels } = template.metadata?.labels ?? {};
  const [container] = template.spec.containers;
  const aliases = String(annotations['run.googleapis.com/secrets'] ?? '')
    .split(',')
    .filter(Boolean);
  delete annotations['run.googleapis.com/secrets'];
  const secretOf = (alias: string) =>
    aliases.find((pair) => pair.startsWith(`${alias}:`))?.slice(alias.length + 1) ?? alias;
  const volumes = template.spec.volumes ?? [];
  const files = (container.volumeMounts ?? []).map(
    ({ name, mountPath }: { name: string; mountPath: string }) => {
      const { secret } = volumes.find((volume: { name: string }) => volume.name === name);
      const items = secret.items.map((item: unknown) => JSON.stringify(item)).sort();
      return { mountPath, secret: secretOf(secret.secretName), items };
    },
  );
  const env = (container.env ?? []).map((variable: JsonValue) => {
    const name = asText(at(variable, 'valueFrom', 'secretKeyRef', 'name')) ?? '';
    return JSON.stringify(variable).replace(name, secretOf(name));
  });
  return {
    labels,
    annotations: Object.fromEntries(
      Object.entries(annotations)
        .map(([name, value]) => [
          name,
          String(value).replace(/^(True|False)$/, (word) => word.toLowerCase()),
        ])
        .map(([name, value]) => [
          name,
          String(value).startsWith('[') ? JSON.parse(String(value)) : value,
        ])
        .filter(([, value]) => value !== ''),
    ),
    spec: { ...template.spec, volumes: [], containers: [] },
    container: { ...container, env: env.sort(), volumeMounts: files },
  };
}
