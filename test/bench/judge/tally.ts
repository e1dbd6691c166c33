/** What became of the rollouts of one cell under one rule. */
import type { Ending } from './loop.ts';

/** Grows by one rollout at a time; lists in the order of the rollouts. */
export type Tally = {
  rollouts: number;
  rolledBack: number;
  /** Rolled back before the fault hurt anybody. */
  premature: number;
  readonly blasts: number[];
  /** Minutes from the first harm to the rollback. */
  readonly detections: number[];
  /** Minutes to 100 %. */
  readonly promotions: number[];
};

/** As it stands in the file of results. */
export type Summary = {
  readonly rollouts: number;
  readonly rolledBack: number;
  readonly premature: number;
  readonly promoted: number;
  readonly blast: { readonly mean: number; readonly median: number; readonly p95: number };
  /** null: none was rolled back after the fault began. */
  readonly detection: { readonly median: number; readonly p95: number } | null;
  /** Median minutes to 100 %; null: none got there. */
  readonly minutesToFull: number | null;
};

export function newTally(): Tally {
  return { rollouts: 0, rolledBack: 0, premature: 0, blasts: [], detections: [], promotions: [] };
}

export function count(tally: Tally, { outcome, minutes, blast, onset }: Ending): void {
  tally.rollouts += 1;
  tally.blasts.push(blast);
  if (outcome === 'promoted') tally.promotions.push(minutes);
  if (outcome !== 'rolled-back') return;
  tally.rolledBack += 1;
  if (onset === null) tally.premature += 1;
  else tally.detections.push(minutes - onset);
}

/** `later` belongs to rollouts after those of `tally`. */
export function add(tally: Tally, later: Tally): void {
  tally.rollouts += later.rollouts;
  tally.rolledBack += later.rolledBack;
  tally.premature += later.premature;
  tally.blasts.push(...later.blasts);
  tally.detections.push(...later.detections);
  tally.promotions.push(...later.promotions);
}

export function summaryOf(tally: Tally): Summary {
  const { rollouts, rolledBack, premature, blasts, detections, promotions } = tally;
  const mean = blasts.reduce((sum, blast) => sum + blast, 0) / Math.max(1, blasts.length);
  return {
    rollouts,
    rolledBack,
    premature,
    promoted: promotions.length,
    blast: { mean, median: quantile(blasts, 0.5) ?? 0, p95: quantile(blasts, 0.95) ?? 0 },
    detection:
      detections.length === 0
        ? null
        : { median: quantile(detections, 0.5)!, p95: quantile(detections, 0.95)! },
    minutesToFull: quantile(promotions, 0.5),
  };
}

/** The value that this part of the values does not exceed; null: there are none. */
export function quantile(values: readonly number[], p: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? null;
}
