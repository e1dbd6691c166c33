/** What the documents say about this tree: links lead somewhere, tables are those of the code. */
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { pages, read, ROOT } from './docs/pages.ts';
import { readAction, referenceTables } from './docs/reference.ts';

const action = readAction();

test('the walk sees the documents', () => {
  expect(pages.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['README.md', 'docs/decisions.md', 'src/README.md', 'test/README.md']),
  );
});

type Link = { readonly page: string; readonly target: string };

const links = pages.flatMap((page) =>
  [...withoutCode(page.text).matchAll(/\]\(([^)\s]+)\)|\b(?:src|href)="([^"]+)"/g)]
    .map(([, target, inHtml = '']) => ({ page: page.path, target: target ?? inHtml }))
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

/** As GitHub makes them of headings: lower case, hyphens for spaces, no punctuation, each once. */
function anchorsOf(text: string): readonly string[] {
  const bare = text.replaceAll(/^```[^]*?^```/gm, '');
  const anchors: string[] = [];
  for (const [, heading = ''] of bare.matchAll(/^#+ (.+)$/gm)) {
    const anchor = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    const before = anchors.filter((one) => one.replace(/-\d+$/, '') === anchor).length;
    anchors.push(before === 0 ? anchor : `${anchor}-${before}`);
  }
  return anchors;
}

test('every document is found from the index, and every image has words', () => {
  const index = read('docs/README.md');
  const documents = pages.filter(({ path }) => /^docs\/[\w-]+\.md$/.test(path));
  const missing = documents.filter(({ path }) => !index.includes(`](${path.slice(5)})`));
  expect(missing.map(({ path }) => path)).toEqual(['docs/README.md']);
  for (const { text } of pages)
    expect(withoutCode(text)).not.toMatch(/!\[\]\(|<img(?![^>]*alt="[^"])/);
});

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
  expect(anchorsOf('# One\n```sh\n# two\n```\n## One\n')).toEqual(['one', 'one-1']);
});
