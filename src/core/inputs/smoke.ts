/** What is asked of the canary's own address before any user is sent there. */
import { refused, taken } from './parsed.ts';
import type { Parsed } from './parsed.ts';
import type { Statuses } from '../smoke-line.ts';

const PATH_CHARACTERS = /^(?:[A-Za-z0-9\-._~!$&()*+,;=:@/]|%[0-9A-Fa-f]{2})*$/;
const QUERY_CHARACTERS = /^(?:[A-Za-z0-9\-._~!$&()*+,;=:@/?]|%[0-9A-Fa-f]{2})*$/;
const HIDDEN_CONTROL = /%(?:[01][0-9a-f]|7f)/i;
const MOST_PATH = 1024;

/**
 * The path is put behind a host that Cloud Run named. It must not be able to change that host, and
 * no URL parser on the way may read it as another path. Narrower than RFC 3986 on purpose.
 */
export function parsePath(text: string): Parsed<string> {
  const example = 'Write a path on the service such as `/healthz`, or `off` for no smoke test.';
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) {
    return refused(text, 'is a whole URL', `The host is the canary's own. ${example}`);
  }
  if (!text.startsWith('/')) return refused(text, 'does not start with a slash', example);
  if (text.startsWith('//') || text.includes('\\')) {
    return refused(text, 'could name another host', example);
  }
  if (text.includes('#')) {
    return refused(text, 'has a fragment', 'Leave out `#` and what follows: it is never sent.');
  }
  if (text.length > MOST_PATH) {
    return refused(text, 'is too long', `Write at most ${MOST_PATH} characters.`);
  }
  return trickIn(text) ?? taken(text);
}

function trickIn(text: string): Parsed<never> | null {
  const [path = '', ...rest] = text.split('?');
  if (!PATH_CHARACTERS.test(path) || !QUERY_CHARACTERS.test(rest.join('?'))) {
    return unwritable(text);
  }
  if (HIDDEN_CONTROL.test(text)) {
    return refused(text, 'hides a control character', 'Write a path without `%00` to `%1f`.');
  }
  if (/%(?:2f|5c)/i.test(path)) {
    return refused(text, 'hides a slash', 'Write `/` itself; `%2f` and `%5c` are read both ways.');
  }
  const segments = path.split('/').map((segment) => segment.replaceAll(/%2e/gi, '.'));
  if (segments.includes('.') || segments.includes('..')) {
    return refused(text, 'has a dot segment', 'Write the path it leads to, without `.` and `..`.');
  }
  return null;
}

export function unwritable(text: string): Parsed<never> {
  return refused(
    text,
    'holds a character that a URL cannot hold as it is',
    'Write it percent-encoded, such as `%20` for a space. Behind a path stand only status codes.',
  );
}

const MOST_STATUSES = 50;

export function parseStatuses(text: string, most = MOST_STATUSES): Parsed<Statuses> {
  const advice =
    'Write status codes from 100 to 599 and ranges, separated by commas: `200-299, 404`.';
  const entries = text.split(',').map((entry) => entry.trim());
  if (entries.length > most) {
    return refused(text, 'is too long a list', `Use ranges. ${advice}`);
  }
  const statuses: { from: number; to: number }[] = [];
  for (const entry of entries) {
    const match = /^([1-5][0-9]{2})(?: ?- ?([1-5][0-9]{2}))?$/.exec(entry);
    if (match === null) return refused(text, 'is not a list of status codes', advice);
    const from = Number(match[1]);
    const to = Number(match[2] ?? match[1]);
    if (from > to) return refused(text, 'has a range that falls', 'Write the smaller code first.');
    statuses.push({ from, to });
  }
  return taken(statuses);
}

/** Names that mean something on every object, also where headers are kept in a plain one. */
const NOT_KEYS = ['__proto__', 'constructor', 'prototype'];

/** RFC 9110 §5.1: a token. Lower case, because header names do not care and lookups do. */
export function parseHeaderName(text: string): Parsed<string> {
  const name = text.toLowerCase();
  const isToken = /^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/.test(name);
  if (isToken && !NOT_KEYS.includes(name)) return taken(name);
  return refused(
    text,
    'is not a header name',
    'Write the name alone, such as `x-revision`: no colon, no value, at most 100 characters.',
  );
}

const MOST_BODY_TEXT = 200;

/** Compared to the letter; the runner has cut the spaces around it off. */
export function parseBodyText(text: string): Parsed<string> {
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(text)) {
    return refused(text, 'holds a character that cannot be seen', 'Write a text of one line.');
  }
  if (text.length <= MOST_BODY_TEXT) return taken(text);
  const advice = `Write at most ${MOST_BODY_TEXT} characters that only a good answer has.`;
  return refused(text, 'is too long', advice);
}

export function parseAudience(text: string): Parsed<string> {
  if (/^[\x21-\x7e]{1,256}$/.test(text)) return taken(text);
  return refused(
    text,
    'is not an audience',
    'Write the URL of the service or one of its custom audiences: no spaces, at most 256 characters.',
  );
}
