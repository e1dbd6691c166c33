/** Minutes of a service as they come from Monitoring, and what the judge says of them. */
import { judge } from '../src/core/judge/judge.ts';
import type { Cell, Judgement, Judging } from '../src/core/judging-types.ts';
import { MINUTE } from './unit/build.ts';

/** 02:10 at night. */
export const STARTED = Date.parse('2026-11-21T02:10:00Z');
export const REQUESTS = 4800;
export const USUAL_ERRORS = 0.003;

export const JUDGING: Judging = {
  criteria: [
    { metric: 'error-rate', max: null, maxIncrease: 0.0005 },
    { metric: 'latency', max: null, maxIncrease: 0.1 },
  ],
  minRequests: 100,
  confidence: 'normal',
  onInconclusive: 'promote',
  warmUp: 3,
  maxMemory: 0.95,
};

/** The minutes at which 0 %, 5 %, 20 %, 50 % and 100 % were asked for, from the start. */
export const CHANGES = [0, 2, 17, 32, 47].map((minute) => STARTED + minute * MINUTE);

/** Counts that scatter as counts do, and are the same every time. */
function scattered(mean: number, seed: number): number {
  const noise = Math.sin(seed * 12.9898) * 43758.5453;
  return Math.max(0, Math.round(mean + Math.sqrt(mean) * 2.4 * (noise - Math.floor(noise) - 0.5)));
}

const BOUNDS = Array.from({ length: 18 }, (_, i) => Math.round(10 * 1.4 ** i));

/** Most requests take about 80 ms, a few ten times as long. */
function latencyOf(requests: number, slower: number) {
  const weights = BOUNDS.map((bound) => {
    const distance = Math.log(bound / (80 * slower));
    return Math.exp(-(distance ** 2) / (distance > 0 ? 0.9 : 0.3));
  }).concat(0);
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  return {
    bounds: BOUNDS,
    counts: weights.map((weight) => Math.round((requests * weight) / whole)),
  };
}

type Behaviour = { readonly errors?: number; readonly slower?: number };

function cellOf(
  mean: number,
  seed: number,
  { errors = USUAL_ERRORS, slower = 1 }: Behaviour,
): Cell {
  const requests = scattered(mean, seed);
  const failed = Math.min(requests, scattered(requests * errors, seed + 0.5));
  const latency = latencyOf(requests - failed, slower);
  return { requests, errors: failed, clientErrors: 0, latency, memory: null };
}

const HISTORY = Array.from({ length: 180 }, (_, i) => ({
  start: STARTED - (i + 1) * MINUTE,
  cell: cellOf(REQUESTS, i + 1000, {}),
  share: 1,
}));

type Watched = {
  readonly stage: 1 | 2 | 3;
  readonly percent: number;
  readonly minutes: number;
  readonly canary?: Behaviour;
  /** Of the whole service, a minute. */
  readonly requests?: number;
  /** Minutes of which there are no points at all. */
  readonly without?: readonly number[];
};

export function watched({ stage, percent, minutes, canary = {}, ...rest }: Watched): Judgement {
  const { requests = REQUESTS, without = [] } = rest;
  const asked = CHANGES[stage] ?? STARTED;
  const from = asked + MINUTE;
  const rows = Array.from({ length: minutes }, (_, i) => ({
    start: from + i * MINUTE,
    canary: cellOf((requests * percent) / 100, stage * 100 + i, canary),
    baseline: cellOf((requests * (100 - percent)) / 100, stage * 100 + i + 50, {}),
  })).filter((_, i) => !without.includes(i));
  return judge(
    {
      from,
      to: from + minutes * MINUTE,
      minutes: rows,
      history: HISTORY,
      log: null,
      complete: true,
    },
    JUDGING,
    {
      closed: minutes >= 10,
      early: false,
      lapsed: false,
      samplePeriod: MINUTE,
      stages: [{ percent, asked, from }],
      nextPercent: [5, 20, 50, 100][stage] ?? 100,
    },
  );
}
