/** first_deploy: what to do where there is nothing yet that a canary could be compared with. */
import type { InputReader } from './input-reader.ts';
import { parseWord } from './units.ts';

const FIRST = ['refuse', 'direct'] as const;

/** true: the first revision gets all traffic at once. */
export function readFirst(reader: InputReader): boolean {
  const isDirect = reader.read('first_deploy', (text) => parseWord(text, FIRST)) === 'direct';
  if (isDirect && reader.isGiven('revision')) {
    reader.refuse('first_deploy', {
      value: 'direct',
      wrong: 'is given together with revision',
      advice: 'Remove it: where a revision is brought there is nothing to deploy.',
    });
  }
  return isDirect;
}
