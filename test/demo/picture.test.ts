import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { logLine, pictureOf } from './picture.ts';
import type { Rate } from './rates.ts';

const shown = (text: string) => {
  const line = logLine(text);
  return line === null ? null : stripVTControlCharacters(line);
};

const rates = (revisions: Record<string, Rate>, lostPerSecond = 0) => ({
  revisions: new Map(Object.entries(revisions)),
  lostPerSecond,
});

const busy: Rate = { perSecond: 72, errors: 0, meanLatencyMs: 39.4 };
const sick: Rate = { perSecond: 8, errors: 0.305, meanLatencyMs: 42 };

test('the stable revision comes first, every revision with its share, rate, errors and latency', () => {
  const { rows, line } = pictureOf({
    stable: 'web-1',
    served: { 'web-20': 10, 'web-1': 90 },
    rates: rates({ 'web-20': sick, 'web-1': busy }),
  });
  expect(rows).toEqual([
    {
      text: ' stable  web-1    90 % ██████████████████··   72.0 req/s   0.0 % errors    39 ms',
      isBad: false,
    },
    {
      text: ' canary  web-20   10 % ██··················    8.0 req/s  30.5 % errors    42 ms',
      isBad: true,
    },
  ]);
  expect(line).toBe(
    'stable web-1 90 %, 72.0 req/s, 0.0 % errors | canary web-20 10 %, 8.0 req/s, 30.5 % errors',
  );
});

test('a revision that has lost its traffic is still shown, at 0 %', () => {
  const { line } = pictureOf({
    stable: 'web-1',
    served: { 'web-1': 100 },
    rates: rates({ 'web-1': busy, 'web-2': sick }),
  });
  expect(line).toContain('canary web-2 0 %');
});

test('a revision without answers has no error rate', () => {
  const { line } = pictureOf({ stable: 'web-1', served: { 'web-1': 100 }, rates: rates({}) });
  expect(line).toBe('stable web-1 100 %, 0.0 req/s, no answers');
});

test('requests that no revision answered are not passed over', () => {
  const moment = { stable: 'web-1', served: { 'web-1': 100 }, rates: rates({ 'web-1': busy }, 3) };
  const { rows, line } = pictureOf(moment);
  expect(rows.at(-1)).toEqual({ text: ' no revision answered 3.0 req/s', isBad: true });
  expect(line).toContain('| no revision answered 3.0 req/s');
});

test('the split changes with the shares and with nothing else', () => {
  const splitOf = (percent: number, rate: Rate) =>
    pictureOf({
      stable: 'web-1',
      served: { 'web-1': 100 - percent, 'web-2': percent },
      rates: rates({ 'web-1': rate, 'web-2': rate }),
    }).split;
  expect(splitOf(10, busy)).toBe(splitOf(10, sick));
  expect(splitOf(10, busy)).not.toBe(splitOf(50, busy));
});

test.each([
  { text: '##[group]Stage 1 of 2', becomes: '▸ Stage 1 of 2' },
  { text: '##[endgroup]', becomes: null },
  { text: '##[error]web-1 has all traffic again.', becomes: 'error: web-1 has all traffic again.' },
  { text: '##[warning]Short.', becomes: 'warning: Short.' },
  { text: '##[notice]Set.', becomes: 'notice: Set.' },
  { text: '##[debug]GET', becomes: 'debug: GET' },
  { text: 'Waiting: it starts.', becomes: 'Waiting: it starts.' },
  {
    text: 'Look 10:00:00–10:01:00 UTC: fail. Bad.',
    becomes: 'Look 10:00:00–10:01:00 UTC: fail. Bad.',
  },
])('the log shows $text without colour as $becomes', ({ text, becomes }) => {
  expect(shown(text)).toBe(becomes);
});
