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

test('S4, row 49: whoever has slept over the last raise looks again, and it is past due', async () => {
  const awake = await play(plain({ truth: 'good', continuation: 're-run' }, []));
  const found = new Set<string>();
  for (const kind of ['stall6h', 'slept'] as const) {
    // The last write, and the read that it was decided from.
    for (let at = awake.calls - 8; at < awake.calls; at += 1) {
      const { ends, violations } = await play(
        plain({ truth: 'good', continuation: 're-run' }, [{ kind, at }]),
      );
      expect(violations).toEqual([]);
      found.add(`${kind} ${ends.find(({ role }) => role === 'main')?.how}`);
    }
  }
  expect(found).toContain('stall6h rolled-back');
  expect(found).toContain('slept rolled-back');
});

test('L3: a promotion that is refused is not ordered again by the process that was refused', async () => {
  const { ends, violations } = await play(
    plain({ truth: 'good', continuation: 're-run' }, [
      { kind: 'noRaise', at: 40 },
      { kind: 'promote', at: 40 },
    ]),
  );
  expect(violations).toEqual([]);
  expect(ends).toContainEqual({ role: 'order', run: 2, attempt: 1, how: 'problem:write-refused' });
});

test.each([0, 1, 2])(
  'S10: what main has found bad is not held by its post step, %i',
  async (gap) => {
    const schedule: Schedule = {
      ...plain({ truth: 'bad-from-50', continuation: 'reconcile' }, [
        { kind: 'storm409', at: 72 + gap },
        { kind: 'cancelBefore', at: 72 },
      ]),
      manner: { onNoData: 'rollback', onCancel: 'hold' },
    };
    const { ends, violations } = await play(schedule);
    expect(violations).toEqual([]);
    const [main, post] = ends.filter(({ role }) => role === 'main' || role === 'post');
    expect([main?.how, post?.how]).toEqual(['killed', 'rolled-back']);
  },
);

test('a start that was cut off by a cancel and arrives later is ended by the post step', async () => {
  const { ends, violations } = await play(
    plain({ truth: 'good', continuation: 're-run' }, [
      { kind: 'late30', at: 5 },
      { kind: 'cancelBefore', at: 5 },
    ]),
  );
  expect(violations).toEqual([]);
  expect(ends.map(({ role, how }) => `${role} ${how}`)).toEqual([
    'main nothing-open',
    'post rolled-back',
    'main promoted',
  ]);
});
