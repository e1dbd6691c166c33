import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { join } from 'node:path';

import { compileCache } from '../../compile-cache.ts';
import type { Now, RevisionSpec, Runtime, StartResult } from '../contract.ts';
import { refusedStart } from './refused-start.ts';
import { behaviourOf, grownBy } from './revisions.ts';
import type { Behaviour } from './revisions.ts';

type Launch =
  | { readonly kind: 'up'; readonly child: ChildProcess; readonly port: number }
  | { readonly kind: 'down' };

type Deployed = {
  readonly behaviour: Behaviour;
  readonly launch: () => Promise<Launch>;
  launched: Promise<Launch>;
  /** Epoch ms of the latest launch. */
  launchedAt: number;
  /** A connection to the instance broke; whether it died, its exit will tell in a moment. */
  isSuspect: boolean;
};

export type Processes = {
  readonly runtime: Runtime;
  /** Port of a living instance; starts a new one when the last one died. null: there is none. */
  readonly portOf: (revision: string) => Promise<number | null>;
  readonly suspect: (revision: string) => void;
  readonly hasMetrics: (revision: string) => boolean;
  /** By how much of its memory limit the instance has grown at a moment. */
  readonly grownBy: (revision: string, atMs: number) => number;
  readonly stop: () => Promise<void>;
};

const DRAIN_MS = 1_000;
/** A broken connection is noticed before the exit of the process behind it. */
const EXIT_NEWS_MS = 250;

export function createProcesses(o: {
  readonly startDeadlineMs: number;
  readonly now: Now;
}): Processes {
  const launcher = createLauncher(o.startDeadlineMs);
  const registry = createRegistry();
  const deployed = new Map<string, Deployed>();
  const start = async (spec: RevisionSpec): Promise<StartResult> => {
    const image = registry.resolve(spec.image);
    const behaviour = behaviourOf(image);
    if (behaviour === null) return missing(spec.image);
    const refused = refusedStart(behaviour, spec);
    if (refused !== null) return refused;
    const launch = (): Promise<Launch> => launcher.launch(spec, image);
    const entry = { behaviour, launch, launched: launch(), launchedAt: o.now(), isSuspect: false };
    deployed.set(spec.revision, entry);
    const { kind } = await entry.launched;
    return kind === 'up' ? { kind: 'ready', digest: registry.digested(image) } : unhealthy(spec);
  };
  const stop = async (revision: string): Promise<void> => {
    const entry = deployed.get(revision);
    deployed.delete(revision);
    const launched = await entry?.launched;
    if (launched?.kind === 'up') await reap(launched.child, 'SIGTERM');
  };
  return {
    runtime: { start, stop },
    portOf: async (revision) => {
      const entry = deployed.get(revision);
      const isDeployed = (): boolean => deployed.get(revision) === entry;
      return entry === undefined ? null : portNow(entry, { isDeployed, now: o.now });
    },
    suspect: (revision) => {
      const entry = deployed.get(revision);
      if (entry !== undefined) entry.isSuspect = true;
    },
    hasMetrics: (revision) => deployed.get(revision)?.behaviour.metrics === 'recorded',
    grownBy: (revision, atMs) => {
      const entry = deployed.get(revision);
      return entry === undefined ? 0 : grownBy(entry.behaviour, atMs - entry.launchedAt);
    },
    stop: async () => {
      deployed.clear();
      await launcher.stop();
    },
  };
}

/** Starts processes until it is stopped, and then ends every one of them. */
function createLauncher(startDeadlineMs: number) {
  const living = new Set<ChildProcess>();
  let isStopped = false;
  return {
    launch: async (spec: RevisionSpec, image: string): Promise<Launch> => {
      if (isStopped) return { kind: 'down' };
      const child = spawnRevision(spec, image);
      living.add(child);
      child.once('exit', () => living.delete(child));
      return bringUp(child, startDeadlineMs);
    },
    stop: async (): Promise<void> => {
      isStopped = true;
      await Promise.all([...living].map((child) => reap(child, 'SIGKILL')));
    },
  };
}

/** An image can be asked for by the digest it was once resolved to. */
function createRegistry() {
  const tagged = new Map<string, string>();
  return {
    resolve: (image: string): string => tagged.get(digestIn(image) ?? '') ?? image,
    digested: (image: string): string => {
      const digest = `sha256:${createHash('sha256').update(image).digest('hex')}`;
      tagged.set(digest, image);
      return `${image.replace(/:[\w.-]+$/, '')}@${digest}`;
    },
  };
}

/** Of the living instance, or of a new one if that died. */
async function portNow(
  entry: Deployed,
  { isDeployed, now }: { readonly isDeployed: () => boolean; readonly now: Now },
): Promise<number | null> {
  const seen = entry.launched;
  const port = await livingPort(entry);
  if (port !== null) return port;
  if (!isDeployed() || entry.behaviour.goneAfterMs !== null) return null;
  // Many requests may wait here; the first one starts the new instance for all of them.
  if (entry.launched === seen) {
    entry.launched = entry.launch();
    entry.launchedAt = now();
  }
  return livingPort(entry);
}

async function livingPort(entry: Deployed): Promise<number | null> {
  const launched = await entry.launched;
  if (launched.kind === 'down') return null;
  if (entry.isSuspect) await within(EXIT_NEWS_MS, gone(launched.child));
  entry.isSuspect = false;
  return isAlive(launched.child) ? launched.port : null;
}

function spawnRevision(spec: RevisionSpec, image: string): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, 'revision.ts'), image], {
    // PORT 0: containers have an address of their own, these processes share one host. So the
    // system picks the port and the process tells it.
    env: {
      ...spec.env,
      K_SERVICE: spec.service,
      K_REVISION: spec.revision,
      K_CONFIGURATION: spec.service,
      PORT: '0',
      ...compileCache(),
    },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

async function bringUp(child: ChildProcess, deadlineMs: number): Promise<Launch> {
  const signal = AbortSignal.timeout(deadlineMs);
  const reported = once(child, 'message', { signal }).then(([message]: unknown[]) => message);
  const port = await Promise.race([reported, gone(child)]).then(portIn, () => null);
  // Neither may reject unseen once the race is over.
  reported.catch(() => null);
  if (port !== null && (await accepts(port))) return { kind: 'up', child, port };
  await reap(child, 'SIGKILL');
  return { kind: 'down' };
}

function portIn(message: unknown): number | null {
  if (typeof message !== 'object' || message === null || !('port' in message)) return null;
  return typeof message.port === 'number' ? message.port : null;
}

/** The default start-up probe of Cloud Run: a TCP connection to the container's port. */
async function accepts(port: number): Promise<boolean> {
  const socket = createConnection({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

async function gone(child: ChildProcess): Promise<null> {
  if (isAlive(child)) await once(child, 'exit');
  return null;
}

async function within(ms: number, news: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([news, late]);
  clearTimeout(timer);
}

async function reap(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const left = gone(child);
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), DRAIN_MS);
  await left;
  clearTimeout(timer);
}

function digestIn(image: string): string | null {
  return /@(?<digest>sha256:[0-9a-f]{64})$/.exec(image)?.groups?.['digest'] ?? null;
}

// Texts as captured by others; they follow "Revision 'r' is not ready and cannot serve traffic. "
// in the condition of the service. https://cloud.google.com/run/docs/troubleshooting
function missing(image: string): StartResult {
  return { kind: 'failed', reason: 'ContainerMissing', message: `Image '${image}' not found.` };
}

function unhealthy(spec: RevisionSpec): StartResult {
  const logs =
    `https://console.cloud.google.com/logs/viewer?project=${spec.project}&resource=` +
    `cloud_run_revision/service_name/${spec.service}/revision_name/${spec.revision}`;
  return {
    kind: 'failed',
    reason: 'HealthCheckContainerError',
    message:
      'The user-provided container failed to start and listen on the port defined provided by ' +
      `the PORT=${spec.port} environment variable within the allocated timeout. This can happen ` +
      'when the container port is misconfigured or if the timeout is too short. The health check ' +
      'timeout can be extended. Logs for this revision might contain more information.\n\n' +
      `Logs URL: ${logs}`,
  };
}
