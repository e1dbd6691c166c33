import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cell, Criterion, Histogram, Minute } from '../../src/core/judging-types.ts';
import { BOUNDS, ERRORS, P95, cell, histogram, look, minutes } from './judge-table.ts';

const EARLY = { closed: false, plannedLooks: 10 };

describe('data that decide nothing', () => {
  const clearlyBad = minutes([cell(1000, 900), cell(1000, 0)]);

  test('partial data neither fail nor pass', () => {
    expect(look(clearlyBad).verdict).toBe('fail');
    const partial = look(clearlyBad, [ERRORS], { complete: false });
    expect(partial).toMatchObject({ verdict: 'unknown', checks: [] });
    expect(partial.why).toBe('Monitoring answered with partial data; nothing was decided from it.');
  });

  test('no rows are unknown', () => {
    expect(look([])).toMatchObject({
      verdict: 'unknown',
      why: 'Monitoring has no data of this window.',
    });
  });

  test('a canary without a single point is unknown, whatever the stable revision did', () => {
    expect(look(minutes([null, cell(5000, 3)]))).toMatchObject({
      verdict: 'unknown',
      canaryRequests: 0,
      baselineRequests: 5000,
      why: 'Only 0 canary requests where 100 are needed. The canary answered nothing in the minute 2026-11-20T15:04:00Z: about 556 of the 556 requests expected of it are missing.',
    });
  });

  test('a canary that measured zero requests is unknown even where none are needed', () => {
    const max = { ...ERRORS, max: 0.01 };
    const found = look(minutes([cell(0), cell(500)]), [max], { minRequests: 0 });
    expect(found.verdict).toBe('unknown');
    expect(found.checks[0]!.why).toBe(
      '5xx cannot be compared: in no minute did both the canary and the stable revision answer requests. The canary answered no requests.',
    );
  });

  test('a stable revision without data leaves the comparison unknown', () => {
    expect(look(minutes([cell(1000, 0), null])).verdict).toBe('unknown');
    expect(look(minutes([cell(1000, 0), cell(0)])).verdict).toBe('unknown');
  });

  test('a stable revision without data does not hide a canary above its ceiling', () => {
    const max = { ...ERRORS, max: 0.01 };
    expect(look(minutes([cell(1000, 400), null]), [max]).verdict).toBe('fail');
  });

  test('minutes that only one side lived through are no comparison', () => {
    const both = [cell(500), cell(4500)] as const;
    const rows = minutes([cell(500, 100), null], [null, cell(4500, 1)], both, both, both);
    expect(look(rows)).toMatchObject({ verdict: 'pass', canaryRequests: 2000 });
  });

  test('what the stable revision lived through while the canary had zero requests neither', () => {
    const rows = minutes([cell(0), cell(9000, 900)], [cell(1000, 30), cell(9000, 0)]);
    expect(look(rows)).toMatchObject({ verdict: 'fail', baselineRequests: 18_000 });
  });

  test('too few minutes of comparison are unknown, though the canary had requests enough', () => {
    const found = look(minutes([cell(5000), null], [cell(10), cell(900)]));
    expect(found.verdict).toBe('unknown');
    expect(found.why).toContain('could be measured in 10 requests only, where 100 are needed.');
  });

  test('without any limit there is nothing to pass', () => {
    const none = { ...ERRORS, maxIncrease: null };
    expect(look(minutes([cell(1000), cell(1000)]), [none])).toMatchObject({
      verdict: 'unknown',
      why: 'No limit is set, so there is nothing to judge by.',
    });
    expect(look(minutes([cell(1000), cell(1000)]), []).verdict).toBe('unknown');
  });

  test.each<[string, Cell]>([
    ['NaN requests', cell(NaN)],
    ['infinitely many requests', cell(Infinity)],
    ['1e308 requests', cell(1e308)],
    ['negative requests', cell(-1)],
    ['half a request', cell(100.5)],
    ['NaN errors', cell(100, NaN)],
    ['negative errors', cell(100, -1)],
    ['more errors than requests', cell(100, 101)],
    ['NaN client errors', { ...cell(100), clientErrors: NaN }],
    ['more client errors than requests', { ...cell(100), clientErrors: 101 }],
    ['a NaN bucket', cell(100, 0, histogram({ 1: NaN }))],
    ['a negative bucket', cell(100, 0, histogram({ 1: -5 }))],
    ['half a request in a bucket', cell(100, 0, histogram({ 1: 0.5 }))],
    ['too few buckets', cell(100, 0, { bounds: BOUNDS, counts: [100] })],
    ['falling bounds', cell(100, 0, { bounds: [20, 10], counts: [0, 100, 0] })],
    ['repeated bounds', cell(100, 0, { bounds: [20, 20], counts: [0, 100, 0] })],
    ['a NaN bound', cell(100, 0, { bounds: [NaN], counts: [0, 100] })],
    ['an infinite bound', cell(100, 0, { bounds: [10, Infinity], counts: [0, 100, 0] })],
  ])('%s on either side neither fail nor pass', (_, odd) => {
    for (const row of [
      [odd, cell(100)],
      [cell(100), odd],
    ] as const) {
      const found = look([...clearlyBad, ...minutes(row)]);
      expect(found.verdict).toBe('unknown');
      expect(found.why).toBe(
        'Monitoring answered with numbers that cannot be (minute 2026-11-20T15:04:00Z); nothing was decided from them.',
      );
    }
  });

  test('a minute without a time is no data', () => {
    expect(look([{ ...clearlyBad[0]!, start: NaN }]).verdict).toBe('unknown');
  });

  test('counts whose sum is no exact number any more decide nothing', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const found = look(minutes([cell(most, most), cell(1)], [cell(most, most), cell(1)]));
    expect(found.why).toBe(
      'Monitoring answered with counts too large to add; nothing was decided from them.',
    );
  });
});

describe('error rate against the stable revision', () => {
  test('a canary proven to fail more often fails', () => {
    const found = look(minutes([cell(1950, 41), cell(29_300, 88)]));
    expect(found.verdict).toBe('fail');
    expect(found.why).toMatchInlineSnapshot(
      `"5xx 2.1 % (41 of 1,950) on the canary against 0.3 % (88 of 29,300) on the stable revision: more than the 0.5 points of increase allowed, and fewer than 1 in 100 healthy canaries ever look this bad."`,
    );
    expect(found.checks[0]).toMatchObject({
      metric: 'error-rate',
      canary: 41 / 1950,
      baseline: 88 / 29_300,
      limit: 88 / 29_300 + 0.005,
    });
    expect(found.checks[0]!.pValue! / 9.591866344418236e-19).toBeCloseTo(1, 9);
  });

  test('a proven difference that does not matter passes', () => {
    const found = look(minutes([cell(1_000_000, 4000), cell(1_000_000, 1000)]));
    expect(found.checks[0]!.pValue).toBeLessThan(1e-100);
    expect(found.verdict).toBe('pass');
  });

  test('a difference that matters but may be chance passes, and says so', () => {
    const found = look(minutes([cell(100, 1), cell(1000, 1)]));
    expect(found.verdict).toBe('pass');
    expect(found.checks[0]!.why).toMatchInlineSnapshot(
      `"5xx 1 % (1 of 100) on the canary against 0.1 % (1 of 1,000) on the stable revision: above the 0.5 points of increase allowed, but not beyond chance."`,
    );
  });

  test('a difference of exactly what is allowed is allowed', () => {
    const found = look(minutes([cell(1_000_000, 15_000), cell(1_000_000, 10_000)]));
    expect(found.verdict).toBe('pass');
    // 0.7 + 0.1 is 0.7999999999999999 in floating point.
    const rows = minutes([cell(1_000_000, 800_000), cell(1_000_000, 700_000)]);
    expect(look(rows, [{ ...ERRORS, maxIncrease: 0.1 }]).verdict).toBe('pass');
  });

  test('a healthy canary passes and says what would have been noticed', () => {
    const found = look(minutes([cell(1240, 3), cell(23_600, 60)]));
    expect(found.verdict).toBe('pass');
    expect(found.why).toMatchInlineSnapshot(
      `"No regression proven in 1,240 canary requests. The smallest regression this stage would have shown in 8 of 10 cases: a 5xx rate of 1 %."`,
    );
  });

  test('what would have been noticed is judged failed when it happens', () => {
    const baseline = cell(23_600, 60);
    const why = look(minutes([cell(1240, 3), baseline])).why;
    const rate = Number(/rate of ([\d.]+) %/.exec(why)![1]) / 100;
    expect(look(minutes([cell(1240, Math.round(1240 * rate)), baseline])).verdict).toBe('fail');
  });

  test('a stage too small to show anything says so', () => {
    const found = look(minutes([cell(1), cell(1)]), [ERRORS], { minRequests: 1 });
    expect(found.why).toContain('no 5xx rate at all');
  });

  test('a stable revision that fails all the time does not blame the canary', () => {
    expect(look(minutes([cell(1000, 1000), cell(9000, 9000)])).verdict).toBe('pass');
    expect(look(minutes([cell(1000, 10), cell(9000, 9000)])).verdict).toBe('pass');
  });

  test('a canary that fails everything is condemned at the first look by five requests', () => {
    expect(look(minutes([cell(5, 5), cell(1000, 3)]), [ERRORS], EARLY).verdict).toBe('fail');
  });

  test('counts of a thousand million are judged quickly', () => {
    const before = performance.now();
    const healthy = minutes([cell(1e9, 3e6), cell(9e9, 27e6)]);
    expect(look(healthy).verdict).toBe('pass');
    expect(look(minutes([cell(1e9, 9e6), cell(9e9, 27e6)])).verdict).toBe('fail');
    expect(performance.now() - before).toBeLessThan(1000);
  });
});

describe('ceiling of the error rate', () => {
  const ceiling = [{ metric: 'error-rate', max: 0.01, maxIncrease: null } as const];
  const over = minutes([cell(1000, 15), null]);

  test('measured over it in a whole window fails', () => {
    const found = look(over, ceiling);
    expect(found.verdict).toBe('fail');
    expect(found.checks[0]).toMatchObject({ canary: 0.015, baseline: null, pValue: null });
    expect(found.checks[0]!.why).toBe(
      '5xx 1.5 % (15 of 1,000) on the canary: above the ceiling of 1 %.',
    );
  });

  test('at an early look it must be beyond doubt', () => {
    expect(look(over, ceiling, EARLY).verdict).toBe('unknown');
    expect(look(minutes([cell(1000, 60), null]), ceiling, EARLY).verdict).toBe('fail');
  });

  test('with too few requests it must be beyond doubt', () => {
    expect(look(minutes([cell(50, 1), null]), ceiling).verdict).toBe('unknown');
    expect(look(minutes([cell(50, 10), null]), ceiling).verdict).toBe('fail');
  });

  test('exactly at it passes', () => {
    expect(look(minutes([cell(1000, 10), null]), ceiling).verdict).toBe('pass');
  });

  test('of zero is broken by the first error', () => {
    const zero = [{ ...ceiling[0]!, max: 0 }];
    expect(look(minutes([cell(10, 1), null]), zero, EARLY).verdict).toBe('fail');
    expect(look(minutes([cell(1000, 0), null]), zero).verdict).toBe('pass');
  });

  test('it needs no stable revision to pass', () => {
    expect(look(minutes([cell(1000, 2), null]), ceiling)).toMatchObject({ verdict: 'pass' });
  });
});

describe('latency against the stable revision', () => {
  const rows = (canary: Histogram | null, baseline: Histogram | null, requests = 1000): Minute[] =>
    minutes([cell(requests, 0, canary), cell(1000, 0, baseline)]);
  const stable = histogram({ 0: 900, 1: 100 });

  test('slower by more than buckets and chance explain fails', () => {
    const found = look(rows(histogram({ 0: 900, 3: 100 }), stable), [P95]);
    expect(found.verdict).toBe('fail');
    expect(found.why).toMatchInlineSnapshot(
      `"p95 235 ms on the canary against 120 ms on the stable revision: even with the width of the histogram's buckets taken off (at least 196 ms against less than 140 ms) more than the 25 % of increase allowed, and fewer than 1 in 100 healthy canaries ever look this bad."`,
    );
  });

  test('the next bucket alone is no proof of a quarter slower', () => {
    const slower = rows(histogram({ 0: 900, 2: 100 }), stable);
    const found = look(slower, [P95]);
    expect(found.checks[0]!.pValue).toBeLessThan(1e-20);
    expect(found.verdict).toBe('pass');
    expect(look(slower, [{ ...P95, maxIncrease: 0 }]).verdict).toBe('fail');
  });

  test('a canary two per cent slower across a bucket border passes', () => {
    // All of the stable revision just below 140 ms, all of the canary just above.
    const found = look(rows(histogram({ 2: 1000 }), histogram({ 1: 1000 })), [P95]);
    expect(found.verdict).toBe('pass');
  });

  test('a quantile that interpolation puts low in its bucket does not lower the limit', () => {
    // Half of the requests take 99 ms, the rest 139 ms on the stable revision and 141 on the canary.
    const found = look(rows(histogram({ 0: 490, 2: 510 }), histogram({ 0: 490, 1: 510 })), [
      { ...P95, metric: 'latency-p50' },
    ]);
    expect(found.checks[0]!.baseline).toBeLessThan(101);
    expect(found.verdict).toBe('pass');
  });

  test('few slow requests are not proven slow', () => {
    const slow = histogram({ 0: 18, 3: 2 });
    const criteria = [{ ...P95, maxIncrease: 0 }];
    const found = look(rows(slow, histogram({ 0: 19, 1: 1 }), 20), criteria, { minRequests: 20 });
    expect(found.verdict).toBe('pass');
    expect(found.why).toContain('No regression proven in 20 canary requests.');
  });

  test('the first slow requests of a starting canary condemn nothing', () => {
    const slow = rows(histogram({ 6: 20 }), stable, 20);
    const found = look(slow, [P95], EARLY);
    expect(found.checks[0]!.pValue).toBeLessThan(1e-10);
    expect(found.verdict).toBe('unknown');
    expect(look(rows(histogram({ 6: 200 }), stable, 200), [P95], EARLY).verdict).toBe('fail');
  });

  test('without a histogram on either side it is unknown, and so is the stage', () => {
    for (const [canary, baseline] of [
      [null, stable],
      [stable, null],
      [null, null],
    ] as const) {
      const found = look(rows(canary, baseline), [ERRORS, P95]);
      expect(found.checks.map((check) => check.verdict)).toEqual(['pass', 'unknown']);
      expect(found.verdict).toBe('unknown');
      expect(found.why).toBe(
        'Latency (p95) is not available: no minute has it for both revisions.',
      );
    }
  });

  test('different bucket layouts are not available, never added', () => {
    const other = histogram({ 0: 1000 }, [100, 200]);
    expect(look(rows(stable, other), [P95]).why).toBe(
      'Latency (p95) is not available: bucket layouts differ.',
    );
    const mixed = [...rows(stable, stable), ...rows(other, other)];
    expect(look(mixed, [P95]).verdict).toBe('unknown');
  });

  test('empty histograms are no latency', () => {
    expect(look(rows(histogram({}), stable), [P95]).verdict).toBe('unknown');
  });

  test('a stable revision beyond the last bucket cannot be compared', () => {
    expect(look(rows(stable, histogram({ 6: 1000 })), [P95]).verdict).toBe('unknown');
  });

  test('failed requests, which have no latency, do not count as missing', () => {
    const healthy = minutes([cell(100, 1, histogram({ 0: 99 })), cell(1000, 5, stable)]);
    expect(look(healthy, [P95]).verdict).toBe('pass');
  });

  test('latency of a part of the requests only is too little to pass', () => {
    const measured = cell(50, 0, histogram({ 0: 50 }));
    const part = minutes([cell(1000), cell(1000)], [measured, measured]);
    expect(look(part, [P95]).verdict).toBe('unknown');
  });

  test('a pass says which slowdown would have been noticed', () => {
    expect(look(rows(stable, stable), [P95]).why).toMatchInlineSnapshot(
      `"No regression proven in 1,000 canary requests. The smallest regression this stage would have shown in 8 of 10 cases: 5.7 % of requests slower than 196 ms."`,
    );
  });
});

describe('ceiling of a latency', () => {
  const ceiling = (max: number): Criterion[] => [{ metric: 'latency-p95', max, maxIncrease: null }];
  const at = (bucket: number, requests = 1000): Minute[] =>
    minutes([cell(requests, 0, histogram({ [bucket]: requests })), null]);

  test('fails when even the lower end of the bucket is over it', () => {
    const found = look(at(3), ceiling(150));
    expect(found.verdict).toBe('fail');
    expect(found.why).toMatchInlineSnapshot(
      `"p95 270 ms on the canary (1,000 requests): at or above the ceiling of 150 ms even at the lower end of its bucket."`,
    );
  });

  test('inside the bucket it passes: the true latency may be below it', () => {
    const found = look(at(3), ceiling(200));
    expect(found.verdict).toBe('pass');
    expect(found.checks[0]!.why).toBe(
      'p95 270 ms on the canary (1,000 requests): not above the ceiling of 200 ms beyond the width of a histogram bucket.',
    );
  });

  test('at an early look it must be beyond doubt', () => {
    const narrowly = minutes([cell(1000, 0, histogram({ 0: 945, 3: 55 })), null]);
    expect(look(narrowly, ceiling(150)).verdict).toBe('fail');
    expect(look(narrowly, ceiling(150), EARLY).verdict).toBe('unknown');
    expect(look(at(3), ceiling(150), EARLY).verdict).toBe('fail');
  });

  test('with too few requests it fails nothing', () => {
    expect(look(at(3, 50), ceiling(150)).verdict).toBe('unknown');
    expect(look(at(3, 50), ceiling(150), EARLY).verdict).toBe('unknown');
  });

  test('beyond the last bucket it fails if that begins above it, and is unknown if not', () => {
    expect(look(at(6), ceiling(500)).verdict).toBe('fail');
    expect(look(at(6), ceiling(900))).toMatchObject({
      verdict: 'unknown',
      why: 'p95 at least 538 ms on the canary (1,000 requests): slower than the histogram can tell, so the ceiling of 900 ms cannot be checked.',
    });
  });

  test('without data it is unknown', () => {
    expect(look(minutes([cell(1000), null]), ceiling(150)).verdict).toBe('unknown');
    expect(look(minutes([cell(1000, 0, histogram({})), null]), ceiling(150)).verdict).toBe(
      'unknown',
    );
  });

  test('different layouts are unknown', () => {
    const rows = [...at(3), ...minutes([cell(9, 0, histogram({ 0: 9 }, [1, 2])), null])];
    expect(look(rows, ceiling(150)).verdict).toBe('unknown');
  });

  test.each([
    ['latency-p50', 'pass'],
    ['latency-p95', 'pass'],
    ['latency-p99', 'fail'],
  ] as const)('%s looks at its own part of the requests', (metric, verdict) => {
    const tail = minutes([cell(1000, 0, histogram({ 0: 970, 5: 30 })), null]);
    expect(look(tail, [{ metric, max: 300, maxIncrease: null }]).verdict).toBe(verdict);
  });
});

describe('the verdict of the whole', () => {
  const good = cell(1000, 1, histogram({ 0: 999 }));

  test('an early look never passes', () => {
    const rows = minutes([good, good]);
    expect(look(rows, [ERRORS, P95]).verdict).toBe('pass');
    expect(look(rows, [ERRORS, P95], EARLY)).toMatchObject({
      verdict: 'unknown',
      checks: [{ verdict: 'unknown' }, { verdict: 'unknown' }],
      why: 'No regression proven in 1,000 canary requests so far; the stage is still watched.',
    });
  });

  test('too few requests never pass', () => {
    expect(look(minutes([cell(99), cell(1000)])).why).toBe(
      'Only 99 canary requests where 100 are needed.',
    );
    expect(look(minutes([cell(100), cell(1000)])).verdict).toBe('pass');
  });

  test('too few requests never pass, even where more latencies than requests were read', () => {
    const rows = minutes([cell(50, 0, histogram({ 0: 200 })), cell(50, 0, histogram({ 0: 200 }))]);
    const found = look(rows, [P95]);
    expect(found.checks[0]!.verdict).toBe('pass');
    expect(found.verdict).toBe('unknown');
  });

  test('a failure outweighs what is unknown', () => {
    const found = look(minutes([cell(1000, 300), cell(1000)]), [P95, ERRORS]);
    expect(found.checks.map((check) => check.verdict)).toEqual(['unknown', 'fail']);
    expect(found.verdict).toBe('fail');
  });

  test('of two limits of one criterion the broken one speaks', () => {
    const both = { ...ERRORS, max: 0.5 };
    const [check] = look(minutes([cell(1000, 100), cell(1000, 1)]), [both]).checks;
    expect(check).toMatchObject({ verdict: 'fail', limit: 0.006, baseline: 0.001 });
    expect(check!.why).not.toContain('ceiling');
  });

  test('of two limits that hold the tighter one is shown', () => {
    const [check] = look(minutes([good, good]), [{ ...ERRORS, max: 0.003 }]).checks;
    expect(check).toMatchObject({ verdict: 'pass', limit: 0.003 });
  });

  test('more planned looks ask for stronger evidence', () => {
    const rows = minutes([cell(300, 7), cell(3000, 18)]);
    expect(look(rows, [ERRORS], { plannedLooks: 1 }).verdict).toBe('fail');
    expect(look(rows, [ERRORS], { plannedLooks: 100 }).verdict).toBe('pass');
  });

  test('more criteria ask for stronger evidence', () => {
    const rows = minutes([cell(300, 7), cell(3000, 18)]);
    const ceilings = [1, 2, 3, 4, 5].map((seconds): Criterion => {
      return { metric: 'latency-p99', max: seconds * 1000, maxIncrease: null };
    });
    const [alone] = look(rows, [ERRORS]).checks;
    const [among] = look(rows, [ERRORS, ...ceilings]).checks;
    expect([alone!.verdict, among!.verdict]).toEqual(['fail', 'pass']);
  });

  test('the order of the minutes changes nothing', () => {
    const anyCell = fc.option(
      fc
        .tuple(fc.nat(50), fc.nat(20), fc.nat(30))
        .map(([ok, bad, slow]) => cell(ok + slow + bad, bad, histogram({ 0: ok, 4: slow }))),
      { nil: null },
    );
    const table = fc.array(fc.tuple(anyCell, anyCell), { maxLength: 12 });
    fc.assert(
      fc.property(table, fc.infiniteStream(fc.nat(1000)), (rows, keys) => {
        const straight = minutes(...rows);
        const shuffled = straight
          .map((minute) => ({ minute, key: keys.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map((item) => item.minute);
        const { observation: _a, ...first } = look(straight, [ERRORS, P95]);
        const { observation: _b, ...second } = look(shuffled, [ERRORS, P95]);
        expect(second).toEqual(first);
      }),
      { numRuns: 300 },
    );
  });

  test('no table of counts passes without as many canary requests as are needed', () => {
    const anyNumber = fc.oneof(fc.nat(1000), fc.constantFrom(NaN, -1, 0.5, 1e308, Infinity, 0));
    const anyCell = fc.option(
      fc.tuple(anyNumber, anyNumber).map(([requests, errors]) => cell(requests, errors)),
      { nil: null },
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(anyCell, anyCell)), fc.boolean(), (rows, closed) => {
        const found = look(minutes(...rows), [ERRORS], { closed });
        const enough = rows.reduce((sum, [canary]) => sum + (canary?.requests ?? 0), 0) >= 100;
        expect(found.verdict === 'pass' && !(closed && enough)).toBe(false);
        expect(found.why).not.toMatch(/NaN|Infinity|undefined/);
      }),
      { numRuns: 500 },
    );
  });
});
