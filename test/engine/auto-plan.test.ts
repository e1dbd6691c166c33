import { describe, expect, test } from 'vitest';
import type { PastMinute } from '../../src/core/judging-types.ts';
import { Problem } from '../../src/core/problem.ts';
import { AUTO_RAMP } from '../../src/core/rollout/auto-stages.ts';
import { planHash } from '../../src/core/rollout/plan.ts';
import type { Plan, ServiceSnapshot } from '../../src/core/types.ts';
import { fittedPlan } from '../../src/engine/auto-plan.ts';
import type { Metrics, ObservationQuery } from '../../src/engine/ports.ts';
import { MINUTE, NOW, TIMING, aPlan, aRecord, aService } from '../unit/build.ts';

const quiet = { errors: 0, clientErrors: 0, latency: null, memory: null };

function past(requests: number, share = 1, minutes = 180): PastMinute[] {
  return Array.from({ length: minutes }, (_, i) => ({
    start: NOW - (minutes - i) * MINUTE,
    cell: { ...quiet, requests },
    share,
  }));
}

function sealed(with_: Partial<Plan>): Plan {
  const { hash: _, ...meaning } = { ...aPlan({}), ...with_ };
  return { ...meaning, hash: planHash(meaning) };
}

const WRITTEN = sealed({ stages: AUTO_RAMP, judging: { ...aPlan({}).judging, minRequests: 20 } });

function metricsWith(
  history: readonly PastMinute[] | Error,
  asked: ObservationQuery[] = [],
): Metrics {
  return {
    timing: async () => ({ ...TIMING, notice: null }),
    observe: async (query) => {
      asked.push(query);
      if (history instanceof Error) throw history;
      return { from: query.from, to: query.to, minutes: [], history, log: null, complete: true };
    },
  };
}

async function fit(metrics: Metrics, service: ServiceSnapshot = aService({})): Promise<Plan> {
  const cancel = new AbortController().signal;
  return fittedPlan(WRITTEN, { service, timing: TIMING }, { metrics, cancel });
}

const percentsOf = (plan: Plan): number[] => plan.stages.map(({ percent }) => percent);

describe('stages left to us', () => {
  test('are those that the traffic of the last three hours can fill', async () => {
    expect(percentsOf(await fit(metricsWith(past(12))))).toEqual([25, 50]);
    expect(percentsOf(await fit(metricsWith(past(120_000))))).toEqual([1, 5, 25, 50]);
  });

  test('count the requests that other revisions answered as well', async () => {
    expect(percentsOf(await fit(metricsWith(past(12, 0.1))))).toEqual([5, 25, 50]);
  });

  test('a period without a point is one without a request', async () => {
    const rare = past(120).filter((_, i) => i % 10 === 0);
    expect(percentsOf(await fit(metricsWith(rare)))).toEqual([25, 50]);
  });

  test('a revision that was released lately had its traffic since then only', async () => {
    expect(percentsOf(await fit(metricsWith(past(170, 1, 40))))).toEqual([1, 5, 25, 50]);
    expect(percentsOf(await fit(metricsWith(past(170))))).toEqual([1, 5, 25, 50]);
  });

  test('one point tells when there was traffic, not how much', async () => {
    expect(percentsOf(await fit(metricsWith(past(12, 1, 180).slice(0, 1))))).toEqual([50]);
    expect(percentsOf(await fit(metricsWith(past(12, 1, 1))))).toEqual([1, 5, 25, 50]);
  });

  test('one revision beside itself is nothing to read the request log for', async () => {
    const asked: ObservationQuery[] = [];
    await fit(metricsWith(past(12), asked));
    expect(asked).toMatchObject([{ readsLog: false }]);
  });

  test.each([
    ['nobody knows the traffic', metricsWith([])],
    ['Monitoring is down', metricsWith(new Problem('unreachable', { summary: '', advice: '' }))],
  ])('are all four where %s', async (_, metrics) => {
    expect(percentsOf(await fit(metrics))).toEqual([1, 5, 25, 50]);
  });

  test('an error that is no answer of Monitoring is not swallowed', async () => {
    await expect(fit(metricsWith(new TypeError('bug')))).rejects.toThrow('bug');
  });

  test('the plan that is frozen is the one that was fitted', async () => {
    const { hash, ...meaning } = await fit(metricsWith(past(12)));
    expect(hash).toBe(planHash(meaning));
    expect(hash).not.toBe(WRITTEN.hash);
  });

  test('a rollout that is there keeps its stages, whatever the traffic is by now', async () => {
    const frozen = await fit(metricsWith(past(12)));
    const service = aService({ plan: frozen, record: aRecord({ planHash: frozen.hash }) });
    const asked: ObservationQuery[] = [];
    expect(await fit(metricsWith(past(120_000), asked), service)).toEqual(frozen);
    expect(asked).toEqual([]);
  });

  test('a rollout of another plan does not lend its stages', async () => {
    const other = sealed({ ...WRITTEN, tag: 'other', stages: [AUTO_RAMP[3]!] as never });
    const service = aService({ plan: other, record: aRecord({ planHash: other.hash }) });
    expect(percentsOf(await fit(metricsWith(past(120_000)), service))).toEqual([1, 5, 25, 50]);
  });
});
