/**
 * Every broken build is caught by a schedule with one fault or none (durability.md, 5.6), but for
 * `noWitness`, which takes two: a start that was answered bars the process from a second one.
 */
import { describe, expect, test } from 'vitest';
import { BREAKS, MASKED } from './breaks.ts';
import type { Fault } from './kinds.ts';
import type { Continuation } from './life.ts';
import { play } from './schedule.ts';
import { TRUTHS } from './settings.ts';
import type { Truth } from './settings.ts';
import { plain } from './suites.ts';

type Row = readonly [
  name: keyof typeof BREAKS,
  promise: string,
  truth: Truth,
  continuation: Continuation,
  faults: readonly Fault[],
];

const ROWS: readonly Row[] = [
  ['noEtag', 'S2', 'good', 're-run', [{ kind: 'outRollback', at: 56 }]],
  ['noEtag', 'S4', 'good', 're-run', [{ kind: 'outRollback', at: 56 }]],
  ['retryBlind', 'S9', 'good', 'reconcile', [{ kind: 'lost', at: 5 }]],
  ['retryNewEtag', 'S2', 'good', 're-run', [{ kind: 'outRollback', at: 56 }]],
  ['noDrift', 'S2', 'good', 're-run', [{ kind: 'outOther', at: 21 }]],
  ['startOnSplit', 'S3', 'good', 're-run', [{ kind: 'outSplit', at: 0 }]],
  ['noDataPass', 'S4', 'silent-from-10', 're-run', []],
  ['nanPass', 'S4', 'good', 're-run', [{ kind: 'nan', at: 30 }]],
  ['noSettle', 'S4', 'good', 're-run', []],
  ['noBake', 'S11', 'good', 're-run', []],
  [
    'noWitness',
    'S9',
    'good',
    're-run',
    [
      { kind: 'lost', at: 4 },
      { kind: 'outErase', at: 5 },
    ],
  ],
  ['noReconcile', 'L1', 'good', 'reconcile', [{ kind: 'crashBefore', at: 32 }]],
];

test.each(ROWS)('%s is caught by %s', async (name, promise, truth, continuation, faults) => {
  const schedule = plain({ truth, continuation }, faults);
  const shown = await play(schedule, BREAKS[name]);
  expect(shown.violations.map((violation) => violation.promise)).toContain(promise);
  expect((await play(schedule)).violations).toEqual([]);
});

test('no break is left out', () => {
  expect(new Set(ROWS.map(([name]) => name))).toEqual(new Set(Object.keys(BREAKS)));
});

describe('breaks that other rules hide', () => {
  test.each(TRUTHS)('data still under way: they do not cover the stage, %s', async (truth) => {
    const { violations } = await play(
      plain({ truth, continuation: 're-run' }, []),
      MASKED.noIngest,
    );
    expect(violations).toEqual([]);
  });
  test('a corrupt record taken for none: traffic is split, or the revision is there', async () => {
    for (const at of [4, 6, 22, 40, 60, 80]) {
      const schedule = plain({ truth: 'good', continuation: 're-run' }, [
        { kind: 'outCorrupt', at },
      ]);
      expect((await play(schedule, MASKED.corruptIsNone)).violations).toEqual([]);
    }
  });
  test('one name for all attempts: a fresh start is refused, and nothing is made twice', async () => {
    const schedule = plain({ truth: 'good', continuation: 're-run' }, [
      { kind: 'cancelBefore', at: 33 },
    ]);
    const { ends, violations } = await play(schedule, MASKED.sameName);
    expect(ends.map(({ how }) => how)).toEqual(['rolled-back', 'refused']);
    expect(violations.map(({ promise }) => promise)).toEqual(['L2']);
  });
});
