/** Text made harmless for the runner's log, and cut to what the runner takes. */

/** Everything a terminal or a reader would not show as it is; tab and newline stay. */
const UNSEEN = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * The runner obeys a line that begins with "::", after white space too, and "##[" anywhere
 * (actions/runner, ActionCommand.cs). A carriage return ends a line for it.
 */
export function harmless(text: string): string {
  return text
    .replace(UNSEEN, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`)
    .replace(/^(\s*):(?=:)/gm, '$1: ')
    .replaceAll('##[', '## [');
}

export function oneLine(text: string): string {
  return harmless(text).replace(/\s*\n\s*/g, ' ');
}

/** The runner cuts the message of an annotation at 4,096 characters (`_maxIssueMessageLength`). */
const LONGEST_ANNOTATION = 4_000;

export function cutAnnotation(text: string): string {
  if (text.length <= LONGEST_ANNOTATION) return text;
  return `${text.slice(0, LONGEST_ANNOTATION)}…`;
}

const CUT_NOTE = '\n\nThe rest was too long to be shown.\n';

/** Cut at a line, so that it fits into `maxBytes`; an open code fence is closed. */
export function cutMarkdown(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  const lines: string[] = [];
  let room = maxBytes - Buffer.byteLength(CUT_NOTE);
  let fence = '';
  for (const line of text.split('\n')) {
    const after = fenceAfter(line, fence);
    const size = Buffer.byteLength(line) + 1;
    if (size + after.length + 1 > room) break;
    room -= size;
    fence = after;
    lines.push(line);
  }
  return `${[...lines, ...(fence === '' ? [] : [fence])].join('\n')}${CUT_NOTE}`;
}

/** The fence that is open behind this line; "" for none (CommonMark, fenced code blocks). */
function fenceAfter(line: string, open: string): string {
  const [, mark = '', rest = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
  if (open === '') return mark;
  return mark.startsWith(open) && rest.trim() === '' ? '' : open;
}
