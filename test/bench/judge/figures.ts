/** Cells → the figures of benchmark.md 5. */
import { clopperPearson } from './binomial-interval.ts';
import type { Interval } from './binomial-interval.ts';
import { FAULTS } from './faults.ts';
import { PLAIN, TRAFFIC, USUAL_RATE } from './grid.ts';
import type { CellName } from './grid.ts';
import type { Summary } from './tally.ts';

/** One cell under one rule. */
export type Result = { readonly cell: CellName; readonly rule: string; readonly summary: Summary };

export type Share = {
  readonly events: number;
  readonly of: number;
  readonly share: number;
  readonly interval: Interval;
};

export type Figures = {
  /** By environment. */
  readonly falseRollback: ReadonlyMap<string, Share>;
  /** Largest share of a cell, by environment. */
  readonly worstCell: ReadonlyMap<string, number>;
  /** Largest of those of the plain environments. null: none was played. */
  readonly worstPlainCell: number | null;
  readonly missed: Share | null;
  readonly mustCatchMissed: Share | null;
  readonly premature: Share | null;
  /** Blast against the oracles. null: no bad rollouts, or the oracle did not play them. */
  readonly overOracleA: number | null;
  readonly overOracleB: number | null;
  /** Median minutes to 100 % by requests a second; null: no healthy rollout got there. */
  readonly minutesToFull: ReadonlyMap<number, number | null>;
};

/** `results` of all rules; the oracle is looked up among them. */
export function figuresOf(
  results: readonly Result[],
  rule: string,
  oracles: { readonly a: string; readonly b: string } = { a: 'oracleA', b: 'oracleB' },
): Figures {
  const own = results.filter((one) => one.rule === rule);
  const healthy = own.filter(({ cell }) => cell.fault === null);
  const bad = own.filter(({ cell }) => isCounted(cell));
  const must = bad.filter(({ cell }) => isMust(cell));
  const environments = [...new Set(healthy.map(({ cell }) => cell.environment))];
  const within = (name: string): readonly Result[] =>
    healthy.filter(({ cell }) => cell.environment === name);
  const worst = new Map(environments.map((name) => [name, worstOf(within(name))] as const));
  const plain = PLAIN.flatMap((name) => worst.get(name) ?? []);
  return {
    falseRollback: new Map(environments.map((name) => [name, rolledBack(within(name))] as const)),
    worstCell: worst,
    worstPlainCell: plain.length === 0 ? null : Math.max(...plain),
    missed: bad.length === 0 ? null : missedOf(bad),
    mustCatchMissed: must.length === 0 ? null : missedOf(must),
    premature: bad.length === 0 ? null : shareOf(bad, ({ premature }) => premature),
    overOracleA: blastRatio(bad, results, oracles.a),
    overOracleB: blastRatio(bad, results, oracles.b),
    minutesToFull: minutesToFull(healthy),
  };
}

/** Of the 144 cells that M and X are over: neither too quiet nor too clean to tell. */
export function isCounted({ environment, fault, perSecond, errorRate }: CellName): boolean {
  return environment === 'real' && fault !== null && perSecond >= 2 && errorRate >= 0.001;
}

function isMust({ fault, perSecond }: CellName): boolean {
  return perSecond >= 20 && FAULTS.some(({ name, must }) => must && name === fault);
}

export function rolledBack(results: readonly Result[]): Share {
  return shareOf(results, (summary) => summary.rolledBack);
}

export function missedOf(results: readonly Result[]): Share {
  return shareOf(results, (summary) => summary.rollouts - summary.rolledBack);
}

/** Geometric mean over the cells. null: none, or not all of them were played by the oracle. */
export function blastRatio(
  bad: readonly Result[],
  results: readonly Result[],
  oracle: string,
): number | null {
  const known = new Map(
    results
      .filter(({ rule }) => rule === oracle)
      .map(({ cell, summary }) => [JSON.stringify(cell), summary] as const),
  );
  let logs = 0;
  for (const { cell, summary } of bad) {
    const best = known.get(JSON.stringify(cell));
    if (best === undefined) return null;
    logs += Math.log((summary.blast.mean + 1) / (best.blast.mean + 1));
  }
  return bad.length === 0 ? null : Math.exp(logs / bad.length);
}

function worstOf(results: readonly Result[]): number {
  return Math.max(...results.map(({ summary }) => summary.rolledBack / summary.rollouts));
}

function shareOf(results: readonly Result[], events: (summary: Summary) => number): Share {
  const sum = results.reduce((before, { summary }) => before + events(summary), 0);
  const of = results.reduce((before, { summary }) => before + summary.rollouts, 0);
  return { events: sum, of, share: sum / of, interval: clopperPearson(sum, of) };
}

function minutesToFull(healthy: readonly Result[]): ReadonlyMap<number, number | null> {
  const usual = healthy.filter(
    ({ cell }) => cell.errorRate === USUAL_RATE && cell.environment === 'real',
  );
  return new Map(
    TRAFFIC.flatMap((perSecond) =>
      usual
        .filter(({ cell }) => cell.perSecond === perSecond)
        .map(({ summary }) => [perSecond, summary.minutesToFull] as const),
    ),
  );
}

/** Two results of one cell, of different rollouts: the full mode plays the shipped judge longer. */
export function joined(results: readonly Result[]): readonly Result[] {
  const byCell = new Map<string, Result>();
  for (const result of results) {
    const key = JSON.stringify([result.cell, result.rule]);
    const known = byCell.get(key);
    byCell.set(key, known === undefined ? result : together(known, result));
  }
  return [...byCell.values()];
}

/** Only counts can be added; the rest is of the part with more rollouts. */
function together(a: Result, b: Result): Result {
  const larger = a.summary.rollouts >= b.summary.rollouts ? a : b;
  const sum = (field: 'rollouts' | 'rolledBack' | 'premature' | 'promoted'): number =>
    a.summary[field] + b.summary[field];
  const counts = {
    rollouts: sum('rollouts'),
    rolledBack: sum('rolledBack'),
    premature: sum('premature'),
    promoted: sum('promoted'),
  };
  return { ...larger, summary: { ...larger.summary, ...counts } };
}
