import { expect, test } from 'vitest';
import { atMost, clopperPearson } from './binomial-interval.ts';
import { figuresOf, joined } from './figures.ts';
import type { Result } from './figures.ts';
import { fullTasks, quickTasks, stressTasks, tuningTasks } from './grid.ts';
import type { CellName, Task } from './grid.ts';
import { jsonLine } from './json-line.ts';
import { brokenLimits } from './limits.ts';
import { FOUR_VARIANTS, QUICK_RULES } from './rules.ts';
import { mainTable } from './table.ts';
import { add, count, newTally, quantile, summaryOf } from './tally.ts';
import type { Summary } from './tally.ts';

const HEALTHY: CellName = { environment: 'real', fault: null, perSecond: 20, errorRate: 0.005 };
const BAD: CellName = { ...HEALTHY, fault: 'err x5' };

function summary(change: Partial<Summary> = {}): Summary {
  return {
    rollouts: 100,
    rolledBack: 0,
    premature: 0,
    promoted: 100,
    blast: { mean: 0, median: 0, p95: 0 },
    detection: null,
    minutesToFull: 60,
    ...change,
  };
}

function result(cell: CellName, change: Partial<Summary> = {}, rule = 'ours'): Result {
  return { cell, rule, summary: summary(change) };
}

function blast(mean: number): Partial<Summary> {
  return { blast: { mean, median: mean, p95: mean }, rolledBack: 99 };
}

test.each([
  [0, 300, 0, 0.012221],
  [31, 6000, 0.003513, 0.007326],
  [3, 10, 0.066739, 0.652453],
  [10, 10, 0.691503, 1],
])('Clopper–Pearson of %d in %d', (events, trials, from, to) => {
  const interval = clopperPearson(events, trials);
  expect(interval.from).toBeCloseTo(from, 5);
  expect(interval.to).toBeCloseTo(to, 5);
});

test('binomial tails add up by hand', () => {
  expect(atMost(1, 3, 0.2)).toBeCloseTo(0.8 ** 3 + 3 * 0.2 * 0.8 ** 2, 12);
  expect([atMost(3, 3, 0.2), atMost(0, 5, 0), atMost(4, 5, 1)]).toEqual([1, 1, 0]);
});

test('false rollbacks are counted over all cells of an environment, and the worst is named', () => {
  const figures = figuresOf(
    [
      result(HEALTHY, { rolledBack: 1 }),
      result({ ...HEALTHY, perSecond: 200 }, { rolledBack: 3 }),
      result({ ...HEALTHY, environment: 'harsh' }, { rolledBack: 50 }),
      result(HEALTHY, { rolledBack: 100 }, 'other'),
    ],
    'ours',
  );
  expect(figures.falseRollback.get('real')).toMatchObject({ events: 4, of: 200, share: 0.02 });
  expect([...figures.worstCell]).toEqual([
    ['real', 0.03],
    ['harsh', 0.5],
  ]);
  expect(figures.worstPlainCell).toBe(0.03);
  expect([...figures.minutesToFull]).toEqual([
    [20, 60],
    [200, 60],
  ]);
});

test('missed counts what was not rolled back in the cells that can be told', () => {
  const figures = figuresOf(
    [
      result(BAD, { rolledBack: 90, premature: 2 }),
      result({ ...BAD, fault: 'err x2' }, { rolledBack: 40 }),
      result({ ...BAD, perSecond: 2 }, { rolledBack: 10 }),
      result({ ...BAD, perSecond: 0.2 }, { rolledBack: 0 }),
      result({ ...BAD, errorRate: 0.0001 }, { rolledBack: 0 }),
      result({ ...BAD, environment: 'iid' }, { rolledBack: 0 }),
    ],
    'ours',
  );
  expect(figures.missed).toMatchObject({ events: 10 + 60 + 90, of: 300 });
  expect(figures.mustCatchMissed).toMatchObject({ events: 10, of: 100 });
  expect(figures.premature).toMatchObject({ events: 2, of: 300 });
});

test('blast is compared cell by cell, and as nothing where the oracle is missing', () => {
  const other = { ...BAD, perSecond: 200 };
  const oracle = [result(BAD, blast(9), 'oracleA'), result(other, blast(0), 'oracleA')];
  const ours = [result(BAD, blast(39)), result(other, blast(15))];
  expect(figuresOf([...oracle, ...ours], 'ours').overOracleA).toBeCloseTo(Math.sqrt(4 * 16), 12);
  expect(figuresOf([oracle[0]!, ...ours], 'ours').overOracleA).toBeNull();
  expect(figuresOf([...oracle, ...ours], 'ours').overOracleB).toBeNull();
});

test('the rollouts that only the shipped judge plays join its others', () => {
  const [both] = joined([
    result(HEALTHY, { rollouts: 300, rolledBack: 2, promoted: 298 }),
    result(HEALTHY, { rollouts: 700, rolledBack: 3, promoted: 697, minutesToFull: 61 }),
  ]);
  expect(both!.summary).toMatchObject({ rollouts: 1000, rolledBack: 5, promoted: 995 });
  expect(both!.summary.minutesToFull).toBe(61);
});

test('a tally counts endings, and parts add up to the whole', () => {
  const endings = [
    { outcome: 'rolled-back', minutes: 8, blast: 5, onset: 0 },
    { outcome: 'rolled-back', minutes: 12, blast: 0, onset: null },
    { outcome: 'promoted', minutes: 60, blast: 40, onset: 3 },
    { outcome: 'timeout', minutes: 380, blast: 3, onset: 3 },
  ] as const;
  const whole = newTally();
  for (const ending of endings) count(whole, ending);
  const [first, second] = [newTally(), newTally()];
  for (const ending of endings.slice(0, 1)) count(first, ending);
  for (const ending of endings.slice(1)) count(second, ending);
  add(first, second);
  expect(first).toEqual(whole);
  expect(summaryOf(whole)).toEqual({
    rollouts: 4,
    rolledBack: 2,
    premature: 1,
    promoted: 1,
    blast: { mean: 12, median: 5, p95: 40 },
    detection: { median: 8, p95: 8 },
    minutesToFull: 60,
  });
  expect(quantile([], 0.5)).toBeNull();
});

function rollouts(tasks: readonly Task[]): number {
  return tasks.reduce((sum, { from, to }) => sum + to - from, 0);
}

test('the modes play what the document says', () => {
  const quick = quickTasks(['ours']);
  const isHealthy = ({ cell }: Task): boolean => cell.fault === null;
  expect(rollouts(quick.filter(isHealthy))).toBe(560);
  expect(rollouts(quick.filter((task) => !isHealthy(task)))).toBe(240);
  const full = fullTasks(['ours', 'kayenta'], ['ours']);
  expect(rollouts(full.filter(isHealthy))).toBe(4 * 20 * 1000 + 3 * 20 * 300);
  expect(rollouts(full.filter((task) => !isHealthy(task)))).toBe(48_000);
  expect(rollouts(full.filter(({ rules }) => rules.includes('kayenta')))).toBe(42_000 + 48_000);
  const withHolding = fullTasks(['ours', 'oursHolding'], ['ours']);
  const playing = (name: string): number =>
    rollouts(withHolding.filter(({ rules }) => rules.includes(name)));
  expect(playing('ours')).toBe(4 * 20 * 1000 + 3 * 20 * 300 + 48_000);
  // Each of its rollouts lasts for hours.
  expect(playing('oursHolding')).toBe(20 * (7 * 20 + 480));
  const stress = stressTasks(['ours']);
  const inStress = (name: string): number =>
    rollouts(stress.filter(({ cell }) => cell.environment === name));
  expect([inStress('phase'), inStress('bursty-10')]).toEqual([720, 720]);
  const tuning = { rules: ['ours'], environments: ['real', 'mix'], each: 5 };
  expect(rollouts(tuningTasks({ ...tuning, only: null }))).toBe(5 * (20 + 20 + 240));
  expect(rollouts(tuningTasks({ ...tuning, only: 'bad' }))).toBe(5 * 240);
});

test('the build breaks at the eighth false rollback and at the sixth miss', () => {
  const healthy = (rolledBack: number) => result(HEALTHY, { rollouts: 320, rolledBack });
  const bad = (missed: number) => result(BAD, { rollouts: 200, rolledBack: 200 - missed });
  expect(brokenLimits([healthy(7), bad(5)], ['ours'])).toEqual([]);
  expect(brokenLimits([healthy(8), bad(5)], ['ours'])).toEqual([
    'ours rolled back 8 of 320 healthy rollouts; 7 are allowed.',
  ]);
  expect(brokenLimits([healthy(7), bad(6)], ['ours'])).toEqual([
    'ours missed 6 of 200 bad rollouts that must be caught; 5 are allowed.',
  ]);
  const harsh = result({ ...HEALTHY, environment: 'harsh' }, { rolledBack: 100 });
  expect(brokenLimits([harsh], ['ours'])).toEqual([]);
});

test('what is played always: logs that come a minute late in stress, and what is shipped in quick', () => {
  const late = stressTasks(FOUR_VARIANTS).filter(({ cell }) => cell.environment === 'log-late');
  expect(rollouts(late)).toBe(720);
  expect(late[0]?.rules).toEqual(expect.arrayContaining(['oursWithLogs', 'oursAdaptiveWithLogs']));
  const named = [{ key: 'oursWithLogs', name: 'ours + logs' }];
  const [head] = mainTable([result(late[0]!.cell, {}, 'oursWithLogs')], named);
  expect(head).toContain('| log-late |');
  expect(QUICK_RULES).toEqual(expect.arrayContaining(['oursWithLogs', 'oursDefaults']));
});

test('a rule with stages of its own is measured against the oracle that has the same', () => {
  const results = [
    result(BAD, blast(9), 'oracleA'),
    result(BAD, blast(4), 'oracleADefaults'),
    result(BAD, blast(9), 'oursDefaults'),
  ];
  const line = JSON.parse(
    jsonLine(results, { mode: 'quick', seed: 1, commit: 'c0ffee', rules: ['oursDefaults'] }),
  );
  expect(line.rules.oursDefaults).toMatchObject({ blastOverOracleA: 2, blastOverOracleB: null });
});

test('the last line has shares as fractions and null for what was not played', () => {
  const results = [result(HEALTHY, { rolledBack: 1 })];
  const line = JSON.parse(
    jsonLine(results, { mode: 'quick', seed: 1, commit: 'c0ffee', rules: ['ours'] }),
  );
  expect(line).toEqual({
    mode: 'quick',
    seed: 1,
    commit: 'c0ffee',
    rules: {
      ours: {
        falseRollback: { realistic: 0.01, worstCell: 0.01 },
        missed: null,
        mustCatchMissed: null,
        blastOverOracleA: null,
        blastOverOracleB: null,
        minutesToFull: { 20: 60 },
        counts: {
          falseRollback: { realistic: { events: 1, of: 100, low: 0.00025, high: 0.05446 } },
          missed: null,
          mustCatchMissed: null,
        },
      },
    },
  });
});

test('the table has a row for every rule and columns of one width', () => {
  const named = [
    { key: 'ours', name: 'ours, fixed' },
    { key: 'kayenta', name: 'Kayenta' },
  ];
  const lines = mainTable([result(HEALTHY), result(HEALTHY, { rolledBack: 9 }, 'kayenta')], named);
  expect(lines.length).toBe(4);
  expect(new Set(lines.map(({ length }) => length)).size).toBe(1);
  expect(lines[3]).toMatch(/^\| Kayenta +\| 9\.00 %/);
});
