/**
 * The KEY=VALUE lists of deploy-cloudrun (README of google-github-actions/deploy-cloudrun, env_vars):
 * pairs separated by commas or new lines; a backslash takes the next character as it is; white space
 * around a key or a value means nothing. Faults count pairs and quote nothing: a value with a comma
 * that was not escaped ends up where a key is expected.
 */
import { refused, taken } from './parsed.ts';
import type { Parsed } from './parsed.ts';
import type { Pair } from '../template-types.ts';

export type Pairs = {
  /** `{}`: everything that is there is to go. */
  readonly clears: boolean;
  readonly values: readonly Pair[];
  /** Names whose value stands in quotes. As in deploy-cloudrun, these are part of the value. */
  readonly quoted: readonly string[];
};

type Grammar = {
  /** What a key must look like. */
  readonly name: RegExp;
  /** What to write for a key, as a sentence. */
  readonly nameAdvice: string;
};

/** Cloud Run takes far less (32 KiB for a variable). */
const LONGEST = 128 * 1024;

export function parsePairs(text: string, grammar: Grammar): Parsed<Pairs> {
  const trimmed = text.trim();
  if (trimmed === '{}') return taken({ clears: true, values: [], quoted: [] });
  if (trimmed.length > LONGEST) return refused(null, 'is too long', 'Write at most 128 KiB.');
  const parts = partsOf(trimmed);
  if (parts === null) {
    return refused(null, 'ends in a lone backslash', 'Write two for a backslash.');
  }
  const values = new Map<string, string>();
  for (const [index, part] of parts.entries()) {
    const fault = faultOf(part, index + 1, grammar);
    if (fault !== null) return fault;
    values.set(part.name, part.value ?? '');
  }
  if (values.size === 0) {
    return refused(null, 'holds no pair', 'Write `KEY=VALUE`, or `{}` to remove what is there.');
  }
  const pairs = Array.from(values, ([name, value]) => ({ name, value }));
  const quoted = pairs.filter(({ value }) => /^(["'])[^]*\1$/.test(value) && value.length > 1);
  return taken({ clears: false, values: pairs, quoted: quoted.map(({ name }) => name) });
}

function faultOf(part: Part, place: number, grammar: Grammar): Parsed<never> | null {
  if (part.value === null) {
    return refused(
      null,
      `has no \`=\` in pair ${place}`,
      'Write `KEY=VALUE`, `KEY=` for an empty value, and `\\,` for a comma inside a value.',
    );
  }
  if (grammar.name.test(part.name)) return null;
  const advice = `${grammar.nameAdvice} A comma inside a value is written \`\\,\`.`;
  return refused(null, `has a key that cannot be one in pair ${place}`, advice);
}

/** `value` null: there was no `=`. */
type Part = { readonly name: string; readonly value: string | null };

/** Its examples have such lines between the pairs. */
const COMMENT = /[^\S\n\r\u2028\u2029]*#[^\n\r\u2028\u2029]*/y;
/**
 * A key and what is behind its `=`. A value in quotes may hold separators, if a separator or the end
 * is what follows it; any other quote is a character like the rest.
 */
const PART =
  /((?:\\[^]|[^\\=,\n\r\u2028\u2029])*)(?:=([^\S\n\r\u2028\u2029]*(?:"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*')[^\S\n\r\u2028\u2029]*(?=[,\n\r\u2028\u2029]|$)|(?:\\[^]|[^\\,\n\r\u2028\u2029])*))?/y;

/** null: a backslash with nothing behind it. */
function partsOf(text: string): readonly Part[] | null {
  const parts: Part[] = [];
  for (let at = 0; at <= text.length; at += 1) {
    const isLineStart = at === 0 || text[at - 1] !== ',';
    const comment = isLineStart ? matchAt(COMMENT, text, at) : null;
    const match = comment ?? matchAt(PART, text, at);
    at += match?.[0].length ?? 0;
    if (text[at] === '\\') return null;
    if (comment !== null) continue;
    const name = plain(match?.[1] ?? '');
    const value = match?.[2] === undefined ? null : plain(match[2]);
    if (name !== '' || value !== null) parts.push({ name, value });
  }
  return parts;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function plain(text: string): string {
  return text.replaceAll(/\\([^])/g, '$1').trim();
}
