/** What differs between two JSON values, path by path: keys separated by spaces, for some hold dots. */

export type Differences = Readonly<Record<string, unknown>>;

/** Path → what stands there now; undefined where something was taken away. */
export function differences(before: unknown, after: unknown, path = ''): Differences {
  if (JSON.stringify(before) === JSON.stringify(after)) return {};
  if (!isNode(before) || !isNode(after) || Array.isArray(before) !== Array.isArray(after)) {
    return { [path]: after };
  }
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Object.assign(
    {},
    ...Array.from(keys, (key) =>
      differences(
        Reflect.get(before, key),
        Reflect.get(after, key),
        path === '' ? key : `${path} ${key}`,
      ),
    ),
  );
}

function isNode(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
