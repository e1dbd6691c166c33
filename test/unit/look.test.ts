import { describe, expect, test } from 'vitest';
import { evidenceFrom, lookOf } from '../../src/core/rollout/look.ts';
import { ERRORS, HISTORY, LATENCY, START, USUAL, look, table, timed } from './judge-table.ts';
import { MINUTE, NOW, TIMING, aPlan, aRecord } from './build.ts';

const [PLANNED] = aPlan().stages;
/** Of a revision that has just begun. */
const COLD = [0, 300, 300, 300, 100, 0, 0];
const SEEN = {
  at: NOW + 14 * MINUTE,
  served: NOW + 5_000,
  closed: true,
  early: false,
  timing: TIMING,
};

describe('how the rollout came to where it is', () => {
  test('every live stage with its share: the present one from when it was served, others from when they surely were', () => {
    const changedAt = [NOW - 30 * MINUTE, NOW - 20 * MINUTE, NOW];
    expect(lookOf(aRecord({ stage: 2, changedAt }), PLANNED, SEEN)).toEqual({
      samplePeriod: MINUTE,
      stages: [
        { percent: 5, asked: NOW - 20 * MINUTE, from: NOW - 17 * MINUTE },
        { percent: 50, asked: NOW, from: NOW + 5_000 },
      ],
      nextPercent: 100,
      closed: true,
      early: false,
      lapsed: false,
    });
  });

  test.each([0, 1, 2, 3])(
    'a slow start is not held against the canary at the next stage: the split was served after %i min',
    (settling) => {
      const good = 3;
      const all = settling + 3 + good;
      const rows = table(all, (i) => {
        if (i < settling) return [null, timed(20_000)];
        return [timed(1000, 0, i < settling + 3 ? COLD : USUAL), timed(19_000)];
      });
      const history = HISTORY.map((past) => ({ ...past, cell: timed(20_000) }));
      const options = { warmUp: 3, percent: 5, nextPercent: 20, minRequests: 20, history };
      const first = { percent: 5, asked: START, from: START + settling * MINUTE };
      const before = look(rows, [ERRORS, LATENCY], { ...options, stages: [first] });
      expect(before).toMatchObject({ verdict: 'pass' });
      const raised = aRecord({ stage: 2, changedAt: [0, START, START + all * MINUTE] });
      const { stages } = lookOf(raised, PLANNED, { ...SEEN, served: null, closed: false })!;
      const after = look(rows, [ERRORS, LATENCY], {
        ...options,
        nextPercent: 100,
        closed: false,
        stages: [...stages],
      });
      expect(after.verdict).toBe('unknown');
      expect(after.logEvidence).toBeLessThan(Math.log(3));
    },
  );

  test('a split that is not seen being served yet is said to be so', () => {
    const found = lookOf(aRecord(), PLANNED, { ...SEEN, served: null, closed: false });
    expect(found).toMatchObject({
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

  test('evidence begins with the first live stage, but not more than an hour before the present one', () => {
    const from = (ago: number) =>
      evidenceFrom(
        lookOf(aRecord({ stage: 2, changedAt: [0, NOW - ago * MINUTE, NOW] }), PLANNED, SEEN)!,
        NOW,
      );
    expect(from(59)).toBe(NOW - 59 * MINUTE);
    expect(from(5_000)).toBe(NOW - 60 * MINUTE);
  });

  test('of the present stage, evidence is of the last week: as long as a stage can be', () => {
    const from = (minutes: number) =>
      evidenceFrom(lookOf(aRecord(), PLANNED, SEEN)!, NOW + minutes * MINUTE);
    expect(from(10_080)).toBe(NOW);
    expect(from(10_081)).toBe(NOW + MINUTE);
  });
});
