import { emptyDistribution, LATENCY_LAYOUT } from './distribution.ts';
import type { Point, Series } from './model.ts';
import type { ListQuery } from './query.ts';

/**
 * ALIGN_SUM and REDUCE_SUM: one series, a point at the end of each period that has any, and periods
 * counted back from the end of the interval (google/monitoring/v3/common.proto, Aggregation).
 */
export function summed(
  all: readonly Series[],
  { window, sumOverMs }: Pick<ListQuery, 'window' | 'sumOverMs'>,
): readonly Series[] {
  const period = sumOverMs ?? 1;
  const counts = new Map<number, number>();
  for (const { endMs, latencies } of all.flatMap(({ points }) => points)) {
    const back = Math.floor((window.untilMs - endMs) / period);
    counts.set(back, (counts.get(back) ?? 0) + latencies.count);
  }
  const points = [...counts]
    .sort(([a], [b]) => a - b)
    .map(([back, count]): Point => {
      const endMs = window.untilMs - back * period;
      const latencies = { ...emptyDistribution(LATENCY_LAYOUT), count };
      return { startMs: endMs - period, endMs, latencies, memory: 0 };
    });
  return points.length === 0 ? [] : [{ service: '', revision: '', labels: {}, points }];
}
