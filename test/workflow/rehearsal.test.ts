import { expect, test } from 'vitest';
import { parseWorkflow } from './file.ts';
import { rehearsalOf } from './rehearsal.ts';
import { readExample } from './stage.ts';

const own = (from: string, to: string) => {
  const text = (name: string): string => name.replace(from, to);
  return rehearsalOf(readExample('first-canary', text));
};

test('the service, region, project and shares are those of the workflow, its lengths are not', () => {
  expect(own('region: us-central1', 'region: europe-west1')).toEqual({
    project: 'my-project',
    region: 'europe-west1',
    service: 'web',
    stages: '5% for 6s, 20% for 6s, 50% for 6s',
  });
});

test.each([
  ['5% for 10m, 50% for 10m until promoted', '5% for 6s, 50% for 6s until promoted'],
  ['5% for 5m..15m, 100%', '5% for 6s'],
  ['auto', '20% for 6s, 50% for 6s'],
])('%s is played as %s', (stages, played) => {
  expect(own('5% for 10m, 20% for 10m, 50% for 10m', stages).stages).toBe(played);
});

test('what cannot be played is said in a sentence', () => {
  const file = '.github/workflows/ci.yml';
  const ci = parseWorkflow(
    file,
    'name: CI\non: push\npermissions: {}\njobs: { a: { runs-on: ubuntu-24.04, steps: [{ run: "true" }] } }\n',
  );
  expect(() => rehearsalOf(ci)).toThrow('has no step with cloud-run-canary');
  expect(() => own('service: web', 'service: ${{ github.ref_name }}')).toThrow('names no service');
  expect(() => own('          project_id: my-project\n', '')).toThrow('no project_id');
});
