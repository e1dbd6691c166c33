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

/** Numbers kept as text are frozen and shared; what has no place in JSON is left out. */
export function copy<T>(value: T): T {
  // The copy has the same shape.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return copied(value) as T;
}

function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (!isObject(value) || Object.hasOwn(value, 'rawJSON')) return value;
  const made: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (value[key] !== undefined) made[key] = copied(value[key]);
  }
  return made;
}

/** Equal whatever the order of keys; a key without a value is no key. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((one, index) => same(one, b[index]))
    );
  }
  if (!isObject(a) || !isObject(b)) return (a ?? null) === (b ?? null);
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) =>
    a[key] === undefined || b[key] === undefined ? a[key] === b[key] : same(a[key], b[key]),
  );
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isTextMap(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((text) => typeof text === 'string');
}
