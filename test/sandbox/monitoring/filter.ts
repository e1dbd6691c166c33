/**
 * Monitoring filters: https://cloud.google.com/monitoring/api/v3/filters
 * Strict where the documents at hand are silent: what is not understood is refused, never ignored,
 * and AND mixed with OR needs parentheses, since the two do not bind here as elsewhere.
 */
export type Filter =
  | { readonly kind: 'all'; readonly of: readonly Filter[] }
  | { readonly kind: 'any'; readonly of: readonly Filter[] }
  | { readonly kind: 'not'; readonly of: Filter }
  | Comparison;

export type Comparison = {
  readonly kind: 'comparison';
  /** In one spelling: metric.type, resource.type, metric.labels.X, resource.labels.X. */
  readonly field: string;
  readonly equal: boolean;
  readonly test: Test;
};

type Test = {
  readonly name: 'is' | 'one_of' | 'starts_with' | 'ends_with' | 'has_substring' | 'full_match';
  readonly values: readonly string[];
};

export type Parsed =
  | { readonly kind: 'filter'; readonly filter: Filter }
  | { readonly kind: 'bad'; readonly why: string };

type Token = { readonly kind: 'name' | 'text' | 'sign' | 'end'; readonly text: string };
type Tokens = { peek(): Token; next(): Token };

class FilterError extends Error {}

const FUNCTIONS: ReadonlyMap<string, Test['name']> = new Map([
  ['one_of', 'one_of'],
  ['starts_with', 'starts_with'],
  ['ends_with', 'ends_with'],
  ['has_substring', 'has_substring'],
  ['monitoring.regex.full_match', 'full_match'],
]);

export function parseFilter(text: string): Parsed {
  try {
    const tokens = tokensOf(text);
    const filter = parseSequence(tokens);
    if (tokens.peek().kind !== 'end') throw unexpected(tokens.peek());
    return { kind: 'filter', filter };
  } catch (error) {
    if (error instanceof FilterError) return { kind: 'bad', why: error.message };
    throw error;
  }
}

export function matches(filter: Filter, valueOf: (field: string) => string): boolean {
  if (filter.kind === 'all') return filter.of.every((part) => matches(part, valueOf));
  if (filter.kind === 'any') return filter.of.some((part) => matches(part, valueOf));
  if (filter.kind === 'not') return !matches(filter.of, valueOf);
  const value = valueOf(filter.field);
  const { name, values } = filter.test;
  return values.some((wanted) => TESTS[name](value, wanted)) === filter.equal;
}

export function comparisonsIn(filter: Filter): readonly Comparison[] {
  if (filter.kind === 'comparison') return [filter];
  return filter.kind === 'not' ? comparisonsIn(filter.of) : filter.of.flatMap(comparisonsIn);
}

const TESTS: Readonly<Record<Test['name'], (value: string, wanted: string) => boolean>> = {
  is: (value, wanted) => value === wanted,
  one_of: (value, wanted) => value === wanted,
  starts_with: (value, wanted) => value.startsWith(wanted),
  ends_with: (value, wanted) => value.endsWith(wanted),
  has_substring: (value, wanted) => value.includes(wanted),
  full_match: (value, wanted) => new RegExp(`^(?:${wanted})$`, 'u').test(value),
};

/** Comparisons joined by AND (which may be left out) or by OR. */
function parseSequence(tokens: Tokens): Filter {
  const first = parsePart(tokens);
  const parts = [first];
  let joint: 'all' | 'any' | null = null;
  for (;;) {
    const token = tokens.peek();
    if (token.kind === 'end' || isSign(token, ')')) break;
    const kind = isName(token, 'OR') ? 'any' : 'all';
    if (isName(token, 'OR') || isName(token, 'AND')) tokens.next();
    if (joint !== null && joint !== kind) {
      throw new FilterError(
        'AND and OR may be mixed only with parentheses (a rule of the sandbox)',
      );
    }
    joint = kind;
    parts.push(parsePart(tokens));
  }
  return joint === null ? first : { kind: joint, of: parts };
}

function parsePart(tokens: Tokens): Filter {
  const token = tokens.next();
  if (isName(token, 'NOT')) return { kind: 'not', of: parsePart(tokens) };
  if (isSign(token, '(')) {
    const inner = parseSequence(tokens);
    expectSign(tokens, ')');
    return inner;
  }
  if (token.kind !== 'name' || isName(token, 'AND') || isName(token, 'OR')) throw unexpected(token);
  const field = fieldOf(token.text, tokens);
  const operator = tokens.next();
  const equal = isSign(operator, '=');
  if (!equal && !isSign(operator, '!=')) throw unexpected(operator);
  return { kind: 'comparison', field, equal, test: parseTest(tokens) };
}

function fieldOf(text: string, tokens: Tokens): string {
  if (!/^(?:group|metadata|metric|project|resource)(?:\.|$)/.test(text)) {
    throw new FilterError(
      'The lefthand side of each expression must be prefixed with one of ' +
        '{group, metadata, metric, project, resource}',
    );
  }
  // A key may be quoted: resource.label."project_id".
  const whole = text.endsWith('.') ? text + expectText(tokens) : text;
  const field = whole.replace(/^(metric|resource)\.label\./, '$1.labels.');
  if (/^(?:metric|resource)\.(?:type|labels\.\w+)$/.test(field)) return field;
  throw new FilterError(`the sandbox cannot filter by "${whole}"`);
}

function parseTest(tokens: Tokens): Test {
  const token = tokens.next();
  if (token.kind === 'text') return { name: 'is', values: [token.text] };
  const name = token.kind === 'name' ? FUNCTIONS.get(token.text) : undefined;
  if (name === undefined) throw unexpected(token);
  expectSign(tokens, '(');
  const first = expectText(tokens);
  const values = [first];
  while (isSign(tokens.peek(), ',')) {
    tokens.next();
    values.push(expectText(tokens));
  }
  if (name !== 'one_of' && values.length > 1) {
    throw new FilterError(`${token.text} takes one value`);
  }
  expectSign(tokens, ')');
  if (name === 'full_match' && !isPattern(first)) {
    throw new FilterError(`not a regular expression: "${first}"`);
  }
  return { name, values };
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

function expectSign(tokens: Tokens, sign: string): void {
  const token = tokens.next();
  if (!isSign(token, sign)) throw unexpected(token);
}

function expectText(tokens: Tokens): string {
  const token = tokens.next();
  if (token.kind !== 'text') throw unexpected(token);
  return token.text;
}

function isName(token: Token, name: 'AND' | 'OR' | 'NOT'): boolean {
  return token.kind === 'name' && token.text === name;
}

function isSign(token: Token, sign: string): boolean {
  return token.kind === 'sign' && token.text === sign;
}

function unexpected(token: Token): FilterError {
  return new FilterError(
    token.kind === 'end' ? 'it ends too early' : `unexpected "${token.text}" in it`,
  );
}

function tokensOf(text: string): Tokens {
  const tokens: Token[] = [];
  const lexer = /\s+|(?<name>[A-Za-z_][\w.]*)|"(?<text>(?:[^"\\]|\\["\\])*)"|(?<sign>!=|[=(),])/y;
  while (lexer.lastIndex < text.length) {
    const at = lexer.lastIndex;
    const found = lexer.exec(text);
    if (found === null)
      throw new FilterError(`cannot be read from "${text.slice(at, at + 20)}" on`);
    const { name, text: quoted, sign } = found.groups ?? {};
    if (name !== undefined) tokens.push({ kind: 'name', text: name });
    if (quoted !== undefined) {
      tokens.push({ kind: 'text', text: quoted.replaceAll(/\\(["\\])/g, '$1') });
    }
    if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
  }
  let position = 0;
  const at = (index: number): Token => tokens[index] ?? { kind: 'end', text: '' };
  return { peek: () => at(position), next: () => at(position++) };
}
