/** Names that a template has for secrets of other projects. */
import { expect, test } from 'vitest';
import { changeService } from '../../src/edges/cloud-run/template.ts';
import { at } from '../../src/edges/json.ts';
import type { JsonObject } from '../../src/edges/json.ts';
import { plan } from '../unit/given-inputs.ts';
import { service } from './service-fixture.ts';

const FAR = 'projects/42/secrets/far';
/** As gcloud leaves it: a name for each use. */
const TWO = { 'run.googleapis.com/secrets': `a:${FAR},b:${FAR}` };

const change = (secrets: string, from: JsonObject) =>
  at(changeService(from, plan({ secrets }).change), 'spec', 'template');

test('of two names for one secret the one that stands there stays', () => {
  const variable = (name: string, key: string) => ({
    name: 'FAR',
    valueFrom: { secretKeyRef: { name, key } },
  });
  const volume = (...items: readonly object[]) => ({
    name: 'v',
    secret: { secretName: 'b', items },
  });
  const [one, two] = [
    { key: '1', path: 'one' },
    { key: '1', path: 'two' },
  ];
  const from = service({
    'spec.template.metadata.annotations': TWO,
    'spec.template.spec.containers': [
      {
        image: 'app',
        env: [variable('b', '1'), { ...variable('a', '1'), name: 'ALSO' }],
        volumeMounts: [{ name: 'v', mountPath: '/etc/far' }],
      },
    ],
    'spec.template.spec.volumes': [volume(one, two)],
  });
  expect(change(`FAR=${FAR}:2,/etc/far/one=${FAR}:3`, from)).toMatchObject({
    metadata: { annotations: TWO },
    spec: {
      containers: [{ env: [variable('b', '2'), { name: 'ALSO' }] }],
      volumes: [volume({ ...one, key: '3' }, two)],
    },
  });
});

test.each(['KEY=a:1', '/etc/far/one=a:1'])(
  '%s: a secret of this project that is called like such a name is refused, not mistaken',
  (secrets) => {
    const from = service({ 'spec.template.metadata.annotations': TWO });
    const [target] = secrets.split('=');
    expect(() => change(secrets, from)).toThrow(
      expect.objectContaining({
        code: 'bad-input',
        findings: [expect.objectContaining({ subject: 'secrets', value: target })],
      }),
    );
  },
);
