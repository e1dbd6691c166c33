/** The pictures that `npm run screenshots` has made: it needs a browser, which not every machine has. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { read, ROOT } from './docs/pages.ts';
import { PICTURES } from './pictures/sheets.ts';

const FOLDER = join(ROOT, 'docs/images');
const MOST_BYTES = 3_000_000;
const made = readdirSync(FOLDER).filter((file) => file.endsWith('.png'));

test('are one of each report at each width, and no others', () => {
  expect(made.toSorted()).toEqual(PICTURES.map(({ file }) => `${file}.png`).toSorted());
});

test('are all shown in docs/report.md or in the README', () => {
  const text = ['docs/report.md', 'README.md'].map(read).join('\n');
  const shown: readonly string[] = [...text.matchAll(/\]\((?:docs\/)?images\/([^)]+\.png)\)/g)].map(
    ([, file = '']) => file,
  );
  expect(shown.toSorted()).toEqual(made.toSorted());
});

test('are pictures, and few bytes', () => {
  const files = made.map((file) => readFileSync(join(FOLDER, file)));
  for (const bytes of files) expect(bytes.subarray(1, 4).toString()).toBe('PNG');
  expect(files.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(MOST_BYTES);
});
