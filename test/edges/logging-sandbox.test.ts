/** The two edges as they are wired, in front of a Cloud Run with real requests. */
import { afterEach, beforeEach, expect, test } from 'vitest';

import type { Observation } from '../../src/core/judging-types.ts';
import { createHttp } from '../../src/edges/http.ts';
import { createErrorLogs } from '../../src/edges/logging.ts';
import { createMetrics } from '../../src/edges/monitoring.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';

const PERIOD = 400;
const DELAY = 600;
const WEB = '/apis/serving.knative.dev/v1/namespaces/demo/services/web';
const HEADERS = { authorization: 'Bearer fixed' };

let sandbox: Sandbox;
let url: string;

beforeEach(async () => {
  sandbox = await startSandbox({ samplePeriodMs: PERIOD, ingestDelayMs: DELAY });
  sandbox.tokens.controls.fixedAccessToken = 'fixed';
  const image = 'sandbox/app:healthy';
  const { status } = await sandbox.services.create({ name: 'web', image, revision: 'web-1' });
  url = status.url;
});
afterEach(() => sandbox.stop());

/** A canary of which every other request fails, with half of the traffic. */
async function deployCanary(): Promise<void> {
  const service = JSON.parse(
    await (await fetch(`${sandbox.base}${WEB}`, { headers: HEADERS })).text(),
  );
  const template = {
    metadata: { name: 'web-2' },
    spec: { containers: [{ image: 'sandbox/app:errors-50' }] },
  };
  const traffic = ['web-1', 'web-2'].map((revisionName) => ({ revisionName, percent: 50 }));
  const body = JSON.stringify({ ...service, spec: { template, traffic } });
  await fetch(`${sandbox.base}${WEB}`, { method: 'PUT', headers: HEADERS, body });
  await sandbox.services.untilSettled('web');
}

/** The sandbox samples on a grid of whole periods; what is in a row that has begun is not looked at. */
async function nextRow(): Promise<number> {
  const from = Math.ceil(Date.now() / PERIOD) * PERIOD;
  await expect.poll(() => Date.now(), { interval: 10 }).toBeGreaterThanOrEqual(from);
  return from;
}

/** Server errors that the clients themselves saw, of 120 requests. */
async function visit(): Promise<number> {
  let errors = 0;
  for (let i = 0; i < 120; i += 1) {
    const answer = await fetch(url);
    await answer.text();
    if (answer.status >= 500) errors += 1;
  }
  return errors;
}

function openEdges(from: number) {
  const { base: endpoint, options } = sandbox;
  const ref = { project: options.project, region: options.region, service: 'web' };
  const tokens = { header: async () => 'Bearer fixed', invalidate: () => undefined };
  const hurry = new AbortController();
  const notices: string[] = [];
  const common = {
    http: createHttp({ hurry: hurry.signal, random: () => 0 }),
    tokens,
    endpoint,
    ref,
    onNotice: (text: string) => void notices.push(text),
  };
  const clock = { monotonic: () => performance.now() };
  const errorLogs = createErrorLogs({ ...common, clock });
  const metrics = createMetrics({ ...common, errorLogs });
  const look = (): Promise<Observation> => {
    const now = Date.now();
    const sides = { canary: 'web-2', baseline: 'web-1', stable: 'web-1', samplePeriod: PERIOD };
    const history = { from: from - 180 * PERIOD, to: from };
    const window = { from, to: now - DELAY, now, history };
    return metrics.observe({ ...sides, ...window, readsMemory: true }, hurry.signal);
  };
  return { look, notices };
}

const logged = ({ log }: Observation) =>
  log?.minutes.reduce((sum, { canary, baseline }) => sum + canary + baseline, 0);
const counted = ({ minutes }: Observation) =>
  minutes.reduce((sum, row) => sum + (row.canary?.errors ?? 0) + (row.baseline?.errors ?? 0), 0);

test('the log has each error once, sooner than the counters and in the rows that they have', async () => {
  await visit();
  await deployCanary();
  const { look, notices } = openEdges(await nextRow());
  const errors = await visit();
  expect(errors).toBeGreaterThan(10);
  const seen: { logged: number | undefined; counted: number }[] = [];
  await expect
    .poll(
      async () => {
        const observation = await look();
        seen.push({ logged: logged(observation), counted: counted(observation) });
        return seen.at(-1);
      },
      { timeout: 60_000, interval: 50 },
    )
    .toEqual({ logged: errors, counted: errors });
  expect(seen.find((one) => one.logged === errors)?.counted).toBeLessThan(errors);
  const { minutes, history, log } = await look();
  const starts = log?.minutes.map(({ start }) => start) ?? [];
  expect(minutes.filter(({ start }) => !starts.includes(start))).toEqual([]);
  expect(history.length).toBeGreaterThan(0);
  expect(history.every(({ share }) => share === 1)).toBe(true);
  expect(minutes.find(({ canary }) => canary !== null)?.canary?.memory).toBeCloseTo(40);
  expect(notices).toEqual([]);
});

test('without the permission there is one notice, and the counters are as they were', async () => {
  await deployCanary();
  const { look, notices } = openEdges(await nextRow());
  sandbox.grant(['monitoring.timeSeries.list']);
  const errors = await visit();
  await expect
    .poll(async () => counted(await look()), { timeout: 60_000, interval: 50 })
    .toBe(errors);
  expect((await look()).log).toBeNull();
  expect(notices).toEqual([expect.stringContaining('roles/logging.viewer')]);
});

test('a log from which entries are excluded is not used once the counters tell of them', async () => {
  await deployCanary();
  const { look, notices } = openEdges(await nextRow());
  sandbox.logging.controls.exclude(0.9);
  await visit();
  await expect
    .poll(() => look().then(() => notices), { timeout: 60_000, interval: 50 })
    .toEqual([expect.stringContaining('excluded or sampled')]);
  expect((await look()).log).toBeNull();
});
