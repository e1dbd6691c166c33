import { createHash } from 'node:crypto';

import type { AccessLogEntry, Now } from '../contract.ts';
import { addValue, emptyDistribution, LATENCY_LAYOUT } from './distribution.ts';
import type { Distribution } from './distribution.ts';

/** Latencies of a sampling period, which also are its requests: metrics are read from here. */
export type Point = {
  readonly startMs: number;
  readonly endMs: number;
  readonly latencies: Distribution;
  /** Of the one instance, as a share of its limit. */
  readonly memory: number;
};

/** Of requests one per response code, of memory one per container; it exists once a request made it. */
export type Series = {
  readonly service: string;
  readonly revision: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Newest first. */
  readonly points: readonly Point[];
};

export type Window = { readonly afterMs: number; readonly untilMs: number };

export type ModelControls = {
  /** From now on, this revision's points take so much longer than the ingest delay; 0 ends it. */
  late(revision: string, extraMs: number): void;
  /** Points of this revision that end in (afterMs, untilMs] never arrive. */
  lose(revision: string, window: Window): void;
  /** Moves the instants at which this revision is sampled; to be said before its first request. */
  shiftSampling(revision: string, byMs: number): void;
  /** Share of its memory limit that this revision uses at a moment; else 40 % and what it grows. */
  memory(revision: string, useAt: (atMs: number) => number): void;
};

export type Model = {
  record(entry: AccessLogEntry): void;
  /** What a reader at `asOfMs` can see of a metric. Series without a point are absent. */
  read(o: { metric: string; window: Window; asOfMs: number }): readonly Series[];
  readonly controls: ModelControls;
};

export type ModelOptions = {
  readonly now: Now;
  readonly samplePeriodMs: number;
  readonly ingestDelayMs: number;
  /** By how much of its memory limit the instance of a revision has grown at a moment. */
  readonly grownBy?: (revision: string, atMs: number) => number;
};

type Line = Pick<Series, 'service' | 'revision'> & {
  readonly status: number;
  readonly points: Map<number, Omit<Point, 'memory'>>;
};

const MEMORY = 'run.googleapis.com/container/memory/utilizations';
const USUAL_MEMORY = 0.4;

/** The earliest a point arrives, as a share of the delay within which all of them do. */
const EARLIEST = 0.6;

export function createModel(o: ModelOptions): Model {
  const lines = new Map<string, Line>();
  const unkind = createUnkindness(o.now);
  const uses = new Map<string, (atMs: number) => number>();

  const isVisible = (
    line: Line,
    point: { endMs: number },
    by: { metric: string; asOfMs: number },
  ): boolean =>
    !unkind.isLost(line.revision, point.endMs) &&
    arrivalMs(line, point, { metric: by.metric, delayMs: o.ingestDelayMs }) +
      unkind.extraMs(line.revision, point.endMs) <=
      by.asOfMs;

  const useOf = (revision: string, atMs: number): number =>
    uses.get(revision)?.(atMs) ?? Math.min(1, USUAL_MEMORY + (o.grownBy?.(revision, atMs) ?? 0));

  return {
    controls: { ...unkind.controls, memory: (revision, useAt) => uses.set(revision, useAt) },
    record(entry) {
      const { service, revision, status } = entry;
      const key = JSON.stringify([service, revision, status]);
      const line = lines.get(key) ?? { service, revision, status, points: new Map() };
      lines.set(key, line);
      const { startMs, endMs } = slotOf(entry.endedAt, {
        periodMs: o.samplePeriodMs,
        phaseMs: unkind.phaseMs(revision),
      });
      const latencies = line.points.get(endMs)?.latencies ?? emptyDistribution(LATENCY_LAYOUT);
      addValue(LATENCY_LAYOUT, latencies, entry.latencyMs);
      line.points.set(endMs, { startMs, endMs, latencies });
    },
    read({ metric, window, asOfMs }) {
      const sorted = [...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
      const sampled = metric === MEMORY ? instancesOf(sorted) : sorted;
      return sampled
        .map((line) => ({
          service: line.service,
          revision: line.revision,
          labels: metric === MEMORY ? { container_name: 'app' } : classLabels(line.status),
          points: [...line.points.values()]
            .filter((p) => p.endMs > window.afterMs && p.endMs <= window.untilMs)
            .filter((p) => isVisible(line, p, { metric, asOfMs }))
            .sort((a, b) => b.endMs - a.endMs)
            .map((p) => ({ ...p, memory: useOf(line.revision, p.endMs) })),
        }))
        .filter((series) => series.points.length > 0);
    },
  };
}

/** An instance is there while it is asked, whatever it answers. */
function instancesOf(lines: readonly Line[]): readonly Line[] {
  const instances = new Map<string, Line>();
  for (const line of lines) {
    const key = JSON.stringify([line.service, line.revision]);
    const known = instances.get(key) ?? { ...line, status: 0, points: new Map() };
    for (const [endMs, point] of line.points) known.points.set(endMs, point);
    instances.set(key, known);
  }
  return [...instances.values()];
}

function classLabels(status: number): Readonly<Record<string, string>> {
  const code = String(status);
  return { response_code: code, response_code_class: `${code.slice(0, 1)}xx` };
}

function slotOf(ms: number, o: { periodMs: number; phaseMs: number }) {
  const startMs = Math.floor((ms - o.phaseMs) / o.periodMs) * o.periodMs + o.phaseMs;
  return { startMs, endMs: startMs + o.periodMs };
}

/**
 * Classes of one revision arrive at different moments: a reader who does not wait for the whole
 * delay sees half a row.
 */
function arrivalMs(
  line: Line,
  point: { endMs: number },
  o: { metric: string; delayMs: number },
): number {
  const key = [o.metric, line.service, line.revision, line.status, point.endMs].join(' ');
  const lot = createHash('sha256').update(key).digest().readUInt32BE(0) / 2 ** 32;
  return point.endMs + o.delayMs * (EARLIEST + (1 - EARLIEST) * lot);
}

function createUnkindness(now: Now) {
  const delays: { revision: string; fromMs: number; extraMs: number }[] = [];
  const losses: (Window & { revision: string })[] = [];
  const phases = new Map<string, number>();
  const controls: Omit<ModelControls, 'memory'> = {
    late: (revision, extraMs) => delays.push({ revision, fromMs: now(), extraMs }),
    lose: (revision, window) => losses.push({ revision, ...window }),
    shiftSampling: (revision, byMs) => phases.set(revision, byMs),
  };
  return {
    controls,
    phaseMs: (revision: string): number => phases.get(revision) ?? 0,
    // A point that could be seen stays to be seen: only points that end later are delayed.
    extraMs: (revision: string, endMs: number): number =>
      delays.findLast((d) => d.revision === revision && d.fromMs < endMs)?.extraMs ?? 0,
    isLost: (revision: string, endMs: number): boolean =>
      losses.some((l) => l.revision === revision && endMs > l.afterMs && endMs <= l.untilMs),
  };
}
