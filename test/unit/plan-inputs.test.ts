import { describe, expect, test } from 'vitest';
import { AUTO_RAMP } from '../../src/core/rollout/auto-stages.ts';
import { planHash, readPlan, writePlan } from '../../src/core/rollout/plan.ts';
import { LEAST, plan, request } from './given-inputs.ts';
import type { Given } from './given-inputs.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('what is given', () => {
  test('every limit ends up in the plan', () => {
    const judging = plan({
      min_requests: '20',
      max_error_rate: '2%',
      max_error_rate_increase: '1%',
      max_latency_p50: '100ms',
      max_latency_p95: '1s',
      max_latency_p99: '1500ms',
      max_latency_increase: '150%',
      max_client_error_rate_increase: '2%',
      confidence: 'high',
      latency_warm_up: '5',
      max_memory: '80%',
      on_inconclusive: 'hold',
    }).judging;
    expect(judging).toEqual({
      criteria: [
        { metric: 'error-rate', max: 0.02, maxIncrease: 0.01 },
        { metric: 'latency-p95', max: 1000, maxIncrease: 1.5 },
        { metric: 'latency-p50', max: 100, maxIncrease: null },
        { metric: 'latency-p99', max: 1500, maxIncrease: null },
        { metric: 'client-error-rate', max: null, maxIncrease: 0.02 },
      ],
      minRequests: 20,
      confidence: 'high',
      onInconclusive: 'hold',
      warmUp: 5,
      maxMemory: 0.8,
    });
  });

  test('every deadline and every choice ends up in the plan', () => {
    const given = {
      on_no_data: 'rollback',
      on_cancel: 'hold',
      no_data_timeout: '1m',
      deploy_timeout: '2m',
      hold_for: '30d',
      allow_unfenced: 'True',
      smoke_path: '/healthz?deep=1',
      smoke_status: '204',
      smoke_revision_header: 'X-Revision',
      smoke_body: 'ready',
      smoke_probes: '20',
      smoke_rate: '5',
      smoke_auth: 'id_token',
      smoke_audience: 'https://shop.example',
      warm_up: '30s',
    };
    expect(plan(given)).toMatchObject({
      onNoData: 'rollback',
      onCancel: 'hold',
      noDataTimeout: MINUTE,
      deployTimeout: 2 * MINUTE,
      holdFor: 30 * 24 * HOUR,
      allowUnfenced: true,
      smoke: {
        lines: [{ method: 'GET', path: '/healthz?deep=1', statuses: null }],
        statuses: [{ from: 204, to: 204 }],
        body: 'ready',
        revisionHeader: 'x-revision',
        probes: 20,
        rate: 5,
        auth: 'id_token',
        audience: 'https://shop.example',
        warmUp: 30_000,
      },
    });
  });

  test('the check run and its token are for every command', () => {
    const given = { command: 'status', service: 'web', check_name: 'Ramp', token: 'ghs_x' };
    expect(request(given)).toMatchObject({ checkName: 'Ramp', token: 'ghs_x' });
  });

  test('a ceiling below the default increase is no contradiction: nobody wrote the default', () => {
    expect(plan({ max_error_rate: '0.1%' }).judging.criteria[0]).toMatchObject({ max: 0.001 });
  });

  test('ceilings of several percentiles may be equal', () => {
    const given = { max_latency_p50: '1s', max_latency_p95: '1s', max_latency_p99: '1s' };
    const { criteria } = plan(given).judging;
    expect(criteria.slice(1, 4).map(({ max }) => max)).toEqual([1000, 1000, 1000]);
  });

  test('stages left to us are marked, so that they can be fitted to the service', () => {
    const parsed = request({ ...LEAST, stages: 'auto' });
    expect(parsed).toMatchObject({ isAuto: true, plan: { stages: AUTO_RAMP } });
  });

  test('gates end up in the stages of the plan', () => {
    const { stages } = plan({ stages: '5% for 10m, 50% until promoted' });
    expect(stages.map(({ gate }) => gate)).toEqual([false, true]);
  });

  test('smoke_path off is no smoke test', () => {
    expect(plan({ smoke_path: 'off' }).smoke).toBeNull();
  });

  test('what changes something is worth a word, and so is a warm-up that comes later', () => {
    const changes = request({ ...LEAST, smoke_path: '/\nPOST /orders?key=1 400' }).warnings;
    expect(changes).toEqual([expect.stringMatching(/^smoke_path has POST: it is sent once/)]);
    expect(changes.join()).not.toContain('key');
    expect(request({ ...LEAST, command: 'deploy', warm_up: '5s' }).warnings).toEqual([
      expect.stringContaining('`ramp` warms it up'),
    ]);
    expect(request({ ...LEAST, warm_up: '5s' }).warnings).toEqual([]);
  });

  test('max_latency_increase off leaves the ceiling', () => {
    const given = { max_latency_increase: 'off', max_latency_p95: '1s' };
    expect(plan(given).judging.criteria[1]).toEqual({
      metric: 'latency-p95',
      max: 1000,
      maxIncrease: null,
    });
  });

  test('max_memory off leaves memory out, and nothing else', () => {
    const { judging } = plan({ max_memory: 'off' });
    expect(judging).toEqual({ ...plan({}).judging, maxMemory: null });
  });

  test('a criterion that would ask nothing is left out', () => {
    const given = { max_latency_increase: 'off', max_client_error_rate_increase: 'off' };
    const { plan: made } = request({ ...LEAST, ...given });
    expect(made!.judging.criteria.map(({ metric }) => metric)).toEqual(['error-rate']);
  });

  test('a canary that may become slower unnoticed is warned of', () => {
    expect(request({ ...LEAST, max_latency_increase: 'off' }).warnings).toEqual([
      expect.stringContaining('may become slower unnoticed'),
    ]);
    const ceiling = { max_latency_increase: 'off', max_latency_p99: '2s' };
    expect(request({ ...LEAST, ...ceiling }).warnings).toEqual([]);
  });

  test.each(['registry.example/web:latest', 'registry.example/web'])('%s is warned of', (image) => {
    expect(request({ ...LEAST, image }).warnings).toEqual([
      expect.stringContaining('Prefer a digest'),
    ]);
  });

  test('a request cannot be changed, at any depth', () => {
    const parsed = request(LEAST);
    const parts = [parsed, parsed.ref, parsed.plan, parsed.plan!.judging.criteria[0]];
    expect(parts.map((part) => Object.isFrozen(part))).toEqual([true, true, true, true]);
  });
});

describe('plan hash', () => {
  test('two ways to write the same plan have the same hash', () => {
    const one = plan({ stages: '5% for 10m, 20% for 1h', max_latency_p95: '1s' });
    const other = plan({ stages: '5 % for 600s\n20% for 60m\n100%', max_latency_p95: '1000ms' });
    expect(one.hash).toBe(other.hash);
  });

  test('the order in which the parts are named means nothing', () => {
    const { hash, change, ...rest } = plan();
    const stages = rest.stages.map(({ percent, bake, least, gate }) => ({
      gate,
      least,
      bake,
      percent,
    }));
    const [first, ...others] = stages;
    expect(planHash({ ...rest, stages: [first!, ...others], change })).toBe(hash);
  });

  test.each<Given>([
    { image: 'registry.example/web:v2' },
    { tag: 'canary' },
    { stages: '5% for 10m, 20% for 10m, 50% for 11m' },
    { stages: '5% for 10m, 20% for 10m, 51% for 10m' },
    { min_requests: '101' },
    { confidence: 'high' },
    { latency_warm_up: '0' },
    { max_memory: '94%' },
    { max_memory: 'off' },
    { on_inconclusive: 'hold' },
    { max_client_error_rate_increase: '2%' },
    { stages: '5% for 10m, 20% for 10m, 50% for 5m..10m' },
    { max_error_rate: '1%' },
    { max_error_rate_increase: '0.6%' },
    { max_latency_p99: '1s' },
    { max_latency_increase: '26%' },
    { on_no_data: 'rollback' },
    { baseline: 'fresh' },
    { min_instances_during_rollout: '2' },
    { no_data_timeout: '16m' },
    { smoke_path: 'off' },
    { smoke_path: '/healthz' },
    { smoke_status: '200' },
    { smoke_revision_header: 'x-revision' },
    { smoke_path: '/ 200' },
    { smoke_path: 'HEAD /' },
    { smoke_body: 'ok' },
    { smoke_probes: '49' },
    { smoke_rate: '9' },
    { smoke_auth: 'none' },
    { smoke_audience: 'x' },
    { warm_up: '1s' },
    { stages: '5% for 10m, 20% for 10m, 50% for 10m until promoted' },
    { deploy_timeout: '11m' },
    { hold_for: '2d' },
    { on_cancel: 'hold' },
    { allow_unfenced: 'true' },
    { keep_tag: 'true' },
  ])('%j means another plan: all of it is frozen on the service', (given) => {
    expect(plan(given).hash).not.toBe(plan().hash);
  });

  test('the longest plan that the inputs take fits into its annotation and is read back', () => {
    const list = (count: number, row: (index: number) => string) =>
      Array.from({ length: count }, (_, index) => row(index)).join(', ');
    const longest = plan({
      image: `registry.example/${'a'.repeat(238)}@sha256:${'0'.repeat(64)}`,
      stages: list(20, (index) => `${index + 10}% for 1d11h59m59s until promoted`),
      smoke_path: Array.from(
        { length: 10 },
        (_, i) => `OPTIONS /${i}${'x'.repeat(180)} 100,200,300`,
      ).join('\n'),
      smoke_body: '€'.repeat(200),
      smoke_probes: '500',
      smoke_rate: '100',
      smoke_auth: 'id_token',
      smoke_audience: 'x'.repeat(256),
      warm_up: '9m59s',
      smoke_status: list(50, (index) => `${100 + 2 * index}-${101 + 2 * index}`),
      smoke_revision_header: 'x'.repeat(60),
      max_latency_p50: '1s',
      max_latency_p95: '2s',
      max_latency_p99: '3s',
      max_error_rate: '12.345678901%',
    });
    const text = writePlan(longest);
    expect(text.length).toBeGreaterThan(3500);
    const change = { ...longest.change, originLabels: [] };
    expect(readPlan(text, longest.hash)).toEqual({ ...longest, change });
  });

  test('the check run and its token are no part of the plan', () => {
    expect(plan({ check_name: 'Ramp', token: 'ghs_x' }).hash).toBe(plan().hash);
  });
});
