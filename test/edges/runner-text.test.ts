import { describe, expect, test } from 'vitest';
import { cutAnnotation, cutMarkdown, harmless, oneLine } from '../../src/edges/runner-text.ts';

/** What the runner itself would obey (actions/runner, ActionCommand.cs), line by line as .NET reads. */
function isCommand(output: string): boolean {
  return output
    .split(/\r\n|\r|\n/)
    .some((line) => line.trimStart().startsWith('::') || line.includes('##['));
}

describe('text for the log', () => {
  test.for([
    '::error::boo',
    ' \t::set-output name=a::b',
    '\u3000::stop-commands::x',
    'fine\n::error::boo',
    'fine\r::error::boo',
    'fine\r\n  ::error::boo',
    ':::error::boo',
    '\u0085::error::boo',
    '\ufeff::error::boo',
    'a ##[error]boo',
    '###[group]boo',
    '##[##[error]boo',
    '\n\n::add-mask::a',
  ])('%j obeys nobody', (text) => {
    expect(isCommand(harmless(text))).toBe(false);
  });

  test('no text of 10⁵ made of the dangerous pieces is a command', () => {
    const pieces = [':', '::', '#', '[', '##[', ' ', '\n', '\r', '\t', '\u0000', '\u2028', 'x'];
    let seed = 20_261_120;
    const next = (): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed / 2_147_483_648;
    };
    const texts = Array.from({ length: 100_000 }, () =>
      Array.from({ length: 8 }, () => pieces[Math.floor(next() * pieces.length)]).join(''),
    );
    expect(texts.filter((text) => isCommand(harmless(text)))).toEqual([]);
  });

  test.for([
    ['\u001b[31mred', '\\u{1b}[31mred'],
    ['a\u0000b', 'a\\u{0}b'],
    ['\u202egnp.exe', '\\u{202e}gnp.exe'],
    ['zero\u200bwidth', 'zero\\u{200b}width'],
    ['bell\u0007', 'bell\\u{7}'],
  ])('%j shows what it hides', ([text, shown]) => {
    expect(harmless(text!)).toBe(shown);
  });

  test.for(['web-1: 5 % → 25 %', 'a::b', 'two\nlines\tand a tab', 'Übung – 測試 🚀', 'C# [x]'])(
    '%j stays as it is',
    (text) => {
      expect(harmless(text)).toBe(text);
    },
  );

  test('a title is one line', () => {
    expect(oneLine('a\n  ::error::b\n')).toBe('a : :error::b ');
  });
});

describe('cutting', () => {
  test('an annotation never passes 4,096 characters', () => {
    expect(cutAnnotation('x'.repeat(4_000))).toBe('x'.repeat(4_000));
    expect(cutAnnotation('x'.repeat(9_000)).length).toBeLessThan(4_096);
  });

  test('a summary that fits is not touched', () => {
    expect(cutMarkdown('é'.repeat(50), 100)).toBe('é'.repeat(50));
  });

  test.for([60, 61, 62, 63, 64, 65, 90, 120, 200])(
    'a summary is cut at a line, within %i bytes, and says so',
    (limit) => {
      const text = Array.from({ length: 80 }, (_, i) => `line ${i} é`).join('\n');
      const cut = cutMarkdown(text, limit);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(limit);
      expect(cut).toMatch(/The rest was too long to be shown\.\n$/);
      const kept = cut.slice(0, cut.indexOf('\n\nThe rest'));
      expect(text.startsWith(`${kept}\n`) || kept === '').toBe(true);
    },
  );

  test('an open fence is closed, whatever is inside', () => {
    const text = ['````text', ...Array.from({ length: 99 }, () => '``` :: x')].join('\n');
    const cut = cutMarkdown(text, 200);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(200);
    expect(cut).toMatch(/``` :: x\n````\n\nThe rest/);
  });

  test('a closed fence is not opened again', () => {
    const text = ['~~~', 'a', '~~~~', ...Array.from({ length: 99 }, () => 'after')].join('\n');
    expect(cutMarkdown(text, 120)).toMatch(/after\n\nThe rest/);
  });
});
