/** The ways to wait through a rollout of a day: what each bills, and how long harm lasts with it. */
import { readExample } from './stage.ts';
import type { Workflow } from './file.ts';
import type { Environment } from './gates.ts';
import { playVirtually } from './virtual.ts';

const DAY = '5% for 4h, 20% for 8h, 50% for 12h';

/** One with nothing but a wait timer of the length in its name. */
const TIMERS: Readonly<Record<string, Environment>> = {
  'wait-15m': { waitMinutes: 15 },
  'wait-30m': { waitMinutes: 30 },
  'wait-4h': { waitMinutes: 240 },
  'wait-8h': { waitMinutes: 480 },
  'wait-12h': { waitMinutes: 720 },
};

export type Way = { readonly name: string; readonly example: string; readonly stages?: string };

export const IN_A_JOB: Way = { name: 'a job that waits', example: 'first-canary', stages: DAY };

export const WAYS: readonly Way[] = [
  { name: '(a) a chain of jobs with wait timers', example: 'wait-in-a-chain' },
  { name: '(b) resume on a schedule', example: 'resume-on-schedule', stages: DAY },
  { name: '(c) runs that dispatch the next', example: 'wait-by-dispatch' },
];

export type Cost = {
  readonly name: string;
  /** From the push to the promotion. */
  readonly minutes: number;
  readonly billed: number;
  /** How long a canary that fails from 20 % on keeps its users. */
  readonly harm: number;
  readonly violations: readonly unknown[];
};

export async function costOf(way: Way): Promise<Cost> {
  const [good, bad] = [await playWay(way, 'good'), await playWay(way, 'bad-from-10')];
  if (good.promotedAfter === null || bad.harmedFor === null) {
    throw new Error(`${way.name} does not come to its end`);
  }
  return {
    name: way.name,
    minutes: good.promotedAfter,
    billed: good.billedMinutes,
    harm: bad.harmedFor,
    violations: [...good.violations, ...bad.violations],
  };
}

function playWay({ example, stages }: Way, truth: 'good' | 'bad-from-10') {
  const workflow: Workflow = readExample(example);
  const inputs = stages === undefined ? {} : { stages };
  return playVirtually({ workflow, environments: TIMERS, hours: 30, truth, inputs });
}

export function lineOf({ name, minutes, billed, harm }: Cost): string {
  const hours = `${(minutes / 60).toFixed(1)} h`;
  return [
    name.padEnd(40),
    hours.padStart(8),
    String(billed).padStart(8),
    `${harm.toFixed(0)} min`.padStart(9),
  ].join('');
}

export const HEAD = `${''.padEnd(40)}${'takes'.padStart(8)}${'billed'.padStart(8)}${'harm'.padStart(9)}`;
