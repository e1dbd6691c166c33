/** A file of the workspace, as the input `metadata` names it. What it holds is never part of an answer. */
import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { refused, taken } from '../core/inputs/parsed.ts';
import type { Parsed } from '../core/inputs/parsed.ts';
import { readFileOf } from './file.ts';
import type { FileFault } from './file.ts';

/** Ten times the largest service that anybody writes by hand; what is sent is limited as well. */
const MOST_BYTES = 256 * 1024;
const PATH =
  'Write the path of a file from the top of the workspace, such as `deploy/service.yaml`.';

/** `workspace`: where the job has checked the repository out; "" when that is not known. */
export async function readWorkspaceFile(path: string, workspace: string): Promise<Parsed<string>> {
  if (workspace === '') {
    return refused(null, 'names a file, and the job has no workspace', 'Set GITHUB_WORKSPACE.');
  }
  const place = await findFile(path, workspace);
  if (!place.ok) return place;
  const read = await readFileOf(place.value, { mostBytes: MOST_BYTES, isResolved: true });
  return 'text' in read ? taken(read.text) : refused(null, ...FAULTS[read.fault]);
}

const FAULTS: Readonly<Record<FileFault, readonly [wrong: string, advice: string]>> = {
  unreadable: ['names a file that cannot be read', PATH],
  'no-file': ['names something that is not a file', PATH],
  'too-large': ['names a file of more than 256 KiB', 'A service file is much smaller.'],
  'no-text': ['names a file that is not UTF-8', 'Save it as UTF-8.'],
};

/** Links are followed first, so that none leads outside. */
async function findFile(path: string, workspace: string): Promise<Parsed<string>> {
  if (/[\n\r\0]/.test(path)) return refused(null, 'is not the path of a file', PATH);
  let found: string;
  let root: string;
  try {
    root = await realpath(workspace);
    found = await realpath(resolve(root, path));
  } catch {
    return refused(
      null,
      'names a file that does not exist',
      `${PATH} Does a step before this one check the repository out, or write the file?`,
    );
  }
  const inside = relative(root, found);
  const isOutside = inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
  if (!isOutside) return taken(found);
  return refused(null, 'names a file outside of the workspace', PATH);
}
