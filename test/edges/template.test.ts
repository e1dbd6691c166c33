/** What is given in `with:` → what is sent, exactly: every path that differs, and no other. */
import { describe, expect, test } from 'vitest';
import { Problem, problemText } from '../../src/core/problem.ts';
import { bodyFor } from '../../src/edges/cloud-run/service-body.ts';
import { changeService } from '../../src/edges/cloud-run/template.ts';
import { at, parseJson, stringifyJson, withAt } from '../../src/edges/json.ts';
import type { JsonObject } from '../../src/edges/json.ts';
import { aChange } from '../unit/build.ts';
import { parse, plan } from '../unit/given-inputs.ts';
import type { Given } from '../unit/given-inputs.ts';
import { differences } from './differences.ts';
import type { Differences } from './differences.ts';
import { SERVICE_TEXT, STABLE, draft, object, service } from './service-fixture.ts';
import { fullService } from './full-service.ts';

const raw = object(parseJson(SERVICE_TEXT));
const RECORD = {
  ...draft(),
  transition: 1,
  generation: 42,
  writeId: '9f1c64b20a7de853',
};

/** Settings of the image in force, so that nothing else differs. */
function changed(given: Given, from: JsonObject = raw): Differences {
  const parsed = parse({ service: 'web', skip_default_labels: 'true', ...given });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  return differences(from, changeService(from, parsed.request.plan!.change));
}

const SPEC = 'spec template spec';
const CONTAINER = `${SPEC} containers 0`;
const NOTES = 'spec template metadata annotations';
const ENV = [{ name: 'PRECISE', value: '1.0' }];

describe('every input is exactly these paths of the PUT', () => {
  test.each<[Given, Differences]>([
    [{ image: 'registry.example/web:v2' }, { [`${CONTAINER} image`]: 'registry.example/web:v2' }],
    [
      { env_vars: 'A=1,PRECISE=2' },
      { [`${CONTAINER} env 0 value`]: '2', [`${CONTAINER} env 1`]: { name: 'A', value: '1' } },
    ],
    [{ env_vars: 'PRECISE=1.0' }, {}],
    [
      { env_vars: 'A=1', env_vars_update_strategy: 'overwrite' },
      { [`${CONTAINER} env 0 name`]: 'A', [`${CONTAINER} env 0 value`]: '1' },
    ],
    [{ env_vars: '{}' }, { [`${CONTAINER} env 0`]: undefined }],
    [
      { secrets: 'KEY=key:3' },
      {
        [`${CONTAINER} env 1`]: {
          name: 'KEY',
          valueFrom: { secretKeyRef: { key: '3', name: 'key' } },
        },
      },
    ],
    [
      { secrets: '/etc/api/one=api:1,/etc/api/two=api:latest' },
      {
        [`${CONTAINER} volumeMounts`]: [{ name: 'secret-c693b87b', mountPath: '/etc/api' }],
        [`${SPEC} volumes`]: [
          {
            name: 'secret-c693b87b',
            secret: {
              secretName: 'api',
              items: [
                { key: '1', path: 'one' },
                { key: 'latest', path: 'two' },
              ],
            },
          },
        ],
      },
    ],
    [
      { secrets: 'FAR=projects/42/secrets/faraway:7' },
      {
        [`${CONTAINER} env 1`]: {
          name: 'FAR',
          valueFrom: { secretKeyRef: { key: '7', name: 'faraw-5282cc3d' } },
        },
        [`${NOTES} run.googleapis.com/secrets`]: 'faraw-5282cc3d:projects/42/secrets/faraway',
      },
    ],
    [
      { labels: 'team=shop' },
      { 'metadata labels team': 'shop', 'spec template metadata labels team': 'shop' },
    ],
    [{ labels: '{}' }, { 'metadata labels team': undefined }],
    [
      { flags: '--remove-labels=team,none', image: 'x' },
      { 'metadata labels team': undefined, [`${CONTAINER} image`]: 'x' },
    ],
    [
      { labels: 'a=b', skip_default_labels: 'false' },
      {
        'metadata labels a': 'b',
        'metadata labels managed-by': 'github-actions',
        'spec template metadata labels a': 'b',
        'spec template metadata labels managed-by': 'github-actions',
      },
    ],
    [{ timeout: '10m5s' }, { [`${SPEC} timeoutSeconds`]: 605 }],
    [{ flags: '--timeout=5m' }, {}],
    [{ flags: '--cpu=1' }, {}],
    [
      { flags: '--cpu=2 --memory=1Gi' },
      {
        [`${CONTAINER} resources limits cpu`]: '2',
        [`${CONTAINER} resources limits memory`]: '1Gi',
      },
    ],
    [{ flags: '--concurrency=20' }, { [`${SPEC} containerConcurrency`]: 20 }],
    [{ flags: '--concurrency=default' }, { [`${SPEC} containerConcurrency`]: undefined }],
    [
      { flags: '--min-instances=2 --max-instances=9' },
      {
        [`${NOTES} autoscaling.knative.dev/minScale`]: '2',
        [`${NOTES} autoscaling.knative.dev/maxScale`]: '9',
      },
    ],
    [
      { flags: '--min-instances=0 --max-instances=default' },
      { [`${NOTES} autoscaling.knative.dev/maxScale`]: undefined },
    ],
    [
      { flags: '--service-account=x@demo.iam.gserviceaccount.com' },
      { [`${SPEC} serviceAccountName`]: 'x@demo.iam.gserviceaccount.com' },
    ],
    [{ flags: '--port=9090' }, { [`${CONTAINER} ports 0 containerPort`]: 9090 }],
    [{ flags: '--port=default' }, {}],
    [{ flags: '--use-http2' }, { [`${CONTAINER} ports 0 name`]: 'h2c' }],
    [{ flags: '--port=default --no-use-http2' }, { [`${CONTAINER} ports 0 name`]: undefined }],
    [
      { flags: '--command=/app --args=a,b' },
      { [`${CONTAINER} command`]: ['/app'], [`${CONTAINER} args`]: ['a', 'b'] },
    ],
    [
      { flags: '--vpc-connector=near --vpc-egress=all-traffic' },
      {
        [`${NOTES} run.googleapis.com/vpc-access-connector`]: 'near',
        [`${NOTES} run.googleapis.com/vpc-access-egress`]: 'all-traffic',
      },
    ],
    [{ flags: '--clear-vpc-connector' }, {}],
    [
      { flags: '--network=n --subnet=s --network-tags=a,b' },
      {
        [`${NOTES} run.googleapis.com/network-interfaces`]:
          '[{"network":"n","subnetwork":"s","tags":["a","b"]}]',
      },
    ],
    [{ flags: '--clear-network' }, {}],
    [{ flags: '--clear-network-tags' }, {}],
    [
      { flags: '--add-cloudsql-instances=db' },
      { [`${NOTES} run.googleapis.com/cloudsql-instances`]: 'demo:us-central1:db' },
    ],
    [{ flags: '--remove-cloudsql-instances=db' }, {}],
    [{ flags: '--clear-cloudsql-instances' }, {}],
    [
      { flags: '--execution-environment=gen2' },
      { [`${NOTES} run.googleapis.com/execution-environment`]: 'gen2' },
    ],
    [{ flags: '--session-affinity' }, { [`${NOTES} run.googleapis.com/sessionAffinity`]: 'true' }],
    [{ flags: '--no-session-affinity' }, {}],
    [
      { flags: '--cpu-boost --no-cpu-throttling' },
      {
        [`${NOTES} run.googleapis.com/startup-cpu-boost`]: 'true',
        [`${NOTES} run.googleapis.com/cpu-throttling`]: 'false',
      },
    ],
    [
      { flags: '--startup-probe=httpGet.path=/up,httpGet.port=8080,failureThreshold=3' },
      {
        [`${CONTAINER} startupProbe`]: {
          httpGet: { path: '/up', port: 8080 },
          failureThreshold: 3,
        },
      },
    ],
    [
      { flags: '--liveness-probe=grpc.service=x,periodSeconds=9' },
      { [`${CONTAINER} livenessProbe`]: { grpc: { service: 'x' }, periodSeconds: 9 } },
    ],
    [{ flags: '--liveness-probe=""' }, {}],
    [{ flags: '--ingress=all' }, {}],
  ])('%j', (given, expected) => {
    expect(changed(given)).toStrictEqual(expected);
  });

  test('all of them come in the one write that starts, beside name, certificate, traffic, plan and record', () => {
    const given = {
      env_vars: 'A=1',
      secrets: 'KEY=key:3',
      labels: 'team=shop',
      flags: '--cpu=2',
      timeout: '1m',
    };
    const body = bodyFor(raw, RECORD, plan(given));
    expect(Object.keys(differences(raw, body)).sort()).toStrictEqual(
      [
        'metadata annotations cloud-run-canary.dev/plan',
        'metadata annotations cloud-run-canary.dev/rollout',
        'metadata labels managed-by',
        'metadata labels team',
        `${NOTES} cloud-run-canary.dev/birth`,
        'spec template metadata labels managed-by',
        'spec template metadata labels team',
        'spec template metadata name',
        `${CONTAINER} env 1`,
        `${CONTAINER} env 2`,
        `${CONTAINER} image`,
        `${CONTAINER} resources limits cpu`,
        `${SPEC} timeoutSeconds`,
        'spec traffic 0 latestRevision',
        'spec traffic 0 revisionName',
        'spec traffic 1',
      ].sort(),
    );
  });
});

describe('what is there already is changed where it stands', () => {
  const secret = (name: string, key = '1') => ({
    name,
    valueFrom: { secretKeyRef: { key, name: 'key' } },
  });
  const volume = {
    name: 'v',
    secret: { secretName: 'api', defaultMode: 256, items: [{ key: '1', path: 'one', mode: 4 }] },
  };
  const mount = { name: 'v', mountPath: '/etc/api', readOnly: true };
  const withEnv = (...env: readonly unknown[]) =>
    service({ [`${SPEC} containers`.replaceAll(' ', '.')]: [{ image: 'app', env }] });
  const withFiles = (
    mounts: readonly unknown[],
    volumes: readonly unknown[],
    more: readonly unknown[] = [],
  ) =>
    service({
      'spec.template.spec.containers': [{ image: 'app', volumeMounts: mounts }, ...more],
      'spec.template.spec.volumes': volumes,
    });

  test('variables keep their order and their unknown fields', () => {
    const from = withEnv({ name: 'A', value: '1', future: true }, secret('S'), {
      name: 'B',
      value: '2',
    });
    expect(changed({ env_vars: 'C=3,A=9' }, from)).toStrictEqual({
      [`${CONTAINER} env 0 value`]: '9',
      [`${CONTAINER} env 3`]: { name: 'C', value: '3' },
    });
    const { change } = plan({ env_vars: 'B=5', env_vars_update_strategy: 'overwrite' });
    const overwritten = at(changeService(from, change), 'spec', 'template', 'spec', 'containers');
    expect(overwritten).toMatchObject([{ env: [secret('S'), { name: 'B', value: '5' }] }]);
    expect(changed({ secrets: 'S=key:2' }, from)).toStrictEqual({
      [`${CONTAINER} env 1 valueFrom secretKeyRef key`]: '2',
    });
    const cleared = changeService(from, plan({ secrets: '{}' }).change);
    expect(at(cleared, 'spec', 'template', 'spec', 'containers')).toMatchObject([
      {
        env: [
          { name: 'A', value: '1', future: true },
          { name: 'B', value: '2' },
        ],
      },
    ]);
  });

  test('files: another version, another file, and the rest of the volume stays', () => {
    const from = withFiles([mount], [volume]);
    expect(changed({ secrets: '/etc/api/one=api:2' }, from)).toStrictEqual({
      [`${SPEC} volumes 0 secret items 0 key`]: '2',
    });
    expect(changed({ secrets: '/etc/api/two=api:2' }, from)).toStrictEqual({
      [`${SPEC} volumes 0 secret items 1`]: { key: '2', path: 'two' },
    });
    expect(changed({ secrets: '/etc/api/one=other:2' }, from)).toStrictEqual({
      [`${SPEC} volumes 0 secret items 0 key`]: '2',
      [`${SPEC} volumes 0 secret secretName`]: 'other',
    });
    expect(changed({ secrets: '{}' }, from)).toStrictEqual({
      [`${CONTAINER} volumeMounts 0`]: undefined,
      [`${SPEC} volumes 0`]: undefined,
    });
  });

  test('a volume that is mounted elsewhere is left alone there', () => {
    const sidecar = { image: 'side', volumeMounts: [{ name: 'v', mountPath: '/x' }] };
    const from = withFiles([mount], [volume], [sidecar]);
    const copy = {
      ...volume,
      name: 'secret-c693b87b',
      secret: { ...volume.secret, items: [{ key: '2', path: 'one', mode: 4 }] },
    };
    expect(changed({ secrets: '/etc/api/one=api:2' }, from)).toStrictEqual({
      [`${CONTAINER} volumeMounts 0 name`]: 'secret-c693b87b',
      [`${SPEC} volumes 1`]: copy,
    });
    expect(changed({ secrets: '{}' }, from)).toStrictEqual({
      [`${CONTAINER} volumeMounts 0`]: undefined,
    });
  });

  test('other volumes survive the end of all secrets, and a name in use is not taken', () => {
    const disk = { name: 'secret-c693b87b', emptyDir: {} };
    const from = withFiles([{ name: disk.name, mountPath: '/tmp/d' }], [disk]);
    expect(changed({ secrets: '{}' }, from)).toStrictEqual({});
    expect(changed({ secrets: '/etc/api/one=api:1' }, from)).toMatchObject({
      [`${SPEC} volumes 1`]: { name: 'secret-c693b87b-2' },
    });
  });

  test('a secret of another project keeps the name it has, and loses it with its last use', () => {
    const notes = {
      'run.googleapis.com/secrets': 'mine:projects/42/secrets/far, idle:projects/7/secrets/x',
    };
    const from = service({ 'spec.template.metadata.annotations': notes });
    const once = changeService(
      from,
      plan({ secrets: 'FAR=projects/42/secrets/far:7', skip_default_labels: 'true' }).change,
    );
    const env = [...ENV, { name: 'FAR', valueFrom: { secretKeyRef: { key: '7', name: 'mine' } } }];
    expect(at(once, 'spec', 'template', 'metadata', 'annotations')).toStrictEqual({
      'run.googleapis.com/secrets': 'mine:projects/42/secrets/far',
    });
    expect(JSON.stringify(once)).toContain(JSON.stringify(env));
    expect(changed({ secrets: '{}' }, once)).toStrictEqual({
      [`${CONTAINER} env 1`]: undefined,
      [`${NOTES} run.googleapis.com/secrets`]: undefined,
    });
  });

  test('the container that gets the requests is the one that is changed', () => {
    const containers = [{ image: 'side' }, { image: 'app', ports: [{ containerPort: 1 }] }];
    const from = service({ 'spec.template.spec.containers': containers });
    expect(changed({ env_vars: 'A=1', flags: '--memory=1Gi' }, from)).toStrictEqual({
      [`${SPEC} containers 1 env`]: [{ name: 'A', value: '1' }],
      [`${SPEC} containers 1 resources`]: { limits: { memory: '1Gi' } },
    });
  });

  test('the startup probe of the port moves with it', () => {
    const probe = (port: number) => ({ tcpSocket: { port }, periodSeconds: 240 });
    const from = (port: number) =>
      service({
        'spec.template.spec.containers': [
          { image: 'app', ports: [{ containerPort: 80 }], startupProbe: probe(port) },
        ],
      });
    expect(changed({ flags: '--port=90' }, from(80))).toStrictEqual({
      [`${CONTAINER} ports 0 containerPort`]: 90,
      [`${CONTAINER} startupProbe tcpSocket port`]: 90,
    });
    expect(changed({ flags: '--port=90' }, from(7))).toStrictEqual({
      [`${CONTAINER} ports 0 containerPort`]: 90,
    });
    expect(changed({ flags: '--port=default' }, from(80))).toStrictEqual({
      [`${CONTAINER} ports`]: undefined,
      [`${CONTAINER} startupProbe tcpSocket port`]: undefined,
    });
  });

  test('annotations: further interfaces, True, and instances stay', () => {
    const notes = {
      'run.googleapis.com/network-interfaces': '[{"network":"n","future":1.0},{"network":"other"}]',
      'run.googleapis.com/vpc-access-egress': 'all-traffic',
      'run.googleapis.com/startup-cpu-boost': 'True',
      'run.googleapis.com/sessionAffinity': 'true',
      'run.googleapis.com/cloudsql-instances': 'p:r:a,p:r:b',
    };
    const from = service({ 'spec.template.metadata.annotations': notes });
    expect(
      changed(
        {
          flags:
            '--subnet=s --cpu-boost --no-session-affinity --add-cloudsql-instances=p:r:a,p:r:c',
        },
        from,
      ),
    ).toStrictEqual({
      [`${NOTES} run.googleapis.com/network-interfaces`]:
        '[{"network":"n","future":1.0,"subnetwork":"s"},{"network":"other"}]',
      [`${NOTES} run.googleapis.com/sessionAffinity`]: undefined,
      [`${NOTES} run.googleapis.com/cloudsql-instances`]: 'p:r:a,p:r:b,p:r:c',
    });
    expect(
      changed({ flags: '--clear-network --remove-cloudsql-instances=p:r:a' }, from),
    ).toStrictEqual({
      [`${NOTES} run.googleapis.com/network-interfaces`]: undefined,
      [`${NOTES} run.googleapis.com/vpc-access-egress`]: undefined,
      [`${NOTES} run.googleapis.com/cloudsql-instances`]: 'p:r:b',
    });
  });
});

describe('what cannot be done to this template is refused with its name, and without a value', () => {
  const problemOf = (given: Given, from: JsonObject): Problem => {
    try {
      changed(given, from);
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
    throw new Error('nothing was refused');
  };
  const env = (variable: unknown) =>
    service({ 'spec.template.spec.containers': [{ image: 'app', env: [variable] }] });
  const files = (volume: object) =>
    service({
      'spec.template.spec.containers': [
        { image: 'app', volumeMounts: [{ name: 'v', mountPath: '/etc/api' }] },
      ],
      'spec.template.spec.volumes': [{ name: 'v', ...volume }],
    });
  const items = [
    { key: '1', path: 'one' },
    { key: '1', path: 'two' },
  ];

  test.each<[string, Given, JsonObject, string, string | null]>([
    [
      'a variable that is a secret',
      { env_vars: 'A=hidden' },
      env({ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: '1' } } }),
      'env_vars',
      'A',
    ],
    [
      'a secret that is a variable',
      { secrets: 'A=hidden:1' },
      env({ name: 'A', value: 'x' }),
      'secrets',
      'A',
    ],
    [
      'two secrets in one directory',
      { secrets: '/etc/api/a=a:1,/etc/api/b=hidden:1' },
      raw,
      'secrets',
      '/etc/api',
    ],
    [
      'files of another secret beside those that are there',
      { secrets: '/etc/api/one=hidden:1' },
      files({ secret: { secretName: 'api', items } }),
      'secrets',
      '/etc/api',
    ],
    [
      'a directory that shows a secret as a whole',
      { secrets: '/etc/api/one=api:1' },
      files({ secret: { secretName: 'api' } }),
      'secrets',
      '/etc/api',
    ],
    [
      'a directory of another kind',
      { secrets: '/etc/api/one=api:1' },
      files({ emptyDir: {} }),
      'secrets',
      '/etc/api',
    ],
    ['another ingress', { flags: '--ingress=internal' }, raw, 'flags', '--ingress=internal'],
    [
      'interfaces that cannot be read',
      { flags: '--network=hidden' },
      service({
        'spec.template.metadata.annotations': { 'run.googleapis.com/network-interfaces': '{' },
      }),
      'flags',
      null,
    ],
  ])('%s', (_, given, from, subject, value) => {
    const problem = problemOf(given, from);
    expect(problem).toMatchObject({ code: 'bad-input', findings: [{ subject, value }] });
    expect(problemText(problem)).not.toContain('hidden');
  });
});

describe('round trip of a service with everything that v1 has, and more', () => {
  const full = fullService();
  const text = stringifyJson(full);

  test('it has at least 60 fields, unknown ones, and numbers that JavaScript would change', () => {
    expect(text.match(/"[^"]+":/g)!.length).toBeGreaterThanOrEqual(100);
    expect(text).toContain('12345678901234567890');
  });

  test('a deployment changes what was asked for only', () => {
    const given = {
      image: 'registry.example/web:v2',
      env_vars: 'A=2',
      secrets: 'TOKEN=token:9,/etc/tls/key=tls:4',
      flags: '--cpu=4 --max-instances=7',
      skip_default_labels: 'true',
    };
    expect(changed(given, full)).toStrictEqual({
      [`${SPEC} containers 1 image`]: 'registry.example/web:v2',
      [`${SPEC} containers 1 env 0 value`]: '2',
      [`${SPEC} containers 1 env 1 valueFrom secretKeyRef key`]: '9',
      [`${SPEC} containers 1 resources limits cpu`]: '4',
      [`${SPEC} volumes 0 secret items 1`]: { key: '4', path: 'key' },
      [`${NOTES} autoscaling.knative.dev/maxScale`]: '7',
    });
  });

  test('deployed and restored it is the same, but for template, record and plan', () => {
    const started = bodyFor(full, RECORD, plan({ env_vars: 'A=2', skip_default_labels: 'true' }));
    const restored = bodyFor(started, { ...RECORD, phase: 'rolled-back' }, null);
    const paths = Object.keys(differences(full, restored));
    expect(paths.sort()).toStrictEqual(
      [
        'metadata annotations cloud-run-canary.dev/plan',
        'metadata annotations cloud-run-canary.dev/rollout',
        `${NOTES} cloud-run-canary.dev/birth`,
        'spec template metadata name',
        `${SPEC} containers 1 env 0 value`,
        `${SPEC} containers 1 image`,
        'spec traffic 0 latestRevision',
        'spec traffic 0 revisionName',
      ].sort(),
    );
    expect(at(restored, 'spec', 'traffic')).toMatchObject([
      { revisionName: STABLE, percent: 100 },
      {},
    ]);
  });

  test('no change at all sends the very same text', () => {
    expect(stringifyJson(changeService(full, aChange()))).toBe(text);
    const same = plan({
      env_vars: 'A=1',
      flags: '--cpu=2 --concurrency=250',
      skip_default_labels: 'true',
    }).change;
    expect(stringifyJson(changeService(full, { ...same, image: null }))).toBe(text);
    expect(withAt(full, ['kind'], 'Service')).toStrictEqual(full);
  });
});
