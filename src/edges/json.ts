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
    const isPlain = checkShapes(text);
    // A reviver is called for every value there is: it is worth its time only for odd numbers.
    return isPlain ? JSON.parse(text) : JSON.parse(text, keepNumberText);
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

/** null: no text of an object. */
export function objectIn(text: string): JsonObject | null {
  try {
    return asObject(parseJson(text));
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
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
 * true: every number in it is written as JavaScript would write it.
 */
function checkShapes(text: string): boolean {
  /** One entry per open bracket: the keys so far, or null in a list. */
  const open: (Set<string> | null)[] = [];
  let keys: Set<string> | null = null;
  let expectsKey = false;
  let isPlain = true;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = endOfString(text, i);
      if (expectsKey && keys !== null) addKey(keys, text.slice(i, end + 1));
      expectsKey = false;
      i = end;
    } else if (code === 0x7b || code === 0x5b) {
      keys = code === 0x7b ? new Set() : null;
      open.push(keys);
      expectsKey = keys !== null;
      if (open.length > MAX_DEPTH) throw badJson(`is nested deeper than ${MAX_DEPTH} levels`);
    } else if (code === 0x7d || code === 0x5d) {
      open.pop();
      keys = open.at(-1) ?? null;
      expectsKey = false;
    } else if (code === 0x2c) {
      expectsKey = keys !== null;
    } else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      const end = endOfNumber(text, i);
      const number = text.slice(i, end);
      isPlain &&= String(Number(number)) === number;
      i = end - 1;
    }
  }
  return isPlain;
}

function addKey(keys: Set<string>, quoted: string): void {
  const key: unknown = quoted.includes('\\') ? JSON.parse(quoted) : quoted.slice(1, -1);
  if (typeof key !== 'string' || key === '__proto__') throw badJson('holds the key __proto__');
  if (keys.has(key)) throw badJson('holds the same key twice');
  keys.add(key);
}

const QUOTE = 0x22;

/** Index of the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text[at - slashes - 1] === '\\') slashes += 1;
  return slashes % 2 === 1;
}

const NUMBER = /[-+.0-9eE]*/y;
function endOfNumber(text: string, start: number): number {
  NUMBER.lastIndex = start;
  NUMBER.test(text);
  return NUMBER.lastIndex;
}

function badJson(wrong: string): Problem {
  return new Problem('bad-answer', {
    summary: `The text ${wrong}.`,
    advice:
      'If this happens again, something between the runner and the service may alter answers.',
  });
}
