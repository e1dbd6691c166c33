/** The file that `metadata` names: where it may lie, how it is read, what a canary can take of it. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readServiceFile } from '../../src/edges/cloud-run/service-file.ts';
import { readWorkspaceFile } from '../../src/edges/service-file.ts';
import { parseServiceText } from '../../src/edges/service-yaml.ts';
import { stringifyJson } from '../../src/edges/json.ts';
import type { Parsed } from '../../src/core/inputs/parsed.ts';

/** Everything that is wrong, in words; [] when nothing is. */
function wrongOf(parsed: Parsed<unknown>): readonly string[] {
  return parsed.ok ? [] : parsed.faults.map(({ wrong }) => wrong);
}

describe('a file of the workspace', () => {
  let home: string;
  let workspace: string;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'workspace-'));
    workspace = join(home, 'repository');
    await mkdir(join(workspace, 'deploy'), { recursive: true });
    await mkdir(join(home, 'repository-of-others'));
    await writeFile(join(workspace, 'deploy/service.yaml'), 'kind: Service\n');
    await writeFile(join(workspace, '..yaml'), 'dots');
    await writeFile(join(home, 'outside.yaml'), 'hidden');
    await writeFile(join(home, 'repository-of-others/service.yaml'), 'hidden');
    await writeFile(join(workspace, 'large.yaml'), 'x'.repeat(256 * 1024 + 1));
    await writeFile(join(workspace, 'largest.yaml'), 'x'.repeat(256 * 1024));
    await writeFile(join(workspace, 'latin.yaml'), Buffer.from([0x66, 0xfc, 0x72]));
    await symlink('deploy/service.yaml', join(workspace, 'link.yaml'));
    await symlink(join(home, 'outside.yaml'), join(workspace, 'out.yaml'));
    await symlink(home, join(workspace, 'up'));
    await symlink('loop.yaml', join(workspace, 'loop.yaml'));
    await symlink('/dev/zero', join(workspace, 'endless'));
    execFileSync('mkfifo', [join(workspace, 'pipe')]);
  });
  afterAll(() => rm(home, { recursive: true }));

  const read = (path: string) => readWorkspaceFile(path, workspace);

  test.each(['deploy/service.yaml', './deploy/../deploy/service.yaml', 'link.yaml'])(
    '%s is read',
    async (path) => {
      expect(await read(path)).toEqual({ ok: true, value: 'kind: Service\n' });
    },
  );

  test('by its whole path, too, and up to 256 KiB', async () => {
    expect(await read(join(workspace, 'link.yaml'))).toMatchObject({ ok: true });
    expect(await read('..yaml')).toEqual({ ok: true, value: 'dots' });
    expect(await read('largest.yaml')).toMatchObject({ ok: true });
  });

  test.each([
    ['../outside.yaml', 'outside of the workspace'],
    ['deploy/../../outside.yaml', 'outside of the workspace'],
    ['../repository-of-others/service.yaml', 'outside of the workspace'],
    ['/etc/hostname', 'outside of the workspace'],
    ['out.yaml', 'outside of the workspace'],
    ['up/outside.yaml', 'outside of the workspace'],
    ['up', 'outside of the workspace'],
    ['endless', 'outside of the workspace'],
    ['..', 'outside of the workspace'],
    ['nowhere.yaml', 'does not exist'],
    ['deploy/service.yaml/x', 'does not exist'],
    ['loop.yaml', 'does not exist'],
    ['x'.repeat(5000), 'does not exist'],
    ['.', 'is not a file'],
    ['deploy', 'is not a file'],
    ['pipe', 'is not a file'],
    ['large.yaml', 'more than 256 KiB'],
    ['latin.yaml', 'not UTF-8'],
    ['apiVersion: v1\nkind: Service', 'is not the path'],
    ['a\0b', 'is not the path'],
  ])('%j is refused without a word of it', async (path, wrong) => {
    const parsed = await read(path);
    expect(wrongOf(parsed)).toEqual([expect.stringContaining(wrong)]);
    expect(JSON.stringify(parsed)).not.toMatch(/hidden|outside\.yaml/);
  });

  test('without a workspace nothing is read', async () => {
    const parsed = await readWorkspaceFile('/etc/hostname', '');
    expect(wrongOf(parsed)).toEqual([expect.stringContaining('no workspace')]);
  });
});

describe('YAML and JSON, as gcloud reads them', () => {
  const read = (text: string) => {
    const parsed = parseServiceText(text);
    return parsed.ok ? stringifyJson(parsed.value) : wrongOf(parsed);
  };

  test.each([
    ['a: 1', '{"a":1}'],
    ['{"a": 1.0, "b": [12345678901234567890]}', '{"a":1.0,"b":[12345678901234567890]}'],
    ['a: 1.0\nb: [12345678901234567890, 1e3, -0]', '{"a":1.0,"b":[12345678901234567890,1e3,-0]}'],
    ['mode: 0400', '{"mode":256}'],
    ['a: yes\nb: off\nc: True\nd: ~\ne:', '{"a":true,"b":false,"c":true,"d":null,"e":null}'],
    ['a: "1"\nb: \'yes\'\nc: 1.0.0\nd: 1Gi', '{"a":"1","b":"yes","c":"1.0.0","d":"1Gi"}'],
    ['a: |\n  one\n  two\nb: >-\n  one\n  two', '{"a":"one\\ntwo\\n","b":"one two"}'],
    ['a: &x {b: [1]}\nc: *x', '{"a":{"b":[1]},"c":{"b":[1]}}'],
    ['# only a comment\n---\na: 1\n---\n', '{"a":1}'],
    ['\uFEFFa: 1', '{"a":1}'],
    ['a: 1\r\nb: 2\r\n', '{"a":1,"b":2}'],
    ['{a: 1, "b": x}', '{"a":1,"b":"x"}'],
  ])('%j', (text, json) => {
    expect(read(text)).toBe(json);
  });

  /** Each alias stands for ten of the one before. */
  const LAUGHS = Array.from({ length: 9 }, (_, index) =>
    index === 0 ? 'a0: &a0 x' : `a${index}: &a${index} [${`*a${index - 1},`.repeat(10)}]`,
  ).join('\n');

  test.each([
    ['', 'empty file'],
    ['# nothing', 'empty file'],
    ['---\n---\n', 'empty file'],
    ['a: 1\n---\nb: 2', 'several documents'],
    ['a: hidden\n  b: [', 'not YAML, at line 1'],
    ['a:\n\thidden: 1', 'not YAML, at line 2'],
    ['a: 1\nb: 2\na: hidden', 'a key twice, at line 3'],
    ['{"a": 1, "a": "hidden"}', 'holds the same key twice'],
    ['{"__proto__": {"x": "hidden"}}', '__proto__'],
    ['b: 1\n__proto__: {x: hidden}', 'a key that no service has, at line 2'],
    ['constructor: {prototype: hidden}', 'a key that no service has'],
    ['a: !!js/function "hidden"', 'a tag, at line 1'],
    ['a: !hidden 1', 'a tag'],
    ['a: !!str 1', 'a tag'],
    ['a: !!binary aGlkZGVu', 'a tag'],
    ['a: !!set {b, c}', 'a tag'],
    ['a: 2026-01-01', 'a date or the like'],
    ['a: .inf', 'several ways'],
    ['a: .nan', 'several ways'],
    ['a: 08', 'several ways'],
    ['a: 12:30', 'several ways'],
    ['a: 1_000', 'several ways'],
    ['a: +5', 'several ways'],
    ['a: 0x1F', 'several ways'],
    ['yes: 1', 'a key that is not a text'],
    ['1: 1', 'a key that is not a text'],
    ['? [a]\n: 1', 'a key that is not a text'],
    ['a: &x {b: 1}\nc: {<<: *x}', 'merges another part'],
    ['a: *hidden', 'alias without its anchor'],
    ['a: &a [*a]', 'nested deeper than 50'],
    [LAUGHS, 'too large'],
    [`a: ${'['.repeat(60)}${']'.repeat(60)}`, 'nested deeper than 50'],
    [`${'['.repeat(200)}${']'.repeat(200)}`, 'nested deeper than 100'],
    ['%YAML 9.9\n--- !<hidden> x', 'a tag'],
  ])('%j is refused by its line, never by its text', (text, wrong) => {
    const parsed = parseServiceText(text);
    expect(wrongOf(parsed)).toEqual([expect.stringContaining(wrong)]);
    expect(JSON.stringify(parsed)).not.toContain('hidden');
  });

  test('brackets that nobody can follow are an answer, too', () => {
    expect(wrongOf(parseServiceText('['.repeat(20_000)))).toEqual([
      expect.stringContaining('not YAML'),
    ]);
  });

  test('a key that comes again after thousands is noticed', () => {
    const many = Array.from({ length: 5_000 }, (_, index) => `k${index}: 1`).join('\n');
    expect(wrongOf(parseServiceText(`${many}\nk0: 2`))).toEqual([
      expect.stringContaining('a key twice, at line 5001'),
    ]);
  });
});

const LEAST = {
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { template: { spec: { containers: [{ image: 'registry.example/web:v2' }] } } },
};

describe('a service file', () => {
  const container = { image: 'registry.example/web:v2' };
  const within = (given: object) => ({
    ...LEAST,
    spec: { template: { spec: { containers: [{ ...container, ...given }] } } },
  });

  test('is taken with what has to be known of it at once', () => {
    const template = {
      metadata: { name: 'web-v2', labels: { stage: 'live' } },
      spec: { containers: [{ image: 'side' }, { ...container, ports: [{ containerPort: 1 }] }] },
    };
    const metadata = { name: 'web', namespace: 123_456_789_012, labels: { team: 'shop' } };
    const file = { ...LEAST, metadata, spec: { template }, status: { url: 'x' } };
    expect(readServiceFile(file)).toEqual({
      ok: true,
      value: {
        service: 'web',
        namespace: '123456789012',
        location: null,
        revision: 'web-v2',
        image: container.image,
        labels: ['team', 'stage'],
        json: JSON.stringify(file),
      },
    });
    expect(readServiceFile(LEAST)).toMatchObject({
      value: { namespace: null, location: null, revision: null, labels: [] },
    });
  });

  test.each<[string, object, string]>([
    ['a job', { ...LEAST, kind: 'Job', spec: {} }, 'of a Job'],
    ['another kind', { ...LEAST, kind: 'Deployment' }, 'not the file of a Cloud Run service'],
    ['another version', { ...LEAST, apiVersion: 'serving.knative.dev/v1beta1' }, 'not the file'],
    ['of v2', { name: 'projects/p/…', template: {} }, 'not the file of a Cloud Run service'],
    ['no name', { ...LEAST, metadata: {} }, 'nothing at metadata.name'],
    ['no metadata', { ...LEAST, metadata: null }, 'nothing at metadata.name'],
    ['no template', { ...LEAST, spec: {} }, 'nothing at spec.template'],
    [
      'no container',
      { ...LEAST, spec: { template: { spec: {} } } },
      'spec.template.spec.containers',
    ],
    ['no image', within({ image: '' }), 'nothing at spec.template.spec.containers[0].image'],
    [
      'traffic',
      { ...LEAST, spec: { ...LEAST.spec, traffic: [{ percent: 100, latestRevision: true }] } },
      '`traffic:` stanza',
    ],
    ['traffic of another form', { ...LEAST, spec: { ...LEAST.spec, traffic: {} } }, '`traffic:`'],
    ['a field too high up', { ...LEAST, template: { hidden: 1 } }, 'no service has, `template`'],
    ['a field beside', { ...LEAST, spec: { ...LEAST.spec, containers: [] } }, 'spec.`containers`'],
    ['an odd field', { ...LEAST, 'pass word!': 'hidden' }, 'no service has, an odd key'],
    ['a number for a variable', within({ env: [{ name: 'A', value: 1 }] }), 'env[0].value'],
    ['a switch for a variable', within({ env: [{ name: 'A', value: true }] }), 'env[0].value'],
    ['a variable without name', within({ env: [{ value: 'hidden' }] }), 'env[0].name'],
    ['variables as a map', within({ env: { A: 'hidden' } }), 'than a list at'],
    ['a number as an argument', within({ args: ['--port', 80] }), 'text at spec.template.spec'],
    ['a number as a limit', within({ resources: { limits: { cpu: 1 } } }), 'limits for `cpu`'],
    ['a text as arguments', within({ args: '--hidden' }), 'text at spec.template.spec'],
    [
      'a label that is no text',
      { ...LEAST, metadata: { name: 'web', labels: { version: 1 } } },
      'text at metadata.labels for `version`',
    ],
    [
      'an annotation that is no text',
      {
        ...LEAST,
        spec: {
          template: {
            ...LEAST.spec.template,
            metadata: { annotations: { 'autoscaling.knative.dev/maxScale': 5 } },
          },
        },
      },
      'for `autoscaling.knative.dev/maxScale`',
    ],
    ['a list as labels', { ...LEAST, metadata: { name: 'web', labels: ['hidden'] } }, 'keys with'],
    [
      'a namespace of another form',
      { ...LEAST, metadata: { name: 'web', namespace: ['hidden'] } },
      'text at metadata.namespace',
    ],
    [
      'a name of a revision that is no text',
      { ...LEAST, spec: { template: { ...LEAST.spec.template, metadata: { name: 2 } } } },
      'text at spec.template.metadata.name',
    ],
  ])('%s is refused by its place', (_, file, wrong) => {
    const parsed = readServiceFile(JSON.parse(JSON.stringify(file)));
    expect(wrongOf(parsed)).toEqual([expect.stringContaining(wrong)]);
    expect(JSON.stringify(parsed)).not.toContain('hidden');
  });

  test.each([null, 'text', 7, [], [LEAST]])('%j is no service', (value) => {
    expect(wrongOf(readServiceFile(value))).toEqual([expect.stringContaining('not the file of')]);
  });

  test('everything is said at once', () => {
    const file = {
      ...within({ image: '', env: [{ name: 'A', value: 1 }] }),
      metadata: { labels: { a: 1 } },
      extra: 1,
    };
    expect(wrongOf(readServiceFile(file))).toHaveLength(5);
  });

  test('nothing where nothing is needed is no flaw', () => {
    const empty = { ...within({ env: null, args: null }), metadata: { name: 'web', labels: null } };
    const spec = { template: empty.spec.template, traffic: [] };
    expect(readServiceFile({ ...empty, spec })).toMatchObject({ ok: true });
  });
});
