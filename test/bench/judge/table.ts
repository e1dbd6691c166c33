/** Results → Markdown tables, readable in a terminal. */
import { FAULTS } from './faults.ts';
import { blastRatio, figuresOf, isCounted, missedOf, rolledBack } from './figures.ts';
import type { Figures, Result, Share } from './figures.ts';
import { TRAFFIC, USUAL_RATE } from './grid.ts';

type Row = readonly string[];
export type Named = readonly { readonly key: string; readonly name: string }[];

const NONE = '–';

/** benchmark.md 7.1. */
export function mainTable(results: readonly Result[], rules: Named): readonly string[] {
  const environments = environmentsOf(results);
  const head = [
    'rule',
    ...environments,
    'worst cell',
    'missed',
    'must',
    'premature',
    '÷ A',
    '÷ B',
    ['min to 100 %', ...timedTraffic(results).map((one) => `${one}/s`)].join(' '),
  ];
  const rows = rules.map(({ key, name }) => {
    const figures = figuresOf(results, key, oraclesFor(key));
    return [
      name,
      ...environments.map((one) => percent(figures.falseRollback.get(one) ?? null)),
      figures.worstPlainCell === null ? NONE : percentText(figures.worstPlainCell),
      percent(figures.missed),
      percent(figures.mustCatchMissed),
      figures.premature === null ? NONE : String(figures.premature.events),
      ratio(figures.overOracleA),
      ratio(figures.overOracleB),
      minutes(figures),
    ];
  });
  return table(head, rows);
}

/** Traffic at which healthy rollouts were timed. */
function timedTraffic(results: readonly Result[]): readonly number[] {
  const played = results.filter(({ cell }) => cell.fault === null && cell.environment === 'real');
  return TRAFFIC.filter((one) =>
    played.some(({ cell }) => cell.perSecond === one && cell.errorRate === USUAL_RATE),
  );
}

/** Whoever has stages of its own is measured against the oracle that has the same; B has none. */
const OWN_ORACLE: Readonly<Record<string, string>> = {
  oursDefaults: 'oracleADefaults',
  oursNoThinStages: 'oracleANoThinStages',
};

export function oraclesFor(rule: string): { readonly a: string; readonly b: string } {
  const own = OWN_ORACLE[rule];
  return own === undefined ? { a: 'oracleA', b: 'oracleB' } : { a: own, b: 'none' };
}

/** Counts and 95 % intervals of one rule: what a target is judged by. */
export function intervalTable(results: readonly Result[], rules: Named): readonly string[] {
  const rows = rules.flatMap(({ key, name }) => {
    const { falseRollback, missed, mustCatchMissed, worstCell } = figuresOf(results, key);
    const shares = [
      ...[...falseRollback].map(
        ([one, share]) => [`F ${one}`, share, percentText(worstCell.get(one) ?? 0)] as const,
      ),
      ...(missed === null ? [] : [['missed', missed, NONE] as const]),
      ...(mustCatchMissed === null ? [] : [['must', mustCatchMissed, NONE] as const]),
    ];
    return shares.map(([figure, share, worst]) => [
      name,
      figure,
      `${share.events} of ${share.of}`,
      percent(share),
      `${percentText(share.interval.from)} … ${percentText(share.interval.to)}`,
      worst,
    ]);
  });
  return table(['rule', 'figure', 'count', 'share', '95 %', 'worst cell'], rows);
}

/** benchmark.md 7.2: false rollbacks by traffic. */
export function trafficTable(
  results: readonly Result[],
  rules: Named,
  environment: string,
): readonly string[] {
  const healthy = results.filter(
    ({ cell }) => cell.fault === null && cell.environment === environment,
  );
  const rows = rules.map(({ key, name }) => [
    name,
    ...TRAFFIC.map((perSecond) => {
      const own = healthy.filter(({ cell, rule }) => rule === key && cell.perSecond === perSecond);
      return own.length === 0 ? NONE : percent(rolledBack(own));
    }),
  ]);
  return table([`F in ${environment}`, ...TRAFFIC.map((one) => `${one} req/s`)], rows);
}

/** benchmark.md 7.3: missed / blast ÷ oracle A. */
export function faultTable(results: readonly Result[], rules: Named): readonly string[] {
  const counted = results.filter(({ cell }) => isCounted(cell));
  const rows = rules.map(({ key, name }) => [
    name,
    ...FAULTS.map((fault) => {
      const own = counted.filter(({ cell, rule }) => rule === key && cell.fault === fault.name);
      if (own.length === 0) return NONE;
      const over = blastRatio(own, results, oraclesFor(key).a);
      return `${percent(missedOf(own))} / ${ratio(over)}`;
    }),
  ]);
  return table(['missed / ÷ A', ...FAULTS.map(({ name }) => name)], rows);
}

/** benchmark.md 7.4: minutes to the rollback, median/p95 · mean blast. */
export function detectionTable(
  results: readonly Result[],
  rules: Named,
  perSecond: number,
): readonly string[] {
  const counted = results.filter(
    ({ cell }) => isCounted(cell) && cell.perSecond === perSecond && cell.errorRate === USUAL_RATE,
  );
  const rows = rules.map(({ key, name }) => [
    name,
    ...FAULTS.map((fault) => {
      const one = counted.find(({ cell, rule }) => rule === key && cell.fault === fault.name);
      if (one === undefined) return NONE;
      const { detection, blast } = one.summary;
      const found = detection === null ? NONE : `${detection.median}/${detection.p95}`;
      return `${found} · ${Math.round(blast.mean)}`;
    }),
  ]);
  return table([`at ${perSecond} req/s`, ...FAULTS.map(({ name }) => name)], rows);
}

function environmentsOf(results: readonly Result[]): readonly string[] {
  const healthy = results.filter(({ cell }) => cell.fault === null);
  return [...new Set(healthy.map(({ cell }) => cell.environment))];
}

function percent(share: Share | null): string {
  return share === null ? NONE : percentText(share.share);
}

function percentText(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 2 : 1)} %`;
}

function ratio(value: number | null): string {
  return value === null ? NONE : value.toFixed(2);
}

function minutes({ minutesToFull }: Figures): string {
  if (minutesToFull.size === 0) return NONE;
  return [...minutesToFull.values()].map((one) => one ?? NONE).join('/');
}

function table(head: Row, rows: readonly Row[]): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  const line = (row: Row): string =>
    `| ${row.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join(' | ')} |`;
  const rule = widths.map((width, i) =>
    i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)];
}
