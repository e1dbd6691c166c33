/**
 * Writes the reference tables of README.md from action.yml, between `<!-- inputs -->` and
 * `<!-- /inputs -->`, and the same for outputs. `node test/docs/reference.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';

type Field = { readonly description: string; readonly default?: string };

export type ActionFile = {
  readonly name: string;
  readonly description: string;
  readonly author: string;
  readonly branding: { readonly icon: string; readonly color: string };
  readonly inputs: Readonly<Record<string, Field & { readonly required: boolean }>>;
  readonly outputs: Readonly<Record<string, Field>>;
  readonly runs: { readonly using: string; readonly main: string; readonly post: string };
};

const ACTION = new URL('../../action.yml', import.meta.url);
const README = new URL('../../README.md', import.meta.url);

export function readAction(): ActionFile {
  const action: unknown = parse(readFileSync(ACTION, 'utf8'));
  if (!isActionFile(action)) throw new Error('action.yml lacks a part that an action needs.');
  return action;
}

function isActionFile(value: unknown): value is ActionFile {
  if (!isRecord(value)) return false;
  const { inputs, outputs, branding, runs } = value;
  if (!isRecord(inputs) || !isRecord(outputs)) return false;
  const fields = [...Object.values(inputs), ...Object.values(outputs)];
  return (
    isRecord(branding) &&
    isRecord(runs) &&
    [value['name'], value['description'], value['author']].every(isText) &&
    fields.every((field) => isRecord(field) && isText(field['description'])) &&
    Object.values(inputs).every((input) => isRecord(input) && isText(input['default']))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** null: there is no README yet. */
export function readReadme(): string | null {
  try {
    return readFileSync(README, 'utf8');
  } catch {
    return null;
  }
}

export function referenceTables(action: ActionFile): { inputs: string; outputs: string } {
  const inputs = Object.entries(action.inputs).map(([name, input]) => {
    const fallback = input.default === undefined || input.default === '' ? '' : code(input.default);
    return [code(name), fallback, cell(input.description)];
  });
  const outputs = Object.entries(action.outputs).map(([name, output]) => [
    code(name),
    cell(output.description),
  ]);
  return {
    inputs: table(['Input', 'Default', 'What it says'], inputs),
    outputs: table(['Output', 'What it holds'], outputs),
  };
}

/** A README without markers comes back as it was. */
export function withTables(readme: string, action: ActionFile): string {
  const tables = referenceTables(action);
  return between(between(readme, 'inputs', tables.inputs), 'outputs', tables.outputs);
}

function between(readme: string, name: string, content: string): string {
  const opening = `<!-- ${name} -->`;
  const from = readme.indexOf(opening);
  const to = readme.indexOf(`<!-- /${name} -->`, from);
  if (from < 0 || to < 0) return readme;
  return `${readme.slice(0, from + opening.length)}\n\n${content}\n\n${readme.slice(to)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function code(text: string): string {
  return `\`${cell(text)}\``;
}

function cell(text: string): string {
  return text
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replaceAll('|', String.raw`\|`);
}

if (import.meta.main) {
  const readme = readReadme();
  if (readme === null) throw new Error('There is no README.md to write the tables into.');
  writeFileSync(README, withTables(readme, readAction()));
}
