/** Which rollouts a run plays (benchmark.md, 2, 3, 9, 11). */
import { ENVIRONMENTS, STRESS } from './environments.ts';
import { FAULTS } from './faults.ts';
import type { Cell } from './types.ts';

/** A cell by names, as it travels between processes and stands in a file. */
export type CellName = {
  readonly environment: string;
  /** null: healthy. */
  readonly fault: string | null;
  readonly perSecond: number;
  readonly errorRate: number;
};

/** Rollouts from…to of a cell under these rules. */
export type Task = {
  readonly cell: CellName;
  readonly from: number;
  readonly to: number;
  readonly rules: readonly string[];
};

export const TRAFFIC: readonly number[] = [0.2, 2, 20, 200, 2000];
const ERROR_RATES: readonly number[] = [0.0001, 0.001, 0.005, 0.02];
/** T100, the quick mode and the tables of detection look at this service. */
export const USUAL_RATE = 0.005;
/** What a target of 0.5 % is set for, and so what is measured most closely. */
export const PLAIN: readonly string[] = ['iid', 'real', 'outage', 'cold'];

export function cellOf({ environment, fault, perSecond, errorRate }: CellName): Cell {
  const traffic = [...ENVIRONMENTS, ...STRESS].find(({ name }) => name === environment);
  const harm = FAULTS.find(({ name }) => name === fault) ?? null;
  if (traffic === undefined) throw new Error(`There is no environment ${environment}.`);
  if (fault !== null && harm === null) throw new Error(`There is no fault ${fault}.`);
  return { environment: traffic, fault: harm, load: { perSecond, errorRate } };
}

type Loads = { readonly traffic: readonly number[]; readonly errorRates: readonly number[] };

const ALL: Loads = { traffic: TRAFFIC, errorRates: ERROR_RATES };

/** ≤ 2 minutes on two cores. */
export function quickTasks(rules: readonly string[]): readonly Task[] {
  const healthy = { traffic: TRAFFIC.slice(1), errorRates: [USUAL_RATE] };
  const bad = { traffic: [20, 200], errorRates: [USUAL_RATE] };
  return [
    ...healthyCells(names(ENVIRONMENTS), healthy).map((cell) => ({ cell, from: 0, to: 20, rules })),
    ...badCells(['real'], bad).map((cell) => ({ cell, from: 0, to: 10, rules })),
  ];
}

/** The shipped judge is measured with more rollouts than the others where a target is low. */
export function fullTasks(rules: readonly string[], more: readonly string[]): readonly Task[] {
  const tasks: Task[] = [];
  const long = rules.filter((rule) => LONG.includes(rule));
  const short = rules.filter((rule) => !LONG.includes(rule));
  const add = (cell: CellName, to: number): void => {
    tasks.push({ cell, from: 0, to, rules: short });
    if (long.length > 0) tasks.push({ cell, from: 0, to: FEW, rules: long });
  };
  for (const cell of healthyCells(names(ENVIRONMENTS), ALL)) {
    add(cell, 300);
    if (PLAIN.includes(cell.environment)) tasks.push({ cell, from: 300, to: 1000, rules: more });
  }
  for (const cell of badCells(['real', 'iid'], ALL)) add(cell, 100);
  return tasks;
}

/** Most rollouts of a rule that holds last until they time out: more of them than of all others together. */
const LONG: readonly string[] = ['oursHolding'];
const FEW = 20;

/** 720 healthy rollouts of each. */
export function stressTasks(rules: readonly string[]): readonly Task[] {
  const busy = { traffic: TRAFFIC.slice(1), errorRates: ERROR_RATES.slice(1) };
  return STRESS.flatMap(({ name }) =>
    healthyCells([name], name === 'phase' ? ALL : busy).map((cell) => ({
      cell,
      from: 0,
      to: name === 'phase' ? 36 : 60,
      rules,
    })),
  );
}

/** For tuning: never with a reporting seed. */
export function tuningTasks(options: {
  readonly rules: readonly string[];
  readonly environments: readonly string[];
  readonly each: number;
  readonly only: 'healthy' | 'bad' | null;
}): readonly Task[] {
  const { rules, environments, each, only } = options;
  const cells = [
    ...(only === 'bad' ? [] : healthyCells(environments, ALL)),
    ...(only === 'healthy' ? [] : badCells(environments.filter(isPlayedBad), ALL)),
  ];
  return cells.map((cell) => ({ cell, from: 0, to: each, rules }));
}

function isPlayedBad(environment: string): boolean {
  return environment === 'real' || environment === 'iid';
}

function healthyCells(environments: readonly string[], loads: Loads): readonly CellName[] {
  return environments.flatMap((environment) => loaded({ environment, fault: null }, loads));
}

function badCells(environments: readonly string[], loads: Loads): readonly CellName[] {
  return environments.flatMap((environment) =>
    FAULTS.flatMap(({ name }) => loaded({ environment, fault: name }, loads)),
  );
}

function loaded(
  cell: Pick<CellName, 'environment' | 'fault'>,
  { traffic, errorRates }: Loads,
): readonly CellName[] {
  return traffic.flatMap((perSecond) =>
    errorRates.map((errorRate) => ({ ...cell, perSecond, errorRate })),
  );
}

function names(all: readonly { readonly name: string }[]): readonly string[] {
  return all.map(({ name }) => name);
}
