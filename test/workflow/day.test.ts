/** What a rollout of 24 hours bills, by each way to wait for it. */
import { expect, test } from 'vitest';
import { readExample } from './stage.ts';
import { playVirtually } from './virtual.ts';

const WAITS = Object.fromEntries(
  [
    ['wait-15m', 15],
    ['wait-30m', 30],
    ['wait-4h', 240],
    ['wait-8h', 480],
    ['wait-12h', 720],
  ].map(([n, m]) => [n, { waitMinutes: m }]),
) as never;
test.each(['first-canary', 'wait-in-a-chain', 'wait-by-dispatch', 'resume-on-schedule'])(
  '%s',
  async (name) => {
    for (const truth of ['good', 'bad-from-10'] as const) {
      const r = await playVirtually({
        workflow: readExample(name),
        environments: WAITS,
        hours: 40,
        truth,
        inputs:
          name === 'first-canary' || name === 'resume-on-schedule'
            ? { stages: '5% for 4h, 20% for 8h, 50% for 12h' }
            : {},
      });
      console.log(
        name,
        truth,
        r.promotedAfter,
        r.billedByThen,
        r.restoredAfter,
        r.repository.billedMinutes,
        r.repository.runs.length,
        r.world.oracle.violations.slice(0, 3),
        r.world.oracle.text?.slice(0, 400),
        r.world.calls,
      );
    }
  },
);
void expect;
