/** Every snippet of the documents parses, and names only commands, scripts and files that are there. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseDocument } from 'yaml';
import { commandsIn, gcloudFaults, spokenGcloud } from './docs/commands-shown.ts';
import { hclFaults, moduleIn, variablesOf } from './docs/hcl.ts';
import { pages, read, ROOT } from './docs/pages.ts';

type Snippet = { readonly where: string; readonly language: string; readonly text: string };

const snippets: readonly Snippet[] = pages.flatMap(({ path, text }) =>
  [...text.matchAll(/^```(\S*)\n([^]*?)^```$/gm)].map(([, language = '', body = ''], index) => ({
    where: `${path}, ${index + 1}`,
    language,
    text: body,
  })),
);

/** Old entries speak of what was there then. */
const spoken = pages
  .filter(({ path }) => path !== 'docs/decisions.md')
  .flatMap(({ path, text }) =>
    [...text.replaceAll(/^```[^]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => ({
      where: path,
      code,
    })),
  );

const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

const of = (language: string) => snippets.filter((one) => one.language === language);

test('a snippet is of a language that is checked here, or plain text', () => {
  const languages = new Set(snippets.map(({ language }) => language));
  expect([...languages].sort()).toEqual(['', 'hcl', 'js', 'sh', 'text', 'yaml']);
});

test.each(of('yaml'))('$where is YAML', ({ text }) => {
  const { errors, warnings } = parseDocument(text, { uniqueKeys: true });
  expect([...errors, ...warnings]).toEqual([]);
});

test.each(of('js'))('$where is JavaScript', ({ text }) => {
  const directory = mkdtempSync(join(tmpdir(), 'snippet-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'snippet.mjs');
  writeFileSync(file, text);
  expect(() => execFileSync(process.execPath, ['--check', file], { stdio: 'pipe' })).not.toThrow();
});

test.each(of('sh'))('$where is a script whose commands are there', ({ text }) => {
  expect(() => execFileSync('bash', ['-n'], { input: text, stdio: 'pipe' })).not.toThrow();
  const commands = commandsIn(text);
  expect(commands.length).toBeGreaterThan(0);
  expect(commands.flatMap(faultsOf)).toEqual([]);
});

test('the commands that the text names are there', () => {
  const npm = spoken.filter(({ code }) => /^npm run \S/.test(code));
  expect(npm.length).toBeGreaterThan(5);
  expect(npm.flatMap(({ code }) => commandsIn(code).flatMap(faultsOf))).toEqual([]);
  const gcloud = spoken.filter(({ code }) => code.startsWith('gcloud '));
  expect(gcloud.length).toBeGreaterThan(3);
  expect(gcloud.flatMap(({ code }) => spokenGcloud(code))).toEqual([]);
});

test('the files that the text names are there', () => {
  const files = spoken.filter(({ code }) =>
    /^(?:src|test|docs|examples|dist|\.ci)\/[\w./-]+$/.test(code),
  );
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter(({ code }) => !existsSync(join(ROOT, code)))).toEqual([]);
});

test.each(of('hcl'))('$where is balanced, and gives the module what it takes', ({ text }) => {
  expect(hclFaults(text)).toEqual([]);
  const { source, given } = moduleIn(text);
  const variables = variablesOf(read(join(source, 'main.tf')));
  expect(variables.map(({ name }) => name)).toEqual(expect.arrayContaining([...given]));
  const needed = variables.filter(({ isOptional }) => !isOptional).map(({ name }) => name);
  expect(given).toEqual(expect.arrayContaining(needed));
});

test.each(['examples/google/main.tf', 'examples/terraform/service.tf'])(
  '%s is balanced',
  (path) => {
    expect(hclFaults(read(path))).toEqual([]);
  },
);

/** Commands of gh that the documents show. */
const GH = ['attestation verify', 'release verify', 'run rerun', 'workflow run'];

/** What cannot be run as it is shown. */
function faultsOf(words: readonly string[]): readonly string[] {
  const [program = '', first = '', second = ''] = words;
  const shown = words.join(' ');
  switch (program) {
    case 'gh':
      return GH.includes(`${first} ${second}`) ? [] : [shown];
    case 'gcloud':
      return gcloudFaults(words);
    case 'npm':
      if (first === 'run') return second in scripts ? [] : [shown];
      return ['ci', 'cit', 'test'].includes(first) ? [] : [shown];
    case 'node':
    case 'bash':
      return existsSync(join(ROOT, first)) ? [] : [shown];
    case 'vitest':
      return first === 'run'
        ? pathsIn(words).filter((path) => !existsSync(join(ROOT, path)))
        : [shown];
    case 'export':
    case 'git':
    case 'jq':
    case 'cd':
      return [];
    default:
      return [shown];
  }
}

function pathsIn(words: readonly string[]): readonly string[] {
  return words.filter((word) => word.startsWith('test/'));
}

test.each([
  'npm run no-such-script',
  'node test/nowhere.ts',
  'gcloud run services update-trafic web --region=r',
  'gcloud run deploy web --no-such-flag',
  'rm -rf /',
  'gh release verfy v1',
  'vitest run test/nowhere.test.ts',
])('what is not there is noticed: %s', (wrong) => {
  expect(commandsIn(`A=b ${wrong} # why\n`).flatMap(faultsOf)).toHaveLength(1);
});

test('a word that gcloud does not have, and a bracket that is open, are noticed', () => {
  expect(spokenGcloud('gcloud run service list')).toHaveLength(1);
  expect(hclFaults('a = {')).toEqual(['{ is not closed']);
  expect(hclFaults('a = "}" # }')).toEqual([]);
});
