/** One thread of the benchmark: plays the tasks it is sent. */
import { parentPort, workerData } from 'node:worker_threads';
import { cellOf } from './grid.ts';
import type { Task } from './grid.ts';
import { play } from './loop.ts';
import { createRollout } from './rollout.ts';
import { RULES } from './rules.ts';
import { count, newTally } from './tally.ts';
import type { Tally } from './tally.ts';

/** Tallies in the order of the task's rules. */
export function playTask({ cell, from, to, rules }: Task, seed: number): readonly Tally[] {
  const whole = cellOf(cell);
  const tallies = rules.map(newTally);
  const played = rules.map((name) => {
    const rule = RULES.get(name);
    if (rule === undefined) throw new Error(`There is no rule ${name}.`);
    return rule;
  });
  for (let index = from; index < to; index += 1) {
    const rollout = createRollout(whole, seed, index);
    for (const [i, rule] of played.entries()) count(tallies[i]!, play(rollout, rule));
  }
  return tallies;
}

if (parentPort !== null && typeof workerData?.seed === 'number') {
  const port = parentPort;
  port.on('message', (task: Task) => port.postMessage(playTask(task, workerData.seed)));
}
