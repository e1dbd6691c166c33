import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { chart } from './chart.ts';
import { FIGURES, JUDGING, PICTURE, README, blocksOf, documented } from './document.ts';
import type { Published } from './document.ts';
import { RULES } from './rules.ts';

const published: Published = JSON.parse(readFileSync(FIGURES, 'utf8'));

test.each([
  ['docs/judging.md', JUDGING, ['undone', 'counted', 'harm', 'minutes']],
  ['README.md', README, ['judged']],
])('%s says what the figures say that are kept beside it', (_, page, names) => {
  const document = readFileSync(page, 'utf8');
  for (const name of names) expect(document).toContain(`<!-- ${name} -->`);
  expect(documented(document, published)).toBe(document);
});

test('the picture is drawn from them', () => {
  expect(readFileSync(PICTURE, 'utf8')).toBe(chart(JSON.stringify(published)));
});

test('their seed is the one that belongs to the commit, so nobody has chosen it', () => {
  const hash = createHash('sha256').update(`judge benchmark ${published.commit}`).digest('hex');
  expect(published.seed).toBe(Number.parseInt(hash.slice(0, 8), 16));
});

test('every rule of the benchmark is among them but the one that is played for its holds', () => {
  const expected = [...RULES.keys()].filter((key) => key !== 'oursHolding');
  expect(Object.keys(published.rules)).toEqual(expect.arrayContaining(expected));
});

test('a rule that was not measured in an environment has a dash there, and no nought', () => {
  const [[key, one] = ['', null]] = Object.entries(published.rules);
  const without = { ...one!, falseRollback: {}, counts: { ...one!.counts, falseRollback: {} } };
  const { undone } = blocksOf({ ...published, rules: { [key]: without } });
  expect(undone).toMatch(/(?:\| – ){7}\|/);
});
