/** `${{ … }}` and `if:`, by GitHub's own evaluator. */
import { createHash } from 'node:crypto';
import { Evaluator, Lexer, Parser, data } from '@actions/expressions';

/** What an expression may ask for, as plain values: github, needs, inputs, steps, … */
export type Contexts = Readonly<Record<string, unknown>>;

/** What has become of what came before. */
export type Status = {
  readonly success: boolean;
  readonly failure: boolean;
  readonly cancelled: boolean;
};

export type Scope = { readonly contexts: Contexts; readonly status: Status };

const STATUS = ['always', 'success', 'failure', 'cancelled'] as const;

type Known = {
  readonly name: string;
  readonly minArgs: number;
  readonly maxArgs: number;
  readonly call: (...values: data.ExpressionData[]) => data.ExpressionData;
};

/** Of names, not of files: here none of them ever changes. */
const HASH_FILES = { name: 'hashfiles', minArgs: 1, maxArgs: 255 };

function hashOf(files: readonly data.ExpressionData[]): string {
  const names = files.map((file) => file.coerceString()).join(' ');
  return createHash('sha256').update(names).digest('hex');
}

function evaluate(expression: string, { contexts, status }: Scope): data.ExpressionData {
  const answers = { always: true, ...status };
  const functions: Known[] = STATUS.map((name) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(answers[name]),
  }));
  functions.push({ ...HASH_FILES, call: (...files) => new data.StringData(hashOf(files)) });
  const { tokens } = new Lexer(expression).lex();
  const parsed = new Parser(tokens, Object.keys(contexts), functions).parse();
  const values = Object.entries(contexts).map(([key, value]) => ({ key, value: dataOf(value) }));
  const known = new Map(functions.map((one) => [one.name, one]));
  return new Evaluator(parsed, new data.Dictionary(...values), known).evaluate();
}

function dataOf(value: unknown): data.ExpressionData {
  if (typeof value === 'string') return new data.StringData(value);
  if (typeof value === 'number') return new data.NumberData(value);
  if (typeof value === 'boolean') return new data.BooleanData(value);
  if (Array.isArray(value)) return new data.Array(...value.map(dataOf));
  if (typeof value !== 'object' || value === null) return new data.Null();
  const pairs = Object.entries(value).map(([key, one]) => ({ key, value: dataOf(one) }));
  return new data.Dictionary(...pairs);
}

const EMBEDDED = /\$\{\{((?:'(?:[^']|'')*'|[^'}]|\}(?!\}))*)\}\}/g;

/** Text with its expressions evaluated, as the runner hands it to a step. */
export function interpolate(text: string, scope: Scope): string {
  const filled = text.replaceAll(EMBEDDED, (_, inner: string) =>
    evaluate(inner, scope).coerceString(),
  );
  if (text.replaceAll(EMBEDDED, '').includes('${{')) throw new Error(`No expression: ${text}`);
  return filled;
}

/** A value that may be one expression and then keeps its type, such as a whole matrix. */
export function valueOf(written: unknown, scope: Scope): unknown {
  if (typeof written !== 'string') return written;
  const [whole, inner] = /^\s*\$\{\{([^]*)\}\}\s*$/.exec(written) ?? [];
  const isOne = whole !== undefined && !(inner ?? '').includes('${{');
  if (!isOne) return interpolate(written, scope);
  return JSON.parse(JSON.stringify(evaluate(inner ?? '', scope), data.replacer));
}

/** Whether something with that `if` happens. Without a status function it asks for success first. */
export function holds(condition: string | null, scope: Scope): boolean {
  if (condition === null) return scope.status.success;
  const text = condition.replace(/^\s*\$\{\{([^]*)\}\}\s*$/, '$1');
  const bare = text.replaceAll(/'(?:[^']|'')*'/g, '');
  const asks = new RegExp(String.raw`\b(?:${STATUS.join('|')})\s*\(`, 'i').test(bare);
  return (asks || scope.status.success) && isTrue(evaluate(text, scope));
}

/** GitHub's truth: not false, 0, '' or null. */
function isTrue(value: data.ExpressionData): boolean {
  const text = value.coerceString();
  if (value.kind === data.Kind.String) return text !== '';
  return !['', '0', 'false', 'NaN'].includes(text);
}
