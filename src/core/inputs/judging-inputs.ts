/** What the judge is asked: limits, certainty, and what to do when it cannot tell. */
import type { InputReader } from './input-reader.ts';
import { refused, taken } from './parsed.ts';
import type { Parsed } from './parsed.ts';
import type { Criterion, Judging } from '../judging-types.ts';
import type { Millis } from '../types.ts';
import {
  formatPercentage,
  parseCount,
  parseDuration,
  parsePercentage,
  parseWord,
} from './units.ts';

const HOUR: Millis = 60 * 60 * 1000;
const MOST_WARM_UP = 60;
const CONFIDENCE = ['normal', 'high'] as const;
const INCONCLUSIVE = ['promote', 'hold', 'rollback'] as const;

export function readJudging(reader: InputReader): Judging {
  const count = { least: 0, most: MOST_WARM_UP };
  return {
    criteria: readCriteria(reader),
    minRequests: reader.read('min_requests', parseMinRequests) ?? 1,
    confidence: reader.read('confidence', (text) => parseWord(text, CONFIDENCE)) ?? 'normal',
    onInconclusive:
      reader.read('on_inconclusive', (text) => parseWord(text, INCONCLUSIVE)) ?? 'hold',
    warmUp: reader.read('latency_warm_up', (text) => parseCount(text, count)) ?? 0,
    maxMemory: reader.read('max_memory', parseMemory),
  };
}

/** A criterion without any limit would ask nothing, and nothing must not be able to hold a rollout. */
function readCriteria(reader: InputReader): readonly Criterion[] {
  const latencies = readLatencyCeilings(reader);
  const slower = reader.read('max_latency_increase', (text) => parseIncrease(text, 10));
  const refusals = reader.read('max_client_error_rate_increase', (text) => parseIncrease(text, 1));
  // The whole distribution is compared, whichever percentile tells of it.
  const criteria: readonly Criterion[] = [
    { metric: 'latency-p95', max: latencies.p95, maxIncrease: slower },
    { metric: 'latency-p50', max: latencies.p50, maxIncrease: null },
    { metric: 'latency-p99', max: latencies.p99, maxIncrease: null },
    { metric: 'client-error-rate', max: null, maxIncrease: refusals },
  ];
  const asking = criteria.filter(({ max, maxIncrease }) => max !== null || maxIncrease !== null);
  return [readErrorRate(reader), ...asking];
}

function parseMinRequests(text: string): Parsed<number> {
  const count = parseCount(text, { least: 0, most: 1e9 });
  if (!count.ok || count.value > 0) return count;
  return refused(
    text,
    'would let a canary pass that nobody has called',
    'Write at least 1; the default is 20. For services with little traffic write longer stages.',
  );
}

function readErrorRate(reader: InputReader): Criterion {
  const max = reader.read('max_error_rate', parseErrorRate);
  const maxIncrease = reader.read('max_error_rate_increase', parseErrorRate);
  const contradicts =
    max !== null &&
    maxIncrease !== null &&
    reader.isGiven('max_error_rate_increase') &&
    maxIncrease >= max;
  if (contradicts) {
    reader.refuse('max_error_rate_increase', {
      value: reader.text('max_error_rate_increase'),
      wrong: 'can never decide anything',
      advice: `Write less than max_error_rate, which already stops the canary above ${formatPercentage(max)}, or raise that.`,
    });
  }
  return { metric: 'error-rate', max, maxIncrease };
}

function parseErrorRate(text: string): Parsed<number> {
  const rate = parsePercentage(text, { least: 0, most: 1 });
  if (!rate.ok || rate.value < 1) return rate;
  return refused(
    text,
    'can never be exceeded',
    'Write a percentage below 100%, or leave the input out.',
  );
}

function parseIncrease(text: string, most: number): Parsed<number | null> {
  const ends = '`off` ends the comparison with the stable revision.';
  return orOff(text, ends, () => parsePercentage(text, { least: 0, most }));
}

function parseMemory(text: string): Parsed<number | null> {
  const ends = '`off` leaves memory out of the verdict.';
  return orOff(text, ends, () => parsePercentage(text, { least: 0.01, most: 1 }));
}

function orOff(text: string, ends: string, parse: () => Parsed<number>): Parsed<number | null> {
  if (text === 'off') return taken(null);
  const parsed = parse();
  if (parsed.ok) return parsed;
  return {
    ok: false,
    faults: parsed.faults.map((fault) => ({ ...fault, advice: `${fault.advice} ${ends}` })),
  };
}

type LatencyCeilings = Readonly<Record<'p50' | 'p95' | 'p99', Millis | null>>;

function readLatencyCeilings(reader: InputReader): LatencyCeilings {
  const range = { least: 1, most: HOUR, kind: 'latency' } as const;
  const parse = (text: string) => parseDuration(text, range);
  const ceilings = (['max_latency_p50', 'max_latency_p95', 'max_latency_p99'] as const).map(
    (name) => ({ name, max: reader.read(name, parse) }),
  );
  const set = ceilings.flatMap(({ name, max }) => (max === null ? [] : [{ name, max }]));
  for (const [index, { name, max }] of set.entries()) {
    const next = set[index + 1];
    if (next !== undefined && max > next.max) {
      reader.refuse(name, {
        value: reader.text(name),
        wrong: `is above ${next.name}, so it can never decide anything`,
        advice: `Write at most what ${next.name} says, or leave one of them out.`,
      });
    }
  }
  const [p50, p95, p99] = ceilings.map(({ max }) => max);
  return { p50: p50 ?? null, p95: p95 ?? null, p99: p99 ?? null };
}
