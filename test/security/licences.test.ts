/** Whose work the bundle holds, and on what terms (security.md, 7.9 and 7.10). */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundleTexts } from './bundle-words.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

type Locked = { readonly version: string; readonly license?: string; readonly integrity?: string };
const lock = (JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> })
  .packages;

/** Terms that ask for the text to be handed on, and no more. */
const ALLOWED = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD'];
/** Published without a file; the licence is named in their manifest. */
const WITHOUT_TEXT = ['@google-cloud/run', 'agent-base', 'data-uri-to-buffer', 'https-proxy-agent'];

const entries = read('dist/licenses.txt')
  .split(/^(?=## \S+ \d\S*: )/m)
  .map((entry) => {
    const [head = '', ...text] = entry.split('\n');
    const [, name = '', version = '', licence = ''] = /^## (\S+) (\S+): (.+)$/.exec(head) ?? [];
    return { name, version, licence, text: text.join('\n').trim() };
  });
const names = new Set(entries.map(({ name }) => name));

test('every package in the bundle is in the licences file', () => {
  const manifest = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  expect([...names]).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies)));
  // What was joined with others says in the bundle where it is from.
  const told = bundleTexts().flatMap((text) =>
    [...text.matchAll(/node_modules\/((?:@[\w.-]+\/)?[\w.-]+)\//g)].map(([, name = '']) => name),
  );
  expect(new Set(told).size).toBeGreaterThan(20);
  expect([...new Set(told)].filter((name) => !names.has(name))).toEqual([]);
  expect(entries.length).toBeGreaterThan(100);
});

test('every licence in it is one that we may hand on, and is the one in the lock', () => {
  for (const { name, version, licence } of entries) {
    expect(ALLOWED).toContain(licence);
    const locked = Object.entries(lock).filter(
      ([path, one]) => path.endsWith(`node_modules/${name}`) && one.version === version,
    );
    expect(locked.map(([, one]) => one.license)).toContain(licence);
  }
});

test('every package is there with the text of its licence, where it has one', () => {
  const short = entries.filter(({ text }) => text.length < 200).map(({ name }) => name);
  expect(short).toEqual(WITHOUT_TEXT);
});

test('every package of the lock has a digest, and one has a script, which is not run', () => {
  const packages = Object.entries(lock).filter(([path]) => path !== '');
  expect(packages.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true)).toEqual(
    [],
  );
  const scripts = packages.filter(([, one]) => 'hasInstallScript' in one).map(([path]) => path);
  expect(scripts).toEqual(['node_modules/protobufjs']);
  expect(read('.npmrc').split('\n')).toContain('ignore-scripts=true');
});

test('the bill of materials is what the licences file says', () => {
  const text = execFileSync('bash', ['.ci/sbom'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { bomFormat, components } = JSON.parse(text.toString()) as {
    bomFormat: string;
    components: readonly { name: string; version: string; hashes: readonly unknown[] }[];
  };
  expect(bomFormat).toBe('CycloneDX');
  const told = components.map(({ name, version }) => `${name} ${version}`);
  const listed = entries.map(({ name, version }) => `${name} ${version}`);
  expect(new Set(told)).toEqual(new Set(listed));
});
