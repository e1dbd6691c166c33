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

/** The input that each group begins with, in the order of action.yml. */
export const GROUPS: Readonly<Record<string, string>> = {
  command: 'What to do, and where',
  image: 'What is rolled out',
  stages: 'The ramp',
  min_requests: 'The verdict',
  on_no_data: 'What to do when it is not clear, and how long to wait',
  smoke_path: 'The smoke test',
  delete_failed_canary: 'Safety and tidiness',
  check_name: 'Where it is told',
};

export function referenceTables(action: ActionFile): { inputs: string; outputs: string } {
  const outputs = Object.entries(action.outputs).map(([name, output]) => [
    code(name),
    cell(output.description),
  ]);
  return {
    inputs: groupsOf(action).map(folded).join('\n\n'),
    outputs: table(['Output', 'What it holds'], outputs),
  };
}

type Group = { readonly title: string; readonly rows: (readonly [string, string, string])[] };

function groupsOf(action: ActionFile): readonly Group[] {
  const groups: Group[] = [];
  for (const [name, input] of Object.entries(action.inputs)) {
    const title = GROUPS[name];
    if (title !== undefined) groups.push({ title, rows: [] });
    const fallback = input.default === undefined || input.default === '' ? '' : code(input.default);
    groups.at(-1)?.rows.push([code(name), fallback, cell(input.description)]);
  }
  return groups;
}

/** Only the names are seen before it is opened; the first group is open. */
function folded({ title, rows }: Group, index: number): string {
  const names = rows.map(([name]) => name.replace(/^`(.*)`$/, '<code>$1</code>')).join(', ');
  return [
    `<details${index === 0 ? ' open' : ''}>`,
    `<summary><b>${title}</b>: ${names}</summary>`,
    '',
    table(['Input', 'Default', 'What it says'], rows),
    '',
    '</details>',
  ].join('\n');
}

/** A README without markers comes back as it was. */
export function withTables(readme: string, action: ActionFile): string {
  const tables = referenceTables(action);
  return between(between(readme, 'inputs', tables.inputs), 'outputs', tables.outputs);
}

/** The text with what stands between the markers of this name replaced; without them, as it was. */
export function between(readme: string, name: string, content: string): string {
  const opening = `<!-- ${name} -->`;
  const from = readme.indexOf(opening);
  const to = readme.indexOf(`<!-- /${name} -->`, from);
  if (from < 0 || to < 0) return readme;
  return `${readme.slice(0, from + opening.length)}\n\n${content}\n\n${readme.slice(to)}`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
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
