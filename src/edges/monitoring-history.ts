/** The stable revision before the canary had users: what its noise is learnt from. */
import type { PastMinute } from '../core/judging-types.ts';
import { Problem } from '../core/problem.ts';
import type { Millis } from '../core/types.ts';
import type { PastQuery } from '../engine/ports.ts';
import { REQUEST_COUNT, REQUEST_LATENCIES } from './monitoring-call.ts';
import type { MonitoringOptions } from './monitoring-call.ts';
import { list } from './monitoring-list.ts';
import { cellsOf, gridOf, isSound } from './monitoring-table.ts';
import type { Evidence } from './monitoring-table.ts';
import { COUNT, LATENCY } from './monitoring-values.ts';

export type History = {
  /** null: not to be read now; whoever asks later asks again. */
  read(query: PastQuery, signal: AbortSignal): Promise<readonly PastMinute[] | null>;
};

/**
 * What was read whole is kept: it is past, and all looks of a rollout ask for the same, as do the
 * stages and the forecast of a start.
 */
export function createHistory(options: MonitoringOptions): History {
  const kept = new Map<string, readonly PastMinute[]>();
  return {
    async read({ stable, from, to, samplePeriod }, signal) {
      if (from >= to) return [];
      const key = JSON.stringify([stable, from, to]);
      const known = kept.get(key);
      if (known !== undefined) return known;
      const evidence = await readEvidence(options, { from, to }, signal);
      if (evidence === null || !isSound(evidence, samplePeriod)) return null;
      const minutes = pastMinutes(evidence, stable, samplePeriod);
      kept.set(key, minutes);
      return minutes;
    },
  };
}

/** null: not to be read now. */
async function readEvidence(
  options: MonitoringOptions,
  window: { readonly from: number; readonly to: number },
  signal: AbortSignal,
): Promise<Evidence | null> {
  const { service, region } = options.ref;
  // All revisions: the share of the stable one cannot be told from its own requests.
  const selection = { service, region, revisions: null, ...window };
  const call = { options, signal, selection, need: 'guard' } as const;
  try {
    const counts = await list({ ...call, metric: REQUEST_COUNT }, COUNT);
    const latencies = await list({ ...call, metric: REQUEST_LATENCIES }, LATENCY);
    return { counts, latencies };
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

/** `evidence`: of all revisions of the service. Oldest first. */
export function pastMinutes(
  evidence: Evidence,
  stable: string,
  samplePeriod: Millis,
): readonly PastMinute[] {
  const { series } = evidence.counts;
  const own = series.filter(({ revision }) => revision === stable);
  const grid = gridOf(own, samplePeriod);
  const all = new Map<number, number>();
  for (const { start, value } of series.flatMap(({ points }) => points)) {
    all.set(grid.rowOf(start), (all.get(grid.rowOf(start)) ?? 0) + value);
  }
  const cells = [...cellsOf({ ...evidence, memory: null }, stable, grid)];
  return cells
    .sort(([a], [b]) => a - b)
    .map(([row, cell]) => {
      const requests = all.get(row) ?? 0;
      // Of no request it had no part.
      const share = requests === 0 ? 0 : cell.requests / requests;
      return { start: grid.anchor + row * samplePeriod, cell, share };
    });
}
