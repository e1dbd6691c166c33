/** Histories that broke a promise once. */
import { expect, test } from 'vitest';
import { play } from './schedule.ts';
import { plain } from './suites.ts';

test('row 25: a replica that has not heard of the take-over does not make the new owner leave', async () => {
  const schedule = plain({ truth: 'good', continuation: 're-run' }, [
    { kind: 'crashAfter', at: 20 },
    { kind: 'stale', at: 23 },
  ]);
  const { ends, violations } = await play(schedule);
  expect(ends.map(({ how }) => how)).toEqual(['crashed', 'promoted']);
  expect(violations).toEqual([]);
});
