import { describe, expect, test } from 'vitest';
import { parseCheckName, parseToken } from '../../src/core/inputs/names.ts';

describe('check name', () => {
  test.each(['Canary: web (us-central1)', '🐤 canary', 'é'.repeat(100), '🐤'.repeat(100)])(
    '%s is a name',
    (text) => {
      expect(parseCheckName(text)).toEqual({ ok: true, value: text });
    },
  );

  test.each([
    'a\nb',
    'a\tb',
    'a\0b',
    'a\u0085b',
    'a\u2028b',
    'a\u202eb',
    'a\u200bb',
    '\ufeffa',
    '\ud800',
  ])('%j is refused', (text) => {
    expect(parseCheckName(text)).toMatchObject({
      ok: false,
      faults: [{ value: text, wrong: 'holds a character that cannot be seen' }],
    });
  });

  test('101 characters are too many', () => {
    const text = 'a'.repeat(101);
    const advice = 'Write at most 100 characters.';
    expect(parseCheckName(text)).toEqual({
      ok: false,
      faults: [{ value: text, wrong: 'is too long', advice }],
    });
  });
});

describe('token', () => {
  test.each(['ghs_abc123', 'v1.1f699f1069f60xxx', 'a'.repeat(2000), 'aGk='])('%s', (text) => {
    expect(parseToken(text)).toEqual({ ok: true, value: text });
  });

  test.each(['two words', 'a\nb', '"quoted"', 'tök', 'a,b', '${{ secrets.X }}'])(
    'a refused one is not repeated',
    (text) => {
      const parsed = parseToken(text);
      expect(parsed).toMatchObject({
        ok: false,
        faults: [{ value: null, wrong: 'is not a token' }],
      });
      expect(JSON.stringify(parsed)).not.toContain(JSON.stringify(text).slice(1, -1));
    },
  );
});
