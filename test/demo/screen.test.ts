import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { Picture } from './picture.ts';
import { openScreen } from './screen.ts';

/** Two lines up, and everything from there on erased. */
const ERASE_TWO = '\u001B[2F\u001B[J';

const picture = (split: string, ...rows: string[]): Picture => ({
  rows: rows.map((text) => ({ text, isBad: false })),
  line: rows.join(' | '),
  split,
});

function surface(kind: { isTTY: boolean; columns?: number }) {
  const written: string[] = [];
  return { ...kind, written, write: (text: string) => written.push(text) };
}

test('a terminal draws the block again in its own place, below the lines that stay', () => {
  const tty = surface({ isTTY: true, columns: 80 });
  const screen = openScreen(tty, 'xterm');
  screen.picture(picture('1', 'stable', 'canary'));
  screen.line('look');
  screen.picture(picture('1', 'stable 2', 'canary 2'));
  expect(tty.written[0]).not.toContain(ERASE_TWO);
  expect(tty.written[1]!.startsWith(`${ERASE_TWO}look\n`)).toBe(true);
  expect(tty.written[2]!.startsWith(ERASE_TWO)).toBe(true);
  expect(stripVTControlCharacters(tty.written[2]!)).toBe('stable 2\ncanary 2\n');
});

test('a row is never wider than the terminal, so that it is one line to erase', () => {
  const tty = surface({ isTTY: true, columns: 10 });
  openScreen(tty, 'xterm').picture(picture('1', 'x'.repeat(50)));
  expect(stripVTControlCharacters(tty.written.join(''))).toBe(`${'x'.repeat(9)}\n`);
});

test('a settled block is not erased by what comes after it', () => {
  const tty = surface({ isTTY: true });
  const screen = openScreen(tty, 'xterm');
  screen.picture(picture('1', 'stable'));
  screen.settle();
  screen.line('next');
  expect(tty.written.at(-1)).toBe('next\n');
});

test.each([
  { name: 'a file or a pipe', isTTY: false, terminal: 'xterm' },
  { name: 'a dumb terminal', isTTY: true, terminal: 'dumb' },
])('$name gets plain lines only', ({ isTTY, terminal }) => {
  const log = surface({ isTTY });
  const screen = openScreen(log, terminal);
  screen.picture(picture('a=100', 'stable'));
  screen.line('look');
  expect(log.written).toEqual(['  users | stable\n', 'look\n']);
});

test('a log has a line at once when the split changes, and not one for every tick', () => {
  const log = surface({ isTTY: false });
  const screen = openScreen(log, undefined);
  screen.picture(picture('a=100', 'one'));
  screen.picture(picture('a=100', 'two'));
  screen.picture(picture('a=90,b=10', 'three'));
  expect(log.written).toEqual(['  users | one\n', '  users | three\n']);
});
