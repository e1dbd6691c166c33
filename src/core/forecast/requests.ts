/**
 * How many requests a service will have: the same hours of the last days, at the level of the last
 * minutes. Hours are counted in UTC, so no day is shorter or longer than another.
 */
import type { TrafficBasis } from './forecast-types.ts';
import type { PastMinute } from '../judging-types.ts';
import type { Instant, Millis } from '../types.ts';

/** Requests to the whole service in one hour, by its start. */
export type TrafficHour = { readonly start: Instant; readonly requests: number };

export type TrafficPast = {
  /** Sixty sample periods: an hour on Cloud Run. */
  readonly hour: Millis;
  /** Both at whole hours of UTC. */
  readonly from: Instant;
  readonly to: Instant;
  /** Those that have a point. After the first of them an hour without one had no request. */
  readonly hours: readonly TrafficHour[];
};

/** What the last minutes have shown; null: no minute was whole. */
export type TrafficNow = {
  readonly from: Instant;
  readonly to: Instant;
  readonly requests: number;
} | null;

export type TrafficOutlook = {
  readonly basis: TrafficBasis;
  /** To the whole service; null: not known. */
  readonly between: (from: Instant, to: Instant) => number | null;
};

const HOURS_A_DAY = 24;
/** So few tell nothing of today's level. */
const LEAST_COUNTED = 100;
/** Today may be a holiday, or the day of a launch; more than that is one odd hour. */
const LEVEL = { least: 1 / 4, most: 4 };

/**
 * Of the whole service, since the stable revision has traffic: its first point may be of a part of a
 * period, so it only says since when. A period without a point had no request.
 */
export function trafficNow(
  [first, ...others]: readonly PastMinute[],
  { until, samplePeriod }: { readonly until: Instant; readonly samplePeriod: Millis },
): TrafficNow {
  if (first === undefined) return null;
  const periods = Math.floor((until - first.start) / samplePeriod) - 1;
  if (periods < 1) return null;
  const from = first.start + samplePeriod;
  const requests = others.reduce(
    (sum, { cell, share }) => sum + (share > 0 ? cell.requests / share : 0),
    0,
  );
  return { from, to: from + periods * samplePeriod, requests };
}

/** `past` null: it could not be read. */
export function outlookOf(past: TrafficPast | null, now: TrafficNow): TrafficOutlook {
  const slots = past === null ? [] : slotsOf(past);
  if (past === null || slots.length === 0) return withoutHours(past, now);
  const { hour } = past;
  const days = Math.floor(slots.length / HOURS_A_DAY);
  const rateAt = days === 0 ? flat(slots, hour) : profile(slots, hour);
  const total = slots.reduce((sum, { requests }) => sum + requests, 0);
  const level = levelOf(now, rateAt, hour);
  const isSilent = total === 0 && (now === null || now.requests === 0);
  return {
    basis: isSilent
      ? { kind: 'silent' }
      : days === 0
        ? { kind: 'recent', over: slots.length * hour }
        : { kind: 'same-hours', days },
    between: (from, to) => level * integral(rateAt, hour, { from, to }),
  };
}

/** Whole hours, oldest first. The first with a point may be only a part of one. */
function slotsOf({ hour, from, to, hours }: TrafficPast): readonly TrafficHour[] {
  const byStart = new Map(hours.map(({ start, requests }) => [indexOf(start, hour), requests]));
  const known = [...byStart.keys()];
  if (known.length === 0) return [];
  const oldest = Math.min(...known);
  const first = oldest > indexOf(from, hour) ? oldest + 1 : oldest;
  const length = Math.max(0, indexOf(to, hour) - first);
  return Array.from({ length }, (_, i) => ({
    start: (first + i) * hour,
    requests: byStart.get(first + i) ?? 0,
  }));
}

/** A revision of a few minutes, or Monitoring that did not tell of hours. */
function withoutHours(past: TrafficPast | null, now: TrafficNow): TrafficOutlook {
  if (now === null || now.to <= now.from) {
    const isSilent = past !== null && past.hours.length === 0;
    return isSilent
      ? { basis: { kind: 'silent' }, between: () => 0 }
      : { basis: { kind: 'unknown' }, between: () => null };
  }
  const { from, to, requests } = now;
  return {
    basis: requests === 0 ? { kind: 'silent' } : { kind: 'recent', over: to - from },
    between: (start, end) => (requests * (end - start)) / (to - from),
  };
}

/** Requests a millisecond, by the number of the hour since 1970. */
type Rate = (hourIndex: number) => number;

function profile(slots: readonly TrafficHour[], hour: Millis): Rate {
  const sums = Array.from({ length: HOURS_A_DAY }, () => ({ requests: 0, hours: 0 }));
  for (const { start, requests } of slots) {
    const sum = sums[indexOf(start, hour) % HOURS_A_DAY];
    if (sum === undefined) continue;
    sum.requests += requests;
    sum.hours += 1;
  }
  return (index) => {
    const { requests, hours } = sums[index % HOURS_A_DAY] ?? { requests: 0, hours: 0 };
    return hours === 0 ? 0 : requests / hours / hour;
  };
}

function flat(slots: readonly TrafficHour[], hour: Millis): Rate {
  const total = slots.reduce((sum, { requests }) => sum + requests, 0);
  return () => total / slots.length / hour;
}

/** How much more there is today than is usual at this time. */
function levelOf(now: TrafficNow, rateAt: Rate, hour: Millis): number {
  if (now === null || now.to <= now.from) return 1;
  const usual = integral(rateAt, hour, now);
  if (Math.max(usual, now.requests) < LEAST_COUNTED || usual === 0) return 1;
  return Math.min(LEVEL.most, Math.max(LEVEL.least, now.requests / usual));
}

function integral(
  rateAt: Rate,
  hour: Millis,
  { from, to }: { readonly from: Instant; readonly to: Instant },
): number {
  let sum = 0;
  for (let at = from; at < to;) {
    const index = indexOf(at, hour);
    const end = Math.min(to, (index + 1) * hour);
    sum += rateAt(index) * (end - at);
    at = end;
  }
  return sum;
}

function indexOf(at: Instant, hour: Millis): number {
  return Math.floor(at / hour);
}
