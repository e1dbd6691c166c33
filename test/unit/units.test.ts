import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatDuration,
  formatPercentage,
  parseBoolean,
  parseCount,
  parseDuration,
  parsePercentage,
  parseWord,
} from '../../src/core/inputs/units.ts';

const DAY = 24 * 60 * 60 * 1000;
const wait = { least: 1000, most: 7 * DAY, kind: 'wait' } as const;
const latency = { least: 1, most: 60 * 60 * 1000, kind: 'latency' } as const;

describe('durations', () => {
  test.each([
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['2d', 2 * DAY],
    ['1d2h3m4s', DAY + 2 * 3_600_000 + 3 * 60_000 + 4000],
    ['05m', 300_000],
    ['1s', 1000],
    ['7d', 7 * DAY],
  ])('%s is a wait', (text, value) => {
    expect(parseDuration(text, wait)).toEqual({ ok: true, value });
  });

  test.each([
    ['500ms', 500],
    ['2s', 2000],
    ['1s500ms', 1500],
    ['3600s', 3_600_000],
  ])('%s is a latency', (text, value) => {
    expect(parseDuration(text, latency)).toEqual({ ok: true, value });
  });

  test.each([
    ['10', 'has no unit', '`90s`'],
    ['+5m', 'has a sign', '`90s`'],
    ['-5m', 'has a sign', '`90s`'],
    ['1.5h', 'has a decimal point', '`1h30m`'],
    ['1,5h', 'has a decimal point', '`1h30m`'],
    ['1500ms', 'cannot be given in ms', '`90s`'],
    ['0s', 'is too short', 'from 1s to 7d'],
    ['7d1s', 'is too long', 'from 1s to 7d'],
    [`${'9'.repeat(400)}d`, 'is too long', 'from 1s to 7d'],
    ['5 m', 'is not a duration', 'without spaces'],
    ['5M', 'is not a duration', 'd, h, m or s'],
    ['10 minutes', 'is not a duration', 'd, h, m or s'],
    ['30m1h', 'is not a duration', 'largest first'],
    ['1h30', 'is not a duration', '`1h30m`'],
    ['٣٠s', 'is not a duration', '`90s`'],
    ['∞', 'is not a duration', '`90s`'],
    ['9e9s', 'is not a duration', '`90s`'],
    ['5m\n', 'is not a duration', '`90s`'],
    ['', 'is not a duration', '`90s`'],
  ])('%j is refused as a wait: %s', (text, wrong, advice) => {
    expect(parseDuration(text, wait)).toEqual({
      ok: false,
      faults: [{ value: text, wrong, advice: expect.stringContaining(advice) }],
    });
  });

  test.each([
    ['250', 'has no unit', '`250ms`'],
    ['1.5s', 'has a decimal point', '`1500ms`'],
    ['1m', 'cannot be given in m', '`250ms`'],
    ['1h1ms', 'cannot be given in h', '`250ms`'],
    ['1d', 'cannot be given in d', '`250ms`'],
    ['0ms', 'is too short', 'from 1ms to 1h'],
    ['3601s', 'is too long', 'from 1ms to 1h'],
  ])('%j is refused as a latency: %s', (text, wrong, advice) => {
    expect(parseDuration(text, latency)).toEqual({
      ok: false,
      faults: [{ value: text, wrong, advice: expect.stringContaining(advice) }],
    });
  });

  test('what is formatted is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 * 24 * 3600 }), (seconds) => {
        const range = { least: 0, most: 30 * DAY, kind: 'wait' } as const;
        const value = seconds * 1000;
        expect(parseDuration(formatDuration(value), range)).toEqual({ ok: true, value });
      }),
    );
  });

  test.each([
    [0, '0s'],
    [1, '1ms'],
    [1500, '1s500ms'],
    [5_400_000, '1h30m'],
    [2 * DAY, '2d'],
  ])('%d ms is written %s', (value, text) => {
    expect(formatDuration(value)).toBe(text);
  });
});

describe('percentages', () => {
  const whole = { least: 0.001, most: 1 };

  test.each([
    ['1%', 0.01],
    ['1 %', 0.01],
    ['0.5%', 0.005],
    ['0.7%', 0.007],
    ['29%', 0.29],
    ['100%', 1],
    ['0.1%', 0.001],
  ])('%s is the nearest fraction', (text, value) => {
    expect(parsePercentage(text, whole)).toEqual({ ok: true, value });
  });

  test.each([
    ['5', 'has no percent sign', '`1%`'],
    ['0.05', 'has no percent sign', '`1%`'],
    ['0,5%', 'has a decimal comma', '`0.5%`'],
    ['+5%', 'has a sign', '`1%`'],
    ['-5%', 'has a sign', '`1%`'],
    ['0.09%', 'is too small', 'from 0.1% to 100%'],
    ['100.1%', 'is too large', 'from 0.1% to 100%'],
    ['1e2%', 'is not a percentage', '`1%`'],
    ['.5%', 'is not a percentage', '`0.5%`'],
    ['٥%', 'is not a percentage', '`1%`'],
    ['5  %', 'is not a percentage', '`1%`'],
    ['NaN%', 'is not a percentage', '`1%`'],
    ['', 'is not a percentage', '`1%`'],
  ])('%j is refused: %s', (text, wrong, advice) => {
    expect(parsePercentage(text, whole)).toEqual({
      ok: false,
      faults: [{ value: text, wrong, advice: expect.stringContaining(advice) }],
    });
  });

  test('what is formatted is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (millionths) => {
        const value = Number(`${millionths}e-6`);
        const parsed = parsePercentage(formatPercentage(value), { least: 0, most: 1 });
        expect(parsed).toEqual({ ok: true, value });
      }),
    );
  });
});

describe('counts', () => {
  const range = { least: 1, most: 1e9 };

  test.each([
    ['1', 1],
    ['1000000000', 1e9],
  ])('%s is a count', (text, value) => {
    expect(parseCount(text, range)).toEqual({ ok: true, value });
  });

  test.each([
    ['0', 'is too small'],
    ['1000000001', 'is too large'],
    ['9'.repeat(400), 'is too large'],
    ['-1', 'is not a whole number'],
    ['1.5', 'is not a whole number'],
    ['1e3', 'is not a whole number'],
    ['0x10', 'is not a whole number'],
    ['1_000', 'is not a whole number'],
    ['', 'is not a whole number'],
  ])('%j is refused: %s', (text, wrong) => {
    const advice = 'Write a whole number from 1 to 1000000000, digits only.';
    expect(parseCount(text, range)).toEqual({
      ok: false,
      faults: [{ value: text, wrong, advice }],
    });
  });
});

describe('words', () => {
  test('a known word is taken as it is', () => {
    expect(parseWord('hold', ['hold', 'rollback'])).toEqual({ ok: true, value: 'hold' });
  });

  test.each(['Hold', 'hold ', 'promote', '__proto__', ''])(
    '%j is refused with the known words',
    (text) => {
      const advice = 'Write `hold`, `wait` or `rollback`.';
      expect(parseWord(text, ['hold', 'wait', 'rollback'])).toEqual({
        ok: false,
        faults: [{ value: text, wrong: 'is not a known word here', advice }],
      });
    },
  );

  test('a single known word is named alone', () => {
    const parsed = parseWord<string>('b', ['a']);
    expect(parsed).toMatchObject({ ok: false, faults: [{ advice: 'Write `a`.' }] });
  });
});

describe('booleans are those of the YAML 1.2 core schema', () => {
  test.each([
    ['true', true],
    ['True', true],
    ['TRUE', true],
    ['false', false],
    ['False', false],
    ['FALSE', false],
  ])('%s', (text, value) => {
    expect(parseBoolean(text)).toEqual({ ok: true, value });
  });

  test.each(['yes', 'on', '1', 'tRUE', 'y', '0', 'no', 'off', ''])('%j is refused', (text) => {
    const fault = { value: text, wrong: 'is not a boolean', advice: 'Write `true` or `false`.' };
    expect(parseBoolean(text)).toEqual({ ok: false, faults: [fault] });
  });
});
