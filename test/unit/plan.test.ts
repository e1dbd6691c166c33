import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checksum } from '../../src/core/checksum.ts';
import {
  MAX_PLAN_BYTES,
  planFor,
  planHash,
  readPlan,
  writePlan,
} from '../../src/core/rollout/plan.ts';
import type { Plan } from '../../src/core/types.ts';
import { aDrive, aPlan, aService } from './build.ts';
import { LEAST, parse, request } from './given-inputs.ts';
import type { Given } from './given-inputs.ts';

function sealed(with_: Partial<Plan> = {}): Plan {
  const plan = aPlan(with_);
  return { ...plan, hash: planHash(plan) };
}

/** The text of something else than a plan, with the hash that vouches for it. */
function vouched(value: unknown): Plan | null {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return readPlan(text, checksum(text));
}

describe('a frozen plan', () => {
  test.each([
    ['the usual one', sealed()],
    ['one without probes', sealed({ smoke: null })],
    ['one with a gate', sealed({ stages: [{ percent: 50, bake: 0, least: 0, gate: true }] })],
    ['one that keeps the tag', sealed({ keepTag: true })],
    ['one that holds and accepts', sealed({ onCancel: 'hold', allowUnfenced: true })],
  ])('is read back as it was written: %s', (_, plan) => {
    expect(readPlan(writePlan(plan), plan.hash)).toEqual(plan);
  });

  test('that an earlier version froze is read with what it could not say yet', () => {
    const { criteria, minRequests } = aPlan().judging;
    const { hash: _, ...rest } = aPlan();
    const old = { ...rest, judging: { criteria, minRequests } };
    expect(vouched(old)).toMatchObject({
      judging: {
        criteria,
        confidence: 'normal',
        onInconclusive: 'promote',
        warmUp: 3,
        maxMemory: 0.95,
      },
    });
  });

  test('says nothing of memory as usual, as earlier versions did, and keeps every other choice', () => {
    const usual = aPlan();
    expect(writePlan(usual)).not.toContain('maxMemory');
    for (const maxMemory of [0.8, 1, null]) {
      const other = sealed({ judging: { ...usual.judging, maxMemory } });
      expect(other.hash).not.toBe(usual.hash);
      expect(readPlan(writePlan(other), other.hash)).toEqual(other);
    }
  });

  test('that an earlier version froze asks one path once, without a token', () => {
    const { hash: _, ...rest } = aPlan();
    const statuses = [{ from: 200, to: 299 }];
    const smoke = { path: '/healthz', statuses, revisionHeader: 'x-revision' };
    expect(vouched({ ...rest, smoke })?.smoke).toEqual({
      lines: [{ method: 'GET', path: '/healthz', statuses: null }],
      statuses,
      body: null,
      revisionHeader: 'x-revision',
      probes: 1,
      rate: 1,
      auth: 'none',
      audience: null,
      warmUp: 0,
    });
    expect(vouched({ ...rest, smoke: null })?.smoke).toBeNull();
    expect(vouched({ ...rest, smoke: 7 })?.smoke).toBeNull();
  });

  test('says nothing of a tag that is not kept, as earlier versions did', () => {
    expect(writePlan(sealed())).not.toContain('keepTag');
    expect(sealed({ keepTag: true }).hash).not.toBe(sealed().hash);
  });

  test('has a hash over everything but itself', () => {
    expect(planHash(sealed())).toBe(planHash(aPlan({ hash: '00000000' })));
    expect(planHash(aPlan({ holdFor: 1 }))).not.toBe(planHash(aPlan()));
    expect(writePlan(sealed())).not.toContain('hash');
  });

  test('is none without an annotation', () => {
    expect(readPlan(undefined, sealed().hash)).toBeNull();
  });

  test('is none for a record with another hash', () => {
    expect(readPlan(writePlan(sealed()), planHash(aPlan({ holdFor: 1 })))).toBeNull();
  });

  test('that was edited by hand is none', () => {
    const plan = sealed();
    const edited = writePlan(plan).replace('"percent":5', '"percent":9');
    expect(edited).not.toBe(writePlan(plan));
    expect(readPlan(edited, plan.hash)).toBeNull();
  });

  test('longer than the cap is none, and just below it is one', () => {
    const room = MAX_PLAN_BYTES - writePlan(aPlan({ tag: '' })).length;
    const longest = sealed({ tag: 'x'.repeat(room) });
    expect(writePlan(longest)).toHaveLength(MAX_PLAN_BYTES);
    expect(readPlan(writePlan(longest), longest.hash)).toEqual(longest);
    const tooLong = sealed({ tag: 'x'.repeat(room + 1) });
    expect(readPlan(writePlan(tooLong), tooLong.hash)).toBeNull();
  });

  test.each(['', '{', 'null', '7', '"plan"', '[]', '{}'])('is not %j', (text) => {
    expect(vouched(text)).toBeNull();
  });

  test.each(['change', 'tag', 'stages', 'judging', 'deployTimeout', 'noDataTimeout', 'holdFor'])(
    'is none without %s, whatever vouches for it',
    (key) => {
      const fields = Object.entries(aPlan()).filter(([name]) => name !== key && name !== 'hash');
      expect(vouched(Object.fromEntries(fields))).toBeNull();
    },
  );

  test('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => vouched(text) === null),
      { numRuns: 5000 },
    );
  });
});

describe('the longest that the inputs take', () => {
  /** The most of it that is accepted: where a limit is raised, this is longer, too. */
  function most(given: (n: number) => Given): Given {
    let [least, over] = [1, MAX_PLAN_BYTES];
    while (over - least > 1) {
      const n = Math.floor((least + over) / 2);
      if (parse({ ...LEAST, smoke_path: '/', ...given(n) }).ok) least = n;
      else over = n;
    }
    return given(least);
  }

  /** The sum of all stages has a limit of its own. */
  const stageOf = (n: number) => (_: unknown, index: number) =>
    `${Math.max(0, 98 - n) + index}% for ${Math.floor(2_000_000 / n)}s..${Math.floor(2_500_000 / n)}s`;
  const lines = (length: number) => (_: unknown, index: number) =>
    `/${index}${'x'.repeat(length)} 200,201,202`;
  const { smoke_path = '' } = most((n) => ({
    smoke_path: Array.from({ length: n }, lines(1)).join('\n'),
  }));
  const LONGEST: Given = {
    ...LEAST,
    ...most((n) => ({
      image: `registry.example/${'x'.repeat(n)}:${'t'.repeat(128)}@sha256:${'0'.repeat(64)}`,
    })),
    ...most((n) => ({ stages: Array.from({ length: n }, stageOf(n)).join(',') })),
    ...most((n) => ({
      smoke_path: smoke_path.split('\n').map(lines(n)).join('\n'),
    })),
    ...most((n) => ({ smoke_status: Array.from({ length: n }, () => '200').join(',') })),
    ...most((n) => ({ smoke_body: '"'.repeat(n) })),
    ...most((n) => ({ smoke_revision_header: 'x'.repeat(n) })),
    ...most((n) => ({ smoke_audience: '"'.repeat(n), smoke_auth: 'id_token' })),
    ...most((n) => ({ tag: 'x'.repeat(n) })),
    env_vars: 'A=1',
    smoke_probes: '500',
    smoke_rate: '100',
    warm_up: '10m',
    max_error_rate: '12.345678912%',
    max_error_rate_increase: '1.234567891%',
    max_client_error_rate_increase: '12.345678912%',
    max_latency_p50: '1111111ms',
    max_latency_p95: '1111112ms',
    max_latency_p99: '1111113ms',
    max_latency_increase: '12.345678912%',
    max_memory: '12.345678912%',
    min_requests: '999999999',
    on_inconclusive: 'rollback',
    min_instances_during_rollout: '1000',
    baseline: 'fresh',
    no_data_timeout: '167h',
    hold_for: '719h',
    keep_tag: 'true',
  };
  const frozen = ({ change, ...rest }: Plan): Plan => ({
    ...rest,
    change: { ...change, edits: [], originLabels: [] },
  });

  test('is read back: a plan that no later command could read is never begun', () => {
    const plan = request(LONGEST).plan!;
    expect(writePlan(plan).length).toBeGreaterThan(7_000);
    expect(readPlan(writePlan(plan), plan.hash)).toEqual(frozen(plan));
  });

  test('as any other that they take', () => {
    const some = fc.subarray(Object.entries(LONGEST)).map((given) => Object.fromEntries(given));
    fc.assert(
      fc.property(some, (given) => {
        const parsed = parse({ ...LEAST, smoke_path: '/', ...given });
        fc.pre(parsed.ok);
        const plan = parsed.request.plan!;
        expect(readPlan(writePlan(plan), plan.hash)).toEqual(frozen(plan));
      }),
    );
  });
});

describe('a drive', () => {
  const brought = sealed({ holdFor: 1 });
  const service = aService({ plan: sealed() });

  test('follows the plan it brings, else the frozen one, else none', () => {
    expect(planFor(aDrive({ plan: brought }), service)).toBe(brought);
    expect(planFor(aDrive({ plan: null }), service)).toBe(service.plan);
    expect(planFor(aDrive({ plan: null }), aService({ plan: null }))).toBeNull();
  });
});
