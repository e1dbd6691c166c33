/** What it takes to start: bare node, this action, and gcloud, round by round in turn. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gcloudEnvironment } from '../sandbox/gcloud.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { type Desk, SERVICE } from './desk.ts';

/** Medians in milliseconds. */
export type Starts = {
  readonly bareNode: number;
  /** `run`, from spawn until the first request was answered. */
  readonly firstAnswer: number;
  /** `status`, the whole process: the counterpart of gcloud's describe. */
  readonly status: number;
  /** The whole process; null where gcloud is not installed. */
  readonly gcloudDescribe: number | null;
};

const GCLOUD = ['/usr/bin/gcloud', '/usr/local/bin/gcloud'].find((path) => existsSync(path));
const ACCESS_TOKEN = 'bench';
const DEADLINE = 60_000;

export async function measureStarts(desk: Desk, rounds: number): Promise<Starts> {
  const config = mkdtempSync(join(tmpdir(), 'gcloud-'));
  desk.sandbox.tokens.controls.fixedAccessToken = ACCESS_TOKEN;
  const gcloud = GCLOUD === undefined ? null : describeWith(GCLOUD, desk.sandbox, config);
  const times = { bareNode: [], firstAnswer: [], status: [], gcloud: [] } as Record<Kind, number[]>;
  // The first round warms the disk and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    const seen: Partial<Record<Kind, number>> = {
      bareNode: await timeCommand(process.execPath, ['-e', '0'], {}),
      firstAnswer: await timeFirstAnswer(desk),
      status: await timeStatus(desk),
      ...(gcloud === null ? {} : { gcloud: await gcloud() }),
    };
    if (round === 0) continue;
    for (const kind of KINDS) times[kind].push(...[seen[kind]].filter((ms) => ms !== undefined));
  }
  rmSync(config, { recursive: true });
  return {
    bareNode: median(times.bareNode),
    firstAnswer: median(times.firstAnswer),
    status: median(times.status),
    gcloudDescribe: gcloud === null ? null : median(times.gcloud),
  };
}

const KINDS = ['bareNode', 'firstAnswer', 'status', 'gcloud'] as const;
type Kind = (typeof KINDS)[number];

async function timeFirstAnswer({ sandbox, start }: Desk): Promise<number> {
  const from = sandbox.journal.entries().length;
  const begun = performance.now();
  const action = start({ image: 'sandbox/app:v2' });
  await sandbox.journal.waitFor(({ status }) => status === 200, DEADLINE, from);
  const ms = performance.now() - begun;
  // Long before its first write.
  action.kill();
  await action.ended;
  return ms;
}

async function timeStatus({ start }: Desk): Promise<number> {
  const begun = performance.now();
  const { exitCode } = await start({ command: 'status' }).ended;
  if (exitCode !== 0) throw new Error(`status ended with ${exitCode}.`);
  return performance.now() - begun;
}

function describeWith(gcloud: string, sandbox: Sandbox, configDirectory: string) {
  const { base, options } = sandbox;
  const env = {
    PATH: process.env['PATH'] ?? '',
    ...gcloudEnvironment({ ...options, base, accessToken: ACCESS_TOKEN, configDirectory }),
  };
  return () => timeCommand(gcloud, ['run', 'services', 'describe', SERVICE, '--format=json'], env);
}

async function timeCommand(
  command: string,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const begun = performance.now();
  const child = spawn(command, words, { env, stdio: 'ignore' });
  await once(child, 'exit');
  const ms = performance.now() - begun;
  if (child.exitCode !== 0) throw new Error(`${command} ended with ${child.exitCode}.`);
  return ms;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}
