/** Points of Cloud Monitoring, and what its edge makes of bad answers and of bad numbers. */
import type { Observation } from '../../src/core/judging-types.ts';
import type { JsonValue } from '../../src/edges/json.ts';
import { readAnswer } from '../../src/edges/monitoring-call.ts';
import { readSeries } from '../../src/edges/monitoring-points.ts';
import { tabulate } from '../../src/edges/monitoring-table.ts';
import { COUNT } from '../../src/edges/monitoring-values.ts';
import type { Metrics, ObservationQuery } from '../../src/engine/ports.ts';
import type { Process } from './process.ts';
import { getPatiently } from './service-port.ts';
import { REF, SECOND, TIMING } from './settings.ts';
import type { World } from './world.ts';

const NO_LATENCIES = { series: [], sound: true };

export function openMetrics(world: World, process: Process): Metrics {
  return {
    timing: async () => ({ ...TIMING, notice: null }),
    observe: (query) => observe(world, process, query),
  };
}

async function observe(
  world: World,
  process: Process,
  query: ObservationQuery,
): Promise<Observation> {
  let seen: Observation = {
    from: query.from,
    to: query.to,
    minutes: [],
    history: [],
    log: null,
    complete: true,
  };
  let isIntact = false;
  const serve = () => {
    const is = world.monitoring;
    isIntact = is === 'up' || is === 'down';
    seen = { ...seen, ...whatIsSeen(world, query, is) };
    return { status: 200, text: '{"timeSeries":[]}' };
  };
  const call = { name: 'observe', deadline: 30 * SECOND, serve, stale: serve } as const;
  const once = () => world.exchange(process, call);
  const first = await getPatiently(process, world, once);
  const isStaleToken = first.kind === 'answer' && first.status === 401;
  const answer = isStaleToken ? await getPatiently(process, world, once) : first;
  readAnswer(answer, 'monitoring.timeSeries.list', 'demo');
  if (isIntact) world.oracle.observed(process, seen, query.canary);
  return seen;
}

function whatIsSeen(
  world: World,
  query: ObservationQuery,
  is: World['monitoring'],
): Pick<Observation, 'minutes' | 'complete'> {
  const minutes = world.requests.minutes(query, query, world.timeline.now);
  if (is === 'nodata') return { minutes: [], complete: true };
  if (is !== 'nan') return { minutes, complete: true };
  // The edge's own reader says what a point without a number is.
  const raw = minutes.flatMap((minute) => [
    series(query.canary, minute.start, 'NaN'),
    series(query.baseline, minute.start, String(minute.baseline?.requests ?? 0)),
  ]);
  const selection = { ...REF, revisions: [query.canary, query.baseline], ...query };
  const counts = readSeries(raw, selection, COUNT);
  const table = tabulate(
    { counts, latencies: NO_LATENCIES, memory: null },
    query,
    TIMING.samplePeriod,
  );
  return { minutes: table.minutes, complete: table.sound };
}

function series(revision: string, start: number, int64Value: string): JsonValue {
  const end = start + TIMING.samplePeriod;
  const { service, region } = REF;
  const interval = { startTime: rfc(start), endTime: rfc(end) };
  return {
    metricKind: 'DELTA',
    valueType: 'INT64',
    metric: { labels: { response_code_class: '2xx' } },
    resource: { labels: { service_name: service, location: region, revision_name: revision } },
    points: [{ interval, value: { int64Value } }],
  };
}

function rfc(instant: number): string {
  return new Date(instant).toISOString();
}
