import { expect, test } from 'vitest';
import { createNewest } from '../../src/edges/cloud-run/newest.ts';
import { aRecord } from '../unit/build.ts';

function raw(generation: number, uid = 'a') {
  return { metadata: { generation, uid } };
}

test('row 25: a write of the record alone makes the state before it old', () => {
  const newest = createNewest();
  newest.learn(raw(41), aRecord({ transition: 3 }));
  expect(newest.accept(raw(41), aRecord({ transition: 2 }))).toBe(false);
  expect(newest.accept(raw(41), aRecord({ transition: 3 }))).toBe(true);
  expect(newest.accept(raw(41), aRecord({ transition: 4 }))).toBe(true);
});

test('with a later generation an earlier record is news: somebody has put it back', () => {
  const newest = createNewest();
  newest.learn(raw(41), aRecord({ transition: 3 }));
  expect(newest.accept(raw(42), aRecord({ transition: 2 }))).toBe(true);
});

test('transitions of two rollouts have no order, nor has a record that is gone', () => {
  const newest = createNewest();
  newest.learn(raw(41), aRecord({ transition: 3 }));
  expect(newest.accept(raw(41), 'none')).toBe(true);
  newest.learn(raw(41), aRecord({ transition: 3 }));
  expect(newest.accept(raw(41), aRecord({ rolloutId: '1-2', transition: 1 }))).toBe(true);
});
