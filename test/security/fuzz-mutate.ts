/** Seeded spoiling of texts: of what a parser takes, everything near it and much beyond. */

export type Random = () => number;

/** Mulberry32: the same seed, the same texts, on every machine. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

export function pick<T>(random: Random, from: readonly T[]): T {
  const found = from[below(random, from.length)];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
}

/** Texts that have surprised parsers before. */
const SPICE: readonly string[] = [
  Array.from('{}[]()"\'`\\/:;,.%@#&*!?<>|=+-_~$^ \t\n\r\0'),
  ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '$ref', '<<: *a'],
  ['null', 'true', 'yes', 'NaN', 'Infinity', '-0', '1e999', '0x10', '0o7', '1_000', '.5', '٣'],
  ['9007199254740993', '-1', '18446744073709551616', '1e-400', '00', '100%', '5% for 10m'],
  ['::error::x', '##[error]', '\u202e', '\ufeff', '\u2028', '\ud800', '\u0000', '💥', 'é'],
  ['../..', '%2e%2e', '//evil.example', 'http://169.254.169.254', '${{ x }}', '$(id)'],
  ['&a [*a, *a]', '!!js/function', '--- ', '...', '? - ', '|+\n ', "''", '""', '\\u0000'],
  ['2026-11-20T15:04:05Z', '1970-01-01T00:00:00.000000000Z', '275760-09-13', '0001-01-01'],
].flat();
const LONGEST = 64 * 1024;

/** One to four changes to a text. */
export function spoil(text: string, random: Random, others: readonly string[]): string {
  let spoilt = text;
  for (let changes = 1 + below(random, 4); changes > 0; changes -= 1) {
    spoilt = change(spoilt, random, others);
  }
  return spoilt.slice(0, LONGEST);
}

function change(text: string, random: Random, others: readonly string[]): string {
  const from = below(random, text.length + 1);
  const to = Math.min(text.length, from + below(random, 12));
  const part = text.slice(from, to);
  const put = (middle: string) => text.slice(0, from) + middle + text.slice(to);
  switch (below(random, 10)) {
    case 0:
      return put('');
    case 1:
      return put(part + part);
    case 2:
      return put(String.fromCharCode(below(random, 0x300)));
    case 3:
      return text.slice(0, from);
    case 4: {
      const other = pick(random, others);
      return text.slice(0, from) + other.slice(below(random, other.length + 1));
    }
    case 5:
      // Now and then very long, for expressions that run away.
      return put(
        (part === '' ? pick(random, SPICE) : part).repeat(
          2 ** below(random, below(random, 30) === 0 ? 13 : 5),
        ),
      );
    default:
      return put(pick(random, SPICE));
  }
}

/** Pairs of name and text: each text stays with a name, so that what is secret stays where it was. */
export function spoilPairs(text: string, random: Random): string {
  let pairs = JSON.parse(text) as readonly (readonly [string, string])[];
  for (let changes = 1 + below(random, 3); changes > 0; changes -= 1) {
    const at = below(random, pairs.length);
    const [name, value] = pairs[at] ?? ['', ''];
    const next = pick(random, [
      () => pairs.with(at, [name, spoil(value, random, SPICE)]),
      () => pairs.with(at, [name, spoil(value, random, SPICE)]),
      () => pairs.with(at, [name, pick(random, SPICE)]),
      // Only ever longer: what is secret must not come under the name of another input.
      () => pairs.with(at, [`${name}${pick(random, SPICE)}`, value]),
      () => [...pairs, [pick(random, SPICE), value] as const],
    ]);
    pairs = next();
  }
  return JSON.stringify(pairs);
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const ODD: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  Number.MAX_SAFE_INTEGER + 1,
  '',
  '1',
  '-1',
  '1e5',
  'x',
  '__proto__',
  [],
  [[]],
  [null],
  {},
  { '': null },
  { constructor: { prototype: { polluted: 1 } } },
];

/** The same document with one to three of its values exchanged, taken away, moved or repeated. */
export function spoilJson(text: string, random: Random): string {
  let value = JSON.parse(text) as Json;
  for (let changes = 1 + below(random, 3); changes > 0; changes -= 1) value = bent(value, random);
  const written = JSON.stringify(value);
  return below(random, 20) === 0 ? written.replace('{', '{"__proto__":{"polluted":1},') : written;
}

function bent(value: Json, random: Random): Json {
  const isLeaf = typeof value !== 'object' || value === null;
  if (isLeaf || below(random, 6) === 0) return replacement(value, random);
  if (Array.isArray(value)) {
    const list = value as readonly Json[];
    if (list.length === 0) return [pick(random, ODD)];
    const at = below(random, list.length);
    const item = list[at] ?? null;
    return pick(random, [
      () => list.toSpliced(at, 1),
      () => list.toSpliced(at, 0, item),
      () => [...list, ...list],
      () => list.with(at, bent(item, random)),
      () => list.with(at, bent(item, random)),
    ])();
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return { x: pick(random, ODD) };
  const at = below(random, entries.length);
  const [key, inner] = entries[at] ?? ['', null];
  const changed = pick(random, [
    () => entries.toSpliced(at, 1),
    () => entries.with(at, [`${key}${pick(random, SPICE)}`, inner]),
    ...Array.from({ length: 6 }, () => () => entries.with(at, [key, bent(inner, random)])),
  ])();
  return Object.fromEntries(changed);
}

function replacement(value: Json, random: Random): Json {
  if (typeof value === 'string' && below(random, 2) === 0) {
    return spoil(value, random, [value]).slice(0, 2_000);
  }
  const deep = below(random, 200) === 0 ? 200 : below(random, 3);
  let odd = pick(random, ODD);
  for (let level = 0; level < deep; level += 1) odd = level % 2 === 0 ? [odd] : { a: odd };
  return odd;
}
