/**
 * Kayenta as the judge of each stage: a value a minute and metric, the whole stage at its end, and
 * with an analysis interval also what there is of it every five minutes (docs/canary-config.md;
 * pass and marginal are the thresholds of Spinnaker's stage).
 */
import { quantileOf } from '../../../src/core/judge/histogram.ts';
import type { Cell } from '../../../src/core/judging-types.ts';
import { scoreOf } from './peers-kayenta-judge.ts';
import type { MetricValues } from './peers-kayenta-judge.ts';
import { peer } from './peers-rows.ts';
import type { Look, Rule } from './types.ts';

const PASS = 95;
const MARGINAL = 75;
const INTERVAL = 5;
const LEAST_ROWS = 4;
const QUANTILES = [0.5, 0.95, 0.99];

type Config = { readonly allowedIncrease: number; readonly hasIntervals: boolean };

export const KAYENTA_PER_STAGE = kayenta('Kayenta NetflixACAJudge, per stage', {
  allowedIncrease: 1,
  hasIntervals: false,
});
export const KAYENTA = kayenta('Kayenta, 5-min intervals (75/95)', {
  allowedIncrease: 1,
  hasIntervals: true,
});
export const KAYENTA_TOLERANT = kayenta('Kayenta, 5-min, allowedIncrease 1.25', {
  allowedIncrease: 1.25,
  hasIntervals: true,
});

function kayenta(name: string, { allowedIncrease, hasIntervals }: Config): Rule {
  return peer(name, () => (_, now) => {
    const needed = now.bakeOver ? PASS : MARGINAL;
    if (!now.bakeOver && !(hasIntervals && isInterval(now))) return 'wait';
    const rows = sharedRows(now);
    if (!now.bakeOver && rows.length < LEAST_ROWS) return 'wait';
    return scoreOf(metricsOf(rows), allowedIncrease) < needed ? 'fail' : 'pass';
  });
}

function isInterval({ minute, stageFrom }: Look): boolean {
  return (minute - stageFrom + 1) % INTERVAL === 0;
}

type SharedRow = { readonly canary: Cell; readonly baseline: Cell };

/** Rows of this stage with traffic on both sides. */
function sharedRows({ visible, stage }: Look): readonly SharedRow[] {
  const rows: SharedRow[] = [];
  for (let i = visible.length - 1; i >= 0 && visible[i]!.stage === stage; i -= 1) {
    const { canary, baseline } = visible[i]!;
    if (canary === null || baseline === null) continue;
    if (canary.requests > 0 && baseline.requests > 0) rows.push({ canary, baseline });
  }
  return rows;
}

function metricsOf(rows: readonly SharedRow[]): readonly MetricValues[] {
  const values = (group: MetricValues['group'], valueOf: (cell: Cell) => number | null) => ({
    group,
    canary: rows.flatMap(({ canary }) => valueOf(canary) ?? []),
    baseline: rows.flatMap(({ baseline }) => valueOf(baseline) ?? []),
  });
  return [
    values('errors', ({ requests, errors }) => errors / requests),
    ...QUANTILES.map((p) =>
      values('latency', ({ latency }) => (latency === null ? null : quantileOf(latency, p))),
    ),
  ];
}
