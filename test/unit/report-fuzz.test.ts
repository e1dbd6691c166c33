import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { harmOf, hostileReport } from '../fuzz/hostile-report.ts';
import { beyond, traitsOf } from '../fuzz/traits.ts';

/** `npm run fuzz:report` plays many more. */
const REPORTS = 8;

test('no foreign text makes a link, an element, a mention or a line of a chart', () => {
  fc.assert(
    fc.property(hostileReport, (one) => {
      expect(harmOf(one)).toEqual([]);
    }),
    { numRuns: REPORTS },
  );
});

describe('what a text could do is seen:', () => {
  const plainTraits = traitsOf('some words and `code`');

  test.each([
    ['a link', '[x](https://evil.example)', 'link to https://evil.example'],
    ['an address', 'https://evil.example', 'link to https://evil.example'],
    ['an address without a scheme', 'www.evil.example', 'link to http://www.evil.example'],
    ['an image', '![x](https://evil.example/x.png)', 'element img'],
    ['an HTML element', '<b>x</b>', 'element b'],
    ['a comment', '<!-- x', 'html <!-- x'],
    ['an attribute', '<p onclick="x">', 'attribute onClick'],
    ['a mention', 'hello @octocat', 'mention'],
    ['a mention behind a backslash', 'hello \\@octocat', 'mention'],
    ['a mention as an entity', 'hello &commat;octocat', 'mention'],
    ['an issue', 'see #12', 'issue'],
    ['an issue of another repository', 'see octo/repo#12', 'issue'],
    ['an issue by letters', 'see GH-12', 'issue'],
    ['a commit', 'see deadbeef', 'commit'],
    ['a heading', '# x', 'heading'],
    ['a heading by its underline', 'x\n---', 'heading'],
    ['a list', '- x', 'list'],
    ['a quotation', '> x', 'blockquote'],
    ['a block', '~~~\nx\n~~~', 'block '],
    ['a rule', '***', 'thematicBreak'],
    ['a table', '|a|\n|-|\n|b|', 'table'],
    ['a footnote', 'x[^1]\n\n[^1]: y', 'footnoteReference'],
    ['emphasis', '*x*', 'emphasis'],
    ['a formula', '$x$', 'formula'],
    ['an emoji by name', ':rocket:', 'emoji name'],
    ['a character nobody sees', '`a\u202eb`', 'invisible'],
  ])('%s', (_name, markdown, trait) => {
    expect([...traitsOf(markdown).keys()]).toContain(trait);
  });

  test.each([
    ['a new line', '```mermaid\nxychart-beta\n  line [1, 2]\n  line [3]\n```'],
    ['a directive', '```mermaid\n%%{init: {}}%%\nxychart-beta\n  line [1, 2]\n```'],
    ['a click', '```mermaid\nxychart-beta\n  line [1, 2]\nclick a "x"\n```'],
  ])('%s of a chart', (_name, markdown) => {
    const chart = traitsOf('```mermaid\nxychart-beta\n  line [5, 6, 7]\n```');
    expect(beyond(traitsOf(markdown), chart)).not.toEqual([]);
  });

  test('other numbers and other words in quotes are no other chart', () => {
    const [one, two] = ['a b', 'c'].map((title, n) =>
      traitsOf(`\`\`\`mermaid\nxychart-beta\n  title "${title}"\n  line [${n}, 2]\n\`\`\``),
    );
    expect(beyond(two!, one!)).toEqual([]);
  });

  test('words and code are nothing', () => {
    expect(beyond(traitsOf('other `words`'), plainTraits)).toEqual([]);
  });

  test('an address that the report was given may be linked', () => {
    const given = traitsOf('[x](https://web.example/1)', ['https://web.example/2']);
    expect([...given.keys()]).toContain('link to a given address');
  });
});
