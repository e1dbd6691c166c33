import { expect, test } from 'vitest';
import type { CheckRun } from '../sandbox/github/state.ts';
import { pageOf } from './page.ts';

function checkRun(output: Partial<CheckRun['output']>): CheckRun {
  return {
    id: 1,
    repo: 'octo-org/shop',
    headSha: 'c0ffee',
    appId: 15_368,
    isJob: false,
    name: 'Canary: web',
    externalId: null,
    status: 'completed',
    conclusion: 'success',
    startedAt: '',
    completedAt: '',
    output: { title: 'Promoted web-2', summary: '', text: null, ...output },
    annotations: [],
  };
}

/** The page without its style sheet. */
const bodyOf = (output: Partial<CheckRun['output']>) =>
  pageOf(checkRun(output)).replace(/^[^]*<body/, '<body');

test('the page has the title, the state, the summary and the text, tables and all', () => {
  const body = bodyOf({ summary: '| a | b |\n|---|---|\n| 1 | 2 |', text: '### Stage' });
  expect(body).toContain('<h1>Promoted web-2</h1>');
  expect(body).toContain('Canary: web · success');
  expect(body).toContain('<td>1</td>');
  expect(body).toContain('<h3>Stage</h3>');
});

test('a check run that says nothing yet is a page all the same', () => {
  expect(bodyOf({ title: null, summary: null, text: null })).toContain('<h1>no title yet</h1>');
});

test.each(['<script>alert(1)</script>', 'a <img src=x onerror=alert(1)> b', '<details open>'])(
  'raw HTML is shown and not obeyed: %s',
  (html) => {
    const body = bodyOf({ summary: html });
    expect(body).not.toMatch(/<(?:script|img|details)/);
    expect(body).toMatch(/&lt;(?:script|img|details)/);
  },
);

test('text may be folded', () => {
  const body = bodyOf({ summary: '<details>\n<summary>More</summary>\n\n**x**\n\n</details>' });
  expect(body).toMatch(
    /<details>\s*<summary>More<\/summary>\s*<p><strong>x<\/strong><\/p>\s*<\/details>/,
  );
});

test.each(['[x](javascript:alert)', '![x](https://example.com/x.png)'])(
  'only links to the web are links, and nothing is loaded: %s',
  (text) => {
    const body = bodyOf({ summary: text });
    expect(body).not.toMatch(/<a |<img/);
    expect(body).toContain(text);
  },
);

test('a link to the web stays one', () => {
  expect(bodyOf({ summary: '[run](<https://github.com/o/r>)' })).toContain(
    '<a href="https://github.com/o/r">run</a>',
  );
});

test('foreign text in the title and the name cannot become HTML', () => {
  const page = pageOf({ ...checkRun({ title: '<b>"&' }), name: '</title><script>' });
  expect(page).toContain('<h1>&lt;b&gt;&quot;&amp;</h1>');
  expect(page).not.toContain('<script>');
});

test('the browser is told to run nothing and to load nothing', () => {
  expect(pageOf(checkRun({}))).toContain(
    "content=\"default-src 'none'; style-src 'unsafe-inline'\"",
  );
});
