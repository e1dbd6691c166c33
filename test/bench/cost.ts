/** npm run bench:cost: what the action costs a runner, beside bare node and gcloud. */
import { execFile } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openDesk } from './desk.ts';
import type { LookCost } from './look.ts';
import { APIS, measureRollout, type RolloutCost } from './rollout.ts';
import { measureStarts, type Starts } from './starts.ts';

const ROUNDS = 11;

async function main(): Promise<void> {
  const look = await measureLook();
  const desk = await openDesk();
  const starts = await measureStarts(desk, ROUNDS);
  const rollout = await measureRollout(desk);
  await desk.close();
  print([
    ...header(),
    '',
    ...startRows(starts),
    '',
    ...rolloutRows(rollout),
    '',
    ...lookRows(look),
  ]);
  print([
    '',
    JSON.stringify({
      bareNodeMs: round(starts.bareNode, 1),
      firstAnswerMs: round(starts.firstAnswer, 1),
      lookCpuMs: round(look.asInRollout, 3),
      requestsPerRollout: total(rollout),
      rssMb: rollout.peakMemory === null ? null : round(rollout.peakMemory / 1e6, 1),
      gcloudDescribeMs: starts.gcloudDescribe === null ? null : round(starts.gcloudDescribe, 1),
    }),
  ]);
}

async function measureLook(): Promise<LookCost> {
  // src is a CommonJS package in TypeScript's eyes only; node says so about every file it strips.
  const quiet = '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON';
  const look = join(import.meta.dirname, 'look.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [quiet, look]);
  const cost: LookCost = JSON.parse(stdout);
  return cost;
}

function header(): readonly string[] {
  const load = loadavg()[0]?.toFixed(1);
  const machine = `node ${process.version}, ${availableParallelism()} CPUs, load ${load}`;
  return [`Cost on this machine (${machine}); medians of ${ROUNDS} interleaved rounds`];
}

function startRows({ bareNode, firstAnswer, status, gcloudDescribe }: Starts): readonly string[] {
  const gcloud = 'gcloud run services describe';
  return [
    row('node -e 0', ms(bareNode)),
    row(
      'run: spawn to first answered request',
      ms(firstAnswer),
      times(firstAnswer, bareNode, 'bare node'),
    ),
    row('status: the whole process', ms(status), times(status, bareNode, 'bare node')),
    gcloudDescribe === null
      ? row(gcloud, 'not installed')
      : row(
          gcloud,
          ms(gcloudDescribe),
          `${times(gcloudDescribe, status, 'status')}, ${times(gcloudDescribe, firstAnswer, 'first answer')}`,
        ),
  ];
}

function rolloutRows(rollout: RolloutCost): readonly string[] {
  const { requests, smokeProbes, peakMemory, seconds } = rollout;
  const bytes = peakMemory === null ? 'not known' : `${round(peakMemory / 1e6, 0)} MB`;
  return [
    row(
      'one promoted rollout, 3 × 10 sample periods',
      `${total(rollout)} requests`,
      `${round(seconds, 0)} s`,
    ),
    ...APIS.filter((api) => requests[api] > 0).map((api) => row(`  ${api}`, String(requests[api]))),
    row('  smoke probes on top', String(smokeProbes)),
    '  A slow start or a slow split adds reads, at most every 5 s.',
    row('peak memory of the action', bytes),
  ];
}

function lookRows({ asInRollout, warm, bytes }: LookCost): readonly string[] {
  const size = `answers of ${round(bytes / 1000, 0)} kB`;
  return [
    row('one look at 240 rows × 2 revisions, CPU', `${round(asInRollout, 2)} ms`, size),
    row('  once the code is compiled', `${round(warm, 2)} ms`),
  ];
}

function total({ requests }: RolloutCost): number {
  return APIS.reduce((sum, api) => sum + requests[api], 0);
}

function row(what: string, value: string, ratio = ''): string {
  return `${what.padEnd(46)}${value.padStart(14)}   ${ratio}`.trimEnd();
}

function times(value: number, of: number, name: string): string {
  return `${(value / of).toFixed(1)} × ${name}`;
}

function ms(value: number): string {
  return `${round(value, 0)} ms`;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function print(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

await main();
