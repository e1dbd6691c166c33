/** The rates of every minute of a rollout, before a request is drawn (benchmark.md, 2). */
import type { Harm } from './faults.ts';
import { MEDIAN, curveOf, missingPart } from './latency-curve.ts';
import type { Curve } from './latency-curve.ts';
import { factor, noisesOf } from './noise.ts';
import type { Noises } from './noise.ts';
import { randomOf } from './random.ts';
import type { Random } from './random.ts';
import type { Cell } from './types.ts';

const MOST_ERRORS = 0.95;
/** What people mistype, crawlers guess and sessions outlive; the code of either revision has no part in it. */
const CLIENT_ERRORS = 0.02;
const DAY = 1440;

/** A minute at a percent, so long after the percent changed. */
export type Moment = { readonly minute: number; readonly percent: number; readonly age: number };

/** True rates of a minute, before anything is drawn. */
export type Rates = {
  readonly cell: Cell;
  requests(minute: number): number;
  sharedErrors(minute: number): number;
  sharedLatency(minute: number): number;
  baselineErrors(minute: number): number;
  canaryErrors(minute: number, harm: Harm): number;
  /** Of the requests that did not fail with 5xx. */
  clientErrors(minute: number): { readonly canary: number; readonly baseline: number };
  baselineCurve(minute: number): Curve;
  canaryCurve(moment: Moment, harm: Harm): Curve;
  baselineMemory(minute: number): number;
  canaryMemory(minute: number, harm: Harm): number;
  /** Errors of the canary's one bad minute, at so many requests. */
  extraErrors(minute: number, requests: number): number;
};

export function createRates(cell: Cell, key: readonly number[]): Rates {
  const parts = {
    cell,
    noise: noisesOf(cell.environment, key),
    events: drawEvents(randomOf(...key, 0)),
  };
  const shared = sharedRates(parts);
  const { environment } = cell;
  return {
    cell,
    ...shared,
    ...baselineRates(parts, shared),
    ...canaryRates(parts, shared),
    clientErrors: clientErrorRates(parts),
    extraErrors: (minute, requests) =>
      environment.badMinute && minute === parts.events.badAt
        ? Math.max(3, Math.round(parts.events.badPart * requests))
        : 0,
  };
}

type Parts = { readonly cell: Cell; readonly noise: Noises; readonly events: Events };
type Shared = Pick<Rates, 'requests' | 'sharedErrors' | 'sharedLatency'>;

function sharedRates({ cell: { environment, load }, noise, events }: Parts): Shared {
  const isOut = (minute: number): boolean =>
    environment.outage && minute >= events.outFrom && minute < events.outFrom + events.outFor;
  const daily = (minute: number): number => Math.sin((2 * Math.PI * minute) / DAY + events.phase);
  const { volume, sharedErrors } = environment;
  return {
    requests: (minute) =>
      60 *
      load.perSecond *
      (1 + 0.25 * daily(minute)) *
      factor(noise.volume(minute), volume.deviation),
    sharedErrors(minute) {
      const slow = factor(noise.sharedErrors(minute), sharedErrors.deviation);
      const rhythm = minute < 0 ? 1 : 1 + 0.2 * daily(minute);
      const rate = load.errorRate * slow * rhythm + (isOut(minute) ? events.outRate : 0);
      return Math.min(MOST_ERRORS, rate);
    },
    sharedLatency: (minute) =>
      MEDIAN + noise.sharedLatency(minute) + (isOut(minute) ? Math.log(3) : 0),
  };
}

function baselineRates(
  { cell: { environment }, noise }: Parts,
  { sharedErrors, sharedLatency }: Shared,
): Pick<Rates, 'baselineErrors' | 'baselineCurve' | 'baselineMemory'> {
  const { ownErrors, spread, misses } = environment;
  return {
    baselineErrors(minute) {
      const own = factor(noise.baselineErrors(minute), ownErrors.deviation / 2);
      return Math.min(1, sharedErrors(minute) * own);
    },
    baselineCurve: (minute) =>
      curveOf({
        mean: sharedLatency(minute) + noise.baselineLatency(minute),
        spread,
        tail: 0,
        cold: 0,
        missing: missingPart(environment, null),
        missSlower: misses?.slower ?? 0,
      }),
    baselineMemory: (minute) => 42 + noise.baselineMemory(minute),
  };
}

function canaryRates(
  { cell: { environment }, noise }: Parts,
  { sharedErrors, sharedLatency }: Shared,
): Pick<Rates, 'canaryErrors' | 'canaryCurve' | 'canaryMemory'> {
  const { ownErrors, mix, spread, misses, cold } = environment;
  return {
    canaryErrors(minute, harm) {
      const own = factor(noise.canaryErrors(minute), ownErrors.deviation) * mix.errorsTimes;
      return Math.min(1, sharedErrors(minute) * own * harm.errorsTimes + harm.errorsPlus);
    },
    canaryCurve: ({ minute, age }, harm) =>
      curveOf({
        mean: sharedLatency(minute) + noise.canaryLatency(minute) + mix.slower + harm.slower,
        spread,
        tail: harm.tail,
        cold: cold[age] ?? 0,
        missing: missingPart(environment, age),
        missSlower: misses?.slower ?? 0,
      }),
    canaryMemory: (minute, harm) =>
      42 * (1 - 0.6 * Math.exp(-minute / 6)) + noise.canaryMemory(minute) + harm.memory,
  };
}

/** With noises of the kind that 5xx have, and independent of them. */
function clientErrorRates({ cell: { environment }, noise }: Parts): Rates['clientErrors'] {
  const { sharedErrors, ownErrors } = environment;
  return (minute) => {
    const shared = CLIENT_ERRORS * factor(noise.sharedClientErrors(minute), sharedErrors.deviation);
    const canary = factor(noise.canaryClientErrors(minute), ownErrors.deviation);
    const baseline = factor(noise.baselineClientErrors(minute), ownErrors.deviation / 2);
    return { canary: Math.min(1, shared * canary), baseline: Math.min(1, shared * baseline) };
  };
}

type Events = {
  readonly phase: number;
  readonly outFrom: number;
  readonly outFor: number;
  readonly outRate: number;
  readonly badAt: number;
  readonly badPart: number;
};

/** Drawn whether the environment has them or not, so that one does not move another. */
function drawEvents(random: Random): Events {
  const whole = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
  return {
    phase: random() * 2 * Math.PI,
    outFrom: whole(6, 45),
    outFor: whole(4, 7),
    outRate: 0.05 + 0.25 * random(),
    badAt: whole(4, 43),
    badPart: 0.02 + 0.08 * random(),
  };
}
