/** The credential file as it lies there: read as a whole, or named, and never waited for. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCredentialFile } from '../../src/edges/google-credential-file.ts';
import { keyFile } from './credential-files.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'credential-file-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('is read with its project, up to 64 KiB', async () => {
  const path = join(folder, 'key.json');
  const text = JSON.stringify(keyFile()).padEnd(64 * 1024);
  writeFileSync(path, text);
  expect(await readCredentialFile(path)).toEqual({ ok: true, text, project: 'demo' });
});

test('that holds something else is for the next check, and names no project', async () => {
  const path = join(folder, 'text');
  writeFileSync(path, 'no JSON');
  expect(await readCredentialFile(path)).toEqual({ ok: true, text: 'no JSON', project: null });
});

describe('what cannot be read is named', () => {
  const made = (name: string, make: (path: string) => void) => () => {
    const path = join(folder, name);
    make(path);
    return path;
  };
  const sized = (bytes: number) => (path: string) => {
    writeFileSync(path, '');
    truncateSync(path, bytes);
  };

  test.each([
    ['a file that is not there', () => join(folder, 'none'), 'cannot be read'],
    ['a directory', () => folder, 'is not a file'],
    [
      'a pipe that nobody writes to',
      made('pipe', (p) => execFileSync('mkfifo', [p])),
      'is not a file',
    ],
    ['a device that never ends', () => '/dev/zero', 'is not a file'],
    ['a byte too many', made('large', sized(64 * 1024 + 1)), 'is larger than 64 KiB'],
    ['more than fits into memory', made('huge', sized(2 ** 40)), 'is larger than 64 KiB'],
    [
      'bytes that are no text',
      made('latin', (p) => writeFileSync(p, Buffer.of(0xfc))),
      'is not UTF-8',
    ],
  ])('%s', async (_, place, wrong) => {
    const value = place();
    expect(await readCredentialFile(value)).toMatchObject({
      ok: false,
      findings: [{ subject: 'credentials', value, wrong }],
    });
  });
});
