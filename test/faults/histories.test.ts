/** Histories that broke a promise once, ours or the simulator's. */
import { expect, test } from 'vitest';
import { play } from './schedule.ts';
import type { Schedule } from './schedule.ts';
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

test('row 49: a runner that stands still over a raise goes on with it while it is not due', async () => {
  for (const at of [18, 51]) {
    const { ends, violations } = await play(
      plain({ truth: 'good', continuation: 're-run' }, [{ kind: 'stall10m', at }]),
    );
    expect(ends.map(({ how }) => how)).toEqual(['promoted']);
    expect(violations).toEqual([]);
  }
});

test('row 57: a split that was changed and changed back between two reads has time to be served', async () => {
  const schedule = plain({ truth: 'good', continuation: 're-run' }, [{ kind: 'outBlink', at: 41 }]);
  const { ends, violations } = await play(schedule);
  expect(ends.map(({ how }) => how)).toEqual(['promoted']);
  expect(violations).toEqual([]);
});

test('L3: a storm in which two processes write at once is over when it is over', async () => {
  const schedule: Schedule = {
    ...plain({ truth: 'good', continuation: 'reconcile' }, [
      { kind: 'storm409', at: 8 },
      { kind: 'abort', at: 15 },
    ]),
    manner: { onNoData: 'hold', onCancel: 'hold' },
  };
  const { ends, violations } = await play(schedule);
  expect(violations).toEqual([]);
  expect(ends.at(-1)?.how).toBe('rolled-back');
});

test('L3: a cancelled process pauses between its tries, too', async () => {
  const schedule = plain({ truth: 'bad-from-10', continuation: 're-run' }, [
    { kind: 'storm409', at: 20 },
    { kind: 'cancelBefore', at: 60 },
  ]);
  const { ends, violations } = await play(schedule);
  expect(ends.map(({ how }) => how)).toContain('killed');
  expect(violations).toEqual([]);
});

test('S2: an order leads out of a split whose record is gone', async () => {
  const schedule = plain({ truth: 'silent-from-10', continuation: 'reconcile' }, [
    { kind: 'outErase', at: 51 },
    { kind: 'abort', at: 51 },
  ]);
  const { ends, violations } = await play(schedule);
  expect(ends).toContainEqual({ role: 'order', run: 2, attempt: 1, how: 'rolled-back' });
  expect(violations).toEqual([]);
});
