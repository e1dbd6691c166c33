/** A part of `npm run fuzz`, and what shows that it would notice. */
import { describe, expect, test } from 'vitest';
import { PARSERS } from './fuzz-parsers.ts';
import { fuzz, SECRET } from './fuzz-run.ts';
import type { Parser } from './fuzz-run.ts';

const INPUTS = 250;

describe.each(PARSERS)('$name', (parser) => {
  test('takes the texts that spoilt ones are made of', () => {
    for (const seed of parser.seeds) expect(() => parser.parse(seed)).not.toThrow();
  });

  test('answers spoilt texts, shows no secret, and is not changed by them', () => {
    const { inputs, faults } = fuzz(parser, INPUTS, 20_261_121);
    expect(faults).toEqual([]);
    expect(inputs).toBe(INPUTS);
  });
});

describe('the run itself notices', () => {
  const parser = (parse: (text: string) => unknown, form: Parser['form'] = 'text'): Parser => ({
    name: 'broken',
    seeds: [form === 'json' ? `{"a":{"b":"${SECRET}"}}` : `a text with ${SECRET} in it`],
    form,
    parse,
  });
  const kinds = (broken: Parser, inputs = 2_000) =>
    new Set(fuzz(broken, inputs, 7).faults.map(({ kind }) => kind));

  test('an error that is no Problem', () => {
    const broken = parser((text) => (text.includes('{') ? JSON.parse(text) : null));
    expect(kinds(broken)).toEqual(new Set(['crash']));
  });

  test('a secret that is repeated', () => {
    expect(kinds(parser((text) => [`${text} is wrong`]))).toEqual(new Set(['leak']));
  });

  test('a text that takes long, each time', () => {
    const broken = parser(() => {
      const end = performance.now() + 400;
      while (performance.now() < end);
    });
    expect(kinds(broken, 1)).toEqual(new Set(['slow']));
  });

  test('fields that come of keys', () => {
    const merge = (to: object, from: object): void => {
      for (const [key, value] of Object.entries(from)) {
        const inner: unknown = Reflect.get(to, key);
        if (typeof inner === 'object' && typeof value === 'object' && inner !== null) {
          merge(inner, (value ?? {}) as object);
        } else Reflect.set(to, key, value);
      }
    };
    const broken = parser((text) => {
      try {
        merge({ a: {} }, Object(JSON.parse(text)) as object);
      } catch {
        return null;
      } finally {
        polluted ||= Reflect.has({}, 'polluted');
      }
      return null;
    }, 'json');
    let polluted = false;
    const found = kinds(broken);
    Reflect.deleteProperty(Object.prototype, 'polluted');
    expect([polluted, found]).toEqual([true, new Set(['pollution'])]);
  });

  test('and repeats itself with the same seed', () => {
    const texts = (seed: number): readonly string[] => {
      const seen: string[] = [];
      fuzz(
        parser((text) => void seen.push(text)),
        50,
        seed,
      );
      return seen;
    };
    expect(texts(3)).toEqual(texts(3));
    expect(texts(3)).not.toEqual(texts(4));
  });
});
