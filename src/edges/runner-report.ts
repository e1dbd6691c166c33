/** The file of the report: written by a step, kept by a later one, read by `replay`. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readFileOf } from './file.ts';
import type { FileFault } from './file.ts';

/** A little more than is ever written. */
const LARGEST = 40 * 1024 * 1024;

/** In a directory of its own, so that no other step, and no earlier one, has a part in it. */
export async function keepFile(parent: string, text: string): Promise<string> {
  if (parent === '') throw new Error('RUNNER_TEMP is not set');
  const path = join(await mkdtemp(join(parent, 'cloud-run-canary-')), 'report.json');
  await writeFile(path, text, { flag: 'wx' });
  return path;
}

/** What a report's file holds, or why it cannot be read, as the end of a sentence. */
export type ReportRead = { readonly text: string } | { readonly wrong: string };

export async function readReport(path: string): Promise<ReportRead> {
  const read = await readFileOf(path, { mostBytes: LARGEST });
  return 'text' in read ? read : { wrong: wrongWith(read.fault, read.code) };
}

function wrongWith(fault: FileFault, code: string): string {
  switch (fault) {
    case 'no-file':
      return 'is not a file';
    case 'too-large':
      return `is larger than ${LARGEST} bytes`;
    case 'no-text':
      return 'is not UTF-8';
    case 'unreadable':
      return `cannot be read (${code})`;
  }
}
