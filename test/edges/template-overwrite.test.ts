/** `overwrite` takes away what is not named, and changes the rest where it stands. */
import { describe, expect, test } from 'vitest';
import { changeService } from '../../src/edges/cloud-run/template.ts';
import { at, stringifyJson } from '../../src/edges/json.ts';
import type { JsonObject } from '../../src/edges/json.ts';
import { plan } from '../unit/given-inputs.ts';
import type { Given } from '../unit/given-inputs.ts';
import { service } from './service-fixture.ts';

const API = { key: '1', path: 'one', mode: 256 };
const ENV = [
  { name: 'A', value: '1', future: true },
  { name: 'S', valueFrom: { secretKeyRef: { name: 's', key: '1', optional: false } } },
  { name: 'B', value: '2' },
  { name: 'T', valueFrom: { secretKeyRef: { name: 't', key: '1' } } },
];
const MOUNTS = [
  { name: 'api', mountPath: '/etc/api', readOnly: true },
  { name: 'disk', mountPath: '/disk' },
  { name: 'tls', mountPath: '/etc/tls' },
];
const VOLUMES = [
  { name: 'api', secret: { secretName: 'api', defaultMode: 292, items: [API] } },
  { name: 'disk', emptyDir: {} },
  { name: 'tls', secret: { secretName: 'tls', items: [{ key: '1', path: 'key' }] } },
];
const from = service({
  'spec.template.spec.containers': [{ image: 'app', env: ENV, volumeMounts: MOUNTS }],
  'spec.template.spec.volumes': VOLUMES,
});

const OVERWRITE = { env_vars_update_strategy: 'overwrite', secrets_update_strategy: 'overwrite' };

function overwritten(given: Given, before: JsonObject = from): JsonObject {
  const { change } = plan({ skip_default_labels: 'true', ...OVERWRITE, ...given });
  return changeService(before, { ...change, image: null });
}

const specOf = (changed: JsonObject) => at(changed, 'spec', 'template', 'spec');

describe('naming everything that is there is no change at all', () => {
  test.each<Given>([
    { env_vars: 'A=1,B=2' },
    { env_vars: 'B=2,A=1' },
    { secrets: 'S=s:1,T=t:1,/etc/api/one=api:1,/etc/tls/key=tls:1' },
    { secrets: '/etc/tls/key=tls:1,/etc/api/one=api:1,T=t:1,S=s:1' },
  ])('%j', (given) => {
    expect(stringifyJson(overwritten(given))).toBe(stringifyJson(from));
  });
});

test('a variable that is named keeps its place and its unknown fields', () => {
  expect(specOf(overwritten({ env_vars: 'C=3,A=9' }))).toMatchObject({
    containers: [{ env: [{ ...ENV[0], value: '9' }, ENV[1], ENV[3], { name: 'C', value: '3' }] }],
  });
});

test('a secret that is named keeps its place and its unknown fields', () => {
  const secretKeyRef = { name: 's', key: '2', optional: false };
  expect(specOf(overwritten({ secrets: 'S=s:2' }))).toStrictEqual({
    ...Object(specOf(from)),
    containers: [
      {
        image: 'app',
        env: [ENV[0], { name: 'S', valueFrom: { secretKeyRef } }, ENV[2]],
        volumeMounts: [MOUNTS[1]],
      },
    ],
    volumes: [VOLUMES[1]],
  });
});

test('a directory that is named keeps its volume, and only the files that are named', () => {
  const secrets = '/etc/api/two=api:2,/etc/api/one=api:3';
  expect(specOf(overwritten({ secrets }))).toMatchObject({
    containers: [{ env: [ENV[0], ENV[2]], volumeMounts: [MOUNTS[0], MOUNTS[1]] }],
    volumes: [
      {
        name: 'api',
        secret: {
          secretName: 'api',
          defaultMode: 292,
          items: [
            { ...API, key: '3' },
            { key: '2', path: 'two' },
          ],
        },
      },
      VOLUMES[1],
    ],
  });
});

test('another secret may take a directory over, also one that showed a secret as a whole', () => {
  const whole = service({
    'spec.template.spec.containers': [{ image: 'app', volumeMounts: [MOUNTS[0]] }],
    'spec.template.spec.volumes': [{ name: 'api', secret: { secretName: 'api' } }],
  });
  const items = [{ key: '1', path: 'two' }];
  expect(specOf(overwritten({ secrets: '/etc/api/two=new:1' }, whole))).toMatchObject({
    volumes: [{ name: 'api', secret: { secretName: 'new', items } }],
  });
  expect(specOf(overwritten({ secrets: '/etc/api/two=new:1' }))).toMatchObject({
    volumes: [{ name: 'api', secret: { secretName: 'new', defaultMode: 292, items } }, VOLUMES[1]],
  });
});

test('a volume that another container mounts is left alone', () => {
  const shared = service({
    'spec.template.spec.containers': [
      { image: 'app', ports: [{ containerPort: 80 }], volumeMounts: [MOUNTS[0]] },
      { image: 'side', volumeMounts: [MOUNTS[0]] },
    ],
    'spec.template.spec.volumes': [VOLUMES[0]],
  });
  expect(specOf(overwritten({ secrets: '/etc/api/two=api:2' }, shared))).toMatchObject({
    containers: [
      { volumeMounts: [{ ...MOUNTS[0], name: 'secret-c693b87b' }] },
      { volumeMounts: [MOUNTS[0]] },
    ],
    volumes: [VOLUMES[0], { secret: { items: [{ key: '2', path: 'two' }] } }],
  });
});
