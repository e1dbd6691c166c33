/**
 * Cloud Monitoring v3 (metric_service.proto): raw points of request_count, request_latencies and
 * memory use. No aligner is used: ALIGN_DELTA interpolates, and counts must be exact.
 */
import type { Observation } from '../core/judging-types.ts';
import { Problem } from '../core/problem.ts';
import type { ErrorLogs, Metrics, ObservationQuery } from '../engine/ports.ts';
import { checkNames } from './google-names.ts';
import { MEMORY_USE, REQUEST_COUNT, REQUEST_LATENCIES } from './monitoring-call.ts';
import type { MonitoringOptions } from './monitoring-call.ts';
import { createHistory } from './monitoring-history.ts';
import type { History } from './monitoring-history.ts';
import { list } from './monitoring-list.ts';
import type { ListCall } from './monitoring-list.ts';
import type { SeriesList } from './monitoring-points.ts';
import { tabulate } from './monitoring-table.ts';
import { readTiming } from './monitoring-timing.ts';
import { COUNT, LATENCY, MEMORY } from './monitoring-values.ts';
import type { MemoryUse } from './monitoring-values.ts';

type MetricsOptions = MonitoringOptions & {
  readonly errorLogs: ErrorLogs;
  /** Told once of what stays unread although the rollout goes on. */
  readonly onNotice: (text: string) => void;
};

type Parts = {
  readonly options: MetricsOptions;
  readonly history: History;
  readonly notify: (text: string) => void;
};

/** @throws Problem `bad-input` for a name that could change the meaning of a filter. */
export function createMetrics(options: MetricsOptions): Metrics {
  checkNames(options.ref);
  const said = new Set<string>();
  const notify = (text: string): void => {
    if (!said.has(text)) options.onNotice(text);
    said.add(text);
  };
  const parts = { options, history: createHistory(options), notify };
  return {
    timing: () => readTiming(options),
    observe: (query, signal) => observe(parts, query, signal),
  };
}

async function observe(
  parts: Parts,
  query: ObservationQuery,
  signal: AbortSignal,
): Promise<Observation> {
  const { from, to, canary, baseline, stable, samplePeriod } = query;
  const { service, region } = parts.options.ref;
  const selection = { service, region, revisions: [canary, baseline], from, to };
  const call = { options: parts.options, signal, selection, need: 'evidence' } as const;
  const counts = await list({ ...call, metric: REQUEST_COUNT }, COUNT);
  const latencies = await list({ ...call, metric: REQUEST_LATENCIES }, LATENCY);
  const memory = query.readsMemory
    ? await memoryOf({ ...call, metric: MEMORY_USE, need: 'guard' })
    : null;
  const { minutes, sound } = tabulate(
    { counts, latencies, memory },
    { canary, baseline },
    samplePeriod,
  );
  const past = query.history;
  const history =
    past === null ? null : await parts.history.read({ stable, samplePeriod, ...past }, signal);
  if (history === null && past !== null && !signal.aborted) parts.notify(NO_HISTORY);
  // Nothing is decided from a part, so nothing is added to it either.
  const log =
    sound && history !== null
      ? await parts.options.errorLogs.read({ ...query, minutes, past: history }, signal)
      : null;
  return { from, to, minutes, history: history ?? [], log, complete: sound };
}

/** null: it cannot be read now, and the rollout is judged without it. */
async function memoryOf(call: ListCall): Promise<SeriesList<MemoryUse> | null> {
  try {
    return await list(call, MEMORY);
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

const NO_HISTORY =
  'Cloud Monitoring did not tell what the service did before this rollout: until it does, its noise is assumed, not measured, and the request log is not used.';
