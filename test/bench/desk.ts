/** The bundle as a child process of a job, in front of a sandbox in this process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openFiles } from '../runner/file-commands.ts';
import { type Job, openJob } from '../runner/job.ts';
import { evaluate, readMetadata } from '../runner/metadata.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';

export type Ended = {
  readonly exitCode: number | null;
  readonly outputs: Readonly<Record<string, string>>;
};

export type Action = {
  readonly kill: () => void;
  readonly ended: Promise<Ended>;
  /** Most memory it ever held, in bytes; null where the kernel does not tell. */
  readonly peakMemory: () => number | null;
};

export type Desk = {
  readonly sandbox: Sandbox;
  /** Inputs on top of those that every command needs. */
  readonly start: (inputs: Readonly<Record<string, string>>) => Action;
  readonly close: () => Promise<void>;
};

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPT = join(REPOSITORY, 'dist', 'index.js');
const TOKEN = 'ghs_benchToken0123456789abcdefghijklmnop';
const PROBE_EVERY_MS = 50;

export const SERVICE = 'web';

export async function openDesk(): Promise<Desk> {
  const directory = mkdtempSync(join(tmpdir(), 'desk-'));
  // Cloud Run's own proportion: data are complete three sampling periods later.
  const sandbox = await startSandbox({ samplePeriodMs: 1_000, ingestDelayMs: 3_000 });
  sandbox.github.controls.token = TOKEN;
  await sandbox.services.create({ name: SERVICE, image: 'sandbox/app:v1' });
  const job = jobFor(sandbox, directory);
  const needed = { service: SERVICE, region: sandbox.options.region };
  const usual = defaultInputs(job.env);
  let number = 0;
  return {
    sandbox,
    start: (inputs) => {
      number += 1;
      const files = openFiles(job.directory(String(number)));
      const env = { ...job.env, ...files.env, ...variables({ ...usual, ...needed, ...inputs }) };
      const child = spawn(process.execPath, [SCRIPT], { cwd: job.workspace, env, stdio: 'ignore' });
      const peakMemory = watchMemory(child);
      const ended = once(child, 'exit').then(() => ({
        exitCode: child.exitCode,
        outputs: files.read().outputs,
      }));
      return { kill: () => child.kill('SIGKILL'), ended, peakMemory };
    },
    close: async () => {
      await sandbox.stop();
      job.cleanUp();
      rmSync(directory, { recursive: true });
    },
  };
}

function jobFor(sandbox: Sandbox, directory: string): Job {
  const credentials = join(directory, 'gha-creds.json');
  writeFileSync(credentials, JSON.stringify(sandbox.tokens.credentialFile(sandbox.base)));
  return openJob({
    event: { name: 'push', payload: {} },
    workspace: null,
    actionDirectory: REPOSITORY,
    env: {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: `${sandbox.base}/`,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING: `${sandbox.base}/`,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING: `${sandbox.base}/`,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM: `${sandbox.base}/`,
      GOOGLE_APPLICATION_CREDENTIALS: credentials,
      GOOGLE_CLOUD_PROJECT: sandbox.options.project,
      GITHUB_API_URL: sandbox.base,
    },
  });
}

function defaultInputs(env: Readonly<Record<string, string>>): Record<string, string> {
  const github = (name: string): string | undefined =>
    name === 'token' ? TOKEN : env[`GITHUB_${name.toUpperCase()}`];
  const { defaults } = readMetadata(REPOSITORY);
  return Object.fromEntries([...defaults].map(([name, text]) => [name, evaluate(text, github)]));
}

function variables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
}

/** VmHWM only grows, so the last look before the end is at most a moment old; man 5 proc. */
function watchMemory(child: ChildProcess): () => number | null {
  let peak: number | null = null;
  const look = (): void => {
    const path = `/proc/${child.pid}/status`;
    const status = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    if (kibibytes !== undefined) peak = Number(kibibytes) * 1024;
  };
  const timer = setInterval(look, PROBE_EVERY_MS);
  child.once('exit', () => clearInterval(timer));
  return () => peak;
}
