import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Task } from './grid.ts';
import { playAll } from './pool.ts';
import { openResults } from './results-file.ts';
import { newTally } from './tally.ts';
import type { Tally } from './tally.ts';
import { playTask } from './worker.ts';

const TASKS: readonly Task[] = ['err x5', null].map((fault) => ({
  cell: { environment: 'real', fault, perSecond: 2, errorRate: 0.02 },
  from: 0,
  to: 23,
  rules: ['oracleA', 'oracleB'],
}));

async function played(threads: number): Promise<readonly (readonly Tally[])[]> {
  const found = new Map<Task, readonly Tally[]>();
  await playAll(TASKS, { seed: 5, threads }, (task, tallies) => found.set(task, tallies));
  return TASKS.map((task) => found.get(task)!);
}

test('what comes out does not depend on the number of threads', { timeout: 60_000 }, async () => {
  const alone = TASKS.map((task) => playTask(task, 5));
  expect(alone[0]![0]!.rollouts).toBe(23);
  expect(await played(1)).toEqual(alone);
  expect(await played(3)).toEqual(alone);
});

test('a task that cannot be played ends the run', { timeout: 60_000 }, async () => {
  const unknown = { ...TASKS[0]!, rules: ['nobody'] };
  const run = playAll([unknown], { seed: 5, threads: 1 }, () => undefined);
  await expect(run).rejects.toThrow('There is no rule nobody.');
});

function file(): string {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return join(directory, 'deeper', 'results.jsonl');
}

const HEADER = { mode: 'full', seed: 5, commit: 'abc', node: 'v24' };

function tally(rolledBack: number): Tally {
  return { ...newTally(), rollouts: 23, rolledBack };
}

test('a run goes on where it stopped, and forgets a line that was cut off', () => {
  const path = file();
  const [first, second] = [TASKS[0]!, TASKS[1]!];
  openResults(path, HEADER).append(first, [tally(3), tally(4)]);
  writeFileSync(path, `${readFileSync(path, 'utf8')}{"task":{"cell`);
  const again = openResults(path, HEADER);
  expect([again.isPlayed(first), again.isPlayed(second)]).toEqual([true, false]);
  expect(again.known.map(({ rule, summary }) => [rule, summary.rolledBack])).toEqual([
    ['oracleA', 3],
    ['oracleB', 4],
  ]);
  again.append(second, [tally(1), tally(2)]);
  expect(openResults(path, HEADER).known.length).toBe(4);
});

test('results of another code or seed are not mixed in', () => {
  const path = file();
  openResults(path, HEADER);
  expect(() => openResults(path, { ...HEADER, seed: 6 })).toThrow('is of another run');
});
