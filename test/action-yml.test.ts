import { expect, test } from 'vitest';
import { INPUT_NAMES, INPUTS } from '../src/core/inputs/input-table.ts';
import { parseInputs } from '../src/core/inputs/inputs.ts';
import { OUTPUTS } from '../src/core/report/report.ts';
import { GROUPS, readAction, readReadme, referenceTables, withTables } from './docs/reference.ts';

const action = readAction();

/** The runner fills in this one; the parser sees a token or nothing. */
const JOB_TOKEN = '${{ github.token }}';

test('action.yml declares the inputs the parser knows, in the same order', () => {
  expect(Object.keys(action.inputs)).toEqual([...INPUT_NAMES]);
});

test.each(INPUT_NAMES)('%s has the default that the parser assumes', (name) => {
  const usual = name === 'token' ? JOB_TOKEN : INPUTS[name].usual;
  expect(action.inputs[name]?.default).toBe(usual);
});

test.each(INPUT_NAMES)('%s has a description that ends as a sentence does', (name) => {
  expect(action.inputs[name]?.description).toMatch(/^[A-Z`][^]{20,}[.]$/);
});

test('no input is always needed: a service file may name the service', () => {
  const required = Object.entries(action.inputs).filter(([, input]) => input.required);
  expect(required.map(([name]) => name)).toEqual([]);
});

test('the defaults of action.yml are inputs that the parser takes', () => {
  const raw = new Map(Object.entries(action.inputs).map(([name, input]) => [name, input.default!]));
  raw.set('token', 'job-token').set('service', 'web').set('image', 'registry.example/web:v1');
  const parsed = parseInputs(raw, { project: 'demo', defaultTag: 'c-abc', commit: '' });
  expect(parsed).toMatchObject({ ok: true, request: { command: 'run', token: 'job-token' } });
});

test('action.yml declares the outputs the report fills in, in the same order', () => {
  expect(Object.keys(action.outputs)).toEqual([...OUTPUTS]);
});

test.each([...OUTPUTS])('%s has a description', (name) => {
  expect(action.outputs[name]?.description).toMatch(/^[A-Z][^]{10,}[.]$/);
});

test('main and post are the two files that the build makes, on Node 24', () => {
  expect(action.runs).toEqual({ using: 'node24', main: 'dist/index.js', post: 'dist/post.js' });
});

test('the Marketplace gets a name, a description, an author and a badge', () => {
  expect(action).toMatchObject({
    name: 'Cloud Run canary',
    author: expect.stringMatching(/./),
    description: expect.stringMatching(/^Ships .+[.]$/),
    branding: { icon: 'trending-up', color: 'yellow' },
  });
});

test('the tables have one row for each input and output', () => {
  const tables = referenceTables(action);
  const names = [...tables.inputs.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(names).toEqual([...INPUT_NAMES]);
  expect(tables.outputs.split('\n')).toHaveLength(OUTPUTS.length + 2);
  expect(tables.inputs).toContain('| `region` | `us-central1` | Region of the service.');
});

test('the inputs stand in groups, each below the names it has', () => {
  const { inputs } = referenceTables(action);
  for (const [first, title] of Object.entries(GROUPS)) {
    expect(inputs).toContain(`<summary><b>${title}</b>: <code>${first}</code>`);
  }
  expect(inputs.match(/^<details/gm)).toHaveLength(Object.keys(GROUPS).length);
  expect(inputs.match(/<code>/g)).toHaveLength(INPUT_NAMES.length);
});

test('tables are written between their markers and nowhere else', () => {
  const readme = 'a\n<!-- inputs -->old<!-- /inputs -->\nb\n<!-- outputs --><!-- /outputs -->\nc\n';
  const written = withTables(readme, action);
  const tables = referenceTables(action);
  expect(written).toBe(
    `a\n<!-- inputs -->\n\n${tables.inputs}\n\n<!-- /inputs -->\nb\n` +
      `<!-- outputs -->\n\n${tables.outputs}\n\n<!-- /outputs -->\nc\n`,
  );
  expect(withTables(written, action)).toBe(written);
  expect(withTables('no markers here', action)).toBe('no markers here');
});

const readme = readReadme();
test.skipIf(readme === null)('the tables in README.md are those of action.yml', () => {
  expect(readme).toBe(withTables(readme!, action));
});
