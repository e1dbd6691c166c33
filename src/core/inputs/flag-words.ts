/**
 * The text of `flags` → flags with their values, as a shell without variables would split it
 * (README of google-github-actions/deploy-cloudrun, flags). Faults name flags, never values.
 */
import { refused, taken } from './parsed.ts';
import type { Parsed } from './parsed.ts';

export type Flag = {
  /** With its dashes, without a value: `--cpu`. */
  readonly name: string;
  /** null: nothing is behind it. */
  readonly value: string | null;
};

const LONGEST = 64 * 1024;
/** Quotes inside of a word stay what they are; a backslash in front of one keeps it from ending. */
const WORD = /(?:[^\s"']|"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*')+/y;
const NAME = /^(?:--[a-z][a-z0-9-]{0,40}|-[a-z])$/;

/** `takesValue`: whether the next word belongs to a flag that is given without `=`. */
export function parseFlagWords(
  text: string,
  takesValue: (name: string) => boolean,
): Parsed<readonly Flag[]> {
  if (text.length > LONGEST) return refused(null, 'is too long', 'Write at most 64 KiB.');
  const words = wordsOf(text);
  if (words === null) {
    return refused(null, 'has a quote that is not closed', 'Close it, or remove it.');
  }
  const flags: Flag[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    // Only the outermost quotes are taken off: inside of them others belong to the value.
    const whole = unquoted(word);
    const equals = whole.indexOf('=');
    const name = equals === -1 ? whole : whole.slice(0, equals);
    if (!NAME.test(name)) return strayWord(flags.at(-1));
    if (equals !== -1) {
      const value = whole.slice(equals + 1);
      flags.push({ name, value: whole === word ? unquoted(value) : value });
      continue;
    }
    const following = words[at + 1];
    const next = following === undefined ? null : unquoted(following);
    const isNext = takesValue(name) && next !== null && !next.startsWith('--');
    flags.push({ name, value: isNext ? next : null });
    at += isNext ? 1 : 0;
  }
  return taken(flags);
}

function strayWord(before: Flag | undefined): Parsed<never> {
  const where = before === undefined ? 'at its beginning' : `behind \`${before.name}\``;
  return refused(
    null,
    `has a word that is no flag ${where}`,
    'Write flags such as `--cpu=2`, and put a value with spaces into quotes: `"--args=a b"`.',
  );
}

/** With their quotes. null: one is not closed. */
function wordsOf(text: string): readonly string[] | null {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    at += text.slice(at).search(/\S|$/);
    if (at === text.length) return words;
    WORD.lastIndex = at;
    const word = WORD.exec(text)?.[0] ?? '';
    at += word.length;
    if (word === '' || /["']/.test(text[at] ?? '')) return null;
    words.push(word);
  }
}

function unquoted(word: string): string {
  let [from, to] = [0, word.length];
  while (to - from > 1 && /["']/.test(word[from] ?? '') && word[from] === word[to - 1]) {
    from += 1;
    to -= 1;
  }
  return word.slice(from, to);
}
