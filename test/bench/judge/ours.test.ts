import { expect, test } from 'vitest';
import type { Judging, Minute } from '../../../src/core/judging-types.ts';
import { readAction } from '../../docs/reference.ts';
import { plan } from '../../unit/given-inputs.ts';
import { ENVIRONMENTS } from './environments.ts';
import { FAULTS } from './faults.ts';
import { play } from './loop.ts';
import type { Ending } from './loop.ts';
import {
  DEFAULT_JUDGING,
  OURS,
  OURS_ADAPTIVE,
  OURS_DEFAULTS,
  OURS_HOLDING,
  OURS_NO_THIN_STAGES,
  OURS_WITH_LOGS,
} from './ours.ts';
import { createRollout, isDecodedAnew } from './rollout.ts';
import type { Rollout } from './rollout.ts';
import { DEFAULTS, DELAY } from './schedule.ts';
import type { Cell, Rule, TruthRow } from './types.ts';

const REAL = ENVIRONMENTS.find(({ name }) => name === 'real')!;

function rollout(fault: string | null, perSecond: number, index = 1): Rollout {
  const cell: Cell = {
    environment: REAL,
    fault: FAULTS.find(({ name }) => name === fault) ?? null,
    load: { perSecond, errorRate: 0.005 },
  };
  return createRollout(cell, 1, index);
}

function crash(rule: Rule): Ending {
  return play(rollout('crash@20', 200), rule);
}

test('a crash is undone as soon as its first row is seen, and with the log in its first minute', () => {
  expect(crash(OURS)).toMatchObject({ outcome: 'rolled-back', minutes: 24, onset: 20 });
  expect(crash(OURS_WITH_LOGS)).toMatchObject({ outcome: 'rolled-back', minutes: 21, onset: 20 });
});

test('a healthy canary is promoted, in an adaptive rollout sooner', () => {
  const healthy = rollout(null, 2000);
  expect(play(healthy, OURS)).toMatchObject({ outcome: 'promoted', minutes: 60 });
  const { outcome, minutes } = play(healthy, OURS_ADAPTIVE);
  expect(outcome).toBe('promoted');
  // Three rows of warm-up, three more, and the delay: nine minutes a stage at least.
  expect(minutes).toBeGreaterThanOrEqual(36);
  expect(minutes).toBeLessThan(60);
});

test('what a quiet service cannot show is promoted or held as the user chose', () => {
  const quiet = rollout(null, 2, 2);
  expect(play(quiet, OURS).outcome).toBe('promoted');
  expect(play(quiet, OURS_HOLDING).outcome).toBe('timeout');
  // The stage of 1 % is left out.
  expect(play(quiet, OURS_NO_THIN_STAGES)).toMatchObject({ outcome: 'promoted', minutes: 45 });
});

test('the default stages and limits are those of action.yml', () => {
  const { inputs } = readAction();
  const names = Object.keys(inputs).filter((name) =>
    /^(?:stages|min_|max_|confid|on_|lat)/.test(name),
  );
  const { stages, judging } = plan(
    Object.fromEntries(names.map((name) => [name, inputs[name]?.default ?? ''])),
  );
  expect(names).toContain('latency_warm_up');
  expect(stages.map(({ percent }) => percent)).toEqual(DEFAULTS.percents([]));
  for (const { bake, least } of stages) {
    expect([bake, least]).toEqual([(DEFAULTS.bake - DELAY) * 60_000, bake]);
  }
  const sorted = ({ criteria, ...others }: Judging) => ({
    ...others,
    criteria: criteria.toSorted((a, b) => a.metric.localeCompare(b.metric)),
  });
  expect(sorted(judging)).toEqual(sorted(DEFAULT_JUDGING));
});

test('with the defaults a healthy canary takes 39 minutes, and half of it refused is undone', () => {
  const healthy = rollout(null, 200);
  expect(play(healthy, OURS_DEFAULTS)).toMatchObject({ outcome: 'promoted', minutes: 39 });
  const refusing = (row: Minute): Minute => ({
    ...row,
    canary: row.canary && { ...row.canary, clientErrors: Math.round(row.canary.requests / 2) },
  });
  const row: Rollout['row'] = (moment, before) => refusing(healthy.row(moment, before));
  expect(play({ ...healthy, row }, OURS_DEFAULTS).outcome).toBe('rolled-back');
  expect(play({ ...healthy, row }, OURS).outcome).toBe('promoted');
});

/** The one of a hundred that is decoded anew. */
function checked(fault: string | null): Rollout {
  const { cell } = rollout(fault, 20);
  const all = Array.from({ length: 100 }, (_, index) => index);
  const chosen = all.filter((index) => isDecodedAnew(cell, index));
  expect(chosen.length).toBe(1);
  return rollout(fault, 20, chosen[0]);
}

test('one rollout in a hundred is decoded anew, and the evidence is the same', () => {
  const anew = checked('err x5');
  const once = { ...anew, decodesAnew: false };
  expect(play(anew, OURS_WITH_LOGS)).toEqual(play(once, OURS_WITH_LOGS));
});

test('a row that was read differently is found by decoding anew', () => {
  const anew = checked(null);
  const changed = (row: TruthRow): TruthRow =>
    row.minute === 4 ? { ...row, canary: { ...row.canary, errors: row.canary.errors + 1 } } : row;
  const other: Rollout = { ...anew, truth: (moment) => changed(anew.truth(moment)) };
  expect(() => play(other, OURS)).toThrow(/^ours, fixed, minute 7: ln E is/);
});
