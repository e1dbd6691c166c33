/**
 * JSON that keeps what it does not understand: a number whose text would change on the way through
 * (12345678901234567890, 1.0, 1e5) is carried as its own text, because a client that reads and puts
 * a service back must find every unknown field as it left it.
 */

export type Json = Readonly<Record<string, unknown>>;

type Exact = {
  rawJSON(text: string): object;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
};
// The standard library's types do not know rawJSON nor the reviver's context yet (ES2026).
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const exact = JSON as unknown as Exact;

export function parseJson(text: string): unknown {
  return exact.parse(text, (_key, value, context) =>
    typeof value === 'number' && context.source !== undefined && String(value) !== context.source
      ? exact.rawJSON(context.source)
      : value,
  );
}

export function copy<T>(value: T): T {
  // What was written is read again, so it has the same shape.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return parseJson(JSON.stringify(value)) as T;
}

/** Equal whatever the order of keys. */
export function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(sorted(parseJson(JSON.stringify(value ?? null))));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value) || Object.hasOwn(value, 'rawJSON')) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isTextMap(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((text) => typeof text === 'string');
}
