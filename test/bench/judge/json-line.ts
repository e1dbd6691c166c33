/** The last line of the benchmark: shares as fractions, null for what was not measured. */
import { figuresOf } from './figures.ts';
import type { Result, Share } from './figures.ts';
import { oraclesFor } from './table.ts';

const NAMES: Readonly<Record<string, string>> = { real: 'realistic', cold: 'coldStart' };

export function jsonLine(
  results: readonly Result[],
  run: { readonly mode: string; readonly seed: number; readonly rules: readonly string[] },
): string {
  const { mode, seed, rules } = run;
  const measured = rules.map((rule) => [rule, ruleOf(results, rule)] as const);
  return JSON.stringify({ mode, seed, rules: Object.fromEntries(measured) });
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
  };
}

function shareOf(share: Share | null): number | null {
  return rounded(share?.share ?? null);
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toFixed(5));
}
