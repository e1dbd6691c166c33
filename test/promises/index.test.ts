/** Every promise has tests that carry its id, and a row in docs/durability.md that leads to them. */
import { expect, test } from 'vitest';
import { pathsBelow, read } from '../docs/pages.ts';

const IDS = [
  ...Array.from({ length: 16 }, (_, index) => `S${index + 1}`),
  ...Array.from({ length: 7 }, (_, index) => `L${index + 1}`),
];

const titles = pathsBelow('test/promises')
  .filter((path) => path.endsWith('.test.ts'))
  .flatMap((path) =>
    [...read(path).matchAll(/^describe\('([SL]\d+): /gm)].map(([, id]) => ({ id, path })),
  );

const rows = [
  ...read('docs/durability.md').matchAll(/^\| ([SL]\d+) \|.*?\]\(\.\.\/([^)]+)\)/gm),
].map(([, id, path]) => ({ id, path }));

test('each id is the title of one group of tests', () => {
  expect(titles).toHaveLength(IDS.length);
  expect(new Set(titles.map(({ id }) => id))).toEqual(new Set(IDS));
});

test('each id has one row, in order, with a link to the file of its tests', () => {
  expect(rows.map(({ id }) => id)).toEqual(IDS);
  expect(rows).toEqual(IDS.map((id) => titles.find((title) => title.id === id)));
});
