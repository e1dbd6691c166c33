/** Rollouts that are held between looks, and those who take them over. */
import { describe, expect, test } from 'vitest';
import type { Fault } from './kinds.ts';
import { play } from './schedule.ts';
import { TRUTHS } from './settings.ts';
import type { Truth } from './settings.ts';
import { plain } from './suites.ts';

const played = (truth: Truth, faults: readonly Fault[]) =>
  play(plain({ truth, continuation: 'resume' }, faults));

describe('a rollout that only `resume` goes on with', () => {
  test.each(TRUTHS)(
    'that is %s: each run takes it over and holds it, the last one ends it',
    async (truth) => {
      const { ends, violations } = await played(truth, []);
      const hows = ends.map(({ how }) => how);
      expect(violations).toEqual([]);
      expect(ends[0]).toEqual({ role: 'main', run: 0, attempt: 1, how: 'held' });
      expect(new Set(hows.slice(0, -1))).toEqual(new Set(['held']));
      expect(hows.at(-1)).toBe(truth === 'good' ? 'promoted' : 'rolled-back');
      expect(new Set(ends.map(({ run }) => run)).size).toBe(ends.length);
    },
  );
  test('L1: a look that dies leaves it active; a later one ends it when it is due', async () => {
    const { ends, violations } = await played('good', [{ kind: 'crashBefore', at: 40 }]);
    expect(violations).toEqual([]);
    expect(ends.map(({ how }) => how)).toEqual(expect.arrayContaining(['crashed', 'busy']));
    expect(ends.at(-1)?.how).toBe('rolled-back');
  });
});

describe('the `ramp` of another run', () => {
  const RAMP = { role: 'taker', run: 3, attempt: 1 };
  test.each([
    ['good', 'promoted'],
    ['bad-from-50', 'rolled-back'],
  ] as const)('takes over what is held, and the looks leave it alone: %s', async (truth, how) => {
    const { ends, violations } = await played(truth, [{ kind: 'ramp', at: 30 }]);
    expect(violations).toEqual([]);
    expect(ends.at(-1)).toEqual({ ...RAMP, how });
    expect(ends.map((end) => end.how)).toContain('busy');
  });
  test('leaves what is active', async () => {
    const schedule = plain({ truth: 'good', continuation: 're-run' }, [{ kind: 'ramp', at: 30 }]);
    const { ends, violations } = await play(schedule);
    expect(violations).toEqual([]);
    expect(ends[0]).toEqual({ ...RAMP, how: 'busy' });
    expect(ends.at(-1)?.how).toBe('promoted');
  });
});

test('a person promotes while a look is under way: one of the two sees that it is over', async () => {
  const { ends, violations } = await played('good', [{ kind: 'promote', at: 40 }]);
  expect(violations).toEqual([]);
  expect(ends).toContainEqual({ role: 'order', run: 2, attempt: 1, how: 'promoted' });
});
