/** Every rule of the benchmark under the name that it has in the JSON. */
import { ORACLE_A, ORACLE_A_DEFAULTS, ORACLE_A_NO_THIN_STAGES, ORACLE_B } from './oracles.ts';
import {
  OURS,
  OURS_ADAPTIVE,
  OURS_ADAPTIVE_WITH_LOGS,
  OURS_DEFAULTS,
  OURS_HOLDING,
  OURS_NO_THIN_STAGES,
  OURS_WITH_LOGS,
} from './ours.ts';
import { PEERS } from './peers-all.ts';
import type { Rule } from './types.ts';

export const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>(
  Object.entries({
    ...PEERS,
    ours: OURS,
    oursWithLogs: OURS_WITH_LOGS,
    oursAdaptive: OURS_ADAPTIVE,
    oursAdaptiveWithLogs: OURS_ADAPTIVE_WITH_LOGS,
    oursDefaults: OURS_DEFAULTS,
    oursNoThinStages: OURS_NO_THIN_STAGES,
    oursHolding: OURS_HOLDING,
    oracleB: ORACLE_B,
    oracleA: ORACLE_A,
    oracleADefaults: ORACLE_A_DEFAULTS,
    oracleANoThinStages: ORACLE_A_NO_THIN_STAGES,
  }),
);

export const FOUR_VARIANTS: readonly string[] = [
  'ours',
  'oursAdaptive',
  'oursWithLogs',
  'oursAdaptiveWithLogs',
];

/** Those whose counts and intervals are printed. */
export const INTERVALS: readonly string[] = [...FOUR_VARIANTS, 'oursDefaults'];

/** Those of the quick mode. */
export const QUICK_RULES: readonly string[] = [
  'kayenta',
  'flaggerFitted',
  'argo',
  'releaseManager',
  'ours',
  'oursWithLogs',
  'oursAdaptiveWithLogs',
  'oursDefaults',
  'oracleA',
  'oracleADefaults',
];
