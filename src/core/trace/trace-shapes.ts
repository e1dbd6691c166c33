/** How the part of a report is written that can be judged again: docs/report.schema.json, as far as it is read. */
import { boolean, instant, list, nullable, number, object, text, word } from './shape.ts';
import type { Shape } from './shape.ts';
import type { Range } from './tables.ts';
import type { Said } from './trace-types.ts';
import { USUAL_MAX_MEMORY } from '../judge/memory-guard.ts';
import { METRIC_WORDS } from '../report/report-numbers.ts';
import type {
  Cell,
  Check,
  Criterion,
  JudgedReason,
  Judging,
  LoggedMinute,
  Look,
  Metric,
  ServedStage,
  Verdict,
} from '../judging-types.ts';
import type { Instant, Percent } from '../types.ts';

const MOST = { looks: 5_000, rows: 100_000, stages: 200, buckets: 1_000, criteria: 20 };
const LARGEST = Number.MAX_SAFE_INTEGER;
const DAY = 86_400_000;

type WrittenHistogram = {
  readonly layout: number;
  readonly first: number;
  readonly counts: readonly number[];
};
export type WrittenCell = Omit<Cell, 'latency'> & { readonly latency: WrittenHistogram | null };
type WrittenMinute = {
  readonly start: Instant;
  readonly canary: WrittenCell | null;
  readonly baseline: WrittenCell | null;
};
type WrittenPast = { readonly start: Instant; readonly cell: WrittenCell; readonly share: number };
export type WrittenTables = {
  readonly layouts: readonly (readonly number[])[];
  readonly minutes: readonly WrittenMinute[];
  readonly log: readonly LoggedMinute[];
  readonly histories: readonly (readonly WrittenPast[])[];
};
type WrittenStage = Omit<ServedStage, 'baselinePercent'> & {
  /** null: not given. */
  readonly baselinePercent: Percent | null;
};
type WrittenData = Pick<Look, 'samplePeriod' | 'nextPercent' | 'early' | 'lapsed'> & {
  readonly complete: boolean;
  readonly stages: readonly ServedStage[];
  readonly minutes: readonly Range[];
  readonly history: number | null;
  readonly log: readonly Range[] | null;
  readonly judging: Judging;
  readonly checks: readonly Omit<Check, 'why'>[];
  readonly checksum: string;
};
export type WrittenLook = Omit<Said, 'checks'> & {
  readonly at: Instant;
  readonly stage: number;
  readonly percent: Percent;
  readonly window: { readonly from: Instant; readonly to: Instant };
  readonly closed: boolean;
  readonly data: WrittenData | null;
};

const anyNumber = number(-Number.MAX_VALUE, Number.MAX_VALUE, 'any');
const count = number(0, LARGEST);
const verdict = word(isVerdict, 'unknown');
const metric = word(isMetric, 'error-rate');
const range: Shape<Range> = (value, faults) => {
  const [from = 0, until = 0, ...others] = list(count, 2)(value, faults);
  if (others.length > 0 || from >= until) faults.note('is not a range of rows');
  return [from, until];
};

const histogram = object<WrittenHistogram>({
  layout: count,
  first: number(0, MOST.buckets),
  counts: list(count, MOST.buckets + 1),
});
const cell = object<WrittenCell>({
  requests: count,
  errors: count,
  clientErrors: count,
  latency: nullable(histogram),
  memory: nullable(number(0, Number.MAX_VALUE, 'any')),
});
const tables = object<WrittenTables>({
  layouts: list(list(anyNumber, MOST.buckets), MOST.rows),
  minutes: list(
    object<WrittenMinute>({ start: instant, canary: nullable(cell), baseline: nullable(cell) }),
    MOST.rows,
  ),
  log: list(
    object<LoggedMinute>({ start: instant, canary: count, baseline: count, capped: boolean }),
    MOST.rows,
  ),
  histories: list(
    list(object<WrittenPast>({ start: instant, cell, share: number(0, 1, 'any') }), MOST.rows),
    MOST.looks,
  ),
});

const part = nullable(number(0, 1, 'any'));
const judging = object<Judging>({
  criteria: list(
    object<Criterion>({
      metric,
      max: nullable(anyNumber),
      maxIncrease: nullable(anyNumber),
    }),
    MOST.criteria,
  ),
  minRequests: count,
  confidence: word((said) => said === 'normal' || said === 'high', 'normal'),
  onInconclusive: word(
    (said) => said === 'promote' || said === 'hold' || said === 'rollback',
    'hold',
  ),
  warmUp: number(0, 10_000),
  maxMemory: (value, faults) => (value === undefined ? USUAL_MAX_MEMORY : part(value, faults)),
});

const percent = number(0, 100);
const writtenStage = object<WrittenStage>({
  percent,
  baselinePercent: (value, faults) => (value === undefined ? null : percent(value, faults)),
  asked: instant,
  from: nullable(instant),
});
const servedStage: Shape<ServedStage> = (value, faults) => {
  const { baselinePercent, ...stage } = writtenStage(value, faults);
  return baselinePercent === null ? stage : { ...stage, baselinePercent };
};

const check = object<Omit<Check, 'why'>>({
  metric,
  verdict,
  canary: nullable(anyNumber),
  baseline: nullable(anyNumber),
  limit: nullable(anyNumber),
  logEvidence: nullable(anyNumber),
});

const data = object<WrittenData>({
  complete: boolean,
  samplePeriod: number(1, DAY),
  stages: list(servedStage, MOST.stages),
  nextPercent: percent,
  early: boolean,
  lapsed: boolean,
  minutes: list(range, MOST.rows),
  history: nullable(count),
  log: nullable(list(range, MOST.rows)),
  judging,
  checks: list(check, MOST.criteria * 4),
  checksum: text(/^[0-9a-f]{8}$/),
});

const look = object<WrittenLook>({
  at: instant,
  stage: number(0, MOST.stages),
  percent,
  window: object({ from: instant, to: instant }),
  closed: boolean,
  verdict,
  reason: word(isReason, 'cannot-read'),
  settled: boolean,
  logEvidence: nullable(anyNumber),
  canaryRequests: count,
  baselineRequests: count,
  data: nullable(data),
});

/** Other fields of the report are for people and their programs. */
export const whole = object<{
  readonly version: number;
  readonly looks: readonly WrittenLook[];
  readonly tables: WrittenTables;
}>({
  version: number(1, 1),
  looks: list(look, MOST.looks),
  tables,
});

function isVerdict(said: string): said is Verdict {
  return said === 'pass' || said === 'fail' || said === 'unknown';
}

function isMetric(said: string): said is Metric {
  return Object.hasOwn(METRIC_WORDS, said);
}

/** A line of the decision table that is not here does not compile. */
const REASONS: Readonly<Record<JudgedReason, true>> = {
  'cannot-read': true,
  'nothing-asked': true,
  evidence: true,
  ceiling: true,
  memory: true,
  split: true,
  'too-few-requests': true,
  'baseline-failing': true,
  suspicious: true,
  'data-missing': true,
  'too-early': true,
  'harm-ruled-out': true,
  inconclusive: true,
  'still-baking': true,
};

function isReason(said: string): said is JudgedReason {
  return Object.hasOwn(REASONS, said);
}
