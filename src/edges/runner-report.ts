/** The file of the report: written by a step, kept by a later one, read by `replay`. */
import { constants } from 'node:fs';
import { mkdtemp, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

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
export type FileRead = { readonly text: string } | { readonly wrong: string };

export async function readFileOf(path: string): Promise<FileRead> {
  try {
    // A pipe that nobody writes to would be waited for.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) return { wrong: 'is not a file' };
      if (stats.size > LARGEST) return { wrong: `is larger than ${LARGEST} bytes` };
      return { text: await file.readFile('utf8') };
    } finally {
      await file.close();
    }
  } catch (error) {
    return { wrong: `cannot be read (${codeOf(error)})` };
  }
}

/** Node's word for it, such as ENOENT. */
function codeOf(error: unknown): string {
  const code: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : null;
  return typeof code === 'string' ? code : 'unknown error';
}
