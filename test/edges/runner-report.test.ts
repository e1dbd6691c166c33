import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepFile, readReport } from '../../src/edges/runner-report.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'report-file-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the file of a report', () => {
  test('is written where no other step has one', async () => {
    const [first, second] = [await keepFile(folder, '{"a":1}'), await keepFile(folder, '{"b":2}')];
    expect(first).not.toBe(second);
    expect([first, second].map((path) => readFileSync(path, 'utf8'))).toEqual([
      '{"a":1}',
      '{"b":2}',
    ]);
    expect(first).toMatch(/\/cloud-run-canary-\w{6}\/report\.json$/);
    expect(await readReport(first)).toEqual({ text: '{"a":1}' });
  });

  test('is not written without a place for it', async () => {
    await expect(keepFile('', 'x')).rejects.toThrow('RUNNER_TEMP is not set');
    await expect(keepFile(join(folder, 'nowhere'), 'x')).rejects.toThrow('ENOENT');
  });
});

describe('what cannot be read', () => {
  test('is named: a file that is not there, a directory', async () => {
    expect(await readReport(join(folder, 'none'))).toEqual({ wrong: 'cannot be read (ENOENT)' });
    expect(await readReport(folder)).toEqual({ wrong: 'is not a file' });
  });

  test('is not waited for: a pipe that nobody writes to', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(existsSync(pipe)).toBe(true);
    expect(await readReport(pipe)).toEqual({ wrong: 'is not a file' });
  });

  test('is not read at all if it is larger than any report', async () => {
    const large = join(folder, 'large');
    writeFileSync(large, '');
    truncateSync(large, 40 * 1024 * 1024 + 1);
    expect(await readReport(large)).toEqual({ wrong: 'is larger than 41943040 bytes' });
  });
});
