import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { outlookOf, trafficNow } from '../../src/core/forecast/requests.ts';
import type { TrafficHour, TrafficPast } from '../../src/core/forecast/requests.ts';
import type { PastMinute } from '../../src/core/judging-types.ts';
import { MINUTE } from './build.ts';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Saturday at 15:00 UTC. */
const TO = Date.parse('2026-11-21T15:00:00Z');
const WEEK = { hour: HOUR, from: TO - 7 * DAY, to: TO };

/** So many whole hours before `TO`. */
function past(hours: number, requestsAt: (hourOfDay: number) => number, to = TO): TrafficPast {
  const window = { hour: HOUR, from: to - 7 * DAY, to };
  const all = Array.from({ length: hours }, (_, i): TrafficHour => {
    const start = to - (i + 1) * HOUR;
    return { start, requests: requestsAt(new Date(start).getUTCHours()) };
  });
  return { ...window, hours: all };
}

const byHour = (hour: number): number => 100 * (1 + hour);

describe('requests are expected', () => {
  test('as in the same hours of the last days', () => {
    const { basis, between } = outlookOf(past(7 * 24, byHour), null);
    expect(basis).toEqual({ kind: 'same-hours', days: 7 });
    // 15:00 to 17:00.
    expect(between(TO, TO + 2 * HOUR)).toBeCloseTo(1600 + 1700);
    expect(between(TO + HOUR / 2, TO + 1.5 * HOUR)).toBeCloseTo((1600 + 1700) / 2);
  });

  test('at the level of now, but not at that of one odd hour', () => {
    const usual = past(7 * 24, () => 600);
    const at = (requests: number) =>
      outlookOf(usual, { from: TO - 3 * HOUR, to: TO, requests }).between(TO, TO + HOUR);
    expect(at(1800)).toBeCloseTo(600);
    expect(at(3600)).toBeCloseTo(1200);
    expect(at(180_000)).toBeCloseTo(2400);
    expect(at(0)).toBeCloseTo(150);
  });

  test('without a level where so few have come that they tell none', () => {
    const rare = past(7 * 24, () => 6);
    const { between } = outlookOf(rare, { from: TO - HOUR, to: TO, requests: 24 });
    expect(between(TO, TO + HOUR)).toBeCloseTo(6);
  });

  test('by what there is of a service of one hour, whose first one was no whole hour', () => {
    const young = {
      ...WEEK,
      hours: [TO - 2 * HOUR, TO - HOUR].map((start) => ({ start, requests: 60 })),
    };
    const { basis, between } = outlookOf(young, null);
    expect(basis).toEqual({ kind: 'recent', over: HOUR });
    expect(between(TO, TO + 10 * MINUTE)).toBeCloseTo(10);
  });

  test('by its minutes where there is no whole hour', () => {
    const now = { from: TO - 20 * MINUTE, to: TO, requests: 400 };
    const { basis, between } = outlookOf(
      { ...WEEK, hours: [{ start: TO - HOUR, requests: 400 }] },
      now,
    );
    expect(basis).toEqual({ kind: 'recent', over: 20 * MINUTE });
    expect(between(TO, TO + MINUTE)).toBeCloseTo(20);
  });

  test('by its minutes where the hours cannot be read', () => {
    const now = { from: TO - 20 * MINUTE, to: TO, requests: 400 };
    expect(outlookOf(null, now).between(TO, TO + MINUTE)).toBeCloseTo(20);
  });

  test('from nothing: not known, which is not none', () => {
    const { basis, between } = outlookOf(null, null);
    expect([basis, between(TO, TO + HOUR)]).toEqual([{ kind: 'unknown' }, null]);
  });

  test('not at all of a service that nobody asks', () => {
    const { basis, between } = outlookOf({ ...WEEK, hours: [] }, null);
    expect([basis, between(TO, TO + HOUR)]).toEqual([{ kind: 'silent' }, 0]);
    const zero = outlookOf(
      past(48, () => 0),
      { from: TO - HOUR, to: TO, requests: 0 },
    );
    expect([zero.basis, zero.between(TO, TO + HOUR)]).toEqual([{ kind: 'silent' }, 0]);
  });

  test('an hour without a point is one without a request', () => {
    const every = past(48, () => 120);
    const gaps = { ...every, hours: every.hours.filter(({ start }) => start % DAY !== 15 * HOUR) };
    expect(outlookOf(gaps, null).between(TO, TO + HOUR)).toBe(0);
    expect(outlookOf(gaps, null).between(TO + HOUR, TO + 2 * HOUR)).toBeCloseTo(120);
  });

  test('a week whose first hour has points began before it', () => {
    const { basis } = outlookOf(
      past(7 * 24, () => 10),
      null,
    );
    expect(basis).toEqual({ kind: 'same-hours', days: 7 });
  });

  test.each([
    ['Berlin', '2026-10-25T15:00:00Z'],
    ['Berlin', '2026-03-29T15:00:00Z'],
    ['New York', '2026-11-01T15:00:00Z'],
  ])('on a day on which clocks are moved in %s, of 24 hours like any other', (_, day) => {
    const to = Date.parse(day);
    const { between } = outlookOf(past(7 * 24, byHour, to), null);
    const hours = Array.from({ length: 24 }, (__, i) =>
      between(to + i * HOUR, to + (i + 1) * HOUR)!,
    );
    expect(hours.map(Math.round)).toEqual(
      Array.from({ length: 24 }, (__, i) => byHour((15 + i) % 24)),
    );
  });

  test('never fewer than none, and in two parts as many as in the whole', () => {
    const span = fc.double({ min: 0, max: 5 * DAY, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.nat(1e6), { minLength: 1, maxLength: 168 }),
        fc.option(fc.nat(1e6), { nil: null }),
        fc.tuple(span, span),
        (counts, recent, [one, other]) => {
          const hours = counts.map((requests, i) => ({ start: TO - (i + 1) * HOUR, requests }));
          const now = recent === null ? null : { from: TO - 3 * HOUR, to: TO, requests: recent };
          const { between } = outlookOf({ ...WEEK, hours }, now);
          const whole = between(TO, TO + one + other);
          if (whole === null) return;
          expect(whole).toBeGreaterThanOrEqual(0);
          const parts = between(TO, TO + one)! + between(TO + one, TO + one + other)!;
          expect(Math.abs(parts - whole)).toBeLessThanOrEqual(1e-6 * (1 + whole));
        },
      ),
    );
  });
});

describe('the last minutes', () => {
  const minute = (ago: number, requests: number, share = 1): PastMinute => ({
    start: TO - ago * MINUTE,
    cell: { requests, errors: 0, clientErrors: 0, latency: null, memory: null },
    share,
  });
  const data = { until: TO, samplePeriod: MINUTE };

  test('are of the whole service, whatever the stable revision has of it', () => {
    expect(trafficNow([minute(5, 9), minute(2, 10), minute(1, 10, 0.5)], data)).toEqual({
      from: TO - 4 * MINUTE,
      to: TO,
      requests: 30,
    });
  });

  test('are none where only one point is there', () => {
    expect(trafficNow([minute(1, 9)], data)).toBeNull();
    expect(trafficNow([], data)).toBeNull();
  });
});
