import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSmokeLines } from '../../src/core/inputs/smoke-lines.ts';
import type { SmokeLine } from '../../src/core/smoke-types.ts';

function line(with_: Partial<SmokeLine>): SmokeLine {
  return { method: 'GET', path: '/', statuses: null, ...with_ };
}

const NO_CONTENT = [{ from: 204, to: 204 }];

describe('one line', () => {
  test('off asks for nothing', () => {
    expect(parseSmokeLines('off')).toEqual({ ok: true, value: null });
  });

  test.each<[string, Partial<SmokeLine>]>([
    // As before there was more to say than a path.
    ['/', {}],
    ['/healthz', { path: '/healthz' }],
    ['/a?b=/c/../d&e=%2f', { path: '/a?b=/c/../d&e=%2f' }],
    ['/GET', { path: '/GET' }],
    ['GET /api', { path: '/api' }],
    ['HEAD /', { method: 'HEAD' }],
    ['OPTIONS /api', { method: 'OPTIONS', path: '/api' }],
    ['POST /echo', { method: 'POST', path: '/echo' }],
    ['PUT /a', { method: 'PUT', path: '/a' }],
    ['PATCH /a', { method: 'PATCH', path: '/a' }],
    ['DELETE /a', { method: 'DELETE', path: '/a' }],
    ['/healthz 204', { path: '/healthz', statuses: NO_CONTENT }],
    [
      'POST /orders\t400-422',
      { method: 'POST', path: '/orders', statuses: [{ from: 400, to: 422 }] },
    ],
    ['  GET   /a   204  ', { path: '/a', statuses: NO_CONTENT }],
    [
      '/a 200-299, 404',
      {
        path: '/a',
        statuses: [
          { from: 200, to: 299 },
          { from: 404, to: 404 },
        ],
      },
    ],
  ])('%j', (text, expected) => {
    expect(parseSmokeLines(text)).toEqual({ ok: true, value: [line(expected)] });
  });

  test.each([
    ['healthz', 'does not start with a slash', '`/healthz`'],
    ['Off', 'does not start with a slash', '`off`'],
    ['https://evil.example/', 'is a whole URL', "canary's own"],
    ['//evil.example/', 'could name another host', '`/healthz`'],
    ['/\\evil.example/', 'could name another host', '`/healthz`'],
    ['/a/../b', 'has a dot segment', 'without `.`'],
    ['/a%0d%0ax', 'hides a control character', '`%00`'],
    ['/a b', 'holds a character that a URL cannot hold as it is', '`%20`'],
    ['/a?b=c d', 'holds a character that a URL cannot hold as it is', 'status codes'],
    ['/a\0', 'holds a character that a URL cannot hold as it is', 'percent-encoded'],
    ['GET', 'has a method and no path', '`HEAD /healthz`'],
    ['POST  ', 'has a method and no path', '`HEAD /healthz`'],
    ['get /a', 'begins with an unknown method', '`GET`'],
    ['TRACE /a', 'begins with an unknown method', '`OPTIONS`'],
    ['CONNECT /a', 'begins with an unknown method', '`OPTIONS`'],
    ['GET healthz', 'does not start with a slash', '`/healthz`'],
    ['GET GET /a', 'holds a character that a URL cannot hold as it is', 'status codes'],
    ['GET https://evil.example/ 200', 'is a whole URL', "canary's own"],
    ['/a 2xx', 'is not a list of status codes', '`200-299, 404`'],
    ['/a 700', 'is not a list of status codes', 'from 100 to 599'],
    ['/a 299-200', 'has a range that falls', 'smaller code first'],
    ['/a 200 /b', 'is not a list of status codes', 'commas'],
    ['/a 200,201,202,203', 'is too long a list', 'ranges'],
    [`/${'a'.repeat(1024)}`, 'is too long', '1024'],
  ])('%j is refused: %s', (text, wrong, advice) => {
    const parsed = parseSmokeLines(text);
    expect(parsed).toMatchObject({ ok: false, faults: [{ wrong }] });
    if (!parsed.ok) expect(parsed.faults[0]?.advice).toContain(advice);
  });
});

describe('several lines', () => {
  test('each is a request of its own, whatever ends it', () => {
    expect(parseSmokeLines('/healthz\r\n\n  HEAD /\n\tPOST /echo 201\n')).toEqual({
      ok: true,
      value: [
        line({ path: '/healthz' }),
        line({ method: 'HEAD' }),
        line({ method: 'POST', path: '/echo', statuses: [{ from: 201, to: 201 }] }),
      ],
    });
  });

  test('everything that is wrong with them is said at once', () => {
    const parsed = parseSmokeLines('/ok\nhealthz\nTRACE /\n/a 7');
    expect(parsed).toMatchObject({ ok: false });
    if (!parsed.ok)
      expect(parsed.faults.map(({ value }) => value)).toEqual(['healthz', 'TRACE /', '7']);
  });

  test.each([
    ['/a\nHost: evil', 'holds a character that a URL cannot hold as it is'],
    ['/\noff', 'does not start with a slash'],
    ['/a\n/b\nGET /a', 'is written twice'],
    [' \n ', 'names no path'],
    [Array.from({ length: 11 }, (_, index) => `/${index}`).join('\n'), 'is too long a list'],
    [`/${'a'.repeat(1000)}\n/${'b'.repeat(1000)}\n/${'c'.repeat(60)}`, 'is too long a list'],
  ])('%j is refused: %s', (text, wrong) => {
    expect(parseSmokeLines(text)).toMatchObject({ ok: false, faults: [{ wrong }] });
  });

  test('the same path with another method is another request', () => {
    expect(parseSmokeLines('/a\nHEAD /a')).toMatchObject({ ok: true });
  });
});

test('whatever is taken stays behind the host it is put', () => {
  const piece = fc.constantFrom(
    '/',
    '..',
    '%2e',
    '\\',
    '@',
    ':',
    '#',
    'a',
    ' ',
    '\n',
    'GET ',
    '200',
  );
  const text = fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join(''));
  const host = 'https://canary---web-abc-uc.a.run.app';
  fc.assert(
    fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (text) => {
      const parsed = parseSmokeLines(text);
      for (const { path } of parsed.ok ? (parsed.value ?? []) : []) {
        expect(new URL(host + path).origin).toBe(host);
        expect(new URL(host + path).href.replace(/\?$/, '')).toBe((host + path).replace(/\?$/, ''));
      }
    }),
    { numRuns: 1000 },
  );
});
