import { describe, expect, test } from 'vitest';
import type { PastMinute } from '../../src/core/judging-types.ts';
import { AUTO_RAMP } from '../../src/core/rollout/auto-stages.ts';
import { planHash } from '../../src/core/rollout/plan.ts';
import type { Plan, ServiceSnapshot } from '../../src/core/types.ts';
import { fittedPlan } from '../../src/engine/auto-plan.ts';
import type { Foresight, PastQuery } from '../../src/engine/ports.ts';
import {
  MINUTE,
  NOW,
  STABLE,
  TIMING,
  aPlan,
  aQuietService,
  aRecord,
  aService,
} from '../unit/build.ts';

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

type Sight = Pick<Foresight, 'history'>;

function sightOf(history: readonly PastMinute[] | null | Error, asked: PastQuery[] = []): Sight {
  return {
    history: async (query) => {
      asked.push(query);
      if (history instanceof Error) throw history;
      return history;
    },
  };
}

async function fit(foresight: Sight, service: ServiceSnapshot = aService({})): Promise<Plan> {
  const cancel = new AbortController().signal;
  return fittedPlan(WRITTEN, { service, timing: TIMING }, { foresight, cancel });
}

const percentsOf = (plan: Plan): number[] => plan.stages.map(({ percent }) => percent);

describe('stages left to us', () => {
  test('are those that the traffic of the last three hours can fill', async () => {
    expect(percentsOf(await fit(sightOf(past(12))))).toEqual([25, 50]);
    expect(percentsOf(await fit(sightOf(past(120_000))))).toEqual([1, 5, 25, 50]);
  });

  test('count the requests that other revisions answered as well', async () => {
    expect(percentsOf(await fit(sightOf(past(12, 0.1))))).toEqual([5, 25, 50]);
  });

  test('a period without a point is one without a request', async () => {
    const rare = past(120).filter((_, i) => i % 10 === 0);
    expect(percentsOf(await fit(sightOf(rare)))).toEqual([25, 50]);
  });

  test('a revision that was released lately had its traffic since then only', async () => {
    expect(percentsOf(await fit(sightOf(past(170, 1, 40))))).toEqual([1, 5, 25, 50]);
    expect(percentsOf(await fit(sightOf(past(170))))).toEqual([1, 5, 25, 50]);
  });

  test('one point tells when there was traffic, not how much', async () => {
    expect(percentsOf(await fit(sightOf(past(12, 1, 180).slice(0, 1))))).toEqual([50]);
    expect(percentsOf(await fit(sightOf(past(12, 1, 1))))).toEqual([1, 5, 25, 50]);
  });

  test('go by the revision that serves, up to what has arrived of it', async () => {
    const asked: PastQuery[] = [];
    await fit(sightOf(past(12), asked), aQuietService());
    const to = NOW - TIMING.ingestDelay;
    const window = { from: to - 180 * MINUTE, to };
    expect(asked).toEqual([{ stable: STABLE, ...window, samplePeriod: MINUTE }]);
  });

  test.each([
    ['nobody knows the traffic', sightOf([])],
    ['Monitoring is down', sightOf(null)],
  ])('are all four where %s', async (_, sight) => {
    expect(percentsOf(await fit(sight))).toEqual([1, 5, 25, 50]);
  });

  test('an error that is no answer of Monitoring is not swallowed', async () => {
    await expect(fit(sightOf(new TypeError('bug')))).rejects.toThrow('bug');
  });

  test('the plan that is frozen is the one that was fitted', async () => {
    const { hash, ...meaning } = await fit(sightOf(past(12)));
    expect(hash).toBe(planHash(meaning));
    expect(hash).not.toBe(WRITTEN.hash);
  });

  test('a rollout that is there keeps its stages, whatever the traffic is by now', async () => {
    const frozen = await fit(sightOf(past(12)));
    const service = aService({ plan: frozen, record: aRecord({ planHash: frozen.hash }) });
    const asked: PastQuery[] = [];
    expect(await fit(sightOf(past(120_000), asked), service)).toEqual(frozen);
    expect(asked).toEqual([]);
  });

  test('a rollout of another plan does not lend its stages', async () => {
    const other = sealed({ ...WRITTEN, tag: 'other', stages: [AUTO_RAMP[3]!] as never });
    const service = aService({ plan: other, record: aRecord({ planHash: other.hash }) });
    expect(percentsOf(await fit(sightOf(past(120_000)), service))).toEqual([1, 5, 25, 50]);
  });
});
