import { describe, expect, test } from 'vitest';
import { evidenceFrom, lookOf } from '../../src/core/rollout/look.ts';
import { MINUTE, NOW, TIMING, aPlan, aRecord } from './build.ts';

const [PLANNED] = aPlan().stages;
const SEEN = {
  at: NOW + 14 * MINUTE,
  served: NOW + 5_000,
  closed: true,
  early: false,
  timing: TIMING,
};

describe('how the rollout came to where it is', () => {
  test('every live stage with its share, and the present one from when it was served', () => {
    const changedAt = [NOW - 30 * MINUTE, NOW - 20 * MINUTE, NOW];
    expect(lookOf(aRecord({ stage: 2, changedAt }), PLANNED, SEEN)).toEqual({
      samplePeriod: MINUTE,
      stages: [
        { percent: 5, asked: NOW - 20 * MINUTE, from: NOW - 20 * MINUTE },
        { percent: 50, asked: NOW, from: NOW + 5_000 },
      ],
      nextPercent: 100,
      closed: true,
      early: false,
      lapsed: false,
    });
  });

  test('a split that is not seen being served yet is said to be so', () => {
    const look = lookOf(aRecord(), PLANNED, { ...SEEN, served: null, closed: false });
    expect(look).toMatchObject({
      stages: [{ percent: 5, asked: NOW, from: null }],
      nextPercent: 50,
      closed: false,
    });
  });

  test('before the first live stage there is nothing to look at', () => {
    expect(lookOf(aRecord({ stage: 0, changedAt: [NOW] }), PLANNED, SEEN)).toBeNull();
  });

  test('suspicion delays for twice the bake and the delay of its data', () => {
    const lapsed = (minutes: number, served: number | null) =>
      lookOf(aRecord(), PLANNED, { ...SEEN, at: NOW + minutes * MINUTE, served })?.lapsed;
    expect(lapsed(26, NOW)).toBe(true);
    expect(lapsed(26, NOW + 1)).toBe(false);
    expect(lapsed(26, null)).toBe(true);
    expect(lapsed(25, null)).toBe(false);
  });

  test('evidence begins with the first live stage, but not half a day before the present one', () => {
    const from = (ago: number) =>
      evidenceFrom(
        lookOf(aRecord({ stage: 2, changedAt: [0, NOW - ago * MINUTE, NOW] }), PLANNED, SEEN)!,
      );
    expect(from(719)).toBe(NOW - 719 * MINUTE);
    expect(from(5_000)).toBe(NOW - 720 * MINUTE);
  });
});
