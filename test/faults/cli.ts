/** npm run faults: the shipped engine against every fault, in virtual time. */
import { availableParallelism } from 'node:os';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { MEDIAN_OWN, figuresOf, timeLines } from './figures.ts';
import { GRID } from './kinds.ts';
import { play } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import {
  FRESH,
  brought,
  clean,
  everywhere,
  fresh,
  further,
  grounds,
  pairs,
  pairsOf,
  random,
  singles,
} from './suites.ts';
import { add, count, emptyTally } from './tally.ts';
import type { Tally } from './tally.ts';

type Suite =
  | 'clean'
  | 'single'
  | 'all-single'
  | 'further'
  | 'all-further'
  | 'brought'
  | 'fresh'
  | 'all-fresh'
  | 'random'
  | 'pairs';
type Counts = Pick<Tally, 'schedules' | 'apiCalls' | 'violations'>;
type Progress = { readonly kind: 'progress'; readonly counts: Counts };
type Result = { readonly kind: 'result'; readonly tally: Tally };
type Share = { readonly suite: Suite; readonly shard: number; readonly shards: number };

const SEED = 20_261_120;
const RANDOM_SCHEDULES = 1_000;
const PAIRS_WANTED = 1_000_000;
const BLOCK = 256;
const MINUTE = 60_000;

async function schedulesOf(suite: Suite): Promise<Iterable<Schedule>> {
  const all = await grounds();
  switch (suite) {
    case 'clean':
      return clean(all);
    case 'single':
    case 'all-single':
      return singles(all, suite === 'single');
    case 'further':
    case 'all-further':
      return further(all, suite === 'further');
    case 'fresh':
    case 'all-fresh':
      return fresh(await grounds(FRESH), suite === 'fresh');
    case 'brought':
      return brought(everywhere(all, GRID, 12));
    case 'random':
      return random(all, { seed: SEED, count: RANDOM_SCHEDULES });
    case 'pairs':
      return pairs(all, PAIRS_WANTED / pairsOf(all));
  }
}

/** Neighbours have most of their texts in common, so they are played by the same worker. */
async function playShare({ suite, shard, shards }: Share): Promise<Tally> {
  const tally = emptyTally();
  let number = 0;
  for (const schedule of await schedulesOf(suite)) {
    if (Math.floor(number++ / BLOCK) % shards !== shard) continue;
    count(tally, schedule, await play(schedule));
    if (tally.schedules % BLOCK === 0) tell({ kind: 'progress', counts: countsOf(tally) });
  }
  return tally;
}

function countsOf({ schedules, apiCalls, violations }: Tally): Counts {
  return { schedules, apiCalls, violations };
}

function tell(message: Progress | Result): void {
  // A worker's port has no origin.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage(message);
}

function inWorker(share: Share, onProgress: (counts: Counts) => void): Promise<Tally> {
  const { promise, resolve, reject } = Promise.withResolvers<Tally>();
  // src is a CommonJS package in TypeScript's eyes only; node says so about every file it strips.
  const execArgv = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'];
  const worker = new Worker(new URL(import.meta.url), { workerData: share, execArgv });
  worker.on('message', (message: Progress | Result) => {
    if (message.kind === 'progress') onProgress(message.counts);
    else resolve(message.tally);
  });
  worker.once('error', reject);
  return promise;
}

async function run(suite: Suite): Promise<Tally> {
  const begun = performance.now();
  const shards = suite === 'clean' ? 1 : Math.max(2, availableParallelism());
  const sofar = new Map<number, Counts>();
  let told = begun;
  const progress = (shard: number, counts: Counts) => {
    sofar.set(shard, counts);
    if (performance.now() - told < MINUTE) return;
    told = performance.now();
    say(`${suite.padEnd(10)} … ${rateText(sumOf([...sofar.values()]), told - begun)}`);
  };
  const parts = await Promise.all(
    Array.from({ length: shards }, (_, shard) =>
      inWorker({ suite, shard, shards }, (counts) => progress(shard, counts)),
    ),
  );
  say(`${suite.padEnd(10)} ${rateText(sumOf(parts), performance.now() - begun)}`);
  return sumOf(parts);
}

function sumOf(parts: readonly (Counts & Partial<Tally>)[]): Tally {
  const tally = emptyTally();
  for (const part of parts) add(tally, { ...emptyTally(), ...part });
  return tally;
}

function rateText({ schedules, apiCalls, violations }: Counts, ms: number): string {
  const rate = Math.round((schedules * 1_000) / ms);
  const spent = (ms / 1_000).toFixed(1);
  return `${schedules} schedules, ${apiCalls} calls, ${violations} violations; ${spent} s, ${rate} a second`;
}

async function main(): Promise<void> {
  const isPairs = process.argv.includes('--pairs');
  say(`Random faults from seed ${SEED}.`);
  const total = emptyTally();
  add(total, await run('clean'));
  add(total, await run(isPairs ? 'all-single' : 'single'));
  // Storms and many faults at once say nothing about how fast one fault is put right.
  const { exposures, reactions } = emptyTally();
  const [others, withClone] = isPairs
    ? (['all-further', 'all-fresh'] as const)
    : (['further', 'fresh'] as const);
  for (const suite of [others, 'brought', withClone, 'random'] as const) {
    add(total, { ...(await run(suite)), exposures, reactions });
  }
  if (isPairs) add(total, await run('pairs'));
  for (const [what, schedule] of total.examples)
    say(`VIOLATION ${what} ${JSON.stringify(schedule)}`);
  for (const line of timeLines(total)) say(line);
  const cpu = Math.round(process.cpuUsage().user / 1e6);
  say(`Took ${Math.round(performance.now() / 1000)} s and ${cpu} s of processor time.`);
  const figures = figuresOf(total);
  say(JSON.stringify(figures));
  process.exitCode =
    total.violations === 0 && (figures.medianSecondsOwn ?? Infinity) <= MEDIAN_OWN ? 0 : 1;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (isMainThread) await main();
else tell({ kind: 'result', tally: await playShare(workerData as Share) });
