/** What breaks the build (benchmark.md, 9): breakage, not drift. */
import { figuresOf } from './figures.ts';
import type { Result } from './figures.ts';
import { PLAIN } from './grid.ts';

const MOST_ROLLED_BACK = 7;
const MOST_MISSED = 5;

/** One sentence for every limit that a rule is over. */
export function brokenLimits(results: readonly Result[], rules: readonly string[]): string[] {
  return rules.flatMap((rule) => {
    const { falseRollback, mustCatchMissed } = figuresOf(results, rule);
    const rolledBack = PLAIN.reduce((sum, one) => sum + (falseRollback.get(one)?.events ?? 0), 0);
    const healthy = PLAIN.reduce((sum, one) => sum + (falseRollback.get(one)?.of ?? 0), 0);
    const missed = mustCatchMissed?.events ?? 0;
    return [
      ...(rolledBack > MOST_ROLLED_BACK
        ? [
            `${rule} rolled back ${rolledBack} of ${healthy} healthy rollouts; ${MOST_ROLLED_BACK} are allowed.`,
          ]
        : []),
      ...(missed > MOST_MISSED
        ? [
            `${rule} missed ${missed} of ${mustCatchMissed?.of} bad rollouts that must be caught; ${MOST_MISSED} are allowed.`,
          ]
        : []),
    ];
  });
}
