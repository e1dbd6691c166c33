/** How long a write that is not taken is tried again (L3). */
import { expect, test } from 'vitest';
import { OVER_QUOTA } from '../../src/core/doctor/cloud-run-words.ts';
import { Conflicts } from '../../src/engine/conflicts.ts';
import type { Phase, RecordDraft } from '../../src/core/types.ts';
import { MINUTE, NOW, aRecord, aService } from '../unit/build.ts';

/** Tries, each with its pause and half a second more, until it is given up. */
async function tries(
  phase: Phase,
  due: number,
  from: Phase = 'active',
): Promise<{ tries: number; minutes: number }> {
  let now = NOW;
  const conflicts = new Conflicts({
    monotonic: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  });
  const record = aRecord({ due, phase: from });
  const next: RecordDraft = { ...record, phase };
  for (let count = 1; ; count += 1) {
    now += 500;
    try {
      await conflicts.another(aService({ record, readAt: now }), next);
    } catch (error) {
      expect(error).toMatchObject({ code: 'conflicts' });
      return { tries: count, minutes: (now - NOW) / MINUTE };
    }
  }
}

test.each(['active', 'held', 'promoted'] as const)(
  '%s is given up after 20 rereads, however much time there is',
  async (phase) => {
    const given = await tries(phase, NOW + 60 * MINUTE);
    expect(given.tries).toBe(21);
    expect(given.minutes).toBeLessThan(1);
  },
);

test.each(['rolled-back', 'start-failed', 'released'] as const)(
  '%s is tried until it is due',
  async (phase) => {
    const { minutes } = await tries(phase, NOW + 30 * MINUTE);
    expect(minutes).toBeGreaterThanOrEqual(30);
    expect(minutes).toBeLessThan(31);
  },
);

test('what is held is tried for four minutes, not for the days that it may be held', async () => {
  const { minutes } = await tries('rolled-back', NOW + 24 * 60 * MINUTE, 'held');
  expect(minutes).toBeGreaterThan(4);
  expect(minutes).toBeLessThan(5);
});

test('what is past due is tried for four minutes', async () => {
  const { minutes } = await tries('rolled-back', NOW - MINUTE);
  expect(minutes).toBeGreaterThan(4);
  expect(minutes).toBeLessThan(5);
});

test.each([
  ['of a quota that is used up', { why: 'Cloud Run answered 429', isOverQuota: true }, OVER_QUOTA],
  ['of other writers', { why: 'RESOURCE_EXHAUSTED stood in it' }, 'what else keeps writing'],
] as const)(
  'the advice is %s by what the answer was, not by its words',
  async (_, last, advice) => {
    const conflicts = new Conflicts({ monotonic: () => NOW, sleep: async () => undefined });
    const record = aRecord({});
    const isEnough = async () => {
      for (;;) await conflicts.another(aService({ record }), record, last);
    };
    await expect(isEnough()).rejects.toMatchObject({
      code: 'conflicts',
      advice: expect.stringContaining(advice),
    });
  },
);
