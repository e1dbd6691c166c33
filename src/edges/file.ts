/** A file that somebody else has named: read as a whole, never waited for, and never more than is allowed. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

export type FileFault = 'unreadable' | 'no-file' | 'too-large' | 'no-text';

export type FileRead =
  | { readonly text: string }
  /** Node's own word, such as ENOENT, where it has one. */
  | { readonly fault: FileFault; readonly code: string };

type Limits = {
  readonly mostBytes: number;
  /** Where it has been looked up before: what is a link by now is refused. */
  readonly isResolved?: boolean;
};

export async function readFileOf(path: string, limits: Limits): Promise<FileRead> {
  const links = limits.isResolved === true ? constants.O_NOFOLLOW : 0;
  try {
    // A pipe that nobody writes to would be waited for.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | links);
    try {
      return await readText(file, limits.mostBytes);
    } finally {
      await file.close();
    }
  } catch (error) {
    return { fault: 'unreadable', code: codeOf(error) };
  }
}

async function readText(file: FileHandle, mostBytes: number): Promise<FileRead> {
  const facts = await file.stat();
  if (!facts.isFile()) return { fault: 'no-file', code: '' };
  // Its size may be another one by now, and some files have none.
  const buffer = Buffer.alloc(mostBytes + 1);
  let length = 0;
  for (let read = -1; read !== 0 && length < buffer.length; length += read) {
    ({ bytesRead: read } = await file.read(buffer, length, buffer.length - length));
  }
  if (length > mostBytes) return { fault: 'too-large', code: '' };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length)) };
  } catch {
    return { fault: 'no-text', code: '' };
  }
}

function codeOf(error: unknown): string {
  const code: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : null;
  return typeof code === 'string' ? code : 'unknown error';
}
