/** What the README shows of the demo is what a run of it prints, as test/docs/demo.ts takes it. */
import { expect, test } from 'vitest';
import { read } from '../docs/pages.ts';
import { excerptOf, shapeOf, shownIn, strangeTo } from './excerpt.ts';
import { usersTable } from './ending.ts';
import { pictureOf } from './picture.ts';

const readme = read('README.md');
const shown = { good: shownIn(readme, 'good'), bad: shownIn(readme, 'bad') };

const OUTPUT = ['── A good canary ──', ...shown.good, '── A bad canary ──', ...shown.bad].join(
  '\n',
);

test.each(['good', 'bad'] as const)(
  'the %s canary of the README has every line of it, in order',
  (name) => {
    const withoutGaps = (lines: readonly string[]) => lines.filter((line) => line !== '…');
    expect(withoutGaps(excerptOf(OUTPUT, name))).toEqual(withoutGaps(shown[name]));
  },
);

test('a run that lacks a line is refused by the form of it', () => {
  expect(() => excerptOf(OUTPUT.replace('Promoting', 'Raising'), 'good')).toThrow('Promoting');
});

test('a line that nobody says any more is found, whatever its numbers', () => {
  const log = 'Promoting web-abc-2 to 100 %.\nweb-abc-2 has all traffic.';
  const said = (text: string) => strangeTo(log, [`  1.5 s  ${text}`]);
  expect(said('Promoting web-c8y7innm-1 to 100 %.')).toEqual([]);
  expect(said('Raising web-c8y7innm-1 to 100 %.')).toEqual(['Raising web-c8y7innm-1 to 100 %.']);
});

test.each([
  ['evidence 600 : 1 that', 'evidence more than 1,000 : 1 that'],
  ['(9 of 59, last 7 s)', '(12 of 1,059, 11 s of this stage)'],
  ['Look 00:07:41–00:07:47 UTC', 'Look 12:59:59–13:00:02 UTC'],
])('%s is like %s', (one, other) => {
  expect(shapeOf(one)).toBe(shapeOf(other));
});

test('the lines about the users are those of the screen', () => {
  const served = { 'web-00001-abc': 90, 'web-c8y7innm-1': 10 };
  const rate = { perSecond: 7, errors: 0, meanLatencyMs: 5 };
  const revisions = new Map(Object.keys(served).map((name) => [name, rate]));
  const rates = { revisions, lostPerSecond: 0 };
  const { line } = pictureOf({ stable: 'web-00001-abc', served, rates });
  const lines = [...shown.good, ...shown.bad].filter((one) => one.startsWith('  users | '));
  expect(lines.length).toBeGreaterThan(3);
  expect(new Set(lines.map(shapeOf))).toEqual(new Set([shapeOf(`users | ${line}`)]));
});

test('the table of what they saw has the rows of the ending', () => {
  const labels = usersTable([]).map((row) => row.trimEnd());
  for (const label of labels) expect(shown.bad.some((line) => line.startsWith(label))).toBe(true);
});
