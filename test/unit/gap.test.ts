import { describe, expect, test } from 'vitest';
import { gapText, guaranteeText } from '../../src/core/rollout/gap.ts';
import { EMPTY_MEMORY, notice } from '../../src/core/rollout/memory.ts';
import type { Memory } from '../../src/core/decision-types.ts';
import {
  CANARY,
  MINUTE,
  NOW,
  STABLE,
  aCaller,
  aMemory,
  aPlan,
  aQuietService,
  aRecord,
  aService,
} from './build.ts';

const UNFENCED = aMemory({ fence: 'absent' });
const LATER = aPlan({ allowUnfenced: true });
const OTHER = { 'web-00040-old': 100 };

function gaps(service: Parameters<typeof aService>[0], memory: Memory = UNFENCED) {
  return notice(memory, aCaller(), aService(service)).gaps;
}

describe('a generation that no write of ours has made', () => {
  test('is noticed where the service takes stale writes', () => {
    expect(gaps({ generation: 59 })).toEqual([{ expected: 58, found: 59, split: null }]);
  });

  test('is none when it is the one that our last write has made, or the one before', () => {
    expect(gaps({ generation: 58 })).toEqual([]);
    // A write of the record alone may make none.
    expect(gaps({ generation: 57 })).toEqual([]);
  });

  test('is noticed once, and once more when there is another', () => {
    const once = notice(UNFENCED, aCaller(), aService({ generation: 59 }));
    expect(gaps({ generation: 59 }, once)).toHaveLength(1);
    expect(gaps({ generation: 60 }, once).at(-1)).toMatchObject({ expected: 59, found: 60 });
    const record = aRecord({ generation: 60 });
    expect(gaps({ generation: 60, record }, once)).toHaveLength(1);
    expect(gaps({ generation: 61, record }, once).at(-1)).toMatchObject({ expected: 60 });
  });

  test('is noticed when our record was put back to an earlier one', () => {
    const record = aRecord({ generation: 55, transition: 2 });
    expect(gaps({ generation: 60, record })).toMatchObject([{ expected: 55, found: 60 }]);
  });

  test('is nothing behind a fence: there it was changed since, and is seen', () => {
    const proved = aMemory({ fence: 'proved' });
    expect(gaps({ generation: 59, plan: LATER }, proved)).toEqual([]);
  });

  test('is noticed by whoever has not tried the fence, if the rollout may go on without', () => {
    const unproved = aMemory({ fence: 'unproved' });
    expect(gaps({ generation: 59, plan: LATER }, unproved)).toHaveLength(1);
    expect(gaps({ generation: 59 }, unproved)).toEqual([]);
    expect(gaps({ generation: 59, plan: null }, unproved)).toEqual([]);
  });

  test('after the end is noticed by who has driven, and for ten minutes by anybody else', () => {
    const record = aRecord({ phase: 'rolled-back', at: NOW });
    const ended = { generation: 59, record, plan: LATER };
    expect(gaps({ ...ended, readAt: NOW + 10 * MINUTE }, EMPTY_MEMORY)).toHaveLength(1);
    expect(gaps({ ...ended, readAt: NOW + 11 * MINUTE }, EMPTY_MEMORY)).toEqual([]);
    expect(gaps({ ...ended, readAt: NOW + 11 * MINUTE })).toHaveLength(1);
    const open = aRecord({ at: NOW });
    const late = { ...ended, record: open, readAt: NOW + 11 * MINUTE };
    expect(gaps(late, EMPTY_MEMORY)).toHaveLength(1);
  });

  test('is not looked for where no record is, and what was noticed is kept', () => {
    const once = notice(UNFENCED, aCaller(), aService({ generation: 59 }));
    const quiet = notice(once, aCaller(), aQuietService({ generation: 99 }));
    expect(quiet.gaps).toEqual(once.gaps);
  });
});

describe('the traffic that was overwritten', () => {
  const split = (served: Record<string, number>) => gaps({ generation: 60, served })[0]?.split;

  test('is known while it is still served', () => {
    expect(split(OTHER)).toEqual(OTHER);
    expect(split({ [STABLE]: 60, 'web-00040-old': 40 })).toEqual({
      [STABLE]: 60,
      'web-00040-old': 40,
    });
    expect(split({ [STABLE]: 88, [CANARY]: 12 })).toEqual({ [STABLE]: 88, [CANARY]: 12 });
  });

  test.each([{ [STABLE]: 100 }, { [STABLE]: 50, [CANARY]: 50 }, { [CANARY]: 100 }])(
    'is not what a stage of the rollout asks for: %j may only lag behind',
    (served) => {
      expect(split(served)).toBeNull();
    },
  );
});

describe('what is said of it', () => {
  test('are both generations, and the traffic if it is known', () => {
    const gap = { expected: 58, found: 60, split: null };
    expect(gapText(gap)).toMatch(/generation is 60, .* was 58\..* may have been overwritten\.$/);
    expect(gapText({ ...gap, split: OTHER })).toContain('web-00040-old 100 % was served.');
  });

  test('which guarantee is in force is said as soon as something hangs on it', () => {
    const text = (memory: Partial<Memory>, plan = aPlan()) =>
      guaranteeText(aMemory(memory), aService({ plan }));
    expect(text({ fence: 'proved' }, LATER)).toContain('refuses stale writes');
    expect(text({ fence: 'absent' })).toContain('does not refuse stale writes');
    expect(text({ fence: 'unproved' }, LATER)).toContain('allow_unfenced');
    expect(text({ fence: 'unproved' })).toBe('');
  });
});
