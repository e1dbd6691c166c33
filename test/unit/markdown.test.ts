import * as fc from 'fast-check';
import { marked } from 'marked';
import { describe, expect, test } from 'vitest';
import {
  block,
  byteLength,
  cell,
  code,
  codeCell,
  cutBytes,
  cutToBytes,
  link,
  plain,
  visible,
} from '../../src/core/report/markdown.ts';

const HOSTILE = [
  '![x](https://evil.example/x.png)',
  '[click](https://evil.example)',
  '[click][ref]\n\n[ref]: https://evil.example',
  '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  '<!-- comment',
  '</details></details>',
  'https://evil.example/path',
  'see http://evil.example.',
  'www.evil.example',
  'a_www.evil.example',
  'mail me@evil.example now',
  '<https://evil.example>',
  'mailto:me@evil.example',
  '@octocat',
  'hello @octo-org/team!',
  '#123',
  'octo/repo#7',
  'GH-7',
  'a_gh-7',
  'octo/repo@deadbeef1',
  'deadbeefcafe',
  ':rocket: time',
  '$x^2$ and $$y$$',
  '# heading',
  '- list',
  '+ list',
  '* list',
  '1. list',
  '1) list',
  '> quote',
  '---',
  '=',
  '===',
  '    indented code',
  '```\nfence\n```',
  '~~~\nfence',
  '`code` `` more `` ```` most ````',
  '`',
  '``',
  '` `',
  '\\',
  'ends with a backslash \\',
  '\\`not code\\`',
  '**bold** __bold__ *a* _b_ ~~gone~~',
  'a|b|c',
  'a\\|b',
  'a\\\\|b',
  '`a|b`',
  '|',
  'one\ntwo\r\nthree\rfour',
  'one\n\ntwo',
  'tab\there',
  '\u202Egnp.exe',
  '\u2066hidden\u2069',
  'zero\u200Bwidth',
  '\uFEFFbom',
  'line\u2028separator',
  'nul\u0000byte \u001b[31mred',
  '\ud800 lone surrogate',
  '&lt;b&gt; &amp; &copy;',
  '',
  '   ',
];

const anyText = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        ...Array.from('`|\\<>[]()!*_~#@:$&-+=.1a w\n\t\u202e\u00a0'),
        'www.',
        'https://',
        'x',
      ),
      { maxLength: 30 },
    )
    .map((parts) => parts.join('')),
);

type Node = { readonly type: string; readonly [key: string]: unknown };

/** Every kind of node in the tree, tables' cells included. */
function kinds(markdown: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (isNode(value)) {
      found.add(value.type);
      Object.values(value).forEach(visit);
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
  };
  visit(marked.lexer(markdown, { gfm: true }));
  return found;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}

/** What is outside code spans: there GitHub looks for mentions, issues and commits. */
function proseOf(markdown: string): string {
  return markdown.replace(/(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)/gs, '');
}

/** What a text managed to do that only our own Markdown may. */
function harm(markdown: string, allowed: readonly string[]): readonly string[] {
  const prose = proseOf(markdown);
  return [
    ...[...kinds(markdown)].filter((kind) => !allowed.includes(kind)),
    ...(prose.match(/[@#$<>[\]`\\]|www\.|\/\/|(?<![a-z\d])gh-\d|\b[0-9a-f]{7,}\b/gi) ?? []),
    ...(prose.match(/[\p{C}\p{Zl}\p{Zp}]/gu) ?? []),
  ];
}

describe('a code span', () => {
  const allowed = ['paragraph', 'codespan', 'text'];

  test.each(HOSTILE)('shows %j and nothing else', (text) => {
    const markdown = `before ${code(text)} after`;
    expect(harm(markdown, allowed)).toEqual([]);
    expect(proseOf(markdown)).toMatch(/^before (?:\(empty\))? ?after$/);
  });

  test('holds any text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const markdown = `before ${code(text)} after`;
        expect(harm(markdown, allowed)).toEqual([]);
        expect(proseOf(markdown)).toMatch(/^before (?:\(empty\))? ?after$/);
      }),
      { numRuns: 5000 },
    );
  });

  test('stands at the start of a line as well', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(harm(code(text), allowed)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    { text: 'plain', expected: '`plain`' },
    { text: 'a`b', expected: '``a`b``' },
    { text: '`a', expected: '`` `a ``' },
    { text: 'a``b`', expected: '``` a``b` ```' },
    { text: ' a ', expected: '`  a  `' },
    { text: 'a\nb\tc\u202Ed', expected: '`a\\nb\\tc\\u202ed`' },
    { text: '\u{E0041}', expected: '`\\u{e0041}`' },
    { text: '', expected: '(empty)' },
  ])('of $text is $expected', ({ text, expected }) => {
    expect(code(text)).toBe(expected);
  });

  test('is cut at so many bytes, between characters', () => {
    expect(code('ääää', 7)).toBe('`ää…`');
    expect(code('ääää', 8)).toBe('`ääää`');
  });
});

describe('a block of commands', () => {
  test('has a fence that no line inside can close', () => {
    expect(block(['```', 'gcloud one'], 'sh')).toEqual(['````sh', '```', 'gcloud one', '````']);
    expect(kinds(block(['```', '@octocat <b>'], 'sh').join('\n'))).toEqual(new Set(['code']));
  });

  test('has as many lines as commands', () => {
    expect(block(['gcloud one\n\n# two', 'three'], 'sh')).toEqual([
      '```sh',
      'gcloud one\\n\\n# two',
      'three',
      '```',
    ]);
  });
});

describe('prose', () => {
  const allowed = ['paragraph', 'codespan', 'text'];

  test.each(HOSTILE)('makes %j harmless', (text) => {
    expect(harm(plain(text), [...allowed, ...(text.trim() === '' ? ['space'] : [])])).toEqual([]);
  });

  test('makes any text harmless', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(harm(plain(text), [...allowed, 'space'])).toEqual([]);
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    '5xx 2.1 % (41 of 1,950) on the canary against 0.3 % (88 of 29,300) on the stable revision: more.',
    "p95 1.4 s against 265 ms: even with the histogram's buckets taken off (at least 1.3 s).",
    'web-00041-kib has all traffic again, since 2026-11-20T15:04:31Z.',
    'Set min_requests lower; evidence 100 : 1, and/or wait – about +0.5 points.',
    'Ärger in Zürich: 日本語 works.',
  ])('leaves a plain sentence as it is: %s', (sentence) => {
    expect(plain(sentence)).toBe(sentence);
  });

  test('shows what is not plain as code and keeps the punctuation outside', () => {
    expect(plain("Image 'gcr.io/x/y:tag' not found (see https://x.example), @octocat!")).toBe(
      "Image '`gcr.io/x/y:tag`' not found (see `https://x.example`), `@octocat`!",
    );
  });

  test('a name that is code in a sentence of ours stays just that', () => {
    expect(plain('Set `--startup-probe` in `flags`.')).toBe('Set `--startup-probe` in `flags`.');
    expect(plain('a ``` b `c')).toBe('a ```` ``` ```` b `` `c ``');
  });

  test('is one line', () => {
    expect(plain('one\n\n  two\tthree')).toBe('one two three');
  });

  test('is cut at so many bytes', () => {
    expect(byteLength(plain('word '.repeat(1000)))).toBeLessThanOrEqual(2000);
    expect(plain('one two three', 10)).toBe('one two…');
  });
});

describe('a table cell', () => {
  /** The cells of the only row. */
  function rowOf(inner: string): readonly string[] {
    const [table] = marked.lexer(`| a | b | c |\n| --- | --- | --- |\n| x | ${inner} | y |\n`);
    if (table?.type !== 'table') throw new Error('no table');
    return table['rows'][0].map((item: { text: string }) => item.text);
  }

  test('stays one cell whatever is in it', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const inner of [codeCell(text), cell(text)]) {
          const row = rowOf(inner);
          expect([row.length, row[0], row[2]]).toEqual([3, 'x', 'y']);
        }
      }),
      { numRuns: 5000 },
    );
  });

  test.each(HOSTILE)('makes %j harmless', (text) => {
    const markdown = `| a |\n| --- |\n| ${codeCell(text)} |\n| ${cell(text)} |\n`;
    expect([...kinds(markdown)].sort()).toEqual(
      expect.not.arrayContaining(['link', 'image', 'html']),
    );
  });

  test('keeps an odd number of backslashes before a pipe', () => {
    expect(codeCell('a|b')).toBe('`a\\|b`');
    expect(codeCell('a\\|b')).toBe('`a\\\\\\|b`');
  });

  test('is cut at so many bytes', () => {
    expect(cell('one two three', 10)).toBe('one two…');
  });
});

describe('a link', () => {
  test.each([
    'https://github.com/octo/repo/actions/runs/1',
    'https://web-abc.a.run.app',
    'https://c-1---web-abc.a.run.app/path?x=1&y=%20#z',
    'http://127.0.0.1:8080/x',
    'http://localhost:1/',
    'http://[::1]:8080/',
  ])('is made to %s', (url) => {
    expect(link('Run', url)).toBe(`[Run](<${url}>)`);
  });

  test.each([
    'http://evil.example/',
    'javascript:alert(1)',
    'data:text/html,x',
    'https://user@evil.example/',
    'https://user:pass@evil.example/',
    'https://evil.example/>)![x](<y',
    'https://evil.example/ x',
    'https://evil.example/\n',
    'https://evil.example/"x',
    'https://evil.example/`x',
    'https://ev\u202Eil.example/',
    'https://',
    '//evil.example/',
    'http://127.0.0.1.evil.example/',
    'http://localhost@evil.example/',
    '',
  ])('is not made to %j', (url) => {
    expect(link('Run', url)).toBe('Run');
  });

  test('has a label that stays a label', () => {
    const markdown = link('](https://evil.example) ![x](y) <b>', 'https://ours.example/');
    const links = [...markdown.matchAll(/\]\(</g)];
    expect(links).toHaveLength(1);
    expect(kinds(markdown)).not.toContain('image');
    expect(kinds(markdown)).not.toContain('html');
  });
});

describe('cutting a report', () => {
  test('leaves a text that fits', () => {
    expect(cutToBytes('one\ntwo', 7)).toBe('one\ntwo');
  });

  test('keeps whole lines and says that something is missing', () => {
    const text = Array.from({ length: 100 }, (_, i) => `line ${i} with ä`).join('\n');
    const cut = cutToBytes(text, 300);
    expect(byteLength(cut)).toBeLessThanOrEqual(300);
    expect(cut.split('\n').slice(0, 3)).toEqual([
      'line 0 with ä',
      'line 1 with ä',
      'line 2 with ä',
    ]);
    expect(cut).toMatch(/with ä\n\nThe rest is left out: the report is too long to show\.$/);
  });

  test('closes a fence and the details that are open', () => {
    const text = `<details><summary>x</summary>\n\n\`\`\`\`sh\n${'command\n'.repeat(100)}`;
    const cut = cutToBytes(text, 200);
    expect(byteLength(cut)).toBeLessThanOrEqual(200);
    expect(cut).toMatch(/command\n````\n\n<\/details>\n\nThe rest/);
  });

  test('does not close what is closed already', () => {
    const text = `<details>\n\`\`\`\nx\n\`\`\`\n</details>\n${'line\n'.repeat(100)}`;
    expect(cutToBytes(text, 200)).not.toMatch(/line[\s\S]*(?:```|<\/details>)/);
  });

  test('takes no code span for a fence', () => {
    const text = `${code('a``b')} ends\n${'line\n'.repeat(100)}`;
    expect(cutToBytes(text, 200)).toMatch(/line\n\nThe rest/);
  });

  test('drops a line that does not fit rather than cutting inside it', () => {
    expect(cutToBytes(`one\n\`${'x'.repeat(500)}\``, 100)).toMatch(/^one\n\nThe rest/);
  });

  test('never passes the limit', () => {
    fc.assert(
      fc.property(fc.array(anyText), fc.nat(400), (lines, max) => {
        expect(byteLength(cutToBytes(lines.join('\n'), max))).toBeLessThanOrEqual(max);
      }),
      { numRuns: 500 },
    );
  });
});

test('visible escapes leave ordinary text alone', () => {
  expect(visible('Zürich 日本 🎉 a b')).toBe('Zürich 日本 🎉 a b');
});

test('a cut within bytes shows and never splits a character', () => {
  expect(cutBytes('🎉🎉', 7)).toBe('🎉…');
  expect(cutBytes('🎉🎉', 8)).toBe('🎉🎉');
  expect(cutBytes('abc', 2)).toBe('…');
});
