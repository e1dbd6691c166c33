/** npm run bench:judge [-- --full | --stress | --env real,mix --n 50] [--rules ours,oracleA] [--seed 4242] */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ENVIRONMENTS } from './environments.ts';
import { joined } from './figures.ts';
import type { Result } from './figures.ts';
import { fullTasks, quickTasks, stressTasks, tuningTasks } from './grid.ts';
import type { Task } from './grid.ts';
import { jsonLine } from './json-line.ts';
import { brokenLimits } from './limits.ts';
import { playAll } from './pool.ts';
import { openResults, resultsOf } from './results-file.ts';
import { FOUR_VARIANTS, INTERVALS, QUICK_RULES, RULES } from './rules.ts';
import { detectionTable, faultTable, intervalTable, mainTable, trafficTable } from './table.ts';

const THREADS = 2;
const DEVELOPMENT_SEED = 1;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    stress: { type: 'boolean', default: false },
    seed: { type: 'string' },
    rules: { type: 'string' },
    env: { type: 'string' },
    n: { type: 'string' },
    only: { type: 'string' },
    out: { type: 'string' },
  },
});

type Mode = 'quick' | 'full' | 'stress' | 'tuning';

function modeOf(): Mode {
  if (values.full) return 'full';
  if (values.stress) return 'stress';
  return values.env !== undefined || values.n !== undefined ? 'tuning' : 'quick';
}

/** The reporting seed belongs to a commit, so that nobody can choose it (benchmark.md, 1.6). */
function seedOf(mode: Mode, commit: string): number {
  if (values.seed !== undefined) return Number.parseInt(values.seed, 10);
  if (mode === 'quick' || mode === 'tuning') return DEVELOPMENT_SEED;
  const hash = createHash('sha256').update(`judge benchmark ${commit}`).digest('hex');
  return Number.parseInt(hash.slice(0, 8), 16);
}

function tasksOf(mode: Mode, rules: readonly string[]): readonly Task[] {
  const more = FOUR_VARIANTS.filter((one) => rules.includes(one));
  const names = values.env?.split(',') ?? ENVIRONMENTS.map(({ name }) => name);
  const only = values.only === 'healthy' || values.only === 'bad' ? values.only : null;
  switch (mode) {
    case 'quick':
      return quickTasks(rules);
    case 'full':
      return fullTasks(rules, more);
    case 'stress':
      return stressTasks(rules);
    case 'tuning':
      return tuningTasks({ rules, environments: names, each: Number(values.n ?? '20'), only });
  }
}

function rulesOf(mode: Mode): readonly string[] {
  if (values.rules !== undefined) return values.rules.split(',');
  const ours = mode === 'stress' ? FOUR_VARIANTS : QUICK_RULES;
  return mode === 'full' ? [...RULES.keys()] : ours;
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n\n`);
}

const OWN_STAGES: readonly string[] = [
  '÷ A is blast against oracle A with the same stages: 1/5/25/50 % of 15 minutes, unless the name says others.',
  'Minutes to 100 % and misses of rules with other stages are not those of the same plan.',
];

function printTables(mode: Mode, results: readonly Result[], rules: readonly string[]): void {
  const named = rules.map((key) => ({ key, name: RULES.get(key)?.name ?? key }));
  print(mainTable(results, named));
  if (results.some(({ cell }) => cell.fault !== null)) print(faultTable(results, named));
  print(OWN_STAGES);
  if (mode === 'quick') return;
  print(
    intervalTable(
      results,
      named.filter(({ key }) => INTERVALS.includes(key)),
    ),
  );
  const healthy = new Set(
    results.flatMap(({ cell }) => (cell.fault === null ? cell.environment : [])),
  );
  for (const environment of healthy) print(trafficTable(results, named, environment));
  if (!results.some(({ cell }) => cell.fault !== null)) return;
  for (const perSecond of [20, 200, 2000]) print(detectionTable(results, named, perSecond));
}

async function main(): Promise<void> {
  const mode = modeOf();
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
  const seed = seedOf(mode, commit);
  const rules = rulesOf(mode);
  const header = { mode, seed, commit, node: process.version };
  print([`Judge benchmark, ${mode}: seed ${seed}, commit ${commit}, node ${process.version}`]);
  const path = values.out ?? (mode === 'full' ? `build/bench/judge-${seed}.jsonl` : null);
  const file = path === null ? null : openResults(path, header);
  const tasks = tasksOf(mode, rules).filter((task) => file?.isPlayed(task) !== true);
  const results: Result[] = [...(file?.known ?? [])];
  const started = Date.now();
  let finished = 0;
  await playAll(tasks, { seed, threads: THREADS }, (task, tallies) => {
    results.push(...(file?.append(task, tallies) ?? resultsOf(task, tallies)));
    finished += 1;
    if (finished % 20 === 0) process.stderr.write(`${finished} of ${tasks.length} cells\n`);
  });
  const all = joined(results);
  printTables(mode, all, rules);
  const seconds = Math.round((Date.now() - started) / 1000);
  print([`${seconds} s. Nothing here was measured on real traffic; shares of simulated rollouts.`]);
  const broken =
    mode === 'quick'
      ? brokenLimits(
          all,
          rules.filter((one) => FOUR_VARIANTS.includes(one)),
        )
      : [];
  if (broken.length > 0) print(broken);
  process.exitCode = broken.length === 0 ? 0 : 1;
  process.stdout.write(`${jsonLine(all, { mode, seed, commit, rules })}\n`);
}

await main();
