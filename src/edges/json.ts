/**
 * JSON read strictly and written back as it was read. A number that JavaScript would change on the
 * way (1.0, 12345678901234567890) keeps its text, because a service is sent back whole and must come
 * back the same.
 */
import { Problem } from '../core/problem.ts';

/** A number kept as text: what JSON.rawJSON makes. */
type RawNumber = { readonly rawJSON: string };
export type JsonObject = { readonly [key: string]: JsonValue };
export type JsonValue =
  null | boolean | number | string | RawNumber | readonly JsonValue[] | JsonObject;

/** In Node 24, but not yet in TypeScript's library. */
declare global {
  interface JSON {
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): JsonValue;
    rawJSON(text: string): RawNumber;
    isRawJSON(value: unknown): value is RawNumber;
  }
}

/** No document we exchange is deeper than about twenty levels. */
const MAX_DEPTH = 100;

/** @throws Problem `bad-answer`, without a word of the text in it. */
export function parseJson(text: string): JsonValue {
  try {
    refuseOddShapes(text);
    return JSON.parse(text, keepNumberText);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw badJson('is not valid JSON');
  }
}

export function stringifyJson(value: JsonValue): string {
  return JSON.stringify(value);
}

/** The value at the end of a path of own keys; undefined when there is none. */
export function at(
  value: JsonValue | undefined,
  ...path: readonly string[]
): JsonValue | undefined {
  let here = value;
  for (const key of path) {
    const object = asObject(here);
    if (object === null || !Object.hasOwn(object, key)) return undefined;
    here = object[key];
  }
  return here;
}

/** A copy of `object` in which the value at `path` is `value`; everything else is shared. */
export function withAt(
  object: JsonObject,
  path: readonly [string, ...string[]],
  value: JsonValue,
): JsonObject {
  const [key, next, ...rest] = path;
  if (next === undefined) return { ...object, [key]: value };
  return { ...object, [key]: withAt(asObject(at(object, key)) ?? {}, [next, ...rest], value) };
}

export function asObject(value: JsonValue | undefined): JsonObject | null {
  if (typeof value !== 'object' || value === null || isList(value) || JSON.isRawJSON(value)) {
    return null;
  }
  return value;
}

export function asList(value: JsonValue | undefined): readonly JsonValue[] | null {
  return isList(value) ? value : null;
}

export function asText(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** Finite numbers only. */
export function asNumber(value: JsonValue | undefined): number | null {
  const number = JSON.isRawJSON(value) ? Number(value.rawJSON) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** A whole number that JavaScript holds exactly; also as text, as the protocol buffers write int64. */
export function asWhole(value: JsonValue | undefined): number | null {
  const number =
    typeof value === 'string' && /^-?[0-9]{1,16}$/.test(value) ? Number(value) : asNumber(value);
  return number !== null && Number.isSafeInteger(number) ? number : null;
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function keepNumberText(_key: string, value: unknown, context: { readonly source?: string }) {
  const { source } = context;
  if (typeof value !== 'number' || source === undefined || String(value) === source) return value;
  return JSON.rawJSON(source);
}

/**
 * One pass over the text for what JSON.parse lets through: a key given twice (the last one wins in
 * silence), `__proto__`, and nesting that overflows the stack of whoever walks the result.
 */
function refuseOddShapes(text: string): void {
  /** One entry per open bracket: the keys so far, or null in a list. */
  const open: (Set<string> | null)[] = [];
  let expectsKey = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') {
      const end = endOfString(text, i);
      const keys = open.at(-1);
      if (expectsKey && keys) addKey(keys, text.slice(i, end + 1));
      expectsKey = false;
      i = end;
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : null);
      expectsKey = character === '{';
      if (open.length > MAX_DEPTH) throw badJson(`is nested deeper than ${MAX_DEPTH} levels`);
    } else if (character === '}' || character === ']') {
      open.pop();
      expectsKey = false;
    } else if (character === ',') {
      expectsKey = open.at(-1) instanceof Set;
    }
  }
}

function addKey(keys: Set<string>, quoted: string): void {
  const key: unknown = JSON.parse(quoted);
  if (typeof key !== 'string' || key === '__proto__') throw badJson('holds the key __proto__');
  if (keys.has(key)) throw badJson('holds the same key twice');
  keys.add(key);
}

/** Index of the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i;
}

function badJson(wrong: string): Problem {
  return new Problem('bad-answer', {
    summary: `The text ${wrong}.`,
    advice:
      'If this happens again, something between the runner and the service may alter answers.',
  });
}
