/** The last line of the benchmark: shares as fractions, null for what was not measured. */
import { figuresOf } from './figures.ts';
import type { Figures, Result, Share } from './figures.ts';
import { oraclesFor } from './table.ts';

const NAMES: Readonly<Record<string, string>> = { real: 'realistic', cold: 'coldStart' };

export function jsonLine(
  results: readonly Result[],
  run: {
    readonly mode: string;
    readonly seed: number;
    readonly commit: string;
    readonly rules: readonly string[];
  },
): string {
  const { mode, seed, commit, rules } = run;
  const measured = rules.map((rule) => [rule, ruleOf(results, rule)] as const);
  return JSON.stringify({ mode, seed, commit, rules: Object.fromEntries(measured) });
}

function ruleOf(results: readonly Result[], rule: string): Record<string, unknown> {
  const figures = figuresOf(results, rule, oraclesFor(rule));
  const shares = [...figures.falseRollback].map(
    ([name, { share }]) => [NAMES[name] ?? name, rounded(share)] as const,
  );
  return {
    falseRollback: { ...Object.fromEntries(shares), worstCell: rounded(figures.worstPlainCell) },
    missed: shareOf(figures.missed),
    mustCatchMissed: shareOf(figures.mustCatchMissed),
    blastOverOracleA: rounded(figures.overOracleA),
    blastOverOracleB: rounded(figures.overOracleB),
    minutesToFull: Object.fromEntries(figures.minutesToFull),
    counts: countsOf(figures),
  };
}

/** What the shares are shares of, with their 95 % intervals. */
function countsOf({ falseRollback, missed, mustCatchMissed }: Figures): Record<string, unknown> {
  const all = [...falseRollback].map(([name, share]) => [NAMES[name] ?? name, counted(share)]);
  return {
    falseRollback: Object.fromEntries(all),
    missed: missed === null ? null : counted(missed),
    mustCatchMissed: mustCatchMissed === null ? null : counted(mustCatchMissed),
  };
}

function counted({ events, of, interval }: Share): Record<string, number | null> {
  return { events, of, low: rounded(interval.from), high: rounded(interval.to) };
}

function shareOf(share: Share | null): number | null {
  return rounded(share?.share ?? null);
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toFixed(5));
}
