/** Writes the words of the built bundle into their list; new ones are for a person to sort in. */
import { readFileSync, writeFileSync } from 'node:fs';
import { bundleTexts, KINDS, wordsOf } from './bundle-words.ts';
import { LIST, readList, UNSORTED } from './bundle-list.ts';
import type { Group } from './bundle-list.ts';

const words = wordsOf(bundleTexts());
const before = readList();

const kept = before.flatMap((group) => {
  const left = group.words.filter((word) => words[group.kind].includes(word));
  return left.length === 0 ? [] : [{ ...group, words: left }];
});
const fresh = KINDS.flatMap((kind): readonly Group[] => {
  const known = new Set(before.filter((group) => group.kind === kind).flatMap((one) => one.words));
  const unsorted = words[kind].filter((word) => !known.has(word));
  return unsorted.length === 0 ? [] : [{ kind, why: UNSORTED, words: unsorted }];
});
const text = `${JSON.stringify([...kept, ...fresh], null, 2)}\n`;
const changed = text !== readFileSync(LIST, 'utf8');
writeFileSync(LIST, text);
console.log(changed ? 'The list has changed: sort in what is new.' : 'The list is as it was.');
for (const group of fresh) console.log(`${group.kind}:\n  ${group.words.join('\n  ')}`);
