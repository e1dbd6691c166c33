import fc from 'fast-check';
import { expect, test } from 'vitest';
import { States } from './states.ts';

test('a row is new exactly once, and is read back as it was, with its parent', () => {
  const rows = fc.array(fc.tuple(fc.nat(3), fc.nat(0xffffffff), fc.nat(1)), { maxLength: 200 });
  fc.assert(
    fc.property(rows, (all) => {
      const states = new States(3);
      const seen = new Set<string>();
      for (const [parent, row] of all.entries()) {
        const text = row.join(' ');
        expect(states.add(Uint32Array.from(row), parent - 1)).toBe(!seen.has(text));
        if (!seen.has(text)) {
          const back = new Uint32Array(3);
          states.read(states.size - 1, back);
          expect([...back]).toEqual(row);
          expect(states.parent(states.size - 1)).toBe(parent - 1);
        }
        seen.add(text);
      }
      expect(states.size).toBe(seen.size);
    }),
  );
});

test('none is lost when the set grows', () => {
  const states = new States(2);
  const rows = Array.from({ length: 300_000 }, (_, i) => Uint32Array.from([i % 1000, i]));
  expect(rows.filter((row) => states.add(row, 0)).length).toBe(300_000);
  expect(rows.filter((row) => states.add(row, 0))).toEqual([]);
});
