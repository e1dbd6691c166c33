/** `metadata` among the other inputs: what it says instead of them, and what it must agree with. */
import { describe, expect, test } from 'vitest';
import { parseInputs } from '../../src/core/inputs/inputs.ts';
import type { Ambient, ParsedInputs } from '../../src/core/inputs/inputs.ts';
import { refused } from '../../src/core/inputs/parsed.ts';
import { readPlan, writePlan } from '../../src/core/rollout/plan.ts';
import type { ServiceFile } from '../../src/core/template-types.ts';
import { AMBIENT } from './given-inputs.ts';
import type { Given } from './given-inputs.ts';

const IMAGE = 'registry.example/web:v2';

function aFile(with_: Partial<ServiceFile> = {}): ServiceFile {
  const own = {
    service: 'web',
    namespace: null,
    location: null,
    revision: null,
    image: IMAGE,
    labels: [],
  };
  return { ...own, json: '{"kind":"Service"}', ...with_ };
}

function parse(
  given: Given,
  file: Partial<ServiceFile> = {},
  ambient: Partial<Ambient> = {},
): ParsedInputs {
  const raw = new Map(Object.entries({ metadata: 'service.yaml', ...given }));
  return parseInputs(raw, { ...AMBIENT, file: { ok: true, value: aFile(file) }, ...ambient });
}

function request(...given: Parameters<typeof parse>) {
  const parsed = parse(...given);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  return parsed.request;
}

function wrongOf(...given: Parameters<typeof parse>): readonly string[] {
  const parsed = parse(...given);
  if (parsed.ok) return [];
  expect(parsed.findings.map(({ subject, value }) => [subject, value])).toEqual(
    parsed.findings.map(({ subject }) => [subject, null]),
  );
  return parsed.findings.map(({ subject, wrong }) => `${subject} ${wrong}`);
}

describe('a service file', () => {
  test('is the whole change, and names the service', () => {
    expect(request({ skip_default_labels: 'true' })).toMatchObject({
      ref: { project: 'demo', region: 'us-central1', service: 'web' },
      suffix: null,
      plan: {
        change: {
          image: IMAGE,
          edits: [{ kind: 'service-file', json: '{"kind":"Service"}' }],
          originLabels: [],
        },
      },
    });
  });

  test.each<[Given, Partial<ServiceFile>]>([
    [{ service: 'web' }, {}],
    [{ service: 'projects/demo/locations/us-central1/services/web' }, { namespace: 'demo' }],
    [{ project_id: 'demo' }, { namespace: 'demo' }],
    [{}, { namespace: '123456789012' }],
    [{}, { location: 'us-central1' }],
    [{ region: 'europe-west1' }, { location: 'europe-west1' }],
    [{ command: 'deploy', tag: 'canary', no_traffic: 'true' }, {}],
    [{ env_vars_update_strategy: 'merge', secrets_update_strategy: 'merge' }, {}],
  ])('agrees with %j', (given, file) => {
    expect(wrongOf(given, file)).toEqual([]);
  });

  test('keeps the labels of origin, but for those it sets itself', () => {
    const { plan } = request({}, { labels: ['commit-sha'] }, { commit: 'abc' });
    expect(plan?.change.originLabels).toEqual([{ name: 'managed-by', value: 'github-actions' }]);
  });

  test('names the revision as suffix does', () => {
    expect(request({}, { revision: 'web-v2' }).suffix).toBe('v2');
    const wrong = 'metadata gives the revision a name (spec.template.metadata.name)';
    for (const revision of ['v2', 'web', 'web-', 'webv2', 'web-V2', `web-${'x'.repeat(60)}`, '']) {
      expect(wrongOf({}, { revision })).toEqual([expect.stringContaining(wrong)]);
    }
  });
});

describe('refused, without a value', () => {
  test.each<[Given, Partial<ServiceFile>, string]>([
    [{ service: 'shop' }, {}, 'is a file for the service web, and `service` is another'],
    [{}, { location: 'europe-west1' }, 'has a label cloud.googleapis.com/location of another'],
    [{}, { namespace: 'other' }, 'has a metadata.namespace that is not the project'],
    [{}, { service: 'hidden/x' }, 'has a metadata.name that is not the name of a service'],
    [
      {},
      { service: 'projects/p/locations/us-east1/services/web' },
      'has a metadata.name that is not the name of a service',
    ],
    [{}, { image: 'https://hidden/x' }, 'has an image that is a URL'],
    [{}, { image: 'hidden@sha256:1' }, 'has an image that has a broken digest'],
    [{ image: 'hidden' }, {}, 'is given, and so is `image`'],
    [{ suffix: 'v2' }, {}, 'is given, and so is `suffix`'],
  ])('%j %j', (given, file, wrong) => {
    expect(wrongOf(given, file)).toEqual([expect.stringContaining(`metadata ${wrong}`)]);
    expect(JSON.stringify(parse(given, file))).not.toContain('"hidden');
  });

  test('what it would be in the way of is named in one message', () => {
    const rivals = {
      image: 'registry.example/web:v3',
      env_vars: 'A=hidden',
      env_vars_update_strategy: 'overwrite',
      secrets: 'B=hidden:1',
      secrets_update_strategy: 'overwrite',
      labels: 'team=hidden',
      timeout: '5m',
      flags: '--cpu=2',
      suffix: 'v2',
    };
    const names = Object.keys(rivals)
      .map((name) => `\`${name}\``)
      .join(', ');
    expect(wrongOf(rivals)).toEqual([`metadata is given, and so are ${names}`]);
  });

  test('everything is said at once', () => {
    const given = { service: 'shop', image: 'x', stages: '5', tag: 'No!' };
    expect(wrongOf({ ...given, tag: 'canary', stages: '5% for 1m' }, { namespace: 'p' })).toEqual([
      expect.stringContaining('and so is `image`'),
      expect.stringContaining('a file for the service web'),
      expect.stringContaining('a metadata.namespace'),
    ]);
  });

  test('a file that could not be read is its only finding', () => {
    const file = refused(null, 'names a file that is not YAML, at line 3', 'Mend that line.');
    expect(wrongOf({}, {}, { file })).toEqual([
      'metadata names a file that is not YAML, at line 3',
    ]);
    const parsed = parseInputs(new Map([['metadata', 'service.yaml']]), AMBIENT);
    expect(parsed).toMatchObject({ ok: false, findings: [{ wrong: 'was not read' }] });
  });

  test('a command that starts nothing has no use for it, and still needs a service', () => {
    expect(wrongOf({ command: 'status' })).toEqual([
      'service is not given',
      expect.stringContaining('metadata is not used by the command status'),
    ]);
  });
});

describe('the frozen plan', () => {
  const made = request({}, { json: '{"kind":"Service","x":"hunter2-of-nobody"}' }).plan!;

  test('holds a checksum of the file, not the file', () => {
    expect(writePlan(made)).not.toContain('hunter2');
    expect(writePlan(made)).toMatch(/"change":\{"edits":"[0-9a-f]{8}","image":/);
    expect(readPlan(writePlan(made), made.hash)).toMatchObject({ change: { image: IMAGE } });
  });

  test('is another one for another file', () => {
    const other = request({}, { json: '{"kind":"Service","x":"hunter3-of-nobody"}' }).plan!;
    expect(other.hash).not.toBe(made.hash);
    expect(request({}, { json: '{"kind":"Service","x":"hunter2-of-nobody"}' }).plan!.hash).toBe(
      made.hash,
    );
  });
});
