/** What the documents say about this tree: links lead somewhere, snippets are workflows that work. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { parseInputs } from '../src/core/inputs/inputs.ts';
import { readAction, referenceTables } from './docs/reference.ts';

const ROOT = resolve(import.meta.dirname, '..');
const NOT_OURS = /^(?:node_modules|dist|build|coverage|\.git|\.demo)(?:\/|$)/;

const pages = readdirSync(ROOT, { withFileTypes: true })
  .flatMap((entry) => (entry.isDirectory() ? pathsBelow(entry.name) : [entry.name]))
  .filter((path) => path.endsWith('.md'))
  .map((path) => ({ path, text: read(path) }));
const shown = pages.filter(({ path }) => /^(?:README\.md|docs\/)/.test(path));
const action = readAction();

function pathsBelow(folder: string): readonly string[] {
  if (NOT_OURS.test(folder)) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
    join(folder, name),
  );
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

test('the walk sees the documents', () => {
  expect(pages.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['README.md', 'docs/decisions.md', 'src/README.md', 'test/README.md']),
  );
});

type Link = { readonly page: string; readonly target: string };

const links = pages.flatMap((page) =>
  [...withoutCode(page.text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => ({ page: page.path, target }))
    .filter(({ target }) => !/^[a-z]+:/.test(target)),
);

function withoutCode(text: string): string {
  return text.replaceAll(/^```[^]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

test('every relative link leads to a file and, if it names one, to a heading', () => {
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter((link) => !leadsSomewhere(link))).toEqual([]);
});

function leadsSomewhere({ page, target }: Link): boolean {
  const [path = '', heading] = target.split('#');
  const file = path === '' ? page : relative(ROOT, resolve(ROOT, dirname(page), path));
  if (file.startsWith('..') || !existsSync(join(ROOT, file))) return false;
  return heading === undefined || anchorsOf(read(file)).includes(heading);
}

/** As GitHub makes them of headings: lower case, hyphens for spaces, no punctuation. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('the tables of README.md are those of action.yml', () => {
  const readme = read('README.md');
  const tables = referenceTables(action);
  expect(readme).toContain(`<!-- inputs -->\n\n${tables.inputs}\n\n<!-- /inputs -->`);
  expect(readme).toContain(`<!-- outputs -->\n\n${tables.outputs}\n\n<!-- /outputs -->`);
});

test('a link and a heading that are not there are noticed', () => {
  expect(leadsSomewhere({ page: 'README.md', target: 'docs/nowhere.md' })).toBe(false);
  expect(leadsSomewhere({ page: 'README.md', target: '#no-such-heading' })).toBe(false);
  expect(leadsSomewhere({ page: 'docs/protocol.md', target: '../../outside.md' })).toBe(false);
  expect(leadsSomewhere({ page: 'README.md', target: '#how-it-works' })).toBe(true);
});

type Step = { readonly uses: string; readonly with: Readonly<Record<string, string>> };
type Snippet = { readonly where: string; readonly text: string; readonly value: unknown };

const snippets = shown.flatMap(({ path, text }) =>
  [...text.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, snippet = ''], index) =>
    parsed(`${path}, ${index + 1}`, snippet),
  ),
);
const workflows = [
  ...snippets.filter(({ value }) => isRecord(value) && 'jobs' in value),
  ...pathsBelow('.github/workflows').map((path) => parsed(path, read(path))),
];

/** Errors and warnings alike: a duplicate key is one of them. */
function parsed(where: string, text: string): Snippet {
  const document = parseDocument(text, { uniqueKeys: true });
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0) throw new Error(`${where}: ${wrong[0]?.message}`);
  return { where, text, value: document.toJS() };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Wherever they stand. */
function stepsIn(value: unknown): readonly Step[] {
  if (Array.isArray(value)) return value.flatMap(stepsIn);
  if (!isRecord(value)) return [];
  const { uses, with: given } = value;
  return typeof uses === 'string'
    ? [{ uses, with: inputsOf(given) }]
    : Object.values(value).flatMap(stepsIn);
}

/** As the runner hands them over: as text. */
function inputsOf(given: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(isRecord(given) ? given : {});
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

function isOurs({ uses }: Step): boolean {
  return /(?:^|\/)cloud-run-canary@/.test(uses);
}

test('the snippets have steps with this action, and workflows around them', () => {
  expect(snippets.flatMap(({ value }) => stepsIn(value)).filter(isOurs).length).toBeGreaterThan(1);
  expect(workflows.length).toBeGreaterThan(2);
});

test('the first workflow of the README fits a screen', () => {
  expect(workflows[0]?.text.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
});

/** What an expression in a snippet may turn into; the parser sees only the value. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  '${{ github.sha }}': ['0'.repeat(40)],
  '${{ inputs.command }}': ['status', 'promote', 'rollback'],
};

function meanings(text: string): readonly string[] {
  return Object.entries(MEANT).reduce<readonly string[]>(
    (texts, [expression, values]) =>
      texts.flatMap((one) =>
        one.includes(expression) ? values.map((value) => one.replaceAll(expression, value)) : [one],
      ),
    [text],
  );
}

const ours = snippets.flatMap(({ where, value }) =>
  stepsIn(value)
    .filter(isOurs)
    .map((step) => ({ where, step })),
);

test.each(ours)('the inputs of the step in $where are taken by the parser', ({ step }) => {
  const given = Object.entries(step.with);
  expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(given.map(([name]) => name)));
  for (const command of meanings(step.with['command'] ?? 'run')) {
    const raw = new Map(given.map(([name, text]) => [name, meanings(text)[0] ?? '']));
    const result = parseInputs(raw.set('command', command), { project: 'demo', defaultTag: 'c-1' });
    expect(result).toMatchObject({ ok: true, request: { command } });
  }
});

test.each(workflows)('$where pins actions of others to a commit, and says which version', (one) => {
  const others = stepsIn(one.value).filter((step) => !isOurs(step));
  for (const { uses } of others) {
    const escaped = uses.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    expect(uses).toMatch(/@[0-9a-f]{40}$/);
    expect(one.text).toMatch(new RegExp(`uses: ${escaped} # v\\d+\\.\\d+\\.\\d+$`, 'm'));
  }
});

test.each(workflows)('$where asks for no more permissions than it needs', ({ value }) => {
  expect(isRecord(value) ? permissionsIn(value) : null).toEqual(
    stepsIn(value).some(isOurs)
      ? [{}, { 'id-token': 'write', checks: 'write' }]
      : [{ contents: 'read' }],
  );
});

/** Those of the workflow and of its jobs, in order. */
function permissionsIn(workflow: Readonly<Record<string, unknown>>): readonly unknown[] {
  const jobs = isRecord(workflow['jobs']) ? Object.values(workflow['jobs']) : [];
  return [workflow, ...jobs].flatMap((one) =>
    isRecord(one) && 'permissions' in one ? [one['permissions']] : [],
  );
}

test.each(ours)('auth stands before this action in $where, so that post keeps its file', (one) => {
  const all = snippets
    .filter(({ where }) => where === one.where)
    .flatMap(({ value }) => stepsIn(value));
  const [auth, own] = [/^google-github-actions\/auth@/, /cloud-run-canary@/].map((name) =>
    all.findIndex(({ uses }) => name.test(uses)),
  );
  expect(auth).toBeGreaterThanOrEqual(0);
  expect(own).toBeGreaterThan(auth ?? Infinity);
});

test('no workflow cancels a rollout that is under way', () => {
  const groups = workflows.flatMap(({ value }) =>
    isRecord(value) && 'concurrency' in value ? [value['concurrency']] : [],
  );
  expect(groups.length).toBeGreaterThan(0);
  for (const group of groups) expect(group).toMatchObject({ 'cancel-in-progress': false });
});
