/**
 * The values of gcloud's flags (`gcloud run deploy --help`, `gcloud topic escaping`). A fault says what
 * to write and never what was written: `--args` may hold anybody's password.
 */
import { refused, taken } from './parsed.ts';
import type { Parsed } from './parsed.ts';
import type { ProbeSetting } from '../template-types.ts';

/** `^;^a,b;c`: another separator than the comma. */
export function parseFlagList(text: string): Parsed<readonly string[]> {
  if (text === '') return taken([]);
  const match = /^\^([^^]+)\^([^]*)$/.exec(text);
  return taken(match === null ? text.split(',') : (match[2] ?? '').split(match[1] ?? ''));
}

export function parseNames(text: string, form: RegExp, advice: string): Parsed<readonly string[]> {
  const list = parseFlagList(text);
  if (!list.ok) return list;
  const names = list.value.map((name) => name.trim());
  const isFine = names.length > 0 && names.every((name) => form.test(name));
  return isFine ? taken(names) : refused(null, 'is not a list of names', advice);
}

export function parseForm(text: string, form: RegExp, advice: string): Parsed<string> {
  return form.test(text) ? taken(text) : refused(null, 'has a value that it cannot have', advice);
}

type Range = { readonly least: number; readonly most: number };

export function parseWhole(text: string, { least, most }: Range): Parsed<number> {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (number >= least && number <= most) return taken(number);
  return refused(
    null,
    'has a value that it cannot have',
    `Write a whole number from ${least} to ${most}.`,
  );
}

/** null: `default`. */
export function parseWholeOrDefault(text: string, range: Range): Parsed<number | null> {
  if (text === 'default') return taken(null);
  const parsed = parseWhole(text, range);
  const advice = `Write a whole number from ${range.least} to ${range.most}, or \`default\`.`;
  return parsed.ok ? parsed : refused(null, 'has a value that it cannot have', advice);
}

const HOUR = 3600;
const REQUEST = /^(?:(\d{1,5})|(?:(\d{1,2})h)?(?:(\d{1,4})m)?(?:(\d{1,5})s)?)$/;

/** `10m5s`; without a unit, seconds. Cloud Run lets a request take one hour at most. */
export function parseRequestTimeout(text: string): Parsed<number> {
  const [, bare, hours, minutes, seconds] = REQUEST.exec(text) ?? [];
  const number = (digits: string | undefined) => Number(digits ?? 0);
  const sum =
    bare === undefined
      ? number(hours) * HOUR + number(minutes) * 60 + number(seconds)
      : Number(bare);
  if (sum >= 1 && sum <= HOUR) return taken(sum);
  return refused(
    text,
    'is not a request timeout',
    'Write a duration from 1s to 1h, such as `10m5s`; a bare number is seconds.',
  );
}

const COMMON = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'failureThreshold'];
const KEYS = {
  liveness: [...COMMON, 'httpGet.port', 'httpGet.path', 'grpc.port', 'grpc.service'],
  startup: [
    ...COMMON,
    'httpGet.port',
    'httpGet.path',
    'grpc.port',
    'grpc.service',
    'tcpSocket.port',
  ],
} as const;
const TEXTS = ['httpGet.path', 'grpc.service'];

/** null: no probe. */
export function parseProbe(
  text: string,
  kind: keyof typeof KEYS,
): Parsed<readonly ProbeSetting[] | null> {
  if (text === '') return taken(null);
  const known: readonly string[] = KEYS[kind];
  const list = parseFlagList(text);
  const settings = list.ok ? list.value.map((part) => probeSetting(part, known)) : [];
  const found = settings.filter((setting) => setting !== null);
  const ways = new Set(found.map(({ name }) => name.split('.')).map(([way, key]) => key && way));
  ways.delete(undefined);
  const isTwice = new Set(found.map(({ name }) => name)).size < found.length;
  if (found.length === settings.length && ways.size <= 1 && !isTwice) return taken(found);
  return refused(
    null,
    'is not a probe',
    `Write KEY=VALUE pairs separated by commas, one way to probe only; the keys are ${known.join(', ')}.`,
  );
}

function probeSetting(part: string, known: readonly string[]): ProbeSetting | null {
  const equals = part.indexOf('=');
  const [name, value] = [part.slice(0, equals).trim(), part.slice(equals + 1).trim()];
  if (equals === -1 || !known.includes(name)) return null;
  if (TEXTS.includes(name)) return { name, value };
  return /^\d{1,5}$/.test(value) ? { name, value: Number(value) } : null;
}
