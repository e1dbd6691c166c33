/**
 * The part of https://cloud.google.com/logging/docs/view/logging-query-language that compares fields
 * and joins comparisons with AND. What is not understood is refused, never ignored.
 */
export type Comparison = {
  readonly field: string;
  readonly sign: '=' | '!=' | '>=' | '<=' | '>' | '<';
  readonly value: string;
};

export type Parsed =
  | { readonly kind: 'filter'; readonly comparisons: readonly Comparison[] }
  | { readonly kind: 'bad'; readonly why: string };

const FIELD =
  /^(?:logName|severity|insertId|timestamp|receiveTimestamp|resource\.type|resource\.labels\.\w+|httpRequest\.status)$/;
const TOKEN =
  /\s+|(?<name>[A-Za-z_][\w.]*)|"(?<quoted>(?:[^"\\]|\\["\\])*)"|(?<number>-?\d+(?:\.\d+)?)|(?<sign>!=|>=|<=|[=<>])/y;
const TIMES = new Set(['timestamp', 'receiveTimestamp']);
const NUMBERS = new Set(['httpRequest.status']);

type Token = { readonly kind: 'name' | 'quoted' | 'number' | 'sign'; readonly text: string };

export function parseFilter(text: string): Parsed {
  const tokens = tokensOf(text);
  if (tokens === null) return bad(`syntax error in "${text}"`);
  const comparisons: Comparison[] = [];
  for (let i = 0; i < tokens.length; i += 3) {
    // AND may be left out between two comparisons.
    if (comparisons.length > 0 && isAnd(tokens[i])) i += 1;
    const read = comparisonAt(tokens, i);
    if (typeof read === 'string') return bad(read);
    comparisons.push(read);
  }
  return { kind: 'filter', comparisons };
}

function isAnd(token: Token | undefined): boolean {
  return token?.kind === 'name' && token.text === 'AND';
}

/** A text says what is wrong. */
function comparisonAt(tokens: readonly Token[], i: number): Comparison | string {
  const [field, sign, value] = tokens.slice(i, i + 3);
  if (field?.kind !== 'name' || ['AND', 'OR', 'NOT'].includes(field.text)) {
    return `expected a field, found "${field?.text ?? 'the end'}"`;
  }
  if (!FIELD.test(field.text)) return `the sandbox has no field "${field.text}"`;
  if (sign?.kind !== 'sign') return `expected a comparison after "${field.text}"`;
  if (value === undefined || value.kind === 'sign') {
    return `expected a value after "${field.text}"`;
  }
  if (TIMES.has(field.text) && Number.isNaN(instant(value.text))) {
    return `"${value.text}" is no time`;
  }
  if (NUMBERS.has(field.text) && !/^\d+$/.test(value.text)) return `"${value.text}" is no number`;
  const comparison = SIGNS.find((one) => one === sign.text);
  if (comparison === undefined) return `unknown comparison "${sign.text}"`;
  return { field: field.text, sign: comparison, value: value.text };
}

const SIGNS: readonly Comparison['sign'][] = ['=', '!=', '>=', '<=', '>', '<'];

function tokensOf(text: string): readonly Token[] | null {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const found = TOKEN.exec(text);
    if (found === null) return null;
    const { name, quoted, number, sign } = found.groups ?? {};
    if (name !== undefined) tokens.push({ kind: 'name', text: name });
    if (quoted !== undefined) {
      tokens.push({ kind: 'quoted', text: quoted.replaceAll(/\\(["\\])/g, '$1') });
    }
    if (number !== undefined) tokens.push({ kind: 'number', text: number });
    if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
  }
  return tokens;
}

export function matches(
  comparisons: readonly Comparison[],
  valueOf: (field: string) => string | number | undefined,
): boolean {
  return comparisons.every(({ field, sign, value }) => {
    const actual = valueOf(field);
    // A field that is not there matches no comparison but "is not".
    if (actual === undefined) return sign === '!=';
    return compare(sign, orderOf(field, actual, value));
  });
}

/** Negative: before. Texts are compared without regard to case, times as times. */
function orderOf(field: string, actual: string | number, wanted: string): number {
  if (TIMES.has(field))
    return nanos(String(actual)) < nanos(wanted) ? -1 : sameOrAfter(actual, wanted);
  if (NUMBERS.has(field)) return Number(actual) - Number(wanted);
  const [a, b] = [String(actual).toLowerCase(), wanted.toLowerCase()];
  return a < b ? -1 : a === b ? 0 : 1;
}

function sameOrAfter(actual: string | number, wanted: string): number {
  return nanos(String(actual)) === nanos(wanted) ? 0 : 1;
}

function compare(sign: Comparison['sign'], order: number): boolean {
  switch (sign) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '<':
      return order < 0;
  }
}

function instant(text: string): number {
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
  return form.test(text) ? Date.parse(text.replace(/(\.\d{3})\d+/, '$1')) : Number.NaN;
}

function nanos(text: string): bigint {
  const [, below = ''] = /\.\d{3}(\d{1,6})/.exec(text) ?? [];
  return BigInt(instant(text)) * 1_000_000n + BigInt(below.padEnd(6, '0'));
}

function bad(why: string): Parsed {
  return { kind: 'bad', why };
}
