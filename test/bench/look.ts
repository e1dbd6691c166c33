/**
 * CPU time of one look: two answers of Cloud Monitoring, an hour of two revisions, to a verdict.
 * A program of its own, as cold as the action is; it prints one line of JSON.
 */
import { judge } from '../../src/core/judge/judge.ts';
import type { Http } from '../../src/edges/http.ts';
import { createMetrics } from '../../src/edges/monitoring.ts';
import { type Monitoring, monitoringHandler } from '../sandbox/monitoring/handler.ts';
import { logNormal, seededRandom } from '../sandbox/traffic/random.ts';

export type LookCost = {
  /** Mean of the first looks of a process, as many as a rollout of the default stages has. */
  readonly asInRollout: number;
  /** Once the code is compiled. */
  readonly warm: number;
  readonly bytes: number;
};

const MINUTE = 60_000;
const ROWS = 60;
const FROM = Date.parse('2026-11-20T12:00:00Z');
const TO = FROM + ROWS * MINUTE;
const REF = { project: 'demo', region: 'us-central1', service: 'web' };
const REVISIONS = { canary: 'web-2', baseline: 'web-1' } as const;
const LOOKS = { cold: 30, warmUp: 300, warm: 300 };

/** Defaults of action.yml. */
const JUDGING: Parameters<typeof judge>[1] = {
  criteria: [
    { metric: 'error-rate', max: null, maxIncrease: 0.005 },
    { metric: 'latency-p95', max: null, maxIncrease: 0.25 },
  ],
  minRequests: 100,
  confidence: 'normal',
  onInconclusive: 'promote',
  warmUp: 3,
};

async function measureLook(): Promise<LookCost> {
  const recorded = await record();
  const look = looker(recorded);
  const asInRollout = await cpuPerLook(look, LOOKS.cold);
  await cpuPerLook(look, LOOKS.warmUp);
  const warm = await cpuPerLook(look, LOOKS.warm);
  const bytes = [...recorded.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return { asInRollout, warm, bytes };
}

/** One look of the action; only the way over the network is left out. */
function looker(recorded: ReadonlyMap<string, string>): () => Promise<void> {
  const metrics = createMetrics({
    http: playback(recorded),
    tokens: { header: async () => 'Bearer good', invalidate: () => undefined },
    endpoint: 'https://monitoring.googleapis.com',
    ref: REF,
    errorLogs: { read: async () => null },
    onNotice: () => undefined,
  });
  const window = { from: FROM, to: TO, now: TO + 3 * MINUTE, history: null };
  const query = { ...REVISIONS, ...window, samplePeriod: MINUTE };
  const { signal } = new AbortController();
  return async () => {
    const observation = await metrics.observe(query, signal);
    const { verdict } = judge(observation, JUDGING, {
      closed: true,
      early: false,
      lapsed: false,
      samplePeriod: MINUTE,
      stages: [{ percent: 50, asked: FROM, from: FROM }],
      nextPercent: 100,
    });
    if (!observation.complete || observation.minutes.length !== ROWS || verdict !== 'pass') {
      throw new Error(`${observation.minutes.length} rows were judged ${verdict}.`);
    }
  };
}

async function cpuPerLook(look: () => Promise<void>, looks: number): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < looks; i += 1) await look();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / looks;
}

/** What Cloud Monitoring would answer after an hour at ten requests a second on either side. */
async function record(): Promise<ReadonlyMap<string, string>> {
  const random = seededRandom(11);
  const monitoring = monitoringHandler({
    project: REF.project,
    region: REF.region,
    samplePeriodMs: MINUTE,
    ingestDelayMs: 3 * MINUTE,
    now: () => TO + 5 * MINUTE,
    authenticate: () => true,
  });
  for (const revision of Object.values(REVISIONS)) {
    for (let endedAt = FROM; endedAt < TO; endedAt += 100) {
      const latencyMs = logNormal(random, { median: 35, sigma: 0.6 });
      const status = random() < 0.002 ? 500 : random() < 0.02 ? 404 : 200;
      const request = { service: REF.service, revision, tag: null, method: 'GET', path: '/' };
      monitoring.record({ ...request, status, endedAt, latencyMs });
    }
  }
  const metrics = ['request_count', 'request_latencies'];
  const answers = metrics.map(async (metric) => [metric, await ask(monitoring, metric)] as const);
  return new Map(await Promise.all(answers));
}

async function ask(monitoring: Monitoring, metric: string): Promise<string> {
  const answer = await monitoring.handler({
    method: 'GET',
    host: 'monitoring.googleapis.com',
    path: `/v3/projects/${REF.project}/timeSeries`,
    query: new URLSearchParams({
      filter: `metric.type="run.googleapis.com/${metric}"`,
      'interval.startTime': new Date(FROM).toISOString(),
      'interval.endTime': new Date(TO).toISOString(),
    }),
    headers: {},
    body: '',
    base: 'https://monitoring.googleapis.com',
  });
  if (answer?.status !== 200) throw new Error(`${metric} could not be recorded.`);
  return JSON.stringify(answer.body);
}

function playback(recorded: ReadonlyMap<string, string>): Http {
  const unasked = () => Promise.reject(new Error('A look only reads.'));
  return {
    get: async ({ url }) => {
      const filter = new URL(url).searchParams.get('filter') ?? '';
      const metric = /googleapis\.com\/(\w+)/.exec(filter)?.[1] ?? '';
      const text = recorded.get(metric) ?? '';
      return { kind: 'answer', status: 200, headers: {}, text, serverTime: null };
    },
    put: unasked,
    post: unasked,
  };
}

process.stdout.write(`${JSON.stringify(await measureLook())}\n`);
