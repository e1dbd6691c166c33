/** The list of what the bundle may mention, with the reasons. `npm run bundle:words` renews it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Words } from './bundle-words.ts';

export type Group = {
  readonly kind: keyof Words;
  /** Whose it is, and whether it is used. */
  readonly why: string;
  readonly words: readonly string[];
};

export const LIST = join(import.meta.dirname, 'bundle.json');
/** What nobody has looked at yet. */
export const UNSORTED = 'new';

export function readList(): readonly Group[] {
  return JSON.parse(readFileSync(LIST, 'utf8')) as readonly Group[];
}
