/** From inputs to the plan of a rollout. */
import { planHash } from '../rollout/plan.ts';
import { parseImage } from './image.ts';
import type { InputReader } from './input-reader.ts';
import type { InputName } from './input-table.ts';
import { parseTag } from './names.ts';
import { refused, taken } from './parsed.ts';
import type { Parsed } from './parsed.ts';
import { parseHeaderName, parseSmokePath, parseStatuses } from './smoke.ts';
import { parseStages } from './stages.ts';
import type { Criterion, Judging } from '../judging-types.ts';
import type { Millis, Plan, Smoke, TemplateChange } from '../types.ts';
import {
  formatPercentage,
  parseBoolean,
  parseCount,
  parseDuration,
  parsePercentage,
  parseWord,
} from './units.ts';

const SECOND: Millis = 1000;
const HOUR: Millis = 60 * 60 * SECOND;
const DAY: Millis = 24 * HOUR;

const NO_DATA = ['hold', 'rollback'] as const;
const CANCEL = ['rollback', 'hold'] as const;

export type PlanContext = {
  readonly service: string;
  /** For runs that name no tag; the same on every re-run. */
  readonly defaultTag: string;
};

/** null: something is missing or refused, and the reader has a finding about it. */
export function readPlan(reader: InputReader, context: PlanContext): Plan | null {
  const change = readImage(reader);
  const tag = readTag(reader, context);
  const stages = reader.read('stages', parseStages);
  const judging = readJudging(reader);
  const onNoData = reader.read('on_no_data', (text) => parseWord(text, NO_DATA));
  const onCancel = reader.read('on_cancel', (text) => parseWord(text, CANCEL));
  const noDataTimeout = readWait(reader, 'no_data_timeout', 7 * DAY);
  const deployTimeout = readWait(reader, 'deploy_timeout', HOUR);
  const holdFor = readWait(reader, 'hold_for', 30 * DAY);
  const smoke = readSmoke(reader);
  const allowUnfenced = reader.read('allow_unfenced', parseBoolean);
  if (
    reader.findings().length > 0 ||
    change === null ||
    tag === null ||
    stages === null ||
    onNoData === null ||
    onCancel === null ||
    noDataTimeout === null ||
    deployTimeout === null ||
    holdFor === null ||
    allowUnfenced === null
  ) {
    return null;
  }
  const meaning = { change, tag, stages, judging, smoke, onNoData, noDataTimeout };
  const plan = { ...meaning, deployTimeout, holdFor, onCancel, allowUnfenced };
  return { ...plan, hash: planHash(plan) };
}

function readImage(reader: InputReader): TemplateChange | null {
  const image = reader.read('image', parseImage);
  return image === null ? null : { image: image.reference };
}

function readTag(reader: InputReader, context: PlanContext): string | null {
  const parse = (text: string) => parseTag(text, context.service);
  if (reader.isGiven('tag')) return reader.read('tag', parse);
  const parsed = parse(context.defaultTag);
  if (parsed.ok) return parsed.value;
  for (const fault of parsed.faults) reader.refuse('tag', fault);
  return null;
}

function readWait(reader: InputReader, name: InputName, most: Millis): Millis | null {
  return reader.read(name, (text) => parseDuration(text, { least: SECOND, most, kind: 'wait' }));
}

function readJudging(reader: InputReader): Judging {
  const latencies = readLatencyCeilings(reader);
  const increase = reader.read('max_latency_increase', parseLatencyIncrease);
  const criteria: Criterion[] = [readErrorRate(reader)];
  // A criterion without any limit would ask nothing, and nothing must not be able to hold a rollout.
  if (latencies.p95 !== null || increase !== null) {
    criteria.push({ metric: 'latency-p95', max: latencies.p95, maxIncrease: increase });
  }
  // Only p95 is compared: the others would ask the same question again, of noisier numbers.
  if (latencies.p50 !== null) {
    criteria.push({ metric: 'latency-p50', max: latencies.p50, maxIncrease: null });
  }
  if (latencies.p99 !== null) {
    criteria.push({ metric: 'latency-p99', max: latencies.p99, maxIncrease: null });
  }
  const minRequests = reader.read('min_requests', parseMinRequests) ?? 1;
  return { criteria, minRequests, confidence: 'normal', onInconclusive: 'promote', warmUp: 3 };
}

function parseMinRequests(text: string): Parsed<number> {
  const count = parseCount(text, { least: 0, most: 1e9 });
  if (!count.ok || count.value > 0) return count;
  return refused(
    text,
    'would let a canary pass that nobody has called',
    'Write at least 1; the default is 100. For services with little traffic write longer stages.',
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

function parseLatencyIncrease(text: string): Parsed<number | null> {
  if (text === 'off') return taken(null);
  const increase = parsePercentage(text, { least: 0, most: 10 });
  if (increase.ok) return increase;
  return {
    ok: false,
    faults: increase.faults.map((fault) => ({
      ...fault,
      advice: `${fault.advice} \`off\` ends the comparison with the stable revision.`,
    })),
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

function readSmoke(reader: InputReader): Smoke | null {
  const path = reader.read('smoke_path', parseSmokePath);
  const statuses = reader.read('smoke_status', parseStatuses);
  const revisionHeader = reader.read('smoke_revision_header', parseHeaderName);
  if (reader.text('smoke_path') === 'off') {
    for (const name of ['smoke_status', 'smoke_revision_header'] as const) {
      if (!reader.isGiven(name)) continue;
      reader.refuse(name, {
        value: reader.text(name),
        wrong: 'is given although smoke_path is off',
        advice: 'Remove it, or say in smoke_path what to ask for.',
      });
    }
  }
  return path === null || statuses === null ? null : { path, statuses, revisionHeader };
}
