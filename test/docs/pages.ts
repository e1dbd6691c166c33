/** The documents and workflows of this tree, read once. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');
const NOT_OURS = /^(?:node_modules|dist|build|coverage|\.git|\.demo)(?:\/|$)/;

/** All Markdown. */
export const pages = readdirSync(ROOT, { withFileTypes: true })
  .flatMap((entry) => (entry.isDirectory() ? pathsBelow(entry.name) : [entry.name]))
  .filter((path) => path.endsWith('.md'))
  .map((path) => ({ path, text: read(path) }));

export function pathsBelow(folder: string): readonly string[] {
  if (NOT_OURS.test(folder)) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
    join(folder, name),
  );
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
