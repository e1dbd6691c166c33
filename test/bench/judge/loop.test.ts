import { expect, test } from 'vitest';
import { ENVIRONMENTS } from './environments.ts';
import { FAULTS } from './faults.ts';
import { play } from './loop.ts';
import { createRollout } from './rollout.ts';
import type { Rollout } from './rollout.ts';
import { ADAPTIVE, AFTERMATH, FIXED, WITHOUT_THIN_STAGES } from './schedule.ts';
import type { Answer, Cell, Look, Rule, Schedule } from './types.ts';

const IID = ENVIRONMENTS[0]!;

function cell(change: Partial<Cell> = {}): Cell {
  return { environment: IID, fault: null, load: { perSecond: 2, errorRate: 0.01 }, ...change };
}

function rule(answer: (look: Look) => Answer, schedule: Schedule = FIXED): Rule {
  return { name: 'scripted', schedule, reads: 'metrics and logs', start: () => ({ look: answer }) };
}

/** One harmed request for every percent served, in every minute. */
function harming(rollout: Rollout): Rollout {
  return { ...rollout, harm: ({ percent }) => percent };
}

const bad = cell({ fault: FAULTS.find(({ name }) => name === 'err +10pp')! });

test('a fixed rollout takes four stages of fifteen minutes, however soon it passes', () => {
  const shares: number[] = [];
  const ending = play(
    createRollout(cell(), 1, 0),
    rule(({ percents, stage }) => {
      shares.push(percents[stage]!);
      return 'pass';
    }),
  );
  expect(ending).toEqual({ outcome: 'promoted', minutes: 60, blast: 0, onset: null });
  const expected = [1, 5, 25, 50].flatMap((percent) => Array.from({ length: 15 }, () => percent));
  expect(shares).toEqual(expected);
});

test('an adaptive stage ends as soon as it is passed', () => {
  const pass = rule(
    ({ minute, stageFrom }) => (minute - stageFrom >= 8 ? 'pass' : 'wait'),
    ADAPTIVE,
  );
  expect(play(createRollout(cell(), 1, 0), pass).minutes).toBe(36);
});

test('a stage that is not passed at its end goes on, and the rollout times out', () => {
  const late = rule(({ minute }) => (minute < 30 ? 'wait' : 'pass'));
  expect(play(createRollout(cell(), 1, 0), late).minutes).toBe(31 + 45);
  const never = play(
    harming(createRollout(bad, 1, 0)),
    rule(() => 'wait'),
  );
  expect(never).toEqual({ outcome: 'timeout', minutes: 380, blast: 380, onset: 0 });
});

test('rows are seen three minutes late, each with the stage it was served in', () => {
  const seen: (readonly number[])[] = [];
  const endings: boolean[] = [];
  play(
    createRollout(cell(), 1, 0),
    rule(({ minute, visible, truth, log, bakeOver }) => {
      expect(visible.length).toBe(Math.max(0, minute - 2));
      expect(truth.length).toBe(visible.length);
      expect(log!.length).toBe(minute + 1);
      const newest = visible.at(-1);
      if (newest !== undefined) {
        const { sinceChange, stage, share } = newest;
        seen.push([newest.minute, stage, share, sinceChange]);
      }
      endings.push(bakeOver);
      return 'pass';
    }),
  );
  expect(seen.slice(13, 17)).toEqual([
    [13, 0, 0.01, 13],
    [14, 0, 0.01, 14],
    [15, 1, 0.05, 0],
    [16, 1, 0.05, 1],
  ]);
  expect(endings.flatMap((over, minute) => (over ? [minute] : []))).toEqual([14, 29, 44, 59]);
});

test('a log that is a minute late knows one row less, and metrics alone know none', () => {
  const lengths: (number | null)[] = [];
  const late = cell({ environment: { ...IID, logLate: 1 } });
  const note = (look: Look): Answer => {
    lengths.push(look.log?.length ?? null);
    return 'fail';
  };
  play(createRollout(late, 1, 0), rule(note));
  play(createRollout(cell(), 1, 0), { ...rule(note), reads: 'metrics' });
  expect(lengths).toEqual([0, null]);
});

test('blast is what was served until the rollback, whose minute still counts', () => {
  const stop = rule(({ minute }) => (minute === 16 ? 'fail' : 'pass'));
  const ending = play(harming(createRollout(bad, 1, 0)), stop);
  expect(ending).toEqual({ outcome: 'rolled-back', minutes: 17, blast: 15 * 1 + 2 * 5, onset: 0 });
});

test('a promoted bad canary hurts for thirty minutes at 100 %', () => {
  const ending = play(
    harming(createRollout(bad, 1, 0)),
    rule(() => 'pass'),
  );
  const stages = 15 * (1 + 5 + 25 + 50);
  expect(ending.blast).toBe(stages + AFTERMATH * 100);
});

test('the fault begins when it first hurts: a rollback before that is premature', () => {
  const crash = cell({ fault: FAULTS.find(({ name }) => name === 'crash@20')! });
  const at = (last: number) =>
    play(
      createRollout(crash, 1, 0),
      rule(({ minute }) => (minute === last ? 'fail' : 'pass')),
    );
  expect(at(19)).toMatchObject({ outcome: 'rolled-back', onset: null, blast: 0 });
  expect(at(23)).toMatchObject({ outcome: 'rolled-back', minutes: 24, onset: 20 });
  const scale = cell({ fault: FAULTS.find(({ name }) => name === 'scale +3pp')! });
  expect(
    play(
      createRollout(scale, 1, 0),
      rule(() => 'pass'),
    ).onset,
  ).toBe(30);
});

test('two rules at one stage see the same rows, as the same objects', () => {
  const rollout = createRollout(cell(), 1, 0);
  const rowsOf = (schedule: Schedule): unknown[] => {
    let rows: unknown[] = [];
    play(
      rollout,
      rule(({ visible }) => {
        rows = visible.map(({ row }) => row);
        return rows.length === 12 ? 'fail' : 'wait';
      }, schedule),
    );
    return rows;
  };
  const [fixed, adaptive] = [rowsOf(FIXED), rowsOf(ADAPTIVE)];
  for (const [i, row] of fixed.entries()) expect(adaptive[i]).toBe(row);
});

test.each([
  [0.2, [25, 50]],
  [2, [5, 25, 50]],
  [20, [1, 5, 25, 50]],
])('at %d requests a second the thin stages are left out', (perSecond, percents) => {
  const { history } = createRollout(cell({ load: { perSecond, errorRate: 0.01 } }), 3, 1);
  expect(WITHOUT_THIN_STAGES.percents(history)).toEqual(percents);
  expect(WITHOUT_THIN_STAGES.percents([])).toEqual([50]);
});
