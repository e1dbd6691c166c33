/**
 * CPU time of one look: the answers of Cloud Monitoring about four hours of two revisions, with three
 * hours of history and the request log, to a verdict. A program of its own, as cold as the action is;
 * it prints one line of JSON.
 */
import { judge } from '../../src/core/judge/judge.ts';
import type { ErrorLog, LoggedMinute } from '../../src/core/judging-types.ts';
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
const ROWS = 240;
const PAST_ROWS = 180;
const FROM = Date.parse('2026-11-20T12:00:00Z');
const PAST = { from: FROM - PAST_ROWS * MINUTE, to: FROM };
const TO = FROM + ROWS * MINUTE;
const REF = { project: 'demo', region: 'us-central1', service: 'web' };
const ENDPOINT = 'https://monitoring.googleapis.com';
const REVISIONS = { canary: 'web-2', baseline: 'web-1' } as const;
const LOOKS = { cold: 30, warmUp: 100, warm: 100 };

/** Defaults of action.yml. */
const JUDGING: Parameters<typeof judge>[1] = {
  criteria: [
    { metric: 'error-rate', max: null, maxIncrease: 0.0005 },
    { metric: 'latency-p95', max: null, maxIncrease: 0.1 },
    { metric: 'client-error-rate', max: null, maxIncrease: 0.01 },
  ],
  minRequests: 20,
  confidence: 'normal',
  onInconclusive: 'promote',
  warmUp: 3,
  maxMemory: 0.95,
};

async function measureLook(): Promise<LookCost> {
  const world = happened();
  const answers = new Map<string, string>();
  // What is asked is answered once before anything is measured.
  await looker(world, answers)();
  const look = looker(world, answers);
  const asInRollout = await cpuPerLook(look, LOOKS.cold);
  await cpuPerLook(look, LOOKS.warmUp);
  const warm = await cpuPerLook(look, LOOKS.warm);
  const bytes = [...answers.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return { asInRollout, warm, bytes };
}

/** One look of the action; only the way over the network, and reading the log, is left out. */
function looker({ monitoring, log }: World, answers: Map<string, string>): () => Promise<void> {
  const metrics = createMetrics({
    http: playback(monitoring, answers),
    tokens: { header: async () => 'Bearer good', invalidate: () => undefined },
    endpoint: ENDPOINT,
    ref: REF,
    errorLogs: { read: async () => log },
    onNotice: () => undefined,
  });
  const window = { from: FROM, to: TO, now: TO + 3 * MINUTE, history: PAST };
  const query = {
    ...REVISIONS,
    stable: REVISIONS.baseline,
    ...window,
    samplePeriod: MINUTE,
    readsMemory: true,
  };
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
    const { complete, minutes, history } = observation;
    if (!complete || minutes.length !== ROWS || history.length !== PAST_ROWS) {
      throw new Error(`${minutes.length} rows and ${history.length} of history were read.`);
    }
    if (verdict !== 'pass') throw new Error(`They were judged ${verdict}.`);
  };
}

async function cpuPerLook(look: () => Promise<void>, looks: number): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < looks; i += 1) await look();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / looks;
}

type World = { readonly monitoring: Monitoring; readonly log: ErrorLog };

/** Ten requests a second on either side for four hours, and twenty before on the stable one. */
function happened(): World {
  const random = seededRandom(11);
  const monitoring = monitoringHandler({
    project: REF.project,
    region: REF.region,
    samplePeriodMs: MINUTE,
    ingestDelayMs: 3 * MINUTE,
    now: () => TO + 5 * MINUTE,
    authenticate: () => true,
  });
  const logged = new Map<number, LoggedMinute>();
  const request = (side: keyof typeof REVISIONS, endedAt: number): void => {
    const latencyMs = logNormal(random, { median: 35, sigma: 0.6 });
    const status = random() < 0.002 ? 500 : random() < 0.02 ? 404 : 200;
    const visit = { service: REF.service, revision: REVISIONS[side], tag: null, method: 'GET' };
    monitoring.record({ ...visit, path: '/', status, endedAt, latencyMs });
    if (status !== 500 || endedAt < FROM) return;
    const start = endedAt - ((endedAt - FROM) % MINUTE);
    const row = logged.get(start) ?? { start, canary: 0, baseline: 0, capped: false };
    logged.set(start, { ...row, [side]: row[side] + 1 });
  };
  for (let endedAt = PAST.from; endedAt < PAST.to; endedAt += 50) request('baseline', endedAt);
  for (let endedAt = FROM; endedAt < TO; endedAt += 100) {
    request('canary', endedAt);
    request('baseline', endedAt);
  }
  return { monitoring, log: { minutes: [...logged.values()] } };
}

function playback(monitoring: Monitoring, answers: Map<string, string>): Http {
  const unasked = () => Promise.reject(new Error('A look only reads.'));
  return {
    get: async ({ url }) => {
      const text = answers.get(url) ?? (await ask(monitoring, new URL(url)));
      answers.set(url, text);
      return { kind: 'answer', status: 200, headers: {}, text, serverTime: null };
    },
    put: unasked,
    post: unasked,
  };
}

async function ask(monitoring: Monitoring, { pathname, searchParams }: URL): Promise<string> {
  const answer = await monitoring.handler({
    method: 'GET',
    host: new URL(ENDPOINT).host,
    path: pathname,
    query: searchParams,
    headers: {},
    body: '',
    base: ENDPOINT,
  });
  if (answer?.status !== 200) throw new Error(`${pathname} could not be recorded.`);
  return JSON.stringify(answer.body);
}

process.stdout.write(`${JSON.stringify(await measureLook())}\n`);
