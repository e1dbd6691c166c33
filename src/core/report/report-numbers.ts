/** Numbers as a person reads them: with a unit, and no more digits than they are worth. */
import type { Metric } from '../judging-types.ts';
import type { Instant, Millis } from '../types.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** 1234567 → "1,234,567". */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function requestsText(count: number, side: 'canary' | 'stable' | null = null): string {
  const whose = side === null ? '' : `${side} `;
  return `${countText(count)} ${whose}${count === 1 ? 'request' : 'requests'}`;
}

/** A fraction in percent. What is not zero never reads 0 %, what is not all never reads 100 %. */
export function rateText(fraction: number): string {
  return `${percentNumber(fraction)} %`;
}

/** A difference of two fractions. */
export function pointsText(difference: number): string {
  const points = percentNumber(difference);
  return `${points} ${points === '1' ? 'point' : 'points'}`;
}

function percentNumber(fraction: number): string {
  const percent = fraction * 100;
  if (percent > 0 && percent < 0.01) return 'under 0.01';
  if (percent > 99.9 && percent < 100) return '99.9';
  return percent < 1 ? String(Number(percent.toPrecision(2))) : String(Number(percent.toFixed(1)));
}

export function latencyText(ms: Millis): string {
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`;
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  return `${Number((ms / SECOND).toFixed(ms < 10 * SECOND ? 2 : 1))} s`;
}

/** A measured value or a limit in the unit of its metric. */
export function valueText(metric: Metric, value: number): string {
  switch (metric) {
    case 'error-rate':
    case 'client-error-rate':
    case 'slow-requests':
      return rateText(value);
    case 'memory':
      return rateText(value / 100);
    case 'latency':
    case 'latency-p50':
    case 'latency-p95':
    case 'latency-p99':
      return latencyText(value);
  }
}

/** The two largest units: "38 min", "2 h 5 min", "3 d". */
export function durationText(ms: Millis): string {
  const whole = Math.max(0, Math.round(ms / SECOND)) * SECOND;
  if (ms > 0 && ms < SECOND) return `${Math.ceil(ms)} ms`;
  if (whole < MINUTE) return `${whole / SECOND} s`;
  if (whole < HOUR) return pair(whole, [MINUTE, 'min'], [SECOND, 's']);
  return whole < DAY
    ? pair(whole, [HOUR, 'h'], [MINUTE, 'min'])
    : pair(whole, [DAY, 'd'], [HOUR, 'h']);
}

type Unit = readonly [size: Millis, name: string];

function pair(ms: Millis, [large, largeName]: Unit, [small, smallName]: Unit): string {
  const rest = Math.floor((ms % large) / small);
  const first = `${Math.floor(ms / large)} ${largeName}`;
  return rest === 0 ? first : `${first} ${rest} ${smallName}`;
}

/** UTC, to the second: "2026-11-20 15:00:00 UTC". */
export function instantText(at: Instant): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime())
    ? 'unknown time'
    : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** UTC, as short as it can be read on the day of `now`: "02:34 UTC", "02:34:05 UTC", or with its date. */
export function clockText(at: Instant, now: Instant): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return 'unknown time';
  const [day = '', time = ''] = date.toISOString().split('T');
  const clock = `${time.slice(0, 8).replace(/:00$/, '')} UTC`;
  const isToday = Math.floor(at / DAY) === Math.floor(now / DAY);
  return isToday ? clock : `${day} ${clock}`;
}

export function ageText(at: Instant, now: Instant): string {
  if (Number.isNaN(at - now)) return 'unknown age';
  if (Math.abs(now - at) < SECOND) return 'just now';
  return at > now ? `in ${durationText(at - now)}` : `${durationText(now - at)} ago`;
}

/** How many times likelier, from its logarithm: rounded down to one digit, and never beyond 1,000. */
export function ratioText(logEvidence: number): string {
  const ratio = Math.exp(logEvidence) * (1 + 1e-9);
  if (ratio > 1000.01) return `more than ${countText(1000)} : 1`;
  if (ratio < 0.01) return 'less than 0.01 : 1';
  const digit = 10 ** Math.floor(Math.log10(ratio));
  return `${countText(Number((Math.floor(ratio / digit) * digit).toPrecision(1)))} : 1`;
}

export const METRIC_WORDS: Readonly<Record<Metric, string>> = {
  'error-rate': '5xx',
  latency: 'latency',
  'slow-requests': 'slow requests',
  'latency-p50': 'p50',
  'latency-p95': 'p95',
  'latency-p99': 'p99',
  'client-error-rate': '4xx',
  memory: 'memory',
};
