/** The only door into a judge: the answers of Monitoring, through the shipped reader. */
import type { Minute, PastMinute } from '../../../src/core/judging-types.ts';
import { parseJson, stringifyJson } from '../../../src/edges/json.ts';
import { pastMinutes } from '../../../src/edges/monitoring-history.ts';
import { readSeries } from '../../../src/edges/monitoring-points.ts';
import type { Selection } from '../../../src/edges/monitoring-points.ts';
import { isSound, tabulate } from '../../../src/edges/monitoring-table.ts';
import { COUNT, LATENCY, MEMORY } from '../../../src/edges/monitoring-values.ts';
import type { Side } from './types.ts';
import { BASELINE, CANARY, MINUTE, REGION, SERVICE, encode, instantOf } from './wire.ts';
import type { WireAnswer, WireRow } from './wire.ts';

/** One row, as read when it becomes visible; later reads give the same numbers. */
export function decodeRow(row: WireRow): Minute {
  const [minute] = read(encode([row]), row.minute, row.minute + 1);
  return minute ?? { start: instantOf(row.minute), canary: null, baseline: null };
}

/** The whole answer, made text and read anew, as at a poll of the action. */
export function decodeAsText(rows: readonly WireRow[]): readonly Minute[] {
  const answer = encode(rows);
  const anew: WireAnswer = {
    counts: asText(answer.counts),
    latencies: asText(answer.latencies),
    memory: asText(answer.memory),
  };
  return read(anew, rows[0]?.minute ?? 0, (rows.at(-1)?.minute ?? 0) + 1);
}

function asText<T>(series: T): T {
  return parseJson(stringifyJson(series as never)) as T;
}

/** `sides`: the stable revision alone, ending with minute -1. */
export function decodeHistory(sides: readonly Side[]): readonly PastMinute[] {
  const rows = sides.map((baseline, i) => ({ minute: i - sides.length, canary: null, baseline }));
  const answer = encode(rows);
  const selection = { ...selectionOf(-sides.length, 0), revisions: null };
  const evidence = {
    counts: readSeries(answer.counts, selection, COUNT),
    latencies: readSeries(answer.latencies, selection, LATENCY),
  };
  if (!isSound(evidence, MINUTE)) throw new Error(NOT_READ);
  return pastMinutes(evidence, BASELINE, MINUTE);
}

function read(answer: WireAnswer, from: number, to: number): readonly Minute[] {
  const selection = selectionOf(from, to);
  const readings = {
    counts: readSeries(answer.counts, selection, COUNT),
    latencies: readSeries(answer.latencies, selection, LATENCY),
    memory: readSeries(answer.memory, selection, MEMORY),
  };
  const sides = { canary: CANARY, baseline: BASELINE };
  const { minutes, sound } = tabulate(readings, sides, MINUTE);
  if (!sound || !readings.memory.sound) throw new Error(NOT_READ);
  return minutes;
}

const NOT_READ = 'The shipped reader does not understand what the simulator wrote.';

function selectionOf(from: number, to: number): Selection {
  return {
    service: SERVICE,
    region: REGION,
    revisions: [CANARY, BASELINE],
    from: instantOf(from),
    to: instantOf(to),
  };
}
