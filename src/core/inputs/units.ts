/** Small values as people write them in a workflow: durations, percentages, counts, words. */
import { refused, taken } from './parsed.ts';
import type { Parsed } from './parsed.ts';
import type { Millis } from '../types.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Largest first: the order in which they are written. */
const UNITS = [
  ['d', DAY],
  ['h', HOUR],
  ['m', MINUTE],
  ['s', SECOND],
  ['ms', 1],
] as const;

const DURATION = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

export type DurationRange = {
  readonly least: Millis;
  readonly most: Millis;
  /** Latencies are written in ms and s, everything one waits for in s, m, h and d. */
  readonly kind: 'wait' | 'latency';
};

const GRAMMAR = {
  wait: {
    units: ['d', 'h', 'm', 's'],
    advice:
      'Write whole numbers with d, h, m or s, largest first, without spaces: `90s`, `10m`, `1h30m`.',
    smaller: 'Write whole numbers and the smaller unit: `1h30m` for one and a half hours.',
  },
  latency: {
    units: ['s', 'ms'],
    advice: 'Write a whole number with ms or s: `250ms`, `2s`.',
    smaller: 'Write whole numbers and the smaller unit: `1500ms` for one and a half seconds.',
  },
} as const;

export function parseDuration(text: string, range: DurationRange): Parsed<Millis> {
  const grammar = GRAMMAR[range.kind];
  const match = text === '' ? null : DURATION.exec(text);
  if (match === null) return notADuration(text, grammar);
  const known: readonly string[] = grammar.units;
  let sum = 0;
  for (const [index, [unit, millis]] of UNITS.entries()) {
    const digits = match[index + 1];
    if (digits === undefined) continue;
    if (!known.includes(unit)) return refused(text, `cannot be given in ${unit}`, grammar.advice);
    sum += Number(digits) * millis;
  }
  const span = `Write a duration from ${formatDuration(range.least)} to ${formatDuration(range.most)}.`;
  if (sum < range.least) return refused(text, 'is too short', span);
  if (sum > range.most) return refused(text, 'is too long', span);
  return taken(sum);
}

function notADuration(
  text: string,
  grammar: { readonly advice: string; readonly smaller: string },
): Parsed<never> {
  if (/^\d+$/.test(text)) return refused(text, 'has no unit', grammar.advice);
  if (/^[+-]/.test(text)) return refused(text, 'has a sign', grammar.advice);
  if (/^\d+[.,]\d/.test(text)) return refused(text, 'has a decimal point', grammar.smaller);
  return refused(text, 'is not a duration', grammar.advice);
}

/** Canonical text of a whole number of milliseconds, 0 or more: what `parseDuration` reads back. */
export function formatDuration(duration: Millis): string {
  let rest = duration;
  let text = '';
  for (const [unit, millis] of UNITS) {
    const count = Math.floor(rest / millis);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * millis;
  }
  return text === '' ? '0s' : text;
}

export type PercentageRange = {
  /** Fractions: 0.01 is 1 %. */
  readonly least: number;
  readonly most: number;
};

/** "0.5%" → 0.005. */
export function parsePercentage(text: string, range: PercentageRange): Parsed<number> {
  const match = /^(\d{1,9})(?:\.(\d{1,9}))? ?%$/.exec(text);
  if (match === null) return notAPercentage(text);
  // Shifting the decimal exponent rounds once; dividing by 100 would round twice (0.7 → 0.00699…).
  const fraction = Number(`${match[1]}.${match[2] ?? '0'}e-2`);
  const span = `Write a percentage from ${formatPercentage(range.least)} to ${formatPercentage(range.most)}.`;
  if (fraction < range.least) return refused(text, 'is too small', span);
  if (fraction > range.most) return refused(text, 'is too large', span);
  return taken(fraction);
}

function notAPercentage(text: string): Parsed<never> {
  const advice = 'Write a number with a percent sign, such as `1%` or `0.5%`.';
  if (/^[+-]/.test(text)) return refused(text, 'has a sign', advice);
  if (/^\d+,\d+ ?%?$/.test(text)) return refused(text, 'has a decimal comma', advice);
  if (/^\d+(?:\.\d+)?$/.test(text)) return refused(text, 'has no percent sign', advice);
  return refused(text, 'is not a percentage', advice);
}

/** 0.005 → "0.5%". */
export function formatPercentage(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(12))}%`;
}

export function parseCount(
  text: string,
  range: { readonly least: number; readonly most: number },
): Parsed<number> {
  const advice = `Write a whole number from ${range.least} to ${range.most}, digits only.`;
  if (!/^\d+$/.test(text)) return refused(text, 'is not a whole number', advice);
  const count = Number(text);
  if (count < range.least) return refused(text, 'is too small', advice);
  if (count > range.most) return refused(text, 'is too large', advice);
  return taken(count);
}

export function parseWord<Word extends string>(text: string, words: readonly Word[]): Parsed<Word> {
  const word = words.find((known) => known === text);
  if (word !== undefined) return taken(word);
  return refused(text, 'is not a known word here', `Write ${listOf(words)}.`);
}

/** "`a`, `b` or `c`". */
export function listOf(words: readonly string[]): string {
  const quoted = words.map((word) => `\`${word}\``);
  return [quoted.slice(0, -1).join(', '), quoted.at(-1)].filter((part) => part !== '').join(' or ');
}

const TRUE = ['true', 'True', 'TRUE'];
const FALSE = ['false', 'False', 'FALSE'];

/** YAML 1.2 core schema, §10.3.2: `yes`, `on` and `1` are not booleans there. */
export function parseBoolean(text: string): Parsed<boolean> {
  if (TRUE.includes(text)) return taken(true);
  if (FALSE.includes(text)) return taken(false);
  return refused(text, 'is not a boolean', 'Write `true` or `false`.');
}
