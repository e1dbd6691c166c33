/**
 * A stage for the whole action: the sandbox with one service under load, and a job that uses the
 * committed bundle. End-to-end tests and the demo both play on it.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAction } from '../runner/runner.ts';
import type { RunOptions, Running, RunResult } from '../runner/runner.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import type { Sandbox, SandboxOptions } from '../sandbox/sandbox.ts';
import { startLoad } from '../sandbox/traffic/load.ts';
import type { Load } from '../sandbox/traffic/load.ts';
import { VPC_ADDRESS } from '../sandbox/traffic/door.ts';

export type SceneOptions = {
  readonly sandbox?: Partial<SandboxOptions>;
  readonly service?: string;
  /** What the stable revision runs. */
  readonly stable?: string;
  /** Environment of the stable revision's container. */
  readonly env?: Readonly<Record<string, string>>;
  /** Somebody's traffic tags on the stable revision. */
  readonly tags?: readonly string[];
  /** Service account that the job acts as; left out, the federated identity itself. */
  readonly account?: string;
  /** Accounts that may call the service, besides its users; left out, everybody may. */
  readonly invokers?: readonly string[];
  /** Annotations that somebody has put on the service. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly requestsPerSecond?: number;
  readonly seed?: number;
};

export type JobOptions = Partial<RunOptions> & {
  /** A different run of the workflow; the same for a re-run. */
  readonly runId?: number;
  readonly attempt?: number;
};

export type Scene = {
  readonly sandbox: Sandbox;
  readonly load: Load;
  readonly service: string;
  /** Revision that served when the curtain rose. */
  readonly stable: string;
  /** Starts one step of one job; inputs are those of a canary of seconds, with `inputs` on top. */
  start(job?: JobOptions): Running;
  run(job?: JobOptions): Promise<RunResult>;
  /** Percent rows served now, by revision. */
  served(): Record<string, number>;
  /** Percent rows asked for now, by revision; LATEST under its own name. */
  asked(): Record<string, number>;
  close(): Promise<void>;
};

export const TOKEN = 'ghs_sceneToken0123456789abcdefghijklmnop';

/** Whoever calls a private service all day. */
const USERS = 'users@demo.iam.gserviceaccount.com';

/** On top of the usual inputs, for scenes that are not about what is measured: few users are enough. */
export const QUICK = { stages: '30% for 3s', max_latency_increase: 'off', min_requests: '5' };

/** Stages of seconds: the sandbox samples once a second, and says so. */
const INPUTS = {
  region: 'us-central1',
  image: 'sandbox/app:v2',
  stages: '10% for 6s, 50% for 6s',
  min_requests: '20',
  no_data_timeout: '10s',
  // A stall of a shared machine slows both revisions, but not in the same second.
  max_latency_increase: '200%',
};

/** In a moment, so that a canary that turns bad after its probes does so after them. */
const PROBES = { smoke_probes: '10', smoke_rate: '100' };

export async function openScene(options: SceneOptions = {}): Promise<Scene> {
  const { service = 'web', stable = 'sandbox/app:v1', requestsPerSecond = 80, seed = 1 } = options;
  const directory = await mkdtemp(join(tmpdir(), 'scene-'));
  const sandbox = await startSandbox(options.sandbox);
  sandbox.github.controls.token = TOKEN;
  const { env = {}, tags = [], annotations = {}, account, invokers } = options;
  const created = await sandbox.services.create({ name: service, image: stable, env, tags });
  if (Object.keys(annotations).length > 0) sandbox.services.annotate(service, annotations);
  if (invokers !== undefined) sandbox.protect(service, [USERS, ...invokers]);
  const credentials = join(directory, 'gha-creds.json');
  await writeFile(
    credentials,
    JSON.stringify(sandbox.tokens.credentialFile(sandbox.base, account)),
  );
  const { url } = created.status;
  const pass = sandbox.tokens.controls.identity(USERS, url);
  const headers = invokers === undefined ? {} : { authorization: `Bearer ${pass}` };
  const users = { headers, localAddress: isShut(annotations) ? VPC_ADDRESS : undefined };
  const load = startLoad({ url, requestsPerSecond, poisson: true, seed, ...users });
  const start = (job: JobOptions = {}): Running => {
    const { runId = 19_482_736_450, attempt = 1, inputs, env, ...rest } = job;
    return startAction({
      token: TOKEN,
      ...rest,
      inputs: { service, ...forCommand(inputs), ...inputs },
      env: {
        ...jobEnvironment(sandbox, credentials),
        GITHUB_RUN_ID: String(runId),
        GITHUB_RUN_ATTEMPT: String(attempt),
        ...env,
      },
    });
  };
  return {
    sandbox,
    load,
    service,
    stable: created.status.latestReadyRevisionName ?? '',
    start,
    run: (job) => start(job).finished,
    served: () => splitOf(sandbox.model.get(service).status.traffic),
    asked: () => splitOf(sandbox.model.get(service).spec.traffic),
    async close() {
      await load.stop();
      await sandbox.stop();
      await rm(directory, { recursive: true });
    },
  };
}

/** Then its users are in the VPC. */
function isShut(annotations: Readonly<Record<string, string>>): boolean {
  return (annotations['run.googleapis.com/ingress'] ?? 'all') !== 'all';
}

/** Only what starts a rollout takes a plan. */
function forCommand(inputs: Readonly<Record<string, string>> = {}): Record<string, string> {
  const starts = ['run', 'deploy'].includes(inputs['command'] ?? 'run');
  if (!starts) return { region: INPUTS.region };
  return { ...INPUTS, ...(inputs['smoke_path'] === 'off' ? {} : PROBES) };
}

function jobEnvironment(sandbox: Sandbox, credentials: string): Record<string, string> {
  return {
    ...addressesOf(sandbox),
    GOOGLE_APPLICATION_CREDENTIALS: credentials,
    GOOGLE_CLOUD_PROJECT: sandbox.options.project,
    ...sandbox.tokens.oidcEnvironment(sandbox.base),
  };
}

/** Where Google and GitHub are to a job. */
export function addressesOf(sandbox: Sandbox): Record<string, string> {
  return {
    CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: `${sandbox.base}/`,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING: `${sandbox.base}/`,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING: `${sandbox.base}/`,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM: `${sandbox.base}/`,
    GITHUB_API_URL: sandbox.base,
  };
}

type Row = {
  readonly revisionName?: string;
  readonly latestRevision?: boolean;
  readonly percent?: number;
};

function splitOf(rows: readonly Row[] = []): Record<string, number> {
  const split: Record<string, number> = {};
  for (const { revisionName = 'LATEST', percent = 0 } of rows) {
    if (percent > 0) split[revisionName] = (split[revisionName] ?? 0) + percent;
  }
  return split;
}
