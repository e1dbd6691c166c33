/** What the jobs of an example do with an outcome that leaves them nothing to do. */
import { expect, test } from 'vitest';
import type { Hands } from './job.ts';
import { Repository } from './repository.ts';
import { readExample } from './stage.ts';

/** Every step of this action ends so. */
function handsThatSay(outcome: string, ok: boolean, jobs: string[]): Hands {
  return ({ job, uses }) => {
    const isOurs = /cloud-run-canary@/.test(uses ?? '');
    if (isOurs) jobs.push(job);
    const acted = isOurs ? { ok, outputs: { outcome } } : { ok: true };
    return { finished: Promise.resolve(acted), cancel: () => undefined };
  };
}

const EXAMPLES = [
  ['approval-between-stages', 'deploy'],
  ['blue-green', 'green'],
  ['wait-in-a-chain', 'start'],
  ['wait-by-dispatch', 'start'],
] as const;

async function jobsOf(example: string, outcome: string, ok: boolean) {
  const jobs: string[] = [];
  const hands = handsThatSay(outcome, ok, jobs);
  const host = { now: () => 0, wait: async () => undefined, hands };
  const [run] = new Repository(host, [readExample(example)]).push();
  return { result: await run?.finished, jobs };
}

test.each(EXAMPLES)(
  '%s: where the image serves already nobody is asked',
  async (example, first) => {
    expect(await jobsOf(example, 'unchanged', true)).toEqual({ result: 'success', jobs: [first] });
  },
);

test.each(EXAMPLES)(
  '%s: behind a start that was refused nothing is undone',
  async (example, first) => {
    expect(await jobsOf(example, 'refused', false)).toEqual({ result: 'failure', jobs: [first] });
  },
);
