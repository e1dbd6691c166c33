/** A part of `npm run faults`, small enough for every run of the tests. */
import { beforeAll, describe, expect, test } from 'vitest';
import { MEDIAN_OWN, figuresOf } from './figures.ts';
import { ALWAYS, FURTHER, GRID, ROWS } from './kinds.ts';
import { play } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { brought, everywhere, grounds, plain, random } from './suites.ts';
import { count, emptyTally, quantile } from './tally.ts';
import type { Tally } from './tally.ts';

let all: Awaited<ReturnType<typeof grounds>>;

beforeAll(async () => {
  all = await grounds();
});

async function played(schedules: Iterable<Schedule>): Promise<Tally> {
  const tally = emptyTally();
  for (const schedule of schedules) count(tally, schedule, await play(schedule));
  return tally;
}

describe('when nothing goes wrong', () => {
  const how = async (truth: Schedule['truth']) => {
    const { ends, violations } = await play(plain({ truth, continuation: 're-run' }, []));
    return [...ends.map((end) => end.how), ...violations];
  };
  test('a good canary is promoted', async () => {
    expect(await how('good')).toEqual(['promoted']);
  });
  test.each(['bad-from-10', 'bad-from-50', 'silent-from-10', 'bad-then-good'] as const)(
    'one that is %s is rolled back',
    async (truth) => {
      expect(await how(truth)).toEqual(['rolled-back']);
    },
  );
  test('a good one that was brought is promoted, too', async () => {
    const [schedule] = brought([plain({ truth: 'good', continuation: 're-run' }, [])]);
    const { ends, violations } = await play(schedule!);
    expect([...ends.map((end) => end.how), ...violations]).toEqual(['promoted']);
  });
  test('a bad canary has lost its traffic 5 s after its first bad datum was read', async () => {
    const tally = await played(all.map((ground) => plain(ground, [])));
    expect(tally.reactions).toHaveLength(6);
    expect(quantile(tally.reactions, 1)).toBeLessThanOrEqual(5);
  });
});

test('the calls of the grid are those of the whole suite', () => {
  const calls = all.reduce((sum, ground) => sum + ground.calls, 0);
  expect(GRID).toHaveLength(32);
  expect(new Set([...GRID, ...FURTHER]).size).toBe(Object.keys(ROWS).length);
  expect(calls * GRID.length).toBeGreaterThan(12_000);
});

test('the last line of `npm run faults` has these figures, and they are finite', async () => {
  const figures = figuresOf(await played(all.map((ground) => plain(ground, []))));
  const names =
    'schedules apiCalls violations medianSecondsToRestore p99SecondsToRestore medianSecondsOfPoll p99SecondsOfPoll medianSecondsOwn p99SecondsOwn';
  expect(Object.keys(figures)).toEqual(names.split(' '));
  expect(JSON.parse(JSON.stringify(figures))).toEqual(figures);
});

test('every row of A to E that is to be tested exhaustively has a kind', () => {
  const covered = new Set([...Object.values(ROWS).flat(), ...ALWAYS]);
  const rows = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 18, 19, 20, 21, 22, 23, 24, 25, 29, 30, 31,
    32, 42, 45, 48, 49, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 66, 67, 68, 71, 73, 76, 77, 78,
    83,
  ];
  expect(rows.filter((row) => !covered.has(row))).toEqual([]);
});

test('no single fault breaks a promise', { timeout: 60_000 }, async () => {
  const tally = await played(everywhere(all, GRID, 97));
  expect(tally.schedules).toBeGreaterThan(200);
  expect([...tally.examples]).toEqual([]);
  const { medianSecondsToRestore, medianSecondsOwn } = figuresOf(tally);
  expect(medianSecondsToRestore).toBeLessThanOrEqual(60 + MEDIAN_OWN);
  expect(medianSecondsOwn).toBeLessThanOrEqual(MEDIAN_OWN);
});

test('nor does one of the other rows', { timeout: 60_000 }, async () => {
  const tally = await played(everywhere(all, FURTHER, 97));
  expect(tally.schedules).toBeGreaterThan(100);
  expect([...tally.examples]).toEqual([]);
});

test('nor does either where the canary is brought', { timeout: 60_000 }, async () => {
  const whole = await played(brought(all.map((ground) => plain(ground, []))));
  expect([...whole.examples]).toEqual([]);
  const tally = await played(brought(everywhere(all, [...GRID, ...FURTHER], 193)));
  expect(tally.schedules).toBeGreaterThan(100);
  expect([...tally.examples]).toEqual([]);
});

test('nor do many faults at once', { timeout: 60_000 }, async () => {
  const tally = await played(random(all, { seed: 7, count: 30 }));
  expect([...tally.examples]).toEqual([]);
});
