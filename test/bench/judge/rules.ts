/** Every rule of the benchmark under the name that it has in the JSON. */
import { ORACLE_A, ORACLE_A_SHIPPED, ORACLE_B } from './oracles.ts';
import {
  OURS,
  OURS_ADAPTIVE,
  OURS_ADAPTIVE_WITH_LOGS,
  OURS_HOLDING,
  OURS_SHIPPED,
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
    oursShipped: OURS_SHIPPED,
    oursHolding: OURS_HOLDING,
    oracleB: ORACLE_B,
    oracleA: ORACLE_A,
    oracleAShipped: ORACLE_A_SHIPPED,
  }),
);

export const FOUR_VARIANTS: readonly string[] = [
  'ours',
  'oursAdaptive',
  'oursWithLogs',
  'oursAdaptiveWithLogs',
];

/** Those of the quick mode. */
export const QUICK_RULES: readonly string[] = [
  'kayenta',
  'flaggerFitted',
  'argo',
  'releaseManager',
  'ours',
  'oursAdaptiveWithLogs',
  'oracleA',
];
