/** Several containers, and variables that change their source. */
import { expect, test } from 'vitest';
import { changeService } from '../../src/edges/cloud-run/template.ts';
import { at } from '../../src/edges/json.ts';
import type { JsonObject } from '../../src/edges/json.ts';
import { plan } from '../unit/given-inputs.ts';
import type { Given } from '../unit/given-inputs.ts';
import { service } from './service-fixture.ts';

const withContainers = (...containers: readonly object[]) =>
  service({ 'spec.template.spec.containers': containers });

function containersAfter(given: Given, from: JsonObject) {
  const { change } = plan(given);
  const changed = changeService(from, { ...change, image: null });
  return at(changed, 'spec', 'template', 'spec', 'containers');
}

test.each([
  ['--port=default', [{ containerPort: 8080 }]],
  ['--port=default --no-use-http2', [{ containerPort: 8080 }]],
  ['--port=default --use-http2', [{ name: 'h2c', containerPort: 8080 }]],
])('%s: among several containers the port still says which one is served', (flags, ports) => {
  const probe = (port: number) => ({ tcpSocket: { port } });
  const app = { image: 'app', ports: [{ containerPort: 9090 }], startupProbe: probe(9090) };
  const from = withContainers({ image: 'side' }, app);
  expect(containersAfter({ flags }, from)).toStrictEqual([
    { image: 'side' },
    { image: 'app', ports, startupProbe: probe(8080) },
  ]);
});

const SECRET = { name: 'A', valueFrom: { secretKeyRef: { name: 's', key: '1' } } };
const OTHER = { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: '2' } } };

test.each<[Given, readonly object[]]>([
  [{ env_vars: 'A=1', secrets: '{}' }, [{ name: 'A', value: '1' }]],
  [
    { env_vars: 'A=1', secrets: 'B=s:2', secrets_update_strategy: 'overwrite' },
    [OTHER, { name: 'A', value: '1' }],
  ],
])('%j: a secret that goes makes room for a variable of its name', (given, env) => {
  const from = withContainers({ image: 'app', env: [SECRET, OTHER] });
  expect(containersAfter(given, from)).toStrictEqual([{ image: 'app', env }]);
});

test.each<[Given, readonly object[]]>([
  [{ secrets: 'A=s:1', env_vars: '{}' }, [SECRET]],
  [
    { secrets: 'A=s:1', env_vars: 'C=3', env_vars_update_strategy: 'overwrite' },
    [{ name: 'C', value: '3' }, SECRET],
  ],
])('%j: and a variable that goes, for a secret', (given, env) => {
  const from = withContainers({ image: 'app', env: [{ name: 'A', value: 'x' }] });
  expect(containersAfter(given, from)).toStrictEqual([{ image: 'app', env }]);
});

test('without that, one name keeps its one source', () => {
  const from = withContainers({ image: 'app', env: [SECRET] });
  for (const given of [{ env_vars: 'A=1' }, { env_vars: 'A=1', secrets: 'B=s:2' }])
    expect(() => containersAfter(given, from)).toThrow(
      expect.objectContaining({ findings: [expect.objectContaining({ value: 'A' })] }),
    );
});
