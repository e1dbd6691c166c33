import { describe, expect, test } from 'vitest';

import { Problem } from '../../src/core/problem.ts';
import {
  asNumber,
  asObject,
  asWhole,
  at,
  parseJson,
  stringifyJson,
  withAt,
} from '../../src/edges/json.ts';

function problemOf(text: string): Problem {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('row 16: what was read goes back as it was', () => {
  const texts = [
    '{"big":12345678901234567890,"one":1.0,"e":1e5,"small":-0.10,"zero":-0,"plain":42}',
    '{"huge":1e400,"list":[1.50,{"deep":2.00}],"text":"1.0","true":true,"null":null}',
    '[]',
    '{}',
  ];
  test.each(texts)('%s', (text) => {
    expect(stringifyJson(parseJson(text))).toBe(text);
  });

  test('a number kept as text can still be read as a number', () => {
    const value = parseJson('{"percent":50.0,"generation":"58","huge":1e400,"half":0.5}');
    expect(asWhole(at(value, 'percent'))).toBe(50);
    expect(asWhole(at(value, 'generation'))).toBe(58);
    expect(asNumber(at(value, 'huge'))).toBeNull();
    expect(asWhole(at(value, 'half'))).toBeNull();
  });

  test('a number kept as text is no object', () => {
    expect(asObject(at(parseJson('{"n":1.0}'), 'n'))).toBeNull();
  });
});

describe('a text that is not JSON', () => {
  test.each(['', '{', '{"a":1', 'null x', '<html>', '{"a":"\\', '"', "{'a':1}", '[1,]'])(
    '%j is a bad answer',
    (text) => {
      expect(problemOf(text).code).toBe('bad-answer');
    },
  );

  test('is not quoted', () => {
    expect(problemOf('{"token":"s3cret').summary).not.toContain('s3cret');
  });
});

describe('shapes that JSON.parse lets through', () => {
  test.each([
    ['a key twice', '{"a":1,"a":2}'],
    ['a key twice, once escaped', String.raw`{"a":1,"\u0061":2}`],
    ['a key twice, deep inside', '[{"x":{"b":[],"c":{},"b":1}}]'],
    ['__proto__', '{"__proto__":{"polluted":true}}'],
    ['__proto__ escaped', String.raw`{"\u005f_proto__":{"polluted":true}}`],
    ['lists 101 deep', '['.repeat(101) + ']'.repeat(101)],
    ['objects 100,000 deep', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)],
  ])('%s is refused', (_name, text) => {
    expect(problemOf(text).code).toBe('bad-answer');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test.each([
    ['the same key in two objects', '[{"a":1},{"a":2}]'],
    ['a value that looks like a key', '{"a":"a","b":["a","a"]}'],
    ['brackets and quotes in a text', String.raw`{"a":"{\"a\":[","b":"\\"}`],
    ['lists 100 deep', '['.repeat(100) + ']'.repeat(100)],
    ['the word constructor', '{"constructor":1}'],
  ])('%s is accepted', (_name, text) => {
    expect(stringifyJson(parseJson(text))).toBe(text);
  });
});

describe('paths', () => {
  test('find own keys only', () => {
    expect(at(parseJson('{"a":{"b":1}}'), 'a', 'b')).toBe(1);
    expect(at(parseJson('{"a":{}}'), 'a', 'constructor')).toBeUndefined();
    expect(at(parseJson('{"a":[1]}'), 'a', '0')).toBeUndefined();
  });

  test('are set in a copy, and missing parents are made', () => {
    const before = parseJson('{"a":{"b":1},"c":2}');
    const after = withAt(asObject(before)!, ['a', 'd', 'e'], 3);
    expect(stringifyJson(after)).toBe('{"a":{"b":1,"d":{"e":3}},"c":2}');
    expect(stringifyJson(before)).toBe('{"a":{"b":1},"c":2}');
  });
});
