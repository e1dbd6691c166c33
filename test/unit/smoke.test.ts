import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parseAudience,
  parseBodyText,
  parseHeaderName,
  parsePath,
  parseStatuses,
} from '../../src/core/inputs/smoke.ts';

describe('path', () => {
  test.each([
    '/',
    '/healthz',
    '/a//b',
    '/a?b=/c/../d&e=%2f',
    '/%C3%A9',
    '/@team',
    '/a?b?c',
    '/...',
  ])('%s is a path', (text) => {
    expect(parsePath(text)).toEqual({ ok: true, value: text });
  });

  test.each([
    ['https://evil.example/', 'is a whole URL', '`/healthz`'],
    ['http://169.254.169.254/', 'is a whole URL', "canary's own"],
    ['file:///etc/passwd', 'is a whole URL', "canary's own"],
    ['healthz', 'does not start with a slash', '`/healthz`'],
    ['Off', 'does not start with a slash', '`off`'],
    ['@evil.example/', 'does not start with a slash', '`/healthz`'],
    ['.evil.example/', 'does not start with a slash', '`/healthz`'],
    [':8080/', 'does not start with a slash', '`/healthz`'],
    ['?x', 'does not start with a slash', '`/healthz`'],
    ['//evil.example/', 'could name another host', '`/healthz`'],
    ['/\\evil.example/', 'could name another host', '`/healthz`'],
    ['/a\\b', 'could name another host', '`/healthz`'],
    ['/a#b', 'has a fragment', 'never sent'],
    ['/a b', 'holds a character that a URL cannot hold as it is', '`%20`'],
    ['/é', 'holds a character that a URL cannot hold as it is', 'percent-encoded'],
    ['/a\nHost: evil', 'holds a character that a URL cannot hold as it is', 'percent-encoded'],
    ['/a\0', 'holds a character that a URL cannot hold as it is', 'percent-encoded'],
    ['/a?b=c d', 'holds a character that a URL cannot hold as it is', 'percent-encoded'],
    ['/100%', 'holds a character that a URL cannot hold as it is', 'percent-encoded'],
    ['/%zz', 'holds a character that a URL cannot hold as it is', 'percent-encoded'],
    ['/"', 'holds a character that a URL cannot hold as it is', 'percent-encoded'],
    ['/%0d%0aHost:x', 'hides a control character', '`%00`'],
    ['/a?b=%7F', 'hides a control character', '`%00`'],
    ['/a%2Fb', 'hides a slash', '`%2f`'],
    ['/a%5cb', 'hides a slash', '`%5c`'],
    ['/a/../b', 'has a dot segment', 'without `.`'],
    ['/./a', 'has a dot segment', 'without `.`'],
    ['/a/%2E%2e/b', 'has a dot segment', 'without `.`'],
    ['/a/.%2e?b', 'has a dot segment', 'without `.`'],
    [`/${'a'.repeat(1024)}`, 'is too long', '1024'],
  ])('%j is refused: %s', (text, wrong, advice) => {
    expect(parsePath(text)).toEqual({
      ok: false,
      faults: [{ value: text, wrong, advice: expect.stringContaining(advice) }],
    });
  });

  test('a path that is taken is what a URL parser reads, behind the host it was put', () => {
    const piece = fc.constantFrom(
      '/',
      '..',
      '.',
      '%2e',
      '%2f',
      '%5C',
      '\\',
      '@',
      ':',
      '?',
      '#',
      'a',
    );
    const text = fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`);
    const fuzz = fc.string({ unit: 'binary' }).map((tail) => `/${tail}`);
    const host = 'https://canary---web-abc-uc.a.run.app';
    fc.assert(
      fc.property(fc.oneof(text, fuzz), (text) => {
        const parsed = parsePath(text);
        const path = parsed.ok ? parsed.value : '/';
        expect(new URL(host + path).href.replace(/\?$/, '')).toBe((host + path).replace(/\?$/, ''));
        expect(new URL(path, host).origin).toBe(host);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('statuses', () => {
  test.each([
    ['200', [{ from: 200, to: 200 }]],
    ['200-399', [{ from: 200, to: 399 }]],
    [
      '200-299, 404',
      [
        { from: 200, to: 299 },
        { from: 404, to: 404 },
      ],
    ],
    ['100 - 599', [{ from: 100, to: 599 }]],
  ])('%s', (text, value) => {
    expect(parseStatuses(text)).toEqual({ ok: true, value });
  });

  test.each([
    ['2xx', 'is not a list of status codes', '`200-299, 404`'],
    ['99', 'is not a list of status codes', 'from 100 to 599'],
    ['600', 'is not a list of status codes', 'from 100 to 599'],
    ['200,', 'is not a list of status codes', 'commas'],
    ['200 404', 'is not a list of status codes', 'commas'],
    ['200–399', 'is not a list of status codes', 'ranges'],
    ['٢٠٠', 'is not a list of status codes', 'from 100 to 599'],
    ['399-200', 'has a range that falls', 'smaller code first'],
    ['200,'.repeat(50).concat('200'), 'is too long a list', 'Use ranges'],
  ])('%j is refused: %s', (text, wrong, advice) => {
    expect(parseStatuses(text)).toEqual({
      ok: false,
      faults: [{ value: text, wrong, advice: expect.stringContaining(advice) }],
    });
  });
});

describe('revision header', () => {
  test.each([
    ['X-Revision', 'x-revision'],
    ['k_revision', 'k_revision'],
  ])('%s is looked up as %s', (text, value) => {
    expect(parseHeaderName(text)).toEqual({ ok: true, value });
  });

  test.each([
    'X-Revision:',
    'X-Revision: web-1',
    'x revision',
    'x\r\ny',
    'é',
    '__proto__',
    'Constructor',
    'prototype',
    'x'.repeat(101),
    '',
  ])('%j is refused', (text) => {
    expect(parseHeaderName(text)).toMatchObject({
      ok: false,
      faults: [
        {
          value: text,
          wrong: 'is not a header name',
          advice: expect.stringContaining('`x-revision`'),
        },
      ],
    });
  });
});

describe('text of the answer', () => {
  test.each(['ok', '"status": "UP"', 'größer', '<h1>', 'x'.repeat(200)])('%s', (text) => {
    expect(parseBodyText(text)).toEqual({ ok: true, value: text });
  });

  test.each(['a\nb', 'a\0b', 'a\u202Eb', 'a\u2028b', '\uD800', '\uFEFFx'])(
    '%j has a character that cannot be seen',
    (text) => {
      expect(parseBodyText(text)).toMatchObject({
        ok: false,
        faults: [{ value: text, wrong: 'holds a character that cannot be seen' }],
      });
    },
  );

  test('a whole page is too long', () => {
    expect(parseBodyText('x'.repeat(201))).toMatchObject({ ok: false });
  });
});

describe('audience', () => {
  test.each(['https://web-abc-uc.a.run.app', '1234.apps.googleusercontent.com', '/projects/1/x'])(
    '%s',
    (text) => {
      expect(parseAudience(text)).toEqual({ ok: true, value: text });
    },
  );

  test.each(['a b', 'a\r\nb', 'é', 'x'.repeat(257)])('%j is refused', (text) => {
    expect(parseAudience(text)).toMatchObject({
      ok: false,
      faults: [{ wrong: 'is not an audience' }],
    });
  });
});
