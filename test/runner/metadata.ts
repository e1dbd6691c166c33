/** What the runner takes from action.yml. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export type Metadata = {
  /** Default of every input, as written; '' where there is none. */
  readonly defaults: ReadonlyMap<string, string>;
  readonly main: string;
  /** null: no post step. */
  readonly post: string | null;
};

type ActionFile = {
  readonly inputs?: Readonly<
    Record<string, { readonly default?: string | number | boolean } | null>
  >;
  readonly runs: {
    readonly using: string;
    readonly main: string;
    readonly pre?: string;
    readonly post?: string;
    readonly 'post-if'?: string;
  };
};

/** By text: a file with fifty inputs takes longer to parse than a request to be answered. */
const known = new Map<string, Metadata>();

export function readMetadata(directory: string): Metadata {
  const text = readFileSync(join(directory, 'action.yml'), 'utf8');
  const metadata = known.get(text) ?? metadataIn(text);
  known.set(text, metadata);
  return metadata;
}

function metadataIn(text: string): Metadata {
  const file: ActionFile = parse(text);
  const { using, main, pre, post = null, 'post-if': postIf = 'always()' } = file.runs;
  if (using !== 'node24') throw new Error(`This runner has no ${using}`);
  if (pre !== undefined) throw new Error('This runner has no pre step');
  if (postIf !== 'always()') throw new Error(`This runner cannot evaluate post-if: ${postIf}`);
  const defaults = Object.entries(file.inputs ?? {}).map(([name, input]): [string, string] => [
    name,
    input?.default === undefined ? '' : String(input.default),
  ]);
  return { defaults: new Map(defaults), main, post };
}

/** `${{ github.… }}` is all an action's default may need. */
export function evaluate(text: string, github: (name: string) => string | undefined): string {
  return text.replaceAll(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => {
    const name = /^github\.(\w+)$/.exec(expression)?.[1];
    const value = name === undefined ? undefined : github(name);
    if (value === undefined) throw new Error(`This runner cannot evaluate ${expression}`);
    return value;
  });
}
