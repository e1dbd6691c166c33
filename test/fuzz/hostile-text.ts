/** Texts that mean something to Markdown, to GitHub, to mermaid or to a terminal. */
import * as fc from 'fast-check';

const WHOLE = [
  '![x](https://evil.example/x.png)',
  '[click](https://evil.example)',
  '[click](javascript:alert(1))',
  '[click][ref]\n\n[ref]: https://evil.example',
  '[^1] and\n\n[^1]: a footnote',
  '<img src=x onerror=alert(1)>',
  '<a href="https://evil.example">x</a>',
  '<script>alert(1)</script>',
  '<!-- comment',
  '<![CDATA[ x ]]>',
  '<?php x ?>',
  '</details></details></td></tr></table>',
  '<https://evil.example>',
  'see http://evil.example.',
  'HTTPS://EVIL.EXAMPLE/',
  'ftp://evil.example',
  'www.evil.example',
  'a_www.evil.example',
  'mail me@evil.example now',
  'mailto:me@evil.example',
  'xmpp:me@evil.example/x',
  'git@github.com:octo/repo.git',
  '@octocat',
  'hello,@octo-org/team!',
  '(@octocat)',
  '&commat;octocat &#64;octocat',
  '\uFF20octocat \uFF031',
  '#123',
  'octo/repo#7',
  'GH-7',
  '_gh-7',
  'octo/repo@deadbeef1',
  'deadbeefcafe',
  'x deadbeefcafe, 0123456789abcdef0123456789abcdef01234567.',
  ':rocket: time',
  ':+1:',
  '$x^2$ and $$y$$ and $`z`$',
  '# heading',
  'heading\n===',
  'heading\n---',
  '- list',
  '+ list',
  '* list',
  '- [x] task',
  '1. list',
  '1) list',
  '> quote',
  '> [!CAUTION]\n> alert',
  '---',
  '***',
  '    indented code',
  '```\nfence\n```',
  '````mermaid\nflowchart\n````',
  '~~~\nfence',
  '\n```\n\n@octocat <b>out</b>\n',
  '`code` `` more `` ```` most ````',
  '`',
  '``',
  ' ` ',
  '\\',
  'ends with \\',
  '\\`not code\\`',
  '**bold** __bold__ *a* _b_ ~~gone~~',
  'a|b|c',
  'a\\|b',
  'a\\\\|b',
  '|||\n|---|---|\n|x|y|',
  'one\n\ntwo\r\n\r\nthree\rfour',
  'tab\there',
  '\u202Egnp.exe',
  '\u2066hidden\u2069',
  'zero\u200Bwidth\uFEFF',
  'line\u2028separator\u0085next',
  'nul\0byte \u001b[31mred\u009b31m',
  '\u{E0041}tag',
  '\ud800 lone',
  'e\u0301\u0301\u0301\u0301',
  '"]\n  line [1, 2, 3]',
  '"\nclick a "https://evil.example"',
  '%%{init: {"theme": "dark", "securityLevel": "loose"}}%%',
  '---\nconfig:\n  theme: dark\n---',
  'a;b;end',
  '#quot;x#35;',
  "'; rm -rf / #",
  '$(id) `id` ${HOME}',
  '\nEOF\n',
  '::error::x',
  '__proto__',
  'constructor',
  '%5Cn%0A',
  '[object Object]',
  '',
  ' ',
];

const PIECES = [
  ...Array.from('`|\\<>[](){}!*_~#@:;$&-+=.%"\'^/1a w\n\t\r\u202e\u00a0\u200d'),
  'www.',
  'https://',
  'evil.example',
  '](',
  '![',
  '```',
  '~~~',
  '<!--',
  '-->',
  '<b>',
  '&#',
  '\n\n',
  '\n- ',
  '\n# ',
  '\n> ',
  '\n|',
  'GH-1',
  'deadbeef',
  'word',
];

/** Long ones are rare, because they take long: names of 10,000 characters, and deep nests. */
const LONG = ['x', '`', '[', '> ', '- ', '*', '_a', '<b>', '\\', '🎉', 'ä', '@a ', '|', '&amp;'];

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...WHOLE) },
  {
    weight: 12,
    arbitrary: fc
      .array(fc.constantFrom(...PIECES), { maxLength: 16 })
      .map((pieces) => pieces.join('')),
  },
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 24 }) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(...WHOLE), fc.constantFrom(...PIECES), fc.constantFrom(...WHOLE))
      .map((parts) => parts.join('')),
  },
  { weight: 1, arbitrary: longText() },
);

/** For what should be an address: some of these are. Their host is none that a text may lead to. */
export const hostileAddress: fc.Arbitrary<string> = fc
  .oneof(
    hostileText,
    hostileText.map((text) => `https://evil.example/${text}`),
    hostileText.map((text) => `https://github.com/o/r/actions/runs/1${text}`),
    hostileText.map((text) => `https://${text}/o/r/actions/runs/1`),
  )
  .map((text) => text.replaceAll(/evil/gi, 'given'));

function longText(): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...LONG), fc.constantFrom(300, 2_500, 10_000))
    .map(([piece, length]) => piece.repeat(Math.ceil(length / piece.length)));
}
