import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePairs } from '../../src/core/inputs/pairs.ts';

const GRAMMAR = { name: /^[A-Za-z_,\\][\w,\\]*$/, nameAdvice: 'Write letters.' };

function pairs(text: string): Record<string, string> {
  const parsed = parsePairs(text, GRAMMAR);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return Object.fromEntries(parsed.value.values.map(({ name, value }) => [name, value]));
}

describe('pairs as deploy-cloudrun reads them', () => {
  test.each<[string, string, Record<string, string>]>([
    ['an empty value', 'FOO=', { FOO: '' }],
    ['one', 'FOO=bar', { FOO: 'bar' }],
    ['commas', 'FOO=bar,ZIP=zap', { FOO: 'bar', ZIP: 'zap' }],
    ['equals signs', 'A=b=c;d==e,F=g==', { A: 'b=c;d==e', F: 'g==' }],
    ['white space around', '  FOO= bar , ZIP = zap ', { FOO: 'bar', ZIP: 'zap' }],
    ['lines', '\n  FOO=bar\r\n\n   \n  ZIP=zap\n', { FOO: 'bar', ZIP: 'zap' }],
    ['lines that end in commas', 'FOO=bar,\n  ZIP=zap,', { FOO: 'bar', ZIP: 'zap' }],
    ['the separators of Unicode', 'A=1\u2028B=2\u2029C=3', { A: '1', B: '2', C: '3' }],
    [
      'an escaped comma',
      'ZIP=zap\\,with|separators\\,and&stuff,A=1',
      { ZIP: 'zap,with|separators,and&stuff', A: '1' },
    ],
    ['an escaped new line', 'KEY=BEGIN\\\nabc\\\nEND', { KEY: 'BEGIN\nabc\nEND' }],
    ['an escaped backslash', 'A=b\\\\c\\\\\\,d', { A: 'b\\c\\,d' }],
    ['any other escape', 'A=\\x\\"', { A: 'x"' }],
    ['an escaped key', 'A\\,B=c,D\\\\E=f', { 'A,B': 'c', 'D\\E': 'f' }],
    ['the last one of a name', 'A=1,A=2', { A: '2' }],
    [
      'its example',
      'FRUIT=apple\nSENTENCE=" this will retain spaces "',
      { FRUIT: 'apple', SENTENCE: '" this will retain spaces "' },
    ],
    ['a quoted comma', 'P="a,b",Q=\'c\nd\' ,R=1', { P: '"a,b"', Q: "'c\nd'", R: '1' }],
    ['a quoted quote', 'P="a\\",b",Q=1', { P: '"a",b"', Q: '1' }],
    ['quotes inside', 'J={"a":1\\,"b":2},Q=1', { J: '{"a":1,"b":2}', Q: '1' }],
    ['a quote that is not closed', 'P="a,Q=1', { P: '"a', Q: '1' }],
    ['a quote that ends too early', 'P="a"b,Q=1', { P: '"a"b', Q: '1' }],
    ['comment lines', '# as a variable:\nA=1\n  # B=2, C=3\nD=#4', { A: '1', D: '#4' }],
  ])('%s', (_, text, expected) => {
    expect(pairs(text)).toEqual(expected);
  });

  test('{} is to remove everything', () => {
    expect(parsePairs(' {} ', GRAMMAR)).toEqual({
      ok: true,
      value: { clears: true, values: [], quoted: [] },
    });
  });

  test('quotes around a whole value are told of', () => {
    const parsed = parsePairs('A="x",B=\'y\',C="z"w,D=",E=""', GRAMMAR);
    expect(parsed).toMatchObject({ value: { quoted: ['A', 'B', 'E'] } });
  });
});

test.each([
  ['KEY', 'no `=` in pair 1', '`KEY=`'],
  ['A=hidden,part', 'no `=` in pair 2', '`\\,`'],
  ['A=1\nB=2\n=3', 'key that cannot be one in pair 3', 'Write letters.'],
  ['A=hidden,pa rt=1', 'key that cannot be one in pair 2', 'comma'],
  ['A=hidden\\', 'lone backslash', 'two'],
  [',,', 'holds no pair', '`{}`'],
  ['# only this', 'holds no pair', '`KEY=VALUE`'],
  [`A=${'x'.repeat(200_000)}`, 'too long', '128 KiB'],
])('%.20j is refused without a word of it', (text, wrong, advice) => {
  expect(parsePairs(text, GRAMMAR)).toEqual({
    ok: false,
    faults: [
      {
        value: null,
        wrong: expect.stringContaining(wrong),
        advice: expect.stringContaining(advice),
      },
    ],
  });
  expect(JSON.stringify(parsePairs(text, GRAMMAR))).not.toMatch(/hidden|part|pa rt/);
});

test('whatever is escaped comes back as it was, but for white space around it', () => {
  const escaped = (text: string) => text.replaceAll(/[\\,\n\r\u2028\u2029"']/g, '\\$&');
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (values) => {
      const text = values.map((value, index) => `KEY_${index}=${escaped(value)}`).join(',');
      // White space at the end of all of it is cut with the rest of it, escaped or not.
      fc.pre(!/\\\s*$/.test(text));
      const expected = values.map((value, index) => [`KEY_${index}`, value.trim()]);
      expect(pairs(text)).toEqual(Object.fromEntries(expected));
    }),
    { numRuns: 2000 },
  );
});
