/**
 * Foreign text made harmless: branch names, error messages, revision names and whatever else was
 * not written by us. It shows as it is and can make no link, image, tag, mention or new line.
 */
import { isConfidential } from '../loopback.ts';

/** Control, format (direction, zero width), separator characters and lone surrogates. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const CODE_BYTES = 200;
const SENTENCE_BYTES = 2000;
const CUT = '…';

/** Invisible characters as escapes one can see; one line. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    return NAMED[character] ?? (hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`);
  });
}

/** A code span. The fence is longer than any run of back-ticks inside, so nothing closes it. */
export function code(text: string, maxBytes = CODE_BYTES): string {
  const shown = cutBytes(visible(cutBytes(text, maxBytes)), maxBytes);
  if (shown === '') return '(empty)';
  const fence = '`'.repeat(longestRun(shown) + 1);
  const needsRoom = shown.startsWith('`') || shown.endsWith('`') || /^ .* $/.test(shown);
  return needsRoom ? `${fence} ${shown} ${fence}` : `${fence}${shown}${fence}`;
}

/** A block of lines, each of which stays one. Its fence is longer than any run of back-ticks inside. */
export function block(lines: readonly string[], language: string): readonly string[] {
  const shown = lines.map(visible);
  const fence = '`'.repeat(Math.max(3, longestRun(shown.join('\n')) + 1));
  return [`${fence}${language}`, ...shown, fence];
}

/** Prose. Plain words stay words; whatever could mean something to Markdown or GitHub becomes code. */
export function plain(text: string, maxBytes = SENTENCE_BYTES): string {
  const words = cutBytes(text, maxBytes)
    .split(/\s+/)
    .filter((word) => word !== '');
  return words.map((word, index) => plainWord(word, index === 0)).join(' ');
}

/** Prose in a table. */
export function cell(text: string, maxBytes = SENTENCE_BYTES): string {
  return escapePipes(plain(text, maxBytes));
}

/** A name in a table. */
export function codeCell(text: string): string {
  return escapePipes(code(text));
}

/** Only to addresses we built ourselves; anything else stays a label without a link. */
export function link(label: string, url: string): string {
  return isOurUrl(url) ? `[${plain(label)}](<${url}>)` : plain(label);
}

/**
 * Whole lines, at most so many bytes; what was open is closed again. Limits of GitHub count bytes,
 * and a line cut in the middle of a code span would set free what is inside.
 */
export function cutToBytes(text: string, max: number): string {
  if (byteLength(text) <= max) return text;
  const kept: string[] = [];
  let used = 0;
  let open: Open = { fence: '', details: 0 };
  for (const line of text.split('\n')) {
    const next = openAfter(open, line);
    used += byteLength(line) + 1;
    if (used + byteLength(endingOf(next)) > max) break;
    kept.push(line);
    open = next;
  }
  const ending = endingOf(open);
  return byteLength(ending) > max ? '' : [...kept, ending].join('\n');
}

export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** At most so many bytes, cut between characters; the cut shows. */
export function cutBytes(text: string, max: number): string {
  // Nearly always; a unit is at most three bytes.
  if (text.length * 3 <= max) return text;
  const encoder = new TextEncoder();
  if (encoder.encodeInto(text, new Uint8Array(max)).read === text.length) return text;
  const room = new Uint8Array(Math.max(0, max - byteLength(CUT)));
  return `${text.slice(0, encoder.encodeInto(text, room).read)}${CUT}`;
}

/**
 * Letters, digits and the punctuation of sentences. Not in it: what opens markup, `@` and `#`
 * (mentions stay alive behind a backslash), and `:` inside a word (addresses, emoji names).
 */
const WORD = /^(?:[+−±≤≥]?[\p{L}\p{N}]+(?:[.,%'’_/·–-][\p{L}\p{N}]+)*%?|[:%·–—=≤≥+−-])$/u;
const TIME = /^(?:\d{4}-\d\d-\d\dT)?\d\d:\d\d(?::\d\dZ?)?$/;
/** GitHub links these by itself: addresses without a scheme, commits, issues. */
const LINKED_BY_ITSELF = /www\.|(?<![a-z\d])gh-\d|\b[0-9a-f]{7,}\b/i;

function plainWord(word: string, isFirst: boolean): string {
  const [, before = '', core = '', after = ''] =
    /^([("']*)(.*?)([.,;:!?)"'…]*)$/su.exec(word) ?? [];
  if (core === '') return isFirst ? code(word) : isHarmless(word) ? word : code(word);
  const isListMark = isFirst && /^(?:\d+[.)]|[-+*=])$/.test(word);
  const isWord = (WORD.test(core) || TIME.test(core)) && !LINKED_BY_ITSELF.test(core + after);
  // Our own sentences have names as code in them already.
  const named = /^`([^`]+)`$/.exec(core)?.[1] ?? core;
  return isWord && !isListMark ? word : `${before}${code(named)}${after}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}

function isHarmless(word: string): boolean {
  return /^[("'.,;:!?)…]{1,3}$/.test(word);
}

/** A pipe ends a cell even inside a code span, unless an odd number of backslashes stands before it. */
function escapePipes(markdown: string): string {
  return markdown.replace(/(\\*)\|/g, (_, slashes: string) => `${slashes}${slashes}\\|`);
}

function isOurUrl(url: string): boolean {
  const [, scheme = '', hostname = ''] =
    /^(https?):\/\/([a-z0-9.-]+|\[::1\])(?::\d{1,5})?(?:[/?#][\w.~!$&'*+,;=:@%/?#-]*)?$/i.exec(
      url,
    ) ?? [];
  return isConfidential({ protocol: `${scheme}:`, hostname });
}

/** What a reader would have to close: the fence's own marks, and how many details. */
type Open = { readonly fence: string; readonly details: number };

function openAfter({ fence, details }: Open, line: string): Open {
  const mark = /^(`{3,}|~{3,})/.exec(line)?.[1] ?? '';
  if (fence !== '') {
    const closes = mark.startsWith(fence) && line.trim() === mark;
    return { fence: closes ? '' : fence, details };
  }
  // Back-ticks further on make it a code span, not a fence.
  if (mark !== '' && !line.slice(mark.length).includes('`')) return { fence: mark, details };
  if (line.startsWith('<details>')) return { fence, details: details + 1 };
  return { fence, details: details - (line.startsWith('</details>') ? 1 : 0) };
}

function endingOf({ fence, details }: Open): string {
  return [
    ...(fence === '' ? [] : [fence]),
    ...Array.from({ length: Math.max(0, details) }, () => '\n</details>'),
    '\nThe rest is left out: the report is too long to show.',
  ].join('\n');
}
