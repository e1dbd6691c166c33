/** npm run faults: the shipped engine against every fault, in virtual time. */
import { availableParallelism } from 'node:os';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { play } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { clean, further, grounds, pairs, pairsOf, random, singles } from './suites.ts';
import { add, count, emptyTally, quantile } from './tally.ts';
import type { Tally } from './tally.ts';

type Suite = 'clean' | 'single' | 'all-single' | 'further' | 'random' | 'pairs';
type Share = { readonly suite: Suite; readonly shard: number; readonly shards: number };

const SEED = 20_261_120;
const RANDOM_SCHEDULES = 1_000;
const PAIRS_WANTED = 1_000_000;

async function schedulesOf(suite: Suite): Promise<Iterable<Schedule>> {
  const all = await grounds();
  switch (suite) {
    case 'clean':
      return clean(all);
    case 'single':
    case 'all-single':
      return singles(all, suite === 'single');
    case 'further':
      return further(all);
    case 'random':
      return random(all, { seed: SEED, count: RANDOM_SCHEDULES });
    case 'pairs':
      return pairs(all, Math.floor(pairsOf(all) / PAIRS_WANTED));
  }
}

async function playShare({ suite, shard, shards }: Share): Promise<Tally> {
  const tally = emptyTally();
  let number = 0;
  for (const schedule of await schedulesOf(suite)) {
    if (number++ % shards === shard) count(tally, schedule, await play(schedule));
  }
  return tally;
}

function inWorker(share: Share): Promise<Tally> {
  const { promise, resolve, reject } = Promise.withResolvers<Tally>();
  // src is a CommonJS package in TypeScript's eyes only; node says so about every file it strips.
  const execArgv = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'];
  const worker = new Worker(new URL(import.meta.url), { workerData: share, execArgv });
  worker.once('message', resolve);
  worker.once('error', reject);
  return promise;
}

async function run(suite: Suite): Promise<Tally> {
  const begun = performance.now();
  const shards = suite === 'clean' ? 1 : Math.max(2, availableParallelism());
  const parts = await Promise.all(
    Array.from({ length: shards }, (_, shard) => inWorker({ suite, shard, shards })),
  );
  const tally = emptyTally();
  for (const part of parts) add(tally, part);
  const { schedules, apiCalls, violations } = tally;
  const seconds = (performance.now() - begun) / 1000;
  const rate = `${seconds.toFixed(1)} s, ${Math.round(schedules / seconds)} a second`;
  say(
    `${suite.padEnd(10)} ${schedules} schedules, ${apiCalls} calls, ${violations} violations; ${rate}`,
  );
  return tally;
}

async function main(): Promise<void> {
  const isPairs = process.argv.includes('--pairs');
  say(`Random faults from seed ${SEED}.`);
  const total = emptyTally();
  add(total, await run('clean'));
  add(total, await run(isPairs ? 'all-single' : 'single'));
  // Storms and many faults at once say nothing about how fast one fault is put right.
  const { exposures, reactions } = emptyTally();
  for (const suite of ['further', 'random'] as const) {
    add(total, { ...(await run(suite)), exposures, reactions });
  }
  if (isPairs) add(total, await run('pairs'));
  for (const [what, schedule] of total.examples)
    say(`VIOLATION ${what} ${JSON.stringify(schedule)}`);
  for (const way of ['re-run', 'reconcile'] as const) sayTimes(way, total.exposures[way]);
  sayTimes('from the first bad datum read', total.reactions);
  const times = [...total.exposures['re-run'], ...total.exposures.reconcile];
  const { schedules, apiCalls, violations } = total;
  const medianSecondsToRestore = quantile(times, 0.5);
  const p99SecondsToRestore = quantile(times, 0.99);
  const cpu = Math.round(process.cpuUsage().user / 1e6);
  say(`Took ${Math.round(performance.now() / 1000)} s and ${cpu} s of processor time.`);
  say(
    JSON.stringify({
      schedules,
      apiCalls,
      violations,
      medianSecondsToRestore,
      p99SecondsToRestore,
    }),
  );
  process.exitCode = violations === 0 ? 0 : 1;
}

function sayTimes(what: string, times: readonly number[]): void {
  const [p50, p99, worst] = [0.5, 0.99, 1].map((share) => quantile(times, share));
  say(`Restored, ${what}: p50 ${p50} s, p99 ${p99} s, worst ${worst} s (${times.length} times)`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (isMainThread) await main();
// A worker's port has no origin.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
else parentPort?.postMessage(await playShare(workerData as Share));
