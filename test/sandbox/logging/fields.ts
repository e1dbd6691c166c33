/**
 * Partial answers: `fields=entries(insertId,resource/labels),nextPageToken`, a system parameter of
 * every Google API. https://cloud.google.com/apis/docs/system-parameters
 */
export type Fields = { readonly [name: string]: Fields | null };

/** null: not a selector. */
export function parseFields(text: string): Fields | null {
  const tokens = text.match(/[A-Za-z]\w*|[(),/]/g) ?? [];
  if (tokens.join('') !== text) return null;
  const position = { at: 0 };
  const fields = parseList(tokens, position);
  return position.at === tokens.length ? fields : null;
}

type Position = { at: number };

function parseList(tokens: readonly string[], position: Position): Fields | null {
  const fields: Record<string, Fields | null> = {};
  for (;;) {
    const one = parseField(tokens, position);
    if (one === null) return null;
    Object.assign(fields, one);
    if (tokens[position.at] !== ',') return fields;
    position.at += 1;
  }
}

function parseField(tokens: readonly string[], position: Position): Fields | null {
  const name = tokens[position.at] ?? '';
  if (!/^\w+$/.test(name)) return null;
  position.at += 1;
  const next = tokens[position.at];
  if (next !== '/' && next !== '(') return { [name]: null };
  position.at += 1;
  const below = next === '/' ? parseField(tokens, position) : parseList(tokens, position);
  if (below === null) return null;
  if (next === '(') {
    if (tokens[position.at] !== ')') return null;
    position.at += 1;
  }
  return { [name]: below };
}

/** Only the fields that were asked for; lists are gone through. */
export function partOf(value: unknown, fields: Fields | null): unknown {
  if (fields === null || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one: unknown) => partOf(one, fields));
  const kept = Object.entries(value).filter(([name]) => name in fields);
  return Object.fromEntries(kept.map(([name, one]) => [name, partOf(one, fields[name] ?? null)]));
}
