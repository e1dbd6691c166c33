import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { INPUT_NAMES } from '../../src/core/inputs/input-table.ts';
import { parseInputs } from '../../src/core/inputs/inputs.ts';
import { AMBIENT, LEAST, findings, parse } from './given-inputs.ts';

describe('the token is in no finding', () => {
  const TOKEN = 'ghs_Zm9vYmFyLXNlY3JldA';

  test.each([...INPUT_NAMES, 'tokn', 'metadata'])('not when it is pasted into %s', (name) => {
    const given = { ...LEAST, token: TOKEN, [name]: `${TOKEN} ${TOKEN}` };
    const parsed = parse(given);
    // Any text may be meant to be in an answer; it is not printed.
    expect(parsed.ok).toBe(['check_name', 'smoke_body', 'notify_secret'].includes(name));
    expect(JSON.stringify(findings(given))).not.toContain(TOKEN);
  });

  test('not when it comes from the environment, or as the name of an input', () => {
    const raw = new Map([...Object.entries(LEAST), ['token', TOKEN], [`a ${TOKEN}`, 'x']]);
    const parsed = parseInputs(raw, { project: TOKEN, defaultTag: TOKEN, commit: '' });
    expect(parsed.ok ? [] : parsed.findings.map(({ value }) => value)).toEqual([null, null, null]);
    expect(JSON.stringify(parsed)).not.toContain(TOKEN);
  });

  test('not even a part of it', () => {
    const given = { ...LEAST, token: 'abc,def', stages: 'abc,def' };
    expect(JSON.stringify(findings(given))).not.toMatch(/abc|def/);
  });
});

test.each(['env_vars', 'secrets', 'flags', 'metadata'])(
  'what %s holds is in no finding, also where it is not used at all',
  (name) => {
    for (const command of ['ramp', 'promote', 'rollback', 'status', 'reconcile', 'resume']) {
      const given = { command, service: 'web', to: '20%', at: '20%', [name]: 'PASSWORD=hunter2' };
      const found = findings(given);
      expect(found.filter(({ subject }) => subject === name)).toMatchObject([{ value: null }]);
      expect(JSON.stringify(found)).not.toContain('hunter2');
    }
  },
);

describe('any text in any input', () => {
  const name = fc.oneof(
    fc.constantFrom(
      ...INPUT_NAMES,
      '__proto__',
      'constructor',
      'prototype',
      'metadata',
      'toString',
    ),
    fc.string({ unit: 'binary' }),
  );
  const piece = fc.constantFrom(
    'run',
    'promote',
    'off',
    'true',
    '/',
    '//',
    '..',
    '%',
    '5%',
    '100%',
    ' for ',
    '10m',
    ',',
    '\n',
    '{"__proto__":{"polluted":1}}',
    '__proto__',
    'web',
    'sha256:',
    '@',
    ':',
    '-',
    '9e9',
    '٣',
    '\0',
  );
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  );
  const raw = fc.array(fc.tuple(name, value), { maxLength: 12 });

  test('is answered with a request or with findings, and never with an error', () => {
    fc.assert(
      fc.property(raw, fc.boolean(), fc.option(value), (entries, isComplete, project) => {
        const all = isComplete ? [...Object.entries(LEAST), ...entries] : entries;
        const parsed = parseInputs(new Map(all), { ...AMBIENT, project });
        const plain = JSON.stringify(parsed);
        expect(parsed.ok || parsed.findings.length > 0).toBe(true);
        expect(JSON.parse(plain)).toEqual(parsed);
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      }),
      { numRuns: 5000 },
    );
  });

  test('is answered the same when it is asked again', () => {
    fc.assert(
      fc.property(raw, (entries) => {
        const map = new Map(entries);
        expect(parseInputs(map, AMBIENT)).toEqual(parseInputs(map, AMBIENT));
      }),
    );
  });

  test('of a megabyte is answered at once', () => {
    const started = performance.now();
    for (const name of INPUT_NAMES) {
      for (const text of ['a', '5% for 1m,', '1-', '/', 'a.', '9', ' ']) {
        parse({ ...LEAST, [name]: text.repeat(1e6 / text.length) });
      }
    }
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
