/** Every kind of difference in our words; values only where they are no secret. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConfigChange } from '../../src/core/forecast/forecast-types.ts';
import { changeService, differs } from '../../src/edges/cloud-run/template.ts';
import { templateChanges } from '../../src/edges/cloud-run/template-diff.ts';
import { at, parseJson, withAt } from '../../src/edges/json.ts';
import type { JsonObject } from '../../src/edges/json.ts';
import { aChange } from '../unit/build.ts';
import { parse } from '../unit/given-inputs.ts';
import type { Given } from '../unit/given-inputs.ts';
import { fullService } from './full-service.ts';
import { SERVICE_TEXT, object } from './service-fixture.ts';

const raw = object(parseJson(SERVICE_TEXT));
const templateOf = (service: JsonObject): JsonObject => object(at(service, 'spec', 'template')!);

function changesFor(given: Given, from: JsonObject = raw): readonly ConfigChange[] {
  const parsed = parse({ service: 'web', skip_default_labels: 'true', ...given });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  const changed = changeService(from, parsed.request.plan!.change);
  return templateChanges(templateOf(from), templateOf(changed), '');
}

const field = (name: string, how: ConfigChange['how'], from: string | null, to: string | null) => ({
  what: 'field',
  name,
  how,
  from,
  to,
});

describe('what changes is told', () => {
  test.each<[Given, object]>([
    [
      { image: 'registry.example/web:v2' },
      { what: 'image', name: '', how: 'changed', to: 'registry.example/web:v2' },
    ],
    [{ env_vars: 'A=s3cret' }, { what: 'env', name: 'A', how: 'added', from: null, to: null }],
    [
      { env_vars: 'PRECISE=s3cret' },
      { what: 'env', name: 'PRECISE', how: 'changed', from: null, to: null },
    ],
    [{ env_vars: '{}' }, { what: 'env', name: 'PRECISE', how: 'removed', from: null, to: null }],
    [
      { secrets: 'KEY=token:3' },
      { what: 'secret', name: 'KEY', how: 'added', from: null, to: 'token:3' },
    ],
    [
      { secrets: '/run/key=token:3' },
      { what: 'secret', name: '/run/key', how: 'added', from: null, to: 'token:3' },
    ],
    [
      { secrets: 'KEY=projects/99/secrets/token:latest' },
      { what: 'secret', name: 'KEY', how: 'added', to: 'projects/99/secrets/token:latest' },
    ],
    [
      { flags: '--cpu=2' },
      { what: 'resource', name: 'cpu', how: 'changed', from: '1000m', to: '2' },
    ],
    [
      { flags: '--service-account=other@demo.iam.gserviceaccount.com' },
      {
        what: 'service account',
        name: '',
        how: 'changed',
        from: 'web@demo.iam.gserviceaccount.com',
        to: 'other@demo.iam.gserviceaccount.com',
      },
    ],
    [
      { flags: '--max-instances=5' },
      {
        what: 'annotation',
        name: 'autoscaling.knative.dev/maxScale',
        how: 'changed',
        from: '100',
        to: '5',
      },
    ],
    [{ timeout: '60' }, field('timeoutSeconds', 'changed', '300', '60')],
    [{ flags: '--concurrency=1' }, field('containerConcurrency', 'changed', '80', '1')],
    [{ flags: '--port=9090' }, field('ports.0.containerPort', 'changed', '8080', '9090')],
    [{ flags: '--args=--password,s3cret' }, field('args.1', 'added', null, null)],
    [{ labels: 'team=shop' }, { what: 'label', name: 'team', how: 'added', from: null, to: null }],
  ])('%o', (given, change) => {
    const changes = changesFor(given);
    expect(changes).toContainEqual(expect.objectContaining(change));
    expect(JSON.stringify(changes)).not.toContain('s3cret');
  });

  test('of a rich service only what is asked for differs', () => {
    const full = fullService();
    expect(changesFor({ env_vars: 'NEW_ONE=1' }, full)).toEqual([
      expect.objectContaining({ what: 'env', how: 'added', from: null, to: null }),
    ]);
    expect(templateChanges(templateOf(full), templateOf(full), '')).toEqual([]);
  });

  test('what Cloud Run notes on a revision by itself is nobody’s change', () => {
    const template = templateOf(raw);
    const noted = {
      ...template,
      metadata: {
        labels: { 'serving.knative.dev/service': 'web', 'cloud.googleapis.com/location': 'x' },
        annotations: {
          'autoscaling.knative.dev/maxScale': '100',
          'serving.knative.dev/creator': 'somebody@example.com',
          'run.googleapis.com/operation-id': '7',
        },
      },
    };
    expect(templateChanges(noted, template, '')).toEqual([]);
  });

  test('containers are told apart by their names', () => {
    const sidecar = (version: string) => ({
      spec: {
        containers: [
          { name: 'app', image: 'app:1', ports: [{ containerPort: 8080 }] },
          { name: 'log', image: `log:${version}`, env: [{ name: 'A', value: version }] },
        ],
      },
    });
    expect(templateChanges(sidecar('1'), sidecar('2'), '')).toEqual([
      { what: 'image', name: 'log', how: 'changed', from: 'log:1', to: 'log:2' },
      { what: 'env', name: 'log: A', how: 'changed', from: null, to: null },
    ]);
    const alone = { spec: { containers: [{ name: 'app', image: 'app:1' }] } };
    expect(templateChanges(alone, sidecar('1'), '')).toContainEqual(
      expect.objectContaining({ what: 'image', name: 'log', how: 'added' }),
    );
  });

  test('no value of a variable, a command or an unknown field ever leaves', () => {
    const secret = fc.stringMatching(/^[a-z]{12,20}$/).map((text) => `zq${text}`);
    fc.assert(
      fc.property(secret, fc.stringMatching(/^[A-Za-z]{1,12}$/), (value, name) => {
        const before = templateOf(raw);
        const container = {
          image: 'a',
          env: [{ name: 'KEY', value }],
          command: [value],
          args: [value, value],
          [`x${name}`]: { [name]: value },
        };
        const metadata = {
          labels: { team: value },
          annotations: { [`example.com/${name}`]: value },
        };
        const after = { metadata, spec: { containers: [container], [`y${name}`]: [value] } };
        const changes = [templateChanges(before, after, ''), templateChanges(after, before, '')];
        expect(JSON.stringify(changes)).not.toContain(value);
      }),
    );
  });

  test('at most a hundred of them are told', () => {
    const many = Array.from({ length: 300 }, (_, i) => ({ name: `V${i}`, value: '' }));
    const after = { spec: { containers: [{ image: 'a', env: many }] } };
    expect(templateChanges({}, after, '')).toHaveLength(100);
  });
});

describe('a start is made for what the plan lists, and else only for labels of origin', () => {
  type Metadata = { readonly labels?: object; readonly annotations?: object };

  /** Of a file that has this metadata, where the template in force has that. */
  function against(before: Metadata, after: Metadata) {
    const withMetadata = (metadata: Metadata) =>
      object(parseJson(JSON.stringify({ ...templateOf(raw), metadata })));
    const from = withAt(raw, ['spec', 'template'], withMetadata(before));
    const json = JSON.stringify({ spec: { template: withMetadata(after) } });
    const change = aChange({ image: null, edits: [{ kind: 'service-file', json }] });
    const listed = templateChanges(templateOf(from), templateOf(changeService(from, change)), '');
    return { differs: differs(from, change), listed: listed.map(({ name }) => name) };
  }

  const NOTES = [
    'client.knative.dev/user-image',
    'client.knative.dev/sourcesFingerprint',
    'client.knative.dev/nonce',
    'serving.knative.dev/creator',
    'run.googleapis.com/client-name',
    'run.googleapis.com/operation-id',
    'run.googleapis.com/startupProbeType',
    'cloud.googleapis.com/location',
    'cloud-run-canary.dev/birth',
  ];
  const SETTINGS = [
    'autoscaling.knative.dev/maxScale',
    'run.googleapis.com/cpu-throttling',
    'run.googleapis.com/execution-environment',
    'run.googleapis.com/encryption-key',
    'example.com/team',
    'team',
  ];

  describe.each(['labels', 'annotations'] as const)('of its %s', (part) => {
    test.each(NOTES)('%s is only noted there', (key) => {
      expect(against({ [part]: { [key]: '1' } }, {})).toEqual({ differs: false, listed: [] });
    });

    test.each(SETTINGS)('%s says how it runs', (key) => {
      expect(against({ [part]: { [key]: '1' } }, {})).toEqual({ differs: true, listed: [key] });
    });
  });

  test('that a file names itself: they are its own to set', () => {
    const labels = (sha: string) => ({ labels: { 'commit-sha': sha } });
    expect(against(labels('1'), labels('2'))).toEqual({ differs: true, listed: [] });
    expect(against(labels('1'), {})).toEqual({ differs: false, listed: [] });
  });

  test('whatever was there and is asked for', () => {
    const some = fc.dictionary(fc.constantFrom(...NOTES, ...SETTINGS), fc.constantFrom('1', '2'));
    const metadata = fc.record({ labels: some, annotations: some });
    fc.assert(
      fc.property(metadata, metadata, (before, after) => {
        const found = against(before, after);
        expect(found.listed.length > 0).toBe(found.differs);
      }),
    );
  });
});

describe('what only is written otherwise is no change', () => {
  const container = (rest: object) => ({ image: 'app:v1', ...rest });
  const template = (spec: object, annotations = {}): JsonObject =>
    object(parseJson(JSON.stringify({ metadata: { annotations }, spec })));
  /** As Cloud Run shows what it has filled in. */
  const filled = template(
    {
      containerConcurrency: 80,
      timeoutSeconds: 300,
      serviceAccountName: '123-compute@developer.gserviceaccount.com',
      containers: [
        container({
          ports: [{ name: 'http1', containerPort: 8080 }],
          env: [{ name: 'A', value: 's3cret' }],
          resources: { limits: { cpu: '1000m', memory: '512Mi' } },
          startupProbe: {
            timeoutSeconds: 240,
            periodSeconds: 240,
            failureThreshold: 1,
            tcpSocket: { port: 8080 },
          },
        }),
      ],
    },
    { 'autoscaling.knative.dev/maxScale': '100' },
  );

  test('a file leaves out what Cloud Run fills in, and has its own order of keys', () => {
    const bare = template({ containers: [container({ env: [{ value: 's3cret', name: 'A' }] })] });
    expect(templateChanges(filled, bare, '123')).toEqual([]);
    expect(templateChanges(bare, filled, '123')).toEqual([]);
  });

  test('what is left out and was otherwise is shown as it stood there', () => {
    const limits = { limits: { cpu: '2', memory: '1Gi' } };
    const mesh = { 'run.googleapis.com/cloudsql-instances': 'p:r:one' };
    const before = template(
      { timeoutSeconds: 60, containers: [container({ resources: limits })] },
      mesh,
    );
    const bare = template({ containers: [container({})] });
    expect(templateChanges(before, bare, '123')).toMatchObject([
      { what: 'resource', name: 'cpu', how: 'removed', from: '2' },
      { what: 'resource', name: 'memory', how: 'removed', from: '1Gi' },
      { what: 'field', name: 'timeoutSeconds', how: 'removed', from: '60' },
      { what: 'annotation', how: 'removed', from: 'p:r:one' },
    ]);
  });
});
