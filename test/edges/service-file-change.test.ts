/** A service file → the PUT: its template, its labels, and nothing that would hold for everybody at once. */
import { describe, expect, test } from 'vitest';
import { Problem, problemText } from '../../src/core/problem.ts';
import type { TemplateChange } from '../../src/core/template-types.ts';
import { bodyFor } from '../../src/edges/cloud-run/service-body.ts';
import { readServiceFile } from '../../src/edges/cloud-run/service-file.ts';
import { hidesValues } from '../../src/edges/cloud-run/hidden-values.ts';
import { changeService, differs } from '../../src/edges/cloud-run/template.ts';
import { at, parseJson, stringifyJson, withAt } from '../../src/edges/json.ts';
import type { JsonObject } from '../../src/edges/json.ts';
import { parseServiceText } from '../../src/edges/service-yaml.ts';
import { aChange, aPlan } from '../unit/build.ts';
import { plan } from '../unit/given-inputs.ts';
import { differences } from './differences.ts';
import { fullService } from './full-service.ts';
import { draft, object, service } from './service-fixture.ts';

const RECORD = { ...draft(), transition: 1, generation: 42, writeId: '9f1c64b20a7de853' };
const ALONE = { service: 'web', skip_default_labels: 'true' };
const DIGEST = `registry.example/web@sha256:${'a'.repeat(64)}`;

/** As the action makes it of the file. */
function changeOf(text: string): TemplateChange {
  const value = parseServiceText(text);
  const file = value.ok ? readServiceFile(value.value) : value;
  if (!file.ok) throw new Error(JSON.stringify(file.faults));
  const { image, json } = file.value;
  return aChange({ image, edits: [{ kind: 'service-file', json }] });
}

function problemOf(text: string, from: JsonObject): Problem {
  try {
    changeService(from, changeOf(text));
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const HEAD = 'apiVersion: serving.knative.dev/v1\nkind: Service';
const TEMPLATE = `spec:
  template:
    spec:
      containers:
        - image: ${DIGEST}`;
const withMetadata = (metadata: string) => `${HEAD}\nmetadata: ${metadata}\n${TEMPLATE}`;

describe('what is sent', () => {
  const text = `# The shop
${HEAD}
metadata:
  name: web
  namespace: '123456789012'
  labels: { team: shop, cloud.googleapis.com/location: us-central1 }
  annotations:
    example.com/owner: ada
    run.googleapis.com/ingress: all
    run.googleapis.com/operation-id: of-another-time
    serving.knative.dev/lastModifier: bob@example.com
    cloud-run-canary.dev/rollout: of-another-time
spec:
  template:
    metadata:
      name: web-00007-old
      annotations:
        autoscaling.knative.dev/maxScale: '7'
        cloud-run-canary.dev/birth: of-another-time
        example.com/future: 'yes'
    spec:
      containers:
        - name: app
          image: registry.example/web:v2
          env: [{ name: A, value: "1", future: { ratio: 1.0 } }]
          futureField: { id: 12345678901234567890 }
      volumes: [{ name: v, secret: { secretName: s, defaultMode: 0400 } }]
      futureSpec: [1e3, null]
status: { url: https://of-another-time }
`;

  test('is the template of the file, byte for byte, under our name and with our note', () => {
    const before = service();
    const body = bodyFor(before, RECORD, aPlan({ change: changeOf(text) }));
    const template = object(at(body, 'spec', 'template')!);
    expect(stringifyJson(template)).toBe(
      stringifyJson({
        metadata: {
          annotations: {
            'autoscaling.knative.dev/maxScale': '7',
            'example.com/future': 'yes',
            'cloud-run-canary.dev/birth': at(
              template,
              'metadata',
              'annotations',
              'cloud-run-canary.dev/birth',
            )!,
          },
          name: RECORD.canary,
        },
        spec: parseJson(
          '{"containers":[{"name":"app","image":"registry.example/web:v2","env":[{"name":"A","value":"1","future":{"ratio":1.0}}],"futureField":{"id":12345678901234567890}}],"volumes":[{"name":"v","secret":{"secretName":"s","defaultMode":256}}],"futureSpec":[1e3,null]}',
        ),
      }),
    );
    const around = (one: JsonObject) => withAt(one, ['spec', 'template'], null);
    expect(Object.keys(differences(around(before), around(body))).sort()).toEqual(
      [
        'metadata annotations cloud-run-canary.dev/plan',
        'metadata annotations cloud-run-canary.dev/rollout',
        'metadata annotations example.com/owner',
        'metadata labels team',
        'spec traffic 0 latestRevision',
        'spec traffic 0 revisionName',
        'spec traffic 1',
      ].sort(),
    );
    expect(JSON.stringify(body)).not.toContain('of-another-time');
  });

  test('keeps labels and annotations that the file does not name', () => {
    const before = service({ 'metadata.labels': { team: 'old', other: 'kept' } });
    const after = changeService(before, changeOf(withMetadata('{ name: web, labels: { a: b } }')));
    expect(at(after, 'metadata', 'labels')).toEqual({ team: 'old', other: 'kept', a: 'b' });
    expect(at(after, 'metadata', 'annotations')).toEqual(at(before, 'metadata', 'annotations'));
  });

  test('has the labels of origin on top', () => {
    const change = changeOf(withMetadata('{ name: web }'));
    const originLabels = [{ name: 'managed-by', value: 'github-actions' }];
    const after = changeService(service(), { ...change, originLabels });
    expect(at(after, 'spec', 'template', 'metadata', 'labels')).toEqual({
      'managed-by': 'github-actions',
    });
  });
});

describe('what holds for every revision at once', () => {
  const notes = (annotations: Readonly<Record<string, string>>) =>
    withMetadata(JSON.stringify({ name: 'web', annotations }));
  const from = (annotations: Readonly<Record<string, string>>) =>
    service({ 'metadata.annotations': annotations });
  const RUN = 'run.googleapis.com';

  test.each([
    [{ [`${RUN}/ingress`]: 'all' }, {}],
    [{ [`${RUN}/ingress`]: 'internal' }, { [`${RUN}/ingress`]: 'internal' }],
    [{ [`${RUN}/launch-stage`]: 'GA' }, {}],
    [{ [`${RUN}/launch-stage`]: 'BETA' }, { [`${RUN}/launch-stage`]: 'BETA' }],
    [{ [`${RUN}/invoker-iam-disabled`]: 'true' }, { [`${RUN}/invoker-iam-disabled`]: 'True' }],
    [{ [`${RUN}/minScale`]: '0' }, {}],
    [{ [`${RUN}/client-name`]: 'gcloud', [`${RUN}/urls`]: '[]' }, {}],
    [{ 'client.knative.dev/user-image': 'gcr.io/x/web' }, {}],
  ])('%j is fine where the service has %j', (wanted, found) => {
    const before = from(found);
    const after = changeService(before, changeOf(notes(wanted)));
    expect(at(after, 'metadata')).toEqual(at(before, 'metadata'));
  });

  test.each([
    [`${RUN}/ingress`, 'internal', '--ingress=internal'],
    [`${RUN}/launch-stage`, 'BETA', `--update-annotations=${RUN}/launch-stage=BETA`],
    [`${RUN}/minScale`, '3', `--update-annotations=${RUN}/minScale=3`],
    [`${RUN}/maxScale`, '3', `--update-annotations=${RUN}/maxScale=3`],
    [`${RUN}/scalingMode`, 'manual', `${RUN}/scalingMode=manual`],
    [`${RUN}/invoker-iam-disabled`, 'true', `${RUN}/invoker-iam-disabled=true`],
    [`${RUN}/default-url-disabled`, 'true', `${RUN}/default-url-disabled=true`],
    [`${RUN}/iap-enabled`, 'true', `${RUN}/iap-enabled=true`],
    [`${RUN}/custom-audiences`, '["https://hidden"]', `${RUN}/custom-audiences=VALUE`],
    [`${RUN}/description`, 'hidden', `${RUN}/description=VALUE`],
    [`${RUN}/of-the-future`, 'hidden', `${RUN}/of-the-future=VALUE`],
    [`${RUN}/ingress`, 'hidden; rm -rf', '--ingress=VALUE'],
    ['autoscaling.knative.dev/minScale', '1', 'autoscaling.knative.dev/minScale=VALUE'],
  ])('%s: %s is refused, with the command that does it', (key, value, command) => {
    const problem = problemOf(notes({ [key]: value }), service());
    expect(problem).toMatchObject({
      code: 'bad-input',
      findings: [
        {
          subject: 'metadata',
          value: null,
          wrong: `has another value for ${key} than the service`,
          advice: expect.stringContaining('gcloud run services update web --region=us-central1 --'),
        },
      ],
    });
    expect(problem.findings[0]!.advice).toMatch(new RegExp(`${command.replaceAll('.', '\\.')}$`));
    expect(problemText(problem)).not.toContain('hidden');
  });

  test('everything is said at once', () => {
    const metadata = {
      name: 'web',
      namespace: '1',
      annotations: { [`${RUN}/ingress`]: 'internal', [`${RUN}/minScale`]: '2' },
    };
    const problem = problemOf(withMetadata(JSON.stringify(metadata)), service());
    expect(problem.findings.map(({ wrong }) => wrong)).toEqual([
      expect.stringContaining('metadata.namespace'),
      expect.stringContaining('ingress'),
      expect.stringContaining('minScale'),
    ]);
  });
});

describe('the same template is nothing to do', () => {
  const full = fullService();
  const wanted = (text: string, from: JsonObject) => differs(from, changeOf(text));

  /** As `gcloud run services describe --format=yaml` shows it, without its traffic. */
  function exported(from: JsonObject): string {
    return stringifyJson({ ...from, spec: { template: at(from, 'spec', 'template')! } });
  }

  const filled = service({
    'spec.template.metadata.labels': { 'client.knative.dev/nonce': 'x', 'commit-sha': 'abc' },
    'spec.template.metadata.annotations': {
      'autoscaling.knative.dev/maxScale': '100',
      'run.googleapis.com/client-name': 'gcloud',
      'cloud-run-canary.dev/birth': 'old',
    },
    'spec.template.spec': {
      containerConcurrency: 80,
      timeoutSeconds: 300,
      serviceAccountName: '123456789012-compute@developer.gserviceaccount.com',
      containers: [
        {
          image: 'registry.example/web@sha256:old',
          ports: [{ name: 'http1', containerPort: 8080 }],
          resources: { limits: { cpu: '1000m', memory: '512Mi' } },
          startupProbe: {
            timeoutSeconds: 240,
            periodSeconds: 240,
            failureThreshold: 1,
            tcpSocket: { port: 8080 },
          },
        },
      ],
    },
  });
  const least = withMetadata('{ name: web }');

  test('a copy of what is in force, and what Cloud Run has filled in', () => {
    expect(wanted(exported(service()), service())).toBe(false);
    expect(wanted(least, filled)).toBe(false);
    expect(wanted(`${least}\n          resources: { limits: { cpu: '1' } }\n`, filled)).toBe(false);
    expect(wanted(`${least}\n          env: []\n          args: null\n`, filled)).toBe(false);
  });

  test.each([
    "env: [{ name: A, value: '1' }]",
    "resources: { limits: { cpu: '2' } }",
    'resources: { limits: { memory: 1Gi } }',
    'ports: [{ containerPort: 9090 }]',
    'livenessProbe: { httpGet: { path: / } }',
    'futureField: 1',
    "volumeMounts: [{ name: a, mountPath: '/a' }]",
  ])('%s is a difference', (line) => {
    expect(wanted(`${least}\n          ${line}\n`, filled)).toBe(true);
  });

  test.each([
    'timeoutSeconds: 60',
    'containerConcurrency: 1',
    'serviceAccountName: web@demo.iam.gserviceaccount.com',
    'volumes: [{ name: a, emptyDir: {} }]',
    'futureSpec: false',
  ])('%s of the revision is a difference', (line) => {
    expect(wanted(`${least}\n      ${line}\n`, filled)).toBe(true);
  });

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['a default that is not the one in force', { 'spec.template.spec.timeoutSeconds': 60 }],
    [
      'a setting in force that the file leaves out',
      { 'spec.template.spec.volumes': [{ name: 'v' }] },
    ],
    [
      'a variable in force that the file leaves out',
      { 'spec.template.spec.containers': [{ image: 'x', env: [{ name: 'A', value: '1' }] }] },
    ],
    [
      'an annotation in force that the file leaves out',
      { 'spec.template.metadata.annotations': { 'run.googleapis.com/sessionAffinity': 'true' } },
    ],
    [
      'a label in force that the file leaves out',
      { 'spec.template.metadata.labels': { stage: 'live' } },
    ],
  ])('%s is a difference', (_, changes) => {
    const from = Object.entries(changes).reduce<JsonObject>((one, [path, value]) => {
      const [first = '', ...rest] = path.split('.');
      return withAt(one, [first, ...rest], parseJson(JSON.stringify(value)));
    }, filled);
    expect(wanted(least, from)).toBe(true);
  });

  test('a label or annotation of the service is one as well, and so is a label of origin it names', () => {
    expect(wanted(withMetadata('{ name: web, labels: { a: b } }'), filled)).toBe(true);
    expect(wanted(withMetadata('{ name: web, annotations: { a.b/c: d } }'), filled)).toBe(true);
    const named = least.replace(
      '    spec:',
      '    metadata: { labels: { commit-sha: def } }\n    spec:',
    );
    expect(wanted(named, filled)).toBe(true);
    expect(wanted(named.replace('def', 'abc'), filled)).toBe(false);
  });

  test('the tag of a second container may stand for another image by now', () => {
    expect(wanted(exported(full), full)).toBe(true);
    const fixed = exported(full).replace('side:1', `side@sha256:${'b'.repeat(64)}`);
    const from = object(
      parseJson(stringifyJson(full).replace('side:1', `side@sha256:${'b'.repeat(64)}`)),
    );
    expect(wanted(fixed, from)).toBe(false);
  });
});

describe('a service with everything that v1 has, and more, deployed and restored', () => {
  const full = fullService();
  const template = at(full, 'spec', 'template')!;
  const copy = stringifyJson({ ...full, spec: { template } });
  const other = copy.replace('"timeoutSeconds":300', '"timeoutSeconds":60');

  test.each<[string, TemplateChange, readonly string[]]>([
    ['by image', plan({ ...ALONE }).change, ['spec containers 1 image']],
    [
      'by settings',
      plan({ ...ALONE, image: '', env_vars: 'A=2' }).change,
      ['spec containers 1 env 0 value'],
    ],
    ['by its own copy', changeOf(copy), []],
    ['by a copy that differs', changeOf(other), ['spec timeoutSeconds']],
  ])('%s, differs in what was asked for, in name, note, record and plan', (_, change, changed) => {
    const started = bodyFor(full, RECORD, aPlan({ change }));
    const restored = bodyFor(started, { ...RECORD, phase: 'rolled-back' }, null);
    expect(Object.keys(differences(full, restored)).sort()).toEqual(
      [
        'metadata annotations cloud-run-canary.dev/plan',
        'metadata annotations cloud-run-canary.dev/rollout',
        'spec template metadata annotations cloud-run-canary.dev/birth',
        'spec template metadata name',
        'spec traffic 0 latestRevision',
        'spec traffic 0 revisionName',
        ...changed.map((path) => `spec template ${path}`),
      ].sort(),
    );
  });
});

test('a refusal that quotes what was sent shows no value of it', () => {
  const hide = hidesValues(
    changeService(
      service(),
      changeOf(
        `${withMetadata('{ name: web }')}
          env: [{ name: A, value: "hunter2" }, { name: B, valueFrom: { secretKeyRef: { name: s, key: '1' } } }]
          command: [/app]
          args: [--token=hunter3]
          livenessProbe: { httpGet: { path: /ok, httpHeaders: [{ name: X, value: hunter5 }] } }
          readinessProbe: { exec: { command: [/check, hunter6] } }
        - image: side
          env: [{ name: C, value: "hunter4" }]
      volumes:
        - name: data
          csi: { driver: gcsfuse.run.googleapis.com, volumeAttributes: { bucketName: hunter7, mountOptions: 'implicit-dirs,only-dir=hunter8' } }
`,
      ),
    ),
  );
  expect(hide('A=hunter2 /app --token=hunter3 C=hunter4 X: hunter5 B=s:1')).toBe(
    'A=*** *** *** C=*** X: *** B=s:1',
  );
  expect(hide('"hunter3" is no token, /check hunter6 failed')).toBe(
    '"***" is no token, *** *** failed',
  );
  expect(hide('gcsfuse: bucket hunter7, implicit-dirs,only-dir=hunter8; no only-dir=hunter8')).toBe(
    'gcsfuse: bucket ***, ***; no ***',
  );
});
