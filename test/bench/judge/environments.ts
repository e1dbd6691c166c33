/** Traffic in which a canary is judged (benchmark.md, 2 and 11). */

/** Deviation and autocorrelation per minute of a noise on the log scale. */
export type Wobble = { readonly deviation: number; readonly memory: number };

export type Environment = {
  readonly name: string;
  /** Error rate and latency of both sides together. */
  readonly sharedErrors: Wobble;
  readonly sharedLatency: Wobble;
  /** Of the canary alone; the baseline's own noise is half of it. */
  readonly ownErrors: Wobble;
  readonly ownLatency: Wobble;
  readonly volume: Wobble;
  /** Mean size of a burst of errors; 1: errors are independent. */
  readonly burst: number;
  /** Part of the canary's requests that start cold, by minutes since the percent changed. */
  readonly cold: readonly number[];
  /** Deviation of the log latency of one request. */
  readonly spread: number;
  /** A dependency of both sides fails for some minutes. */
  readonly outage: boolean;
  /** One bad minute of the canary. */
  readonly badMinute: boolean;
  /** The canary has other requests: so many times the errors, and this much added to its log latency. */
  readonly mix: { readonly errorsTimes: number; readonly slower: number };
  /** Some requests miss a cache, and right after a change of percent more of the canary's do. null: none. */
  readonly misses: Misses | null;
  readonly historyMinutes: number;
  /** Rows by which the baseline's points come behind the canary's. */
  readonly baselineLate: number;
  /** Minutes until an entry of the log can be read. */
  readonly logLate: number;
};

type Misses = {
  readonly part: number;
  /** Added to the log latency. */
  readonly slower: number;
  /** Odds of a miss right after a change, against the baseline's. */
  readonly odds: number;
  /** Minutes in which the log of these odds falls to 37 %. */
  readonly fade: number;
};

const STILL: Wobble = { deviation: 0, memory: 0 };

const IID: Environment = {
  name: 'iid',
  sharedErrors: STILL,
  sharedLatency: STILL,
  ownErrors: STILL,
  ownLatency: STILL,
  volume: STILL,
  burst: 1,
  cold: [],
  spread: 0.8,
  outage: false,
  badMinute: false,
  mix: { errorsTimes: 1, slower: 0 },
  misses: null,
  historyMinutes: 180,
  baselineLate: 0,
  logLate: 0,
};

const REAL: Environment = {
  ...IID,
  name: 'real',
  sharedErrors: { deviation: 0.25, memory: 0.6 },
  sharedLatency: { deviation: 0.1, memory: 0.85 },
  ownErrors: { deviation: 0.2, memory: 0.6 },
  ownLatency: { deviation: 0.03, memory: 0.6 },
  volume: { deviation: 0.1, memory: 0.8 },
  burst: 2,
  cold: [0.01, 0.003],
};

const OUTAGE: Environment = { ...REAL, name: 'outage', outage: true };
const MIX: Environment = { ...REAL, name: 'mix', mix: { errorsTimes: 1.1, slower: 0.05 } };

const HARSH: Environment = {
  ...REAL,
  name: 'harsh',
  sharedErrors: { deviation: 0.4, memory: 0.8 },
  sharedLatency: { deviation: 0.2, memory: 0.85 },
  ownErrors: { deviation: 0.35, memory: 0.8 },
  ownLatency: { deviation: 0.06, memory: 0.8 },
  volume: { deviation: 0.2, memory: 0.8 },
  burst: 4,
};

/** The grid of the main table. */
export const ENVIRONMENTS: readonly Environment[] = [
  IID,
  REAL,
  OUTAGE,
  { ...REAL, name: 'cold', cold: [0.15, 0.06, 0.02] },
  { ...REAL, name: 'burst', badMinute: true },
  MIX,
  HARSH,
];

/** Reported with every full run, never tuned for. */
export const STRESS: readonly Environment[] = [
  ...[0.1, 0.2, 0.3].map((spread) => ({ ...REAL, name: `narrow-${spread}`, spread })),
  { ...MIX, name: 'narrow-mix-0.2', spread: 0.2 },
  ...[5, 10, 30].map((burst) => ({ ...REAL, name: `bursty-${burst}`, burst })),
  ...[0.9, 0.97].map((memory) => ({ ...REAL, ...errorMemory(memory), name: `slow-${memory}` })),
  ...[0.3, 0.5].map((deviation) => ({
    ...REAL,
    name: `arm-${deviation}`,
    ownErrors: { ...REAL.ownErrors, deviation },
  })),
  ...[6, 10].map((percent) => ({
    ...REAL,
    name: `armlat-${percent}`,
    ownLatency: { ...REAL.ownLatency, deviation: percent / 100 },
  })),
  ...[1.3, 2].map((odds) => ({
    ...REAL,
    name: `caches-${odds}x`,
    misses: { part: 0.3, slower: Math.log(20), odds, fade: 5 },
  })),
  { ...REAL, name: 'short-60', historyMinutes: 60 },
  { ...HARSH, name: 'short-60-harsh', historyMinutes: 60 },
  { ...OUTAGE, name: 'phase', baselineLate: 1 },
  { ...REAL, name: 'log-late', logLate: 1 },
];

function errorMemory(memory: number): Pick<Environment, 'sharedErrors' | 'ownErrors'> {
  return {
    sharedErrors: { ...REAL.sharedErrors, memory },
    ownErrors: { ...REAL.ownErrors, memory },
  };
}
