/** One good rollout of the three default stages, a second of the sandbox for a real minute. */
import { startLoad } from '../sandbox/traffic/load.ts';
import { type Desk, SERVICE } from './desk.ts';

export const APIS = [
  'tokens',
  'Cloud Run v1',
  'Cloud Run v2',
  'Monitoring',
  'GitHub',
  'anything else',
] as const;
type Api = (typeof APIS)[number];

export type RolloutCost = {
  readonly seconds: number;
  readonly requests: Readonly<Record<Api, number>>;
  readonly smokeProbes: number;
  /** Bytes; null where the kernel does not tell. */
  readonly peakMemory: number | null;
};

const STAGES = '5% for 10s, 20% for 10s, 50% for 10s';

export async function measureRollout(desk: Desk): Promise<RolloutCost> {
  const { sandbox } = desk;
  const { url } = sandbox.model.get(SERVICE).status;
  const load = startLoad({ url, requestsPerSecond: 100, poisson: true, seed: 7 });
  let smokeProbes = 0;
  sandbox.traffic.onRequest(({ tag }) => {
    if (tag !== null) smokeProbes += 1;
  });
  const from = sandbox.journal.entries().length;
  const begun = performance.now();
  const action = desk.start({ image: 'sandbox/app:v2', stages: STAGES, min_requests: '20' });
  const { exitCode, outputs } = await action.ended;
  const seconds = (performance.now() - begun) / 1000;
  await load.stop();
  if (exitCode !== 0 || outputs['outcome'] !== 'promoted') {
    throw new Error(`The rollout was to be promoted, but was ${outputs['outcome']}.`);
  }
  const paths = sandbox.journal.entries().slice(from);
  const requests = Object.fromEntries(APIS.map((api) => [api, 0])) as Record<Api, number>;
  for (const { path } of paths) requests[apiOf(path)] += 1;
  return { seconds, requests, smokeProbes, peakMemory: action.peakMemory() };
}

function apiOf(path: string): Api {
  if (/^\/(oidc\/token|v1\/token|v1\/projects\/-\/serviceAccounts\/)/.test(path)) return 'tokens';
  if (path.startsWith('/apis/serving.knative.dev/v1/')) return 'Cloud Run v1';
  if (path.startsWith('/v2/')) return 'Cloud Run v2';
  if (path.startsWith('/v3/')) return 'Monitoring';
  return path.startsWith('/repos/') ? 'GitHub' : 'anything else';
}
