import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

test('tests run on the Node that the runner gives the action', () => {
  expect(process.version).toMatch(/^v24\./);
  expect(read('.node-version').trim()).toBe(process.version.slice(1));
});

test('the bundle is CommonJS: the Google clients do not survive as ES modules', () => {
  const manifest = JSON.parse(read('package.json')) as { type?: string };
  expect(manifest.type).toBeUndefined();
});

test('every dependency is pinned to one version', () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  const ranges = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
    Object.entries(manifest[kind] ?? {}).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)),
  );
  expect(ranges).toEqual([]);
});

test('post is told from main by its file, and is nothing but main', () => {
  expect(read('dist/post.js')).toBe("'use strict';\nrequire('./index.js');\n");
});

test('the lock holds no address of a registry', () => {
  const resolved = [...read('package-lock.json').matchAll(/"resolved": "([^"]+)"/g)].map(
    ([, url = '']) => new URL(url).host,
  );
  expect(new Set(resolved)).toEqual(new Set(resolved.length === 0 ? [] : ['registry.npmjs.org']));
});
