/** The list of `npm run guards` fits the sources. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { read, ROOT } from '../docs/pages.ts';
import { GUARDS } from './guards.ts';

test.each(GUARDS)('$file: $what', ({ file, from, to, tests }) => {
  expect(read(file).split(from).length - 1).toBe(1);
  expect(to).not.toBe(from);
  expect(tests.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
