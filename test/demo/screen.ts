/** Lines that stay, and below them on a terminal a block that is drawn again and again. */
import { paint } from './picture.ts';
import type { Picture, Row } from './picture.ts';

export type Screen = {
  readonly line: (text: string) => void;
  readonly picture: (picture: Picture) => void;
  /** What is drawn now stays; the next block begins below it. */
  readonly settle: () => void;
};

/** What a screen needs to know of the stream it draws on. */
export type Surface = {
  readonly write: (text: string) => unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
};

const PLAIN_EVERY_MS = 2_000;

export function openScreen(surface: Surface, terminal: string | undefined): Screen {
  const canRedraw = surface.isTTY === true && terminal !== 'dumb';
  return canRedraw ? liveScreen(surface) : plainScreen(surface);
}

function liveScreen(surface: Surface): Screen {
  let drawn: readonly Row[] = [];
  const erase = (): string => (drawn.length === 0 ? '' : `\u001B[${drawn.length}F\u001B[J`);
  const block = (): string => drawn.map((row) => `${fitted(row, surface.columns)}\n`).join('');
  return {
    line: (text) => {
      surface.write(`${erase()}${text}\n${block()}`);
    },
    picture: ({ rows }) => {
      const erased = erase();
      drawn = rows;
      surface.write(erased + block());
    },
    settle: () => {
      drawn = [];
    },
  };
}

/** A wrapped row would be two to erase. */
function fitted({ text, isBad }: Row, columns = 80): string {
  return paint(isBad ? 'red' : 'cyan', text.slice(0, Math.max(1, columns - 1)));
}

/** For a log: a line when the split changes, and every two seconds. */
function plainScreen(surface: Surface): Screen {
  let split = '';
  let lastAt = Number.NEGATIVE_INFINITY;
  return {
    line: (text) => {
      surface.write(`${text}\n`);
    },
    picture: (picture) => {
      const now = performance.now();
      if (picture.split === split && now - lastAt < PLAIN_EVERY_MS) return;
      split = picture.split;
      lastAt = now;
      surface.write(`  users | ${picture.line}\n`);
    },
    settle: () => {
      split = '';
    },
  };
}
