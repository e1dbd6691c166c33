/** What is kept from look to look must never be seen: a table is judged as if it were the first. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decided } from '../../src/core/judge/judge.ts';
import type { Judging, Look, Minute, Observation } from '../../src/core/judging-types.ts';
import { MINUTE } from './build.ts';
import { ERRORS, HISTORY, LATENCY, START, logged, timed } from './judge-table.ts';

const JUDGING: Judging = {
  criteria: [ERRORS, LATENCY],
  minRequests: 20,
  confidence: 'normal',
  onInconclusive: 'promote',
  warmUp: 1,
  maxMemory: null,
};

/** The same minutes are the same objects from look to look, as Monitoring's reader keeps them. */
const MINUTES: readonly (readonly Minute[])[] = [0, 1, 2].map((kind) =>
  Array.from({ length: 24 }, (_, i) => ({
    start: START + i * MINUTE,
    canary: timed(1000, kind === 0 ? 5 : kind === 1 ? 9 : i % 5 === 0 ? 35 : 5),
    baseline: timed(9000, 45),
  })),
);

type Shown = {
  readonly count: number;
  readonly kinds: readonly number[];
  readonly raisedAt: number;
  readonly late: number;
  readonly hasLog: boolean;
};

function seen({ count, kinds, late, hasLog }: Shown): Observation {
  const minutes = MINUTES[0]!.slice(0, count - late).map((_, i) => MINUTES[kinds[i]!]![i]!);
  const log = hasLog ? logged(count, (i) => [minutes[i]?.canary?.errors ?? 40, 45]) : null;
  return {
    from: START,
    to: START + count * MINUTE,
    minutes,
    history: HISTORY,
    log,
    complete: true,
  };
}

function lookAt({ raisedAt }: Shown): Look {
  const raised = START + raisedAt * MINUTE;
  return {
    samplePeriod: MINUTE,
    stages: [
      { percent: 10, asked: START, from: START },
      { percent: 10, asked: raised, from: raised },
    ],
    nextPercent: 50,
    closed: true,
    early: false,
    lapsed: true,
  };
}

test('however the table grows, shrinks and changes between two looks', () => {
  const one = fc.record({
    count: fc.integer({ min: 4, max: 24 }),
    kinds: fc.array(fc.nat(2), { minLength: 24, maxLength: 24 }),
    raisedAt: fc.integer({ min: 1, max: 20 }),
    late: fc.nat(3),
    hasLog: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(one, { minLength: 2, maxLength: 8 }), (looks) => {
      for (const shown of looks) {
        const kept = decided(seen(shown), JUDGING, lookAt(shown));
        expect(kept).toEqual(decided(seen(shown), { ...JUDGING }, lookAt(shown)));
      }
    }),
    { numRuns: 150 },
  );
});
